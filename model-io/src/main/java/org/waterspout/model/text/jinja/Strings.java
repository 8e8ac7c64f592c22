package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/** The methods of Python's strings that templates use. Places and lengths count code points. */
final class Strings {

    static final Set<String> METHODS = Set.of("strip", "lstrip", "rstrip", "startswith", "endswith", "split", "rsplit",
            "splitlines", "upper", "lower", "title", "capitalize", "replace", "find", "rfind", "count", "join", "removeprefix",
            "removesuffix", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower");

    private Strings() { }

    /** White space as Python's str.strip has it. */
    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    static Object call(String text, String method, Parameters with) {
        return switch (method) {
            case "strip" -> stripLeft(stripRight(text, with.only(1).optionalText(0, "chars")), with.optionalText(0, "chars"));
            case "lstrip" -> stripLeft(text, with.only(1).optionalText(0, "chars"));
            case "rstrip" -> stripRight(text, with.only(1).optionalText(0, "chars"));
            case "startswith" -> affixes(with.only(1)).stream().anyMatch(text::startsWith);
            case "endswith" -> affixes(with.only(1)).stream().anyMatch(text::endsWith);
            case "split" -> split(text, with.only(2, "sep", "maxsplit"), false);
            case "rsplit" -> split(text, with.only(2, "sep", "maxsplit"), true);
            case "splitlines" -> {
                with.only(0);
                yield new ArrayList<Object>(lines(text));
            }
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "title" -> title(text);
            case "capitalize" -> capitalize(text);
            case "replace" -> replace(text, with.only(3, "count").text(0, "old"), with.text(1, "new"),
                    Values.index(with.get(2, "count", -1L)));
            case "find" -> place(text, text.indexOf(with.only(1).text(0, "sub")));
            case "rfind" -> place(text, text.lastIndexOf(with.only(1).text(0, "sub")));
            case "count" -> count(text, with.only(1).text(0, "sub"));
            case "join" -> Values.limited(String.join(text,
                    Values.elements(with.only(1).required(0, "iterable")).stream().map(Values::text).toList()));
            case "removeprefix" -> text.startsWith(with.only(1).text(0, "prefix"))
                    ? text.substring(with.text(0, "prefix").length()) : text;
            case "removesuffix" -> text.endsWith(with.only(1).text(0, "suffix"))
                    ? text.substring(0, text.length() - with.text(0, "suffix").length()) : text;
            case "isdigit" -> all(text.codePoints(), Character::isDigit);
            case "isalpha" -> all(text.codePoints(), Character::isLetter);
            case "isalnum" -> all(text.codePoints(), Character::isLetterOrDigit);
            case "isspace" -> all(text.codePoints(), Strings::isSpace);
            case "isupper" -> text.codePoints().anyMatch(Character::isUpperCase)
                    && text.codePoints().noneMatch(Character::isLowerCase);
            case "islower" -> text.codePoints().anyMatch(Character::isLowerCase)
                    && text.codePoints().noneMatch(Character::isUpperCase);
            default -> throw new JinjaException("the string method '" + method + "' is not built");
        };
    }

    private static boolean all(IntStream characters, java.util.function.IntPredicate test) {
        int[] them = characters.toArray();
        return them.length > 0 && IntStream.of(them).allMatch(test);
    }

    private static List<String> affixes(Parameters with) {
        Object wanted = with.required(0, "prefix");
        return wanted instanceof List<?> several ? several.stream().map(Values::text).toList() : List.of(Values.text(wanted));
    }

    private static long place(String text, int index) {
        return index < 0 ? -1 : text.codePointCount(0, index);
    }

    private static long count(String text, String part) {
        if (part.isEmpty()) {
            return text.codePointCount(0, text.length()) + 1L;
        }
        long count = 0;
        for (int i = text.indexOf(part); i >= 0; i = text.indexOf(part, i + part.length())) {
            count++;
        }
        return count;
    }

    /** @param characters those to take off, or null for white space */
    static String stripLeft(String text, String characters) {
        int from = 0;
        while (from < text.length() && strips(text.codePointAt(from), characters)) {
            from += Character.charCount(text.codePointAt(from));
        }
        return text.substring(from);
    }

    static String stripRight(String text, String characters) {
        int to = text.length();
        while (to > 0 && strips(text.codePointBefore(to), characters)) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(0, to);
    }

    private static boolean strips(int c, String characters) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    private static List<Object> split(String text, Parameters with, boolean fromRight) {
        String separator = with.optionalText(0, "sep");
        int most = Values.index(with.get(1, "maxsplit", -1L));
        if (separator == null) {
            if (most >= 0) {
                throw new JinjaException("split at white space with a maximum is not built");
            }
            List<Object> words = new ArrayList<>();
            StringBuilder word = new StringBuilder();
            (text + " ").codePoints().forEach(c -> {
                if (!isSpace(c)) {
                    word.appendCodePoint(c);
                } else if (!word.isEmpty()) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            });
            return words;
        }
        if (separator.isEmpty()) {
            throw new JinjaException("split needs a separator that is not empty");
        }
        List<Object> parts = new ArrayList<>();
        String rest = text;
        for (int i = fromRight ? rest.lastIndexOf(separator) : rest.indexOf(separator); i >= 0 && parts.size() != most;
                i = fromRight ? rest.lastIndexOf(separator) : rest.indexOf(separator)) {
            parts.add(fromRight ? rest.substring(i + separator.length()) : rest.substring(0, i));
            rest = fromRight ? rest.substring(0, i) : rest.substring(i + separator.length());
        }
        parts.add(rest);
        return fromRight ? parts.reversed() : parts;
    }

    static List<String> lines(String text) {
        List<String> lines = new ArrayList<>(List.of(text.split("\r\n|[\n\r\u000B\f\u001C-\u001E\u0085\u2028\u2029]", -1)));
        if (lines.getLast().isEmpty()) {
            lines.removeLast();
        }
        return lines;
    }

    static String replace(String text, String old, String replacement, int most) {
        if (most < 0) {
            long grown = text.length() + count(text, old) * (replacement.length() - (long) old.length());
            if (grown > Values.LARGEST) {
                throw new JinjaException("a text grows beyond " + Values.LARGEST + " characters");
            }
            return text.replace(old, replacement);
        }
        StringBuilder result = new StringBuilder();
        String rest = text;
        for (int done = 0; done < most && rest.contains(old); done++) {
            int i = rest.indexOf(old);
            if (old.isEmpty()) {
                throw new JinjaException("replace needs a text that is not empty where it has a maximum");
            }
            result.append(rest, 0, i).append(replacement);
            rest = rest.substring(i + old.length());
            Values.limited(result.toString());
        }
        return result.append(rest).toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = Character.charCount(text.codePointAt(0));
        return text.substring(0, first).toUpperCase(Locale.ROOT) + text.substring(first).toLowerCase(Locale.ROOT);
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
    static String quoted(String text) {
        char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
        StringBuilder result = new StringBuilder().append(quote);
        for (int c : text.codePoints().toArray()) {
            switch (c) {
                case '\\' -> result.append("\\\\");
                case '\n' -> result.append("\\n");
                case '\r' -> result.append("\\r");
                case '\t' -> result.append("\\t");
                default -> {
                    if (c == quote) {
                        result.append('\\').append(quote);
                    } else if (c < 0x20 || c >= 0x7F && c < 0xA1 || c == 0xAD) {
                        result.append(String.format("\\x%02x", c));
                    } else {
                        result.appendCodePoint(c);
                    }
                }
            }
        }
        return result.append(quote).toString();
    }
}
