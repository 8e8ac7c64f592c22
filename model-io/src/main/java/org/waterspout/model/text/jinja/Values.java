package org.waterspout.model.text.jinja;

import java.math.BigDecimal;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Python's values and what they mean: null (none), Boolean, Long, Double, Text, List, Map, and the kinds below. Nothing else
 * ever reaches a template, so nothing else can be called from one.
 */
final class Values {

    /** What a character costs that becomes a string of its own, in characters looked at. */
    private static final int CHARACTER = 16;

    private Values() { }

    /** What a name, attribute or index that is not there gives: empty and false, but no part of a calculation. */
    record Undefined(String what) {
        JinjaException error() {
            return new JinjaException("'" + what + "' is undefined");
        }
    }

    /** A function, macro or method. */
    @FunctionalInterface
    interface Callable {
        Object call(Parameters with);
    }

    /** An object whose attributes a template reads and, unless it is the loop, sets. */
    record Namespace(Map<String, Object> values, boolean settable) { }

    /** A list that prints with round brackets. */
    static final class Tuple extends AbstractList<Object> {
        private final List<Object> elements;

        Tuple(List<Object> elements) {
            this.elements = elements;
        }

        @Override
        public Object get(int index) {
            return elements.get(index);
        }

        @Override
        public int size() {
            return elements.size();
        }
    }

    /** A caller's variable as a template's value. */
    static Object of(Object value) {
        return switch (value) {
            case String own -> Text.of(own);
            case Rendered.Outside(String text) -> Text.from(text);
            case Integer number -> number.longValue();
            case List<?> list -> {
                List<Object> values = new ArrayList<>(list.size());
                list.forEach(element -> values.add(of(element)));
                yield values;
            }
            case Map<?, ?> map -> {
                Map<Object, Object> values = new LinkedHashMap<>();
                map.forEach((key, element) -> values.put(of(key), of(element)));
                yield values;
            }
            case null -> null;
            case Boolean flag -> flag;
            case Long number -> number;
            case Double number -> number;
            default -> throw new JinjaException("a variable is neither a text, a number, a truth value, a list nor a mapping");
        };
    }

    static boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case Text text -> !text.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Undefined undefined -> false;
            default -> true;
        };
    }

    /** Python's str(): never markup. */
    static Text print(Object value) {
        return soft(value).plain();
    }

    /** MarkupSafe's soft_str(): markup stays markup. */
    static Text soft(Object value) {
        return switch (value) {
            case Text text -> text;
            case Undefined undefined -> Text.EMPTY;
            case null, default -> represent(value);
        };
    }

    /** As Python's repr writes it. */
    static Text represent(Object value) {
        Text.Builder out = new Text.Builder();
        represent(value, out);
        return out.build();
    }

    private static void represent(Object value, Text.Builder out) {
        Budget.requireLength(out.length());
        switch (value) {
            case null -> out.append("None");
            case Boolean flag -> out.append(flag ? "True" : "False");
            case Long number -> out.append(number.toString());
            case Double number -> out.append(decimal(number));
            case Text text when text.isMarkup() -> out.append("Markup(").append(Strings.quoted(text)).append(")");
            case Text text -> out.append(Strings.quoted(text));
            case Tuple tuple -> listed("(", tuple, tuple.size() == 1 ? ",)" : ")", out);
            case List<?> list -> listed("[", list, "]", out);
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    represent(entry.getKey(), out);
                    out.append(": ");
                    represent(entry.getValue(), out);
                    separator = ", ";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case Undefined undefined -> out.append("Undefined");
            default -> throw new JinjaException("a function cannot be printed");
        }
    }

    private static void listed(String open, List<?> list, String close, Text.Builder out) {
        String separator = open;
        for (Object element : list) {
            out.append(separator);
            represent(element, out);
            separator = ", ";
        }
        out.append(list.isEmpty() ? open : "").append(close);
    }

    static String decimal(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(number);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            String[] parts = Double.toString(number).split("E");
            int exponent = Integer.parseInt(parts[1]);
            String digits = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
            return digits + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        String plain = new BigDecimal(Double.toString(number)).toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    /** Truth values count as 1 and 0, as in Python. */
    static Object number(Object value) {
        return switch (value) {
            case Boolean flag -> flag ? 1L : 0L;
            case Long number -> number;
            case Double number -> number;
            case Undefined undefined -> throw undefined.error();
            case null, default -> throw new JinjaException(kind(value) + " is no number");
        };
    }

    static int index(Object value) {
        if (number(value) instanceof Long whole && whole >= Integer.MIN_VALUE && whole <= Integer.MAX_VALUE) {
            return whole.intValue();
        }
        throw new JinjaException(represent(value) + " is no index");
    }

    static Text text(Object value) {
        return switch (value) {
            case Text text -> text;
            case Undefined undefined -> throw undefined.error();
            case null, default -> throw new JinjaException(kind(value) + " is no string");
        };
    }

    static String kind(Object value) {
        return switch (value) {
            case null -> "none";
            case Boolean flag -> "a truth value";
            case Long number -> "a whole number";
            case Double number -> "a number";
            case Text text -> "a string";
            case List<?> list -> "a list";
            case Map<?, ?> map -> "a mapping";
            case Namespace namespace -> "a namespace";
            case Undefined undefined -> "'" + undefined.what() + "', which is undefined,";
            default -> "a function";
        };
    }

    /** Python's ==. Two lists that hold themselves many times over have no end in sight, so each pair compared counts. */
    static boolean equal(Object left, Object right, Budget budget) {
        budget.looked(16);
        if (isNumber(left) && isNumber(right)) {
            Object a = number(left);
            Object b = number(right);
            return a instanceof Long && b instanceof Long ? a.equals(b)
                    : ((Number) a).doubleValue() == ((Number) b).doubleValue();
        }
        if (left instanceof Text a && right instanceof Text b) {
            budget.looked(a.length() == b.length() ? a.length() : 0);
            return a.equals(b);
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            boolean same = a.size() == b.size() && a instanceof Tuple == b instanceof Tuple;
            for (int i = 0; same && i < a.size(); i++) {
                same = equal(a.get(i), b.get(i), budget);
            }
            return same;
        }
        if (left instanceof Undefined && right instanceof Undefined) {
            return true;
        }
        if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
            return a.size() == b.size() && a.keySet().stream()
                    .allMatch(key -> b.containsKey(key) && equal(a.get(key), b.get(key), budget));
        }
        return Objects.equals(left, right);
    }

    static int compare(Object left, Object right, Budget budget) {
        budget.looked(16);
        if (left instanceof Text a && right instanceof Text b) {
            budget.looked(Math.min(a.length(), b.length()));
            return Strings.compare(a.string(), b.string());
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
                if (!equal(a.get(i), b.get(i), budget)) {
                    return compare(a.get(i), b.get(i), budget);
                }
            }
            return Integer.compare(a.size(), b.size());
        }
        if (isNumber(left) && isNumber(right)) {
            return number(left) instanceof Long a && number(right) instanceof Long b ? Long.compare(a, b)
                    : Double.compare(((Number) number(left)).doubleValue(), ((Number) number(right)).doubleValue());
        }
        throw new JinjaException(kind(left) + " and " + kind(right) + " have no order");
    }

    /** Python's {@code in}. */
    static boolean contains(Object container, Object element, Budget budget) {
        return switch (container) {
            case Text text -> Strings.indexOf(text.string(), text(element).string(), 0, budget) >= 0;
            case List<?> list -> {
                for (Object other : list) {
                    if (equal(other, element, budget)) {
                        yield true;
                    }
                }
                yield false;
            }
            case Map<?, ?> map -> map.containsKey(key(element, budget));
            case Undefined undefined -> false;
            case null, default -> throw new JinjaException(kind(container) + " holds nothing");
        };
    }

    /** A key, whose hash looks at all of it: lists and mappings, which Python refuses as keys, may hold themselves many times over. */
    static Object key(Object value, Budget budget) {
        switch (value) {
            case Tuple tuple -> tuple.forEach(element -> key(element, budget));
            case List<?> list -> throw new JinjaException("a list is no key");
            case Map<?, ?> map -> throw new JinjaException("a mapping is no key");
            case Text text -> budget.looked(text.length());
            case null, default -> budget.looked(1);
        }
        return value;
    }

    /** The elements a loop goes through. */
    static List<Object> elements(Object value, Budget budget) {
        budget.looked(length(value));
        return switch (value) {
            case List<?> list -> new ArrayList<>(list);
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case Text text -> {
                budget.looked(CHARACTER * (long) text.length());
                List<Object> characters = new ArrayList<>();
                for (int at = 0, end; at < text.length(); at = end) {
                    end = at + Character.charCount(text.string().codePointAt(at));
                    characters.add(text.substring(at, end).plain());
                }
                yield characters;
            }
            case Undefined undefined -> List.of();
            case null, default -> throw new JinjaException(kind(value) + " cannot be looped over");
        };
    }

    static long length(Object value) {
        return switch (value) {
            case Text text -> text.string().codePointCount(0, text.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Undefined undefined -> 0;
            case null, default -> throw new JinjaException(kind(value) + " has no length");
        };
    }

    static Object item(Object of, Object index, Budget budget) {
        switch (of) {
            case Undefined undefined -> throw undefined.error();
            case Map<?, ?> map when !(index instanceof List<?> || index instanceof Map<?, ?>) && map.containsKey(key(index, budget)) -> {
                return map.get(index);
            }
            case List<?> list when index instanceof Long || index instanceof Boolean -> {
                int at = index(index) < 0 ? index(index) + list.size() : index(index);
                return at >= 0 && at < list.size() ? list.get(at) : new Undefined("element " + index);
            }
            case Text text when index instanceof Long || index instanceof Boolean -> {
                budget.looked(text.length());
                int at = index(index) < 0 ? index(index) + (int) length(text) : index(index);
                if (at < 0 || at >= length(text)) {
                    return new Undefined("element " + index);
                }
                int from = text.string().offsetByCodePoints(0, at);
                return text.substring(from, text.string().offsetByCodePoints(from, 1));
            }
            case null, default -> {
                return index instanceof Text name ? attribute(of, name.string()) : new Undefined(represent(index).string());
            }
        }
    }

    static Object attribute(Object of, String name) {
        if (name.startsWith("_")) {
            throw new JinjaException("the attribute '" + name + "' may not be used");
        }
        return switch (of) {
            case Undefined undefined -> throw undefined.error();
            case Namespace namespace -> namespace.values().containsKey(name) ? namespace.values().get(name)
                    : new Undefined(name);
            case Text text when Strings.METHODS.contains(name) -> (Callable) with -> Strings.call(text, name, with.of(name));
            case Map<?, ?> map when Collections.METHODS.contains(name) -> (Callable) with ->
                    Collections.call(map, name, with.of(name));
            case List<?> list when name.equals("index") || name.equals("count") -> (Callable) with ->
                    Collections.call(list, name, with.of(name));
            case Map<?, ?> map -> map.containsKey(Text.of(name)) ? map.get(Text.of(name)) : new Undefined(name);
            case null, default -> new Undefined(name);
        };
    }

    static Object slice(Object of, Object start, Object stop, Object step, Budget budget) {
        if (of instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(of instanceof Text || of instanceof List<?>)) {
            throw new JinjaException(kind(of) + " has no slices");
        }
        int by = step == null ? 1 : index(step);
        if (by == 0) {
            throw new JinjaException("a slice's step is 0");
        }
        if (by == 1 && of instanceof Text text) {
            budget.looked(text.length());
            int size = (int) length(text);
            int from = start == null ? 0 : bound(index(start), size, 1);
            int to = stop == null ? size : bound(index(stop), size, 1);
            int begin = text.string().offsetByCodePoints(0, from);
            return text.substring(begin, text.string().offsetByCodePoints(begin, Math.max(0, to - from)));
        }
        List<Object> all = elements(of, budget);
        int size = all.size();
        int from = start == null ? by > 0 ? 0 : size - 1 : bound(index(start), size, by);
        int to = stop == null ? by > 0 ? size : -1 : bound(index(stop), size, by);
        List<Object> kept = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            kept.add(all.get((int) i));
        }
        if (of instanceof Text text) {
            Text.Builder builder = new Text.Builder();
            kept.forEach(character -> builder.append((Text) character));
            return text.isMarkup() ? builder.build().asMarkup() : builder.build();
        }
        return of instanceof Tuple ? new Tuple(kept) : kept;
    }

    private static int bound(int index, int size, int by) {
        int at = index < 0 ? index + size : index;
        return by > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
    }
}
