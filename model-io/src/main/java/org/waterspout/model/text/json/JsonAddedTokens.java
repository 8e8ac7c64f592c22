package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PieceTrie;
import org.waterspout.model.text.characters.PlacedText;

/** The added tokens of a tokenizer.json, found by name in a text; as added_vocabulary.rs of Hugging Face's tokenizers has it. */
final class JsonAddedTokens {

    /** One token: what to look for, and how. */
    private record Added(int token, String pattern, boolean singleWord, boolean takesSpaceBefore, boolean takesSpaceAfter) { }

    /** Told of stretches in order: the token, or -1 for text in which none is. */
    interface Stretches {
        void stretch(PlacedText text, int token);
    }

    private final Names raw = new Names();
    private final Names normalized = new Names();
    private final JsonNormalizer normalizer;

    /** @param withSpecial whether special tokens are looked for too */
    JsonAddedTokens(JsonNode tokens, JsonNode vocab, JsonNormalizer normalizer, boolean withSpecial) {
        this.normalizer = normalizer;
        for (JsonNode token : tokens) {
            String content = token.path("content").asText();
            boolean special = token.path("special").asBoolean();
            if (content.isEmpty() || special && !withSpecial) {
                continue;
            }
            // the model's own number for the name goes before the one that is given
            int number = vocab.path(content).isInt() ? vocab.path(content).asInt() : token.path("id").asInt();
            boolean later = token.path("normalized").asBoolean(!special);
            String pattern = later ? normalizer.normalize(PlacedText.of(content), new Effort(content.length())).text() : content;
            (later ? normalized : raw).add(new Added(number, pattern, token.path("single_word").asBoolean(),
                    token.path("lstrip").asBoolean(), token.path("rstrip").asBoolean()));
        }
        raw.build();
        normalized.build();
    }

    /** Normalizes {@code text}, but for the names of tokens that stay as they are written. */
    void split(PlacedText text, Effort effort, Stretches out) {
        raw.split(text, effort, (stretch, token) -> {
            if (token >= 0) {
                out.stretch(stretch, token);
            } else {
                normalized.split(normalizer.normalize(stretch, effort), effort, out::stretch);
            }
        });
    }

    private static final class Names {
        private final List<Added> tokens = new ArrayList<>();
        private PieceTrie trie;

        void add(Added token) {
            tokens.removeIf(other -> other.pattern.equals(token.pattern));
            tokens.add(token);
        }

        void build() {
            trie = tokens.isEmpty() ? null : new PieceTrie(tokens.stream().map(Added::pattern).toArray(String[]::new));
        }

        void split(PlacedText placed, Effort effort, BiConsumer<PlacedText, Integer> out) {
            String text = placed.text();
            int done = 0;
            for (int at = 0; trie != null && at < text.length();) {
                effort.step();
                int found = trie.longestPieceAt(text, at);
                if (found < 0) {
                    at++;
                    continue;
                }
                Added token = tokens.get(found);
                int start = at;
                int stop = at + token.pattern.length();
                at = stop;
                if (token.singleWord && (start > 0 && CharacterKind.isWord(text.codePointBefore(start))
                        || stop < text.length() && CharacterKind.isWord(text.codePointAt(stop)))) {
                    continue;
                }
                while (token.takesSpaceBefore && start > done && CharacterKind.isSpace(text.charAt(start - 1))) {
                    start--;
                }
                while (token.takesSpaceAfter && stop < text.length() && CharacterKind.isSpace(text.charAt(stop))) {
                    stop++;
                }
                if (done < start) {
                    out.accept(placed.slice(done, start), -1);
                }
                out.accept(placed.slice(start, stop), token.token);
                done = stop;
                at = Math.max(at, stop);
            }
            if (done < text.length()) {
                out.accept(placed.slice(done, text.length()), -1);
            }
        }
    }
}
