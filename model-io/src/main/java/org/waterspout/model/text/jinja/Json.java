package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** JSON as Python's json.dumps writes it, which is what Transformers' tojson filter does. */
record Json(String indent, String itemSeparator, String keySeparator, boolean asciiOnly, boolean sortKeys, Budget budget) {

    static Text write(Object value, Parameters with) {
        with.only(4, "ensure_ascii", "indent", "separators", "sort_keys");
        Object indent = with.get(1, "indent", null);
        String step = indent == null ? null : indent instanceof Text text ? text.string() : " ".repeat(Math.clamp(Values.index(indent),
                0, 100));
        String item = indent == null ? ", " : ",";
        String key = ": ";
        if (with.get(2, "separators", null) instanceof List<?> separators && separators.size() == 2) {
            item = Values.text(separators.getFirst()).string();
            key = Values.text(separators.getLast()).string();
        }
        Text.Builder out = new Text.Builder();
        new Json(step, item, key, with.flag(0, "ensure_ascii"), with.flag(3, "sort_keys"), with.budget()).write(value, 0, out);
        return out.build();
    }

    private void write(Object value, int depth, Text.Builder out) {
        Budget.requireLength(out.length());
        budget.step();
        switch (value) {
            case null -> out.append("null");
            case Boolean flag -> out.append(flag.toString());
            case Long number -> out.append(number.toString());
            case Double number -> out.append(Values.decimal(number).replace("nan", "NaN").replace("inf", "Infinity"));
            case Text text -> string(text, out);
            case List<?> list -> {
                List<Runnable> parts = new ArrayList<>();
                list.forEach(element -> parts.add(() -> write(element, depth + 1, out)));
                bracketed('[', ']', parts, depth, out);
            }
            case Map<?, ?> map -> {
                List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
                if (sortKeys) {
                    entries.sort(Comparator.comparing(entry -> entry.getKey(), (a, b) -> Values.compare(a, b, budget)));
                }
                List<Runnable> parts = new ArrayList<>();
                for (Map.Entry<?, ?> entry : entries) {
                    parts.add(() -> {
                        string(entry.getKey() instanceof Text text ? text : Text.of(keyName(entry.getKey())), out);
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

    private void bracketed(char open, char close, List<Runnable> parts, int depth, Text.Builder out) {
        out.append(String.valueOf(open));
        for (int i = 0; i < parts.size(); i++) {
            out.append(i == 0 ? "" : itemSeparator);
            newLine(depth + 1, out);
            parts.get(i).run();
        }
        if (!parts.isEmpty()) {
            newLine(depth, out);
        }
        out.append(String.valueOf(close));
    }

    private void newLine(int depth, Text.Builder out) {
        if (indent != null) {
            out.append("\n").append(indent.repeat(depth));
        }
    }

    private void string(Text text, Text.Builder out) {
        budget.looked(text.length());
        out.append("\"");
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.string().charAt(at);
            String escape = switch (c) {
                case '"' -> "\\\"";
                case '\\' -> "\\\\";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                case '\b' -> "\\b";
                case '\f' -> "\\f";
                default -> c < 0x20 || asciiOnly && c > 0x7E ? String.format("\\u%04x", (int) c) : "";
            };
            if (!escape.isEmpty()) {
                out.append(text, from, at).append(text.substring(at, at + 1).rewritten(escape));
                from = at + 1;
            }
        }
        out.append(text, from, text.length()).append("\"");
    }
}
