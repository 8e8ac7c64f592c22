package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** JSON as Python's json.dumps writes it, which is what Transformers' tojson filter does. */
record Json(String indent, String itemSeparator, String keySeparator, boolean asciiOnly, boolean sortKeys) {

    static String write(Object value, Parameters with) {
        with.only(4, "ensure_ascii", "indent", "separators", "sort_keys");
        Object indent = with.get(1, "indent", null);
        String step = indent == null ? null : indent instanceof String text ? text : " ".repeat(Math.clamp(Values.index(indent),
                0, 100));
        String item = indent == null ? ", " : ",";
        String key = ": ";
        if (with.get(2, "separators", null) instanceof List<?> separators && separators.size() == 2) {
            item = Values.text(separators.getFirst());
            key = Values.text(separators.getLast());
        }
        StringBuilder out = new StringBuilder();
        new Json(step, item, key, with.flag(0, "ensure_ascii"), with.flag(3, "sort_keys")).write(value, 0, out);
        return out.toString();
    }

    private void write(Object value, int depth, StringBuilder out) {
        Values.limited(out.length() > Values.LARGEST ? out.toString() : "");
        switch (value) {
            case null -> out.append("null");
            case Boolean flag -> out.append(flag);
            case Long number -> out.append(number);
            case Double number -> out.append(Values.decimal(number).replace("nan", "NaN").replace("inf", "Infinity"));
            case String text -> string(text, out);
            case List<?> list -> {
                List<Runnable> parts = new ArrayList<>();
                list.forEach(element -> parts.add(() -> write(element, depth + 1, out)));
                bracketed('[', ']', parts, depth, out);
            }
            case Map<?, ?> map -> {
                List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
                if (sortKeys) {
                    entries.sort(Comparator.comparing(entry -> entry.getKey(), Values::compare));
                }
                List<Runnable> parts = new ArrayList<>();
                for (Map.Entry<?, ?> entry : entries) {
                    parts.add(() -> {
                        string(entry.getKey() instanceof String text ? text : keyName(entry.getKey()), out);
                        out.append(keySeparator);
                        write(entry.getValue(), depth + 1, out);
                    });
                }
                bracketed('{', '}', parts, depth, out);
            }
            default -> throw new JinjaException(Values.kind(value) + " cannot be written as JSON");
        }
    }

    private static String keyName(Object key) {
        return switch (key) {
            case null -> "null";
            case Boolean flag -> flag.toString();
            case Long number -> number.toString();
            case Double number -> Values.decimal(number);
            default -> throw new JinjaException(Values.kind(key) + " is no key in JSON");
        };
    }

    private void bracketed(char open, char close, List<Runnable> parts, int depth, StringBuilder out) {
        out.append(open);
        for (int i = 0; i < parts.size(); i++) {
            out.append(i == 0 ? "" : itemSeparator);
            newLine(depth + 1, out);
            parts.get(i).run();
        }
        if (!parts.isEmpty()) {
            newLine(depth, out);
        }
        out.append(close);
    }

    private void newLine(int depth, StringBuilder out) {
        if (indent != null) {
            out.append('\n').append(indent.repeat(depth));
        }
    }

    private void string(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20 || asciiOnly && c > 0x7E) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
