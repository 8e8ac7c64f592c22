package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's strings that templates use. Places and lengths count code points. */
final class Strings {

    static final Set<String> METHODS = Set.of("strip", "lstrip", "rstrip", "startswith", "endswith", "split", "rsplit",
            "splitlines", "upper", "lower", "title", "capitalize", "replace", "find", "rfind", "count", "join", "removeprefix",
            "removesuffix", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "format", "index", "rindex", "partition",
            "rpartition");

    /** Longer parts are looked for in a way that never takes more than one pass (Knuth, Morris and Pratt 1977). */
    private static final int SHORT = 32;

    private Strings() { }

    /** White space as Python's str.strip has it. */
    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    static Object call(Text text, String method, Parameters with) {
        Budget budget = with.budget();
        budget.looked(text.length());
        return switch (method) {
            case "strip" -> stripLeft(stripRight(text, with.only(1).optionalString(0, "chars"), budget), with.optionalString(0, "chars"),
                    budget);
            case "lstrip" -> stripLeft(text, with.only(1).optionalString(0, "chars"), budget);
            case "rstrip" -> stripRight(text, with.only(1).optionalString(0, "chars"), budget);
            case "startswith" -> affixes(with.only(1)).stream().anyMatch(text.string()::startsWith);
            case "endswith" -> affixes(with.only(1)).stream().anyMatch(text.string()::endsWith);
            case "split", "rsplit" -> split(text, with.only(2, "sep", "maxsplit"), method.equals("rsplit"));
            case "splitlines" -> {
                with.only(0);
                yield new ArrayList<Object>(lines(text));
            }
            case "partition", "rpartition" -> partition(text, with.only(1).string(0, "sep"), method.equals("rpartition"), budget);
            case "upper" -> text.rewritten(text.string().toUpperCase(Locale.ROOT));
            case "lower" -> text.rewritten(text.string().toLowerCase(Locale.ROOT));
            case "title" -> text.rewritten(title(text.string()));
            case "capitalize" -> capitalize(text);
            case "replace" -> replace(text, with.only(3, "count").text(0, "old"),
                    text.isMarkup() ? with.text(1, "new").escaped() : with.text(1, "new"), Values.index(with.get(2, "count", -1L)), budget);
            case "find" -> place(text, with.only(1).string(0, "sub"), false, budget);
            case "rfind" -> place(text, with.only(1).string(0, "sub"), true, budget);
            case "index", "rindex" -> {
                long place = place(text, with.only(1).string(0, "sub"), method.equals("rindex"), budget);
                if (place < 0) {
                    throw new JinjaException("the part is not in the string");
                }
                yield place;
            }
            case "count" -> count(text.string(), with.only(1).string(0, "sub"), budget);
            case "join" -> joined(text, Values.elements(with.only(1).required(0, "iterable"), budget));
            case "format" -> Format.format(text, with);
            case "removeprefix" -> text.string().startsWith(with.only(1).string(0, "prefix"))
                    ? text.substring(with.text(0, "prefix").length()) : text;
            case "removesuffix" -> text.string().endsWith(with.only(1).string(0, "suffix"))
                    ? text.substring(0, text.length() - with.text(0, "suffix").length()) : text;
            case "isdigit" -> all(text, Character::isDigit);
            case "isalpha" -> all(text, Character::isLetter);
            case "isalnum" -> all(text, Character::isLetterOrDigit);
            case "isspace" -> all(text, Strings::isSpace);
            case "isupper" -> text.string().codePoints().anyMatch(Character::isUpperCase)
                    && text.string().codePoints().noneMatch(Character::isLowerCase);
            case "islower" -> text.string().codePoints().anyMatch(Character::isLowerCase)
                    && text.string().codePoints().noneMatch(Character::isUpperCase);
            default -> throw new JinjaException("the string method '" + method + "' is not built");
        };
    }

    private static boolean all(Text text, IntPredicate test) {
        return !text.isEmpty() && text.string().codePoints().allMatch(test);
    }

    private static List<String> affixes(Parameters with) {
        Object wanted = with.required(0, "prefix");
        List<String> affixes = wanted instanceof List<?> several ? several.stream().map(each -> Values.text(each).string()).toList()
                : List.of(Values.text(wanted).string());
        affixes.forEach(affix -> with.budget().looked(affix.length()));
        return affixes;
    }

    private static long place(Text text, String part, boolean last, Budget budget) {
        int index = last ? lastIndexOf(text.string(), part, budget) : indexOf(text.string(), part, 0, budget);
        return index < 0 ? -1 : text.string().codePointCount(0, index);
    }

    /** Where {@code part} stands first from {@code from} on, or -1. */
    static int indexOf(String text, String part, int from, Budget budget) {
        if (part.length() > text.length() - from) {
            return -1;
        }
        int found = part.length() <= SHORT ? text.indexOf(part, from) : inOnePass(text, part, from, false);
        budget.looked(part.length() + (found < 0 ? text.length() : found) - (long) from);
        return found;
    }

    private static int lastIndexOf(String text, String part, Budget budget) {
        budget.looked(text.length());
        return part.length() <= SHORT ? text.lastIndexOf(part) : inOnePass(text, part, 0, true);
    }

    private static int inOnePass(String text, String part, int from, boolean last) {
        int[] border = new int[part.length() + 1]; // of part's first i characters: the longest end that is a beginning as well
        border[0] = -1;
        for (int i = 0, length = -1; i < part.length();) {
            while (length >= 0 && part.charAt(i) != part.charAt(length)) {
                length = border[length];
            }
            border[++i] = ++length;
        }
        int found = -1;
        for (int i = from, matched = 0; i < text.length(); i++) {
            while (matched >= 0 && (matched == part.length() || text.charAt(i) != part.charAt(matched))) {
                matched = border[matched];
            }
            if (++matched == part.length()) {
                found = i + 1 - matched;
                if (!last) {
                    return found;
                }
            }
        }
        return found;
    }

    private static long count(String text, String part, Budget budget) {
        if (part.isEmpty()) {
            return text.codePointCount(0, text.length()) + 1L;
        }
        long count = 0;
        for (int i = indexOf(text, part, 0, budget); i >= 0; i = indexOf(text, part, i + part.length(), budget)) {
            count++;
        }
        return count;
    }

    private static Text joined(Text separator, List<Object> elements) {
        Text.Builder joined = new Text.Builder();
        boolean first = true;
        for (Object element : elements) {
            if (!first) {
                joined.append(separator);
            }
            first = false;
            joined.append(separator.isMarkup() ? Values.text(element).escaped() : Values.text(element));
            Budget.requireLength(joined.length());
        }
        return separator.isMarkup() ? joined.build().asMarkup() : joined.build();
    }

    /** @param characters those to take off, or null for white space */
    static Text stripLeft(Text text, String characters, Budget budget) {
        int from = 0;
        while (from < text.length() && strips(text.string().codePointAt(from), characters, budget)) {
            from += Character.charCount(text.string().codePointAt(from));
        }
        return text.substring(from);
    }

    static Text stripRight(Text text, String characters, Budget budget) {
        int to = text.length();
        while (to > 0 && strips(text.string().codePointBefore(to), characters, budget)) {
            to -= Character.charCount(text.string().codePointBefore(to));
        }
        return text.substring(0, to);
    }

    private static boolean strips(int c, String characters, Budget budget) {
        if (characters == null) {
            return isSpace(c);
        }
        budget.looked(characters.length());
        return characters.indexOf(c) >= 0;
    }

    private static List<Object> split(Text text, Parameters with, boolean fromRight) {
        String separator = with.optionalString(0, "sep");
        int max = Values.index(with.get(1, "maxsplit", -1L));
        if (separator == null) {
            if (max >= 0) {
                throw new JinjaException("split at white space with a maximum is not built");
            }
            return words(text);
        }
        if (separator.isEmpty()) {
            throw new JinjaException("split needs a separator that is not empty");
        }
        List<Object> parts = new ArrayList<>();
        if (fromRight) {
            int to = text.length();
            for (int i = to; parts.size() != max; to = i) {
                i = text.string().lastIndexOf(separator, to - separator.length());
                with.budget().looked((to - Math.max(i, 0)) * (long) (separator.length() <= SHORT ? 1 : separator.length()));
                if (i < 0) {
                    break;
                }
                parts.add(text.substring(i + separator.length(), to));
            }
            parts.add(text.substring(0, to));
            return parts.reversed();
        }
        int from = 0;
        for (int i = indexOf(text.string(), separator, 0, with.budget()); i >= 0 && parts.size() != max;
                i = indexOf(text.string(), separator, from, with.budget())) {
            parts.add(text.substring(from, i));
            from = i + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    static List<Object> words(Text text) {
        List<Object> words = new ArrayList<>();
        int from = 0;
        for (int at = 0; at <= text.length();) {
            boolean ends = at == text.length() || isSpace(text.string().codePointAt(at));
            if (ends && at > from) {
                words.add(text.substring(from, at));
            }
            at += at == text.length() ? 1 : Character.charCount(text.string().codePointAt(at));
            from = ends ? at : from;
        }
        return words;
    }

    private static List<Object> partition(Text text, String separator, boolean last, Budget budget) {
        if (separator.isEmpty()) {
            throw new JinjaException("partition needs a separator that is not empty");
        }
        int at = last ? lastIndexOf(text.string(), separator, budget) : indexOf(text.string(), separator, 0, budget);
        if (at < 0) {
            return new Values.Tuple(last ? List.of(Text.EMPTY, Text.EMPTY, text) : List.of(text, Text.EMPTY, Text.EMPTY));
        }
        int end = at + separator.length();
        return new Values.Tuple(List.of(text.substring(0, at), text.substring(at, end), text.substring(end)));
    }

    static List<Text> lines(Text text) {
        List<Text> lines = new ArrayList<>();
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.string().charAt(at);
            if (c >= '\n' && c <= '\r' || c >= 0x1C && c <= 0x1E || c == 0x85 || c == 0x2028 || c == 0x2029) {
                lines.add(text.substring(from, at));
                at += c == '\r' && at + 1 < text.length() && text.string().charAt(at + 1) == '\n' ? 1 : 0;
                from = at + 1;
            }
        }
        if (from < text.length()) {
            lines.add(text.substring(from));
        }
        return lines;
    }

    /** Python's str.replace: an empty {@code old} stands between all characters. */
    static Text replace(Text text, Text old, Text replacement, int max, Budget budget) {
        Text.Builder result = new Text.Builder();
        int from = 0;
        int left = max < 0 ? Integer.MAX_VALUE : max;
        int next = indexOf(text.string(), old.string(), 0, budget);
        while (left > 0 && next >= 0 && next <= text.length()) {
            result.append(text, from, next).append(replacement);
            Budget.requireLength(result.length());
            left--;
            from = next + old.length();
            if (!old.isEmpty()) {
                next = indexOf(text.string(), old.string(), from, budget);
            } else if (next == text.length()) {
                break;
            } else {
                next += Character.charCount(text.string().codePointAt(next));
            }
        }
        result.append(text, from, text.length());
        budget.made(result.length());
        return text.isMarkup() ? result.build().asMarkup() : result.build();
    }

    static Text capitalize(Text text) {
        if (text.isEmpty()) {
            return text;
        }
        String string = text.string();
        int first = Character.charCount(string.codePointAt(0));
        return text.rewritten(string.substring(0, first).toUpperCase(Locale.ROOT) + string.substring(first).toLowerCase(Locale.ROOT));
    }

    /** Every run of letters with a capital first, as str.title does. */
    private static String title(String text) {
        StringBuilder result = new StringBuilder();
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            result.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return result.toString();
    }

    static int compare(String left, String right) {
        return java.util.Arrays.compare(left.codePoints().toArray(), right.codePoints().toArray());
    }

    /** As Python's repr writes a string. */
    static Text quoted(Text text) {
        String string = text.string();
        char quote = string.contains("'") && !string.contains("\"") ? '"' : '\'';
        Text.Builder result = new Text.Builder().append(String.valueOf(quote));
        int from = 0;
        for (int at = 0; at < string.length(); at++) {
            char c = string.charAt(at);
            String escape = switch (c) {
                case '\\' -> "\\\\";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                default -> c == quote ? "\\" + quote
                        : c < 0x20 || c >= 0x7F && c < 0xA1 || c == 0xAD ? String.format("\\x%02x", (int) c) : "";
            };
            if (!escape.isEmpty()) {
                result.append(text, from, at).append(text.substring(at, at + 1).rewritten(escape));
                from = at + 1;
            }
        }
        return result.append(text, from, string.length()).append(String.valueOf(quote)).build();
    }
}
