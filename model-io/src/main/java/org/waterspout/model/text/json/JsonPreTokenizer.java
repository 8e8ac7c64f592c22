package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.Consumer;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.IntList;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.characters.SplitExpression;
import org.waterspout.model.text.subword.Vocabulary;

/** Where the pre-tokenizer of a tokenizer.json cuts a text; each as Hugging Face's tokenizers (pre_tokenizers/) has it. */
@FunctionalInterface
interface JsonPreTokenizer {

    /** GPT-2's words. */
    String WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    /** Gives the pieces of {@code text} in order, none of them empty. */
    void cut(PlacedText text, Effort effort, Consumer<PlacedText> out);

    /** Cuts nowhere. */
    JsonPreTokenizer WHOLE = (text, effort, out) -> {
        if (!text.isEmpty()) {
            out.accept(text);
        }
    };

    /** What becomes of a match: a piece of its own, nothing, or part of a neighbour. */
    enum Behavior { REMOVED, ISOLATED, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT, CONTIGUOUS }

    /** @throws UnsupportedModelException if its type is not built */
    static JsonPreTokenizer of(JsonNode json, String source) {
        if (json.isMissingNode() || json.isNull()) {
            return WHOLE;
        }
        String type = json.path("type").asText();
        return switch (type) {
            case "Sequence" -> sequence(json.path("pretokenizers"), source);
            case "BertPreTokenizer" -> then(atSpaces(), splitting(TextPattern.ofCharacters(CharacterKind::isPunctuation),
                    Behavior.ISOLATED, false));
            case "WhitespaceSplit" -> atSpaces();
            case "Whitespace" -> {
                SplitExpression words = SplitExpression.of("\\w+|[^\\w\\s]+", source);
                yield splitting((text, effort, matches) -> words.find(text, 0, text.length(), effort, matches), Behavior.REMOVED, true);
            }
            case "Punctuation" -> splitting(TextPattern.ofCharacters(CharacterKind::isPunctuation),
                    json.has("behavior") ? behavior(json, source) : Behavior.ISOLATED, false);
            case "Digits" -> splitting(TextPattern.ofCharacters(CharacterKind::isNumber),
                    json.path("individual_digits").asBoolean() ? Behavior.ISOLATED : Behavior.CONTIGUOUS, false);
            case "CharDelimiterSplit" -> splitting(TextPattern.ofText(json.path("delimiter").asText()), Behavior.REMOVED, false);
            case "Split" -> splitting(TextPattern.of(json.path("pattern"), source), behavior(json, source),
                    json.path("invert").asBoolean());
            case "ByteLevel" -> byteLevel(json, source);
            case "Metaspace" -> metaspace(json, source);
            default -> throw new UnsupportedModelException("pre-tokenizer " + Quoted.of(type) + " of " + source
                    + " is not built: use a model with another tokenizer");
        };
    }

    private static Behavior behavior(JsonNode json, String source) {
        String name = json.path("behavior").asText();
        return switch (name) {
            case "Removed" -> Behavior.REMOVED;
            case "Isolated" -> Behavior.ISOLATED;
            case "MergedWithPrevious" -> Behavior.MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> Behavior.MERGED_WITH_NEXT;
            case "Contiguous" -> Behavior.CONTIGUOUS;
            default -> throw new ModelFormatException("the tokenizer of " + source + " splits with the behavior " + Quoted.of(name)
                    + ", which there is not");
        };
    }

    private static JsonPreTokenizer sequence(JsonNode parts, String source) {
        JsonPreTokenizer all = WHOLE;
        for (JsonNode part : parts) {
            all = then(all, of(part, source));
        }
        return all;
    }

    private static JsonPreTokenizer then(JsonPreTokenizer first, JsonPreTokenizer second) {
        return (text, effort, out) -> first.cut(text, effort, piece -> second.cut(piece, effort, out));
    }

    private static JsonPreTokenizer atSpaces() {
        return splitting(TextPattern.ofCharacters(CharacterKind::isSpace), Behavior.REMOVED, false);
    }

    private static JsonPreTokenizer byteLevel(JsonNode json, String source) {
        boolean spaced = json.path("add_prefix_space").asBoolean(true);
        JsonPreTokenizer words = WHOLE;
        if (json.path("use_regex").asBoolean(true)) {
            SplitExpression expression = SplitExpression.of(WORDS, source);
            words = splitting((text, effort, matches) -> expression.find(text, 0, text.length(), effort, matches), Behavior.ISOLATED,
                    false);
        }
        JsonPreTokenizer cut = words;
        return (text, effort, out) -> cut.cut(spaced && !text.text().startsWith(" ") ? text.prepended(" ") : text, effort,
                piece -> out.accept(JsonNormalizer.bytes(piece, effort)));
    }

    private static JsonPreTokenizer metaspace(JsonNode json, String source) {
        String mark = json.path("replacement").asText(String.valueOf(Vocabulary.SPACE_MARK));
        String scheme = json.path("add_prefix_space").asBoolean(true) ? json.path("prepend_scheme").asText("always") : "never";
        if (!List.of("always", "first", "never").contains(scheme) || mark.codePointCount(0, mark.length()) != 1) {
            throw new ModelFormatException("the Metaspace of the tokenizer of " + source + " has the prepend_scheme " + Quoted.of(scheme)
                    + " and the replacement " + Quoted.of(mark) + ": it takes always, first or never, and one character");
        }
        TextPattern spaces = TextPattern.ofText(" ");
        JsonPreTokenizer words = json.path("split").asBoolean(true) ? splitting(TextPattern.ofText(mark), Behavior.MERGED_WITH_NEXT, false)
                : WHOLE;
        return (text, effort, out) -> {
            PlacedText marked = JsonNormalizer.replace(text, spaces, mark, effort);
            boolean begins = scheme.equals("always") || scheme.equals("first") && text.origin() == 0;
            words.cut(begins && !marked.text().startsWith(mark) ? marked.prepended(mark) : marked, effort, out);
        };
    }

    /** @param invert what lies between matches counts as matched, and the matches do not */
    private static JsonPreTokenizer splitting(TextPattern pattern, Behavior behavior, boolean invert) {
        return (text, effort, out) -> {
            Stretches stretches = new Stretches(behavior);
            int[] last = new int[1];
            pattern.find(text.text(), effort, (from, to) -> {
                if (from > last[0]) {
                    stretches.add(last[0], from, invert);
                }
                stretches.add(from, to, !invert);
                last[0] = to;
            });
            if (text.length() > last[0]) {
                stretches.add(last[0], text.length(), invert);
            }
            stretches.cut(text, out);
        };
    }

    /** What matches and what does not, alternating or not, being put together. */
    final class Stretches {
        private final Behavior behavior;
        private final IntList froms = new IntList();
        private final IntList tos = new IntList();
        private boolean before;
        /** Whether a match waits for what comes after it. */
        private boolean waits;

        Stretches(Behavior behavior) {
            this.behavior = behavior;
        }

        void add(int from, int to, boolean match) {
            boolean joins = froms.size() > 0 && switch (behavior) {
                case REMOVED, ISOLATED -> false;
                case CONTIGUOUS -> match == before;
                case MERGED_WITH_PREVIOUS -> match && !before;
                case MERGED_WITH_NEXT -> waits && !match;
            };
            before = match;
            waits = match;
            if (joins) {
                tos.set(tos.size() - 1, to);
            } else if (!(behavior == Behavior.REMOVED && match)) {
                froms.add(from);
                tos.add(to);
            }
        }

        void cut(PlacedText text, Consumer<PlacedText> out) {
            for (int i = 0; i < froms.size(); i++) {
                if (froms.get(i) < tos.get(i)) {
                    out.accept(text.slice(froms.get(i), tos.get(i)));
                }
            }
        }
    }
}
