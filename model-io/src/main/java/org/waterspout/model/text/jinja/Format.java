package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.model.text.jinja.FormatSpec.Writing;

/** Python's two ways to put values into a text: {@code str.format} ("Format String Syntax") and {@code %} ("printf-style"). */
final class Format {

    /** Fields within a field's specification, as Python has it. */
    private static final int DEEPEST = 2;
    private static final Set<Character> FLAGS = Set.of('-', '+', ' ', '0', '#');

    private final Text format;
    private final String string;
    private final Parameters with;
    /** Fields without a number so far; -1 once one had a number. */
    private int automatic;

    private Format(Text format, Parameters with) {
        this.format = format;
        this.string = format.string();
        this.with = with;
    }

    /** {@code format.format(...)}; of markup, values are escaped. */
    static Text format(Text format, Parameters with) {
        Text text = new Format(format, with).fields(0, format.length(), DEEPEST);
        return format.isMarkup() ? text.asMarkup() : text;
    }

    private Text fields(int from, int to, int depth) {
        if (depth == 0) {
            throw new JinjaException("a format's fields are nested too deeply");
        }
        Text.Builder out = new Text.Builder();
        int at = from;
        while (at < to) {
            char c = string.charAt(at);
            if (c != '{' && c != '}') {
                int end = at + 1;
                while (end < to && string.charAt(end) != '{' && string.charAt(end) != '}') {
                    end++;
                }
                out.append(format, at, end);
                at = end;
            } else if (at + 1 < to && string.charAt(at + 1) == c) {
                out.append(format, at, at + 1);
                at += 2;
            } else if (c == '}') {
                throw new JinjaException("a format has a single '}'");
            } else {
                int end = closing(at + 1, to);
                Text value = field(at + 1, end, depth);
                with.budget().made(value.length());
                out.append(value);
                at = end + 1;
            }
            Budget.requireLength(out.length());
        }
        return out.build();
    }

    private int closing(int from, int to) {
        int open = 1;
        for (int at = from; at < to; at++) {
            char c = string.charAt(at);
            if (c == '[') { // a key may hold any sign
                int end = string.indexOf(']', at);
                at = end < 0 || end >= to ? at : end;
            }
            open += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (open == 0) {
                return at;
            }
        }
        throw new JinjaException("a format's '{' is not closed");
    }

    /** The field between two brackets: {@code name.attribute[key]!conversion:specification}. */
    private Text field(int from, int to, int depth) {
        int end = from;
        while (end < to && string.charAt(end) != '!' && string.charAt(end) != ':') {
            int close = string.charAt(end) == '[' ? string.indexOf(']', end) : -1;
            end = close > 0 && close < to ? close + 1 : end + 1;
        }
        Object value = value(string.substring(from, end));
        if (end < to && string.charAt(end) == '!') {
            if (end + 1 >= to || end + 2 < to && string.charAt(end + 2) != ':') {
                throw new JinjaException("a format's conversion is one letter");
            }
            value = converted(string.charAt(end + 1), value);
            end += 2;
        }
        Text specification = end < to ? fields(end + 1, to, depth - 1) : Text.EMPTY;
        if (!format.isMarkup()) {
            return FormatSpec.of(specification.string()).write(value);
        }
        if (value instanceof Text text && text.isMarkup() && !specification.isEmpty()) {
            throw new JinjaException("markup takes no format specification");
        }
        return value instanceof Text text && text.isMarkup() ? text
                : FormatSpec.of(specification.string()).write(value).plain().escaped();
    }

    private Object value(String field) {
        int end = 0;
        while (end < field.length() && field.charAt(end) != '.' && field.charAt(end) != '[') {
            end++;
        }
        Object value = argument(field.substring(0, end));
        while (end < field.length()) {
            with.budget().step();
            int begin = end + 1;
            if (field.charAt(end) == '[') {
                int close = field.indexOf(']', begin);
                if (close <= begin || close + 1 < field.length() && field.charAt(close + 1) != '.' && field.charAt(close + 1) != '[') {
                    throw new JinjaException("a format's '[' is not closed, or holds nothing");
                }
                String key = field.substring(begin, close);
                value = Values.item(value, key.matches("[0-9]{1,9}") ? (Object) Long.valueOf(key) : Text.of(key), with.budget());
                end = close + 1;
            } else {
                end = begin;
                while (end < field.length() && field.charAt(end) != '.' && field.charAt(end) != '[') {
                    end++;
                }
                value = Values.attribute(value, field.substring(begin, end));
            }
        }
        return value;
    }

    private Object argument(String name) {
        boolean numbered = name.matches("[0-9]{1,9}");
        if (!name.isEmpty() && !numbered) {
            if (!with.named().containsKey(name)) {
                throw new JinjaException("the format wants '" + name + "', which is not given");
            }
            return with.named().get(name);
        }
        if (numbered ? automatic > 0 : automatic < 0) {
            throw new JinjaException("a format's fields are numbered, or none is");
        }
        int place = numbered ? Integer.parseInt(name) : automatic;
        automatic = numbered ? -1 : automatic + 1;
        if (place >= with.positional().size()) {
            throw new JinjaException("the format wants more than the " + with.positional().size() + " values given");
        }
        return with.positional().get(place);
    }

    private static Object converted(char conversion, Object value) {
        return switch (conversion) {
            case 's' -> Values.print(value);
            case 'r' -> Values.represent(value);
            case 'a' -> ascii(Values.represent(value));
            default -> throw new JinjaException("the conversion '!" + conversion + "' is unknown");
        };
    }

    private static Text ascii(Text text) {
        Text.Builder out = new Text.Builder();
        String string = text.string();
        for (int at = 0, end; at < string.length(); at = end) {
            int c = string.codePointAt(at);
            end = at + Character.charCount(c);
            Text own = text.substring(at, end);
            out.append(c < 0x80 ? own : own.rewritten(String.format(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c)));
        }
        return out.build();
    }

    /** The named arguments of the filter {@code format}, as the mapping that {@code %} takes. */
    static Map<Object, Object> names(Parameters with) {
        if (!with.positional().isEmpty()) {
            throw new JinjaException("format takes values by place or by name, not both");
        }
        Map<Object, Object> names = new LinkedHashMap<>();
        with.named().forEach((name, value) -> names.put(Text.of(name), value));
        return names;
    }

    /** {@code format % values}. */
    static Text percent(Text format, Object values, Budget budget) {
        Text.Builder out = new Text.Builder();
        Percent percent = new Percent(format, values);
        while (percent.at < format.length()) {
            int next = format.string().indexOf('%', percent.at);
            next = next < 0 ? format.length() : next;
            out.append(format, percent.at, next);
            percent.at = next;
            if (next < format.length()) {
                Text value = percent.next(budget);
                budget.made(value.length());
                out.append(value);
            }
            Budget.requireLength(out.length());
        }
        if (percent.taken < percent.given.size() && !(values instanceof Map<?, ?>)
                && !(values instanceof List<?> && !(values instanceof Values.Tuple))) {
            throw new JinjaException("the format takes fewer values than are given");
        }
        return format.isMarkup() ? out.build().asMarkup() : out.build();
    }

    /** The state of one {@code %}. */
    private static final class Percent {
        private final Text format;
        private final Object values;
        private final List<Object> given;
        private int at;
        private int taken;

        Percent(Text format, Object values) {
            this.format = format;
            this.values = values;
            this.given = new ArrayList<>();
            if (values instanceof Values.Tuple tuple) {
                given.addAll(tuple);
            } else {
                given.add(values);
            }
        }

        private char look() {
            if (at >= format.length()) {
                throw new JinjaException("a format ends within a '%'");
            }
            return format.string().charAt(at);
        }

        private Object take() {
            if (taken >= given.size()) {
                throw new JinjaException("the format wants more than the " + given.size() + " values given");
            }
            return given.get(taken++);
        }

        Text next(Budget budget) {
            at++;
            Object named = null;
            boolean byName = look() == '(';
            if (byName) {
                int close = format.string().indexOf(')', at);
                if (close < 0 || !(values instanceof Map<?, ?> map)) {
                    throw new JinjaException("a format with names needs a mapping");
                }
                Text key = Text.of(format.string().substring(at + 1, close));
                if (!map.containsKey(Values.key(key, budget))) {
                    throw new JinjaException("the format wants '" + key + "', which is not given");
                }
                named = map.get(key);
                taken = given.size();
                at = close + 1;
            }
            StringBuilder flags = new StringBuilder();
            while (FLAGS.contains(look())) {
                flags.append(look());
                at++;
            }
            int width = number(0);
            int precision = -1;
            if (look() == '.') {
                at++;
                precision = Math.max(0, number(0));
            }
            while (look() == 'h' || look() == 'l' || look() == 'L') {
                at++;
            }
            char type = look();
            at++;
            if (type == '%') {
                return Text.of("%");
            }
            String all = flags + (width < 0 ? "-" : "");
            Object value = byName ? named : take();
            Text text = written(type, value, Math.abs(width), precision, all);
            return format.isMarkup() ? text.escaped() : text.plain();
        }

        private int number(int otherwise) {
            if (look() == '*') {
                at++;
                return Values.index(take());
            }
            int from = at;
            while (Character.digit(look(), 10) >= 0) {
                at++;
            }
            if (at - from > 9) {
                throw JinjaException.limit("a format's width is too large");
            }
            return at == from ? otherwise : Integer.parseInt(format.string().substring(from, at));
        }

        private Text written(char type, Object value, int width, int precision, String flags) {
            char align = flags.contains("-") ? '<' : '>';
            char sign = flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-';
            boolean zeros = flags.contains("0") && align == '>';
            boolean alternate = flags.contains("#");
            return switch (type) {
                case 's', 'r', 'a' -> {
                    Text text = type == 's' ? Values.soft(value) : (Text) converted(type, value);
                    Text shown = new FormatSpec(' ', align, '-', false, width, "", precision, 's').text(text);
                    yield text.isMarkup() ? shown.asMarkup() : shown;
                }
                case 'c' -> new FormatSpec(' ', align, '-', false, width, "", -1, 's').text(
                        value instanceof Text text && Values.length(text) == 1 ? text : Text.of(FormatSpec.character(value)));
                case 'd', 'i', 'u' -> new FormatSpec(zeros ? '0' : ' ', zeros ? '=' : align, sign, false, width, "", precision, 'd')
                        .number(Values.number(value) instanceof Double real ? (Object) FormatSpec.truncated(real) : value, Writing.PERCENT);
                case 'x', 'X', 'o' -> new FormatSpec(zeros ? '0' : ' ', zeros ? '=' : align, sign, alternate, width, "", precision, type)
                        .number(value, Writing.PERCENT);
                case 'e', 'E', 'f', 'F', 'g', 'G' -> new FormatSpec(zeros ? '0' : ' ', zeros ? '=' : align, sign, alternate, width, "",
                        precision, type).number(value, Writing.PERCENT);
                default -> throw new JinjaException("the format '%" + type + "' is unknown");
            };
        }
    }
}
