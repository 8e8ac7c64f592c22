package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.characters.CharacterMap;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.IntList;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.characters.UnicodeForm;
import org.waterspout.model.text.characters.Utf8;
import org.waterspout.model.text.subword.Vocabulary;

/** What the normalizer of a tokenizer.json does to a text before it is cut; each as Hugging Face's tokenizers (normalizers/) has it. */
@FunctionalInterface
interface JsonNormalizer {

    PlacedText normalize(PlacedText text, Effort effort);

    /** @throws UnsupportedModelException if its type is not built */
    static JsonNormalizer of(JsonNode json, String source) {
        if (json.isMissingNode() || json.isNull()) {
            return (text, effort) -> text;
        }
        String type = json.path("type").asText();
        return switch (type) {
            case "Sequence" -> sequence(json.path("normalizers"), source);
            case "NFC", "NFD", "NFKC", "NFKD" -> form(Normalizer.Form.valueOf(type));
            case "Lowercase" -> JsonNormalizer::lowercase;
            case "Strip" -> (text, effort) -> strip(text, json.path("strip_left").asBoolean(), json.path("strip_right").asBoolean());
            case "StripAccents" -> (text, effort) -> filter(text, CharacterKind::isAccent, effort);
            case "Prepend" -> (text, effort) -> text.prepended(json.path("prepend").asText());
            case "Replace" -> {
                TextPattern pattern = TextPattern.of(json.path("pattern"), source);
                String content = json.path("content").asText();
                yield (text, effort) -> replace(text, pattern, content, effort);
            }
            case "Nmt" -> (text, effort) -> map(filter(text, JsonNormalizer::nmtLeavesOut, effort), JsonNormalizer::nmtBecomes, effort);
            case "Precompiled" -> precompiled(json, source);
            case "BertNormalizer" -> bert(json);
            case "ByteLevel" -> (text, effort) -> bytes(text, effort);
            default -> throw new UnsupportedModelException("normalizer " + Quoted.of(type) + " of " + source
                    + " is not built: use a model with another tokenizer");
        };
    }

    private static JsonNormalizer sequence(JsonNode parts, String source) {
        List<JsonNormalizer> steps = new ArrayList<>();
        parts.forEach(part -> steps.add(of(part, source)));
        return (text, effort) -> {
            PlacedText normalized = text;
            for (JsonNormalizer step : steps) {
                normalized = step.normalize(normalized, effort);
            }
            return normalized;
        };
    }

    private static JsonNormalizer form(Normalizer.Form form) {
        return (text, effort) -> UnicodeForm.normalized(text, form, effort);
    }

    private static PlacedText lowercase(PlacedText text, Effort effort) {
        String written = text.text();
        PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
        for (int at = 0; at < written.length();) {
            effort.step();
            int point = written.codePointAt(at);
            at += Character.charCount(point);
            if (point < 0x80) {
                out.add(point >= 'A' && point <= 'Z' ? point | 0x20 : point, 0);
                continue;
            }
            int[] small = CharacterKind.small(point);
            for (int i = 0; i < small.length; i++) {
                out.add(small[i], i > 0 ? 1 : 0);
            }
        }
        return out.text();
    }

    private static PlacedText strip(PlacedText text, boolean left, boolean right) {
        String written = text.text();
        int from = 0;
        int to = written.length();
        while (left && from < to && CharacterKind.isSpace(written.charAt(from))) {
            from++;
        }
        while (right && to > from && CharacterKind.isSpace(written.charAt(to - 1))) {
            to--;
        }
        return text.part(from, to);
    }

    private static PlacedText filter(PlacedText text, IntPredicate leftOut, Effort effort) {
        String written = text.text();
        if (written.codePoints().noneMatch(leftOut)) {
            return text;
        }
        PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
        for (int at = 0; at < written.length();) {
            effort.step();
            int point = written.codePointAt(at);
            at += Character.charCount(point);
            if (leftOut.test(point)) {
                out.replace(at, "");
            } else {
                out.add(point, 0);
            }
        }
        return out.text();
    }

    private static PlacedText map(PlacedText text, IntUnaryOperator becomes, Effort effort) {
        PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
        text.text().codePoints().forEach(point -> {
            effort.step();
            out.add(becomes.applyAsInt(point), 0);
        });
        return out.text();
    }

    static PlacedText replace(PlacedText text, TextPattern pattern, String content, Effort effort) {
        PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
        boolean[] found = new boolean[1];
        pattern.find(text.text(), effort, (from, to) -> {
            found[0] = true;
            out.copy(from);
            out.replace(to, content);
        });
        if (!found[0]) {
            return text;
        }
        out.copy(text.length());
        return out.text();
    }

    private static boolean nmtLeavesOut(int point) {
        return point >= 0x01 && point <= 0x08 || point == 0x0B || point >= 0x0E && point <= 0x1F || point == 0x7F || point == 0x8F
                || point == 0x9F;
    }

    private static int nmtBecomes(int point) {
        return switch (point) {
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> ' ';
            default -> point;
        };
    }

    private static JsonNormalizer bert(JsonNode json) {
        boolean clean = json.path("clean_text").asBoolean(true);
        boolean chinese = json.path("handle_chinese_chars").asBoolean(true);
        boolean lowercase = json.path("lowercase").asBoolean(true);
        boolean strip = json.path("strip_accents").isBoolean() ? json.path("strip_accents").asBoolean() : lowercase;
        return (text, effort) -> {
            PlacedText out = text;
            if (clean) {
                out = map(filter(out, point -> point == 0 || point == 0xFFFD || CharacterKind.isControl(point), effort),
                        point -> CharacterKind.isSpace(point) ? ' ' : point, effort);
            }
            if (chinese && out.text().codePoints().anyMatch(CharacterKind::isChinese)) {
                out = apart(out, effort);
            }
            if (strip) {
                out = filter(UnicodeForm.normalized(out, Normalizer.Form.NFD, effort), CharacterKind::isNonSpacingMark, effort);
            }
            return lowercase ? lowercase(out, effort) : out;
        };
    }

    /** A space on both sides of each Chinese character. */
    private static PlacedText apart(PlacedText text, Effort effort) {
        PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
        text.text().codePoints().forEach(point -> {
            effort.step();
            if (CharacterKind.isChinese(point)) {
                out.add(' ', 0);
                out.add(point, 1);
                out.add(' ', 1);
            } else {
                out.add(point, 0);
            }
        });
        return out.text();
    }

    /** Of each byte of UTF-8 the character that a byte-level vocabulary writes for it. */
    static PlacedText bytes(PlacedText text, Effort effort) {
        PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
        text.text().codePoints().forEach(point -> {
            effort.step();
            int width = Utf8.width(point);
            for (int i = 0; i < width; i++) {
                out.add(Vocabulary.characterOf(Utf8.part(point, width, i)), i > 0 ? 1 : 0);
            }
        });
        return out.text();
    }

    /** SentencePiece's rules as the library applies them: to a cluster of at most five bytes as one, else to each of its characters. */
    private static JsonNormalizer precompiled(JsonNode json, String source) {
        byte[] rules;
        try {
            rules = Base64.getDecoder().decode(json.path("precompiled_charsmap").asText().replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException("the character map of " + source + " is no Base64", e);
        }
        CharacterMap map = new CharacterMap(rules, source);
        Pattern cluster = Pattern.compile("\\X");
        return (text, effort) -> {
            String written = text.text();
            if (written.chars().allMatch(c -> c >= ' ' && c < 0x7F && map.isPlain((char) c, ' '))) {
                return text;
            }
            Precompiled out = new Precompiled(map);
            Matcher matcher = cluster.matcher(written);
            while (matcher.find()) {
                effort.step();
                out.cluster(written, matcher.start(), matcher.end(), effort);
            }
            return out.rewritten(text);
        };
    }

    /** Characters to write, and their changes, the last of which a later removal may still change. */
    final class Precompiled {
        private final CharacterMap map;
        private final IntList points = new IntList();
        private final IntList changes = new IntList();
        private boolean modified;

        Precompiled(CharacterMap map) {
            this.map = map;
        }

        void cluster(String text, int from, int to, Effort effort) {
            int bytes = 0;
            for (int at = from; at < to && bytes < 6; at += Character.charCount(text.codePointAt(at))) {
                bytes += Utf8.width(text.codePointAt(at));
            }
            if (bytes < 6 && replaced(text, from, to)) {
                return;
            }
            for (int at = from; at < to;) {
                effort.step();
                int end = at + Character.charCount(text.codePointAt(at));
                if (!replaced(text, at, end)) {
                    points.add(text.codePointAt(at));
                    changes.add(0);
                }
                at = end;
            }
        }

        private boolean replaced(String text, int from, int to) {
            String replacement = map.shortest(text, from, to);
            if (replacement == null) {
                return false;
            }
            modified = true;
            int more = replacement.codePointCount(0, replacement.length()) - text.codePointCount(from, to);
            replacement.codePoints().forEach(point -> {
                points.add(point);
                changes.add(0);
            });
            for (int i = 1; i <= more; i++) {
                changes.set(changes.size() - i, 1);
            }
            if (more < 0 && changes.size() > 0) {
                changes.set(changes.size() - 1, changes.get(changes.size() - 1) + more);
            }
            return true;
        }

        PlacedText rewritten(PlacedText text) {
            if (!modified) {
                return text;
            }
            PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
            for (int i = 0; i < points.size(); i++) {
                out.add(points.get(i), changes.get(i));
            }
            return out.text();
        }
    }
}
