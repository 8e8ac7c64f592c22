package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.subword.Vocabulary;

/**
 * How few tokens a tokenizer.json can make of a text: its characters by the most that one token stands for. There is no such number where
 * the tokenizer leaves characters out, or makes one token of a run of any length, as of unknown characters or blanks.
 *
 * @param max       characters, counted by code points, of the text as it is given
 * @param swallowing names of tokens that take all white space beside them
 */
public record MinTokenCount(int max, List<String> swallowing) {

    /** A character in the composed form stands for at most so many: those that it decomposes to. */
    private static final int MAX_COMPOSED = 4;

    /** So many tokens come of {@code text} at least, even if one that begins a text is taken off because it stands there twice. */
    public long of(String text) {
        if (swallowing.stream().anyMatch(text::contains)) {
            return 0;
        }
        return Math.max(0, Math.ceilDiv(text.codePointCount(0, text.length()), max) - 1);
    }

    public static Optional<MinTokenCount> of(TokenizerJson file) {
        JsonNode json = file.json();
        OptionalInt shrinks = shrinks(json.path("normalizer"));
        if (shrinks.isEmpty() || drops(json.path("pre_tokenizer")) || !knowsAll(file)) {
            return Optional.empty();
        }
        JsonNormalizer normalizer = JsonNormalizer.of(json.path("normalizer"), file.source());
        List<String> swallowing = new ArrayList<>();
        long max = (long) longestPiece(json.path("model").path("vocab")) * shrinks.getAsInt();
        for (JsonNode token : json.path("added_tokens")) {
            String name = token.path("content").asText();
            boolean normalized = token.path("normalized").asBoolean(!token.path("special").asBoolean());
            boolean swallows = token.path("lstrip").asBoolean() || token.path("rstrip").asBoolean();
            if (swallows && normalized || name.isEmpty() && swallows) {
                return Optional.empty();
            }
            if (swallows) {
                swallowing.add(name);
            }
            String written = normalized ? normalizer.normalize(PlacedText.of(name), new Effort(name.length())).text() : name;
            max = Math.max(max, (long) length(written) * (normalized ? shrinks.getAsInt() : 1));
        }
        return max < 1 || max > Integer.MAX_VALUE ? Optional.empty() : Optional.of(new MinTokenCount((int) max, swallowing));
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** How many characters at most become one; empty where there is no bound, or characters are left out. */
    private static OptionalInt shrinks(JsonNode normalizer) {
        return switch (normalizer.path("type").asText()) {
            case "", "NFD", "NFKD", "Lowercase", "Prepend", "ByteLevel" -> OptionalInt.of(1);
            case "NFC", "NFKC" -> OptionalInt.of(MAX_COMPOSED);
            case "Replace" -> {
                int from = length(normalizer.path("pattern").path("String").asText());
                int to = length(normalizer.path("content").asText());
                yield from == 0 || to == 0 ? OptionalInt.empty() : OptionalInt.of(Math.ceilDiv(from, to));
            }
            case "Sequence" -> {
                long all = 1;
                for (JsonNode step : normalizer.path("normalizers")) {
                    all = Math.min(Integer.MAX_VALUE, all * shrinks(step).orElse(0));
                }
                yield all == 0 ? OptionalInt.empty() : OptionalInt.of((int) all);
            }
            default -> OptionalInt.empty();
        };
    }

    private static boolean drops(JsonNode preTokenizer) {
        return switch (preTokenizer.path("type").asText()) {
            case "", "ByteLevel", "Metaspace", "Digits" -> false;
            case "Split", "Punctuation" -> preTokenizer.path("behavior").asText().equals("Removed");
            case "Sequence" -> {
                boolean one = false;
                for (JsonNode part : preTokenizer.path("pretokenizers")) {
                    one |= drops(part);
                }
                yield one;
            }
            default -> true;
        };
    }

    /**
     * Whether every character becomes tokens of its own or a part of a known piece: unknown ones may be left out, or be one token in a row.
     */
    private static boolean knowsAll(TokenizerJson file) {
        JsonNode model = file.json().path("model");
        if (file.model().equals("WordPiece") || file.model().isEmpty()) {
            return false;
        }
        Set<String> pieces = new HashSet<>();
        JsonNode vocab = model.path("vocab");
        vocab.fieldNames().forEachRemaining(pieces::add);
        for (int i = 0; vocab.isArray() && i < vocab.size(); i++) {
            pieces.add(vocab.path(i).path(0).asText());
        }
        boolean bare = model.path("continuing_subword_prefix").asText("").isEmpty()
                && model.path("end_of_word_suffix").asText("").isEmpty();
        boolean bytes = bare && (writesBytes(file.json().path("pre_tokenizer"), "pretokenizers")
                || writesBytes(file.json().path("normalizer"), "normalizers"));
        boolean falls = model.path("byte_fallback").asBoolean();
        for (int value = 0; value < 256; value++) {
            bytes &= pieces.contains(String.valueOf(Vocabulary.characterOf(value)));
            falls &= pieces.contains(String.format("<0x%02X>", value));
        }
        return bytes || falls;
    }

    /** Whether the last step writes bytes as characters. */
    private static boolean writesBytes(JsonNode step, String parts) {
        JsonNode all = step.path(parts);
        return step.path("type").asText().equals("ByteLevel") || step.path("type").asText().equals("Sequence") && !all.isEmpty()
                && writesBytes(all.path(all.size() - 1), parts);
    }

    private static int longestPiece(JsonNode vocab) {
        int longest = 0;
        for (var names = vocab.fieldNames(); names.hasNext();) {
            longest = Math.max(longest, length(names.next()));
        }
        for (int i = 0; vocab.isArray() && i < vocab.size(); i++) {
            longest = Math.max(longest, length(vocab.path(i).path(0).asText()));
        }
        return longest;
    }
}
