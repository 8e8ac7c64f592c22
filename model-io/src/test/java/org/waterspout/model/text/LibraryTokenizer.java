package org.waterspout.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.waterspout.model.text.json.TokenizerJson;
import org.waterspout.model.text.subword.PreTokenizer;
import org.waterspout.model.text.subword.Vocabulary;

/** The tokenizer.json that says what a byte-level encoder is made of, for comparison with Hugging Face's library. */
final class LibraryTokenizer {

    private LibraryTokenizer() { }

    /** @param merges pairs of pieces, a space between them, best first */
    static NativeTokenizer byteLevel(Vocabulary vocabulary, List<String> merges, PreTokenizer preTokenizer) {
        ObjectNode json = TokenizerJson.JSON.createObjectNode();
        json.putArray("added_tokens");
        ArrayNode cuts = json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        for (String expression : preTokenizer.expressions()) {
            cuts.addObject().put("type", "Split").put("behavior", "Isolated").put("invert", false).putObject("pattern")
                    .put("Regex", expression);
        }
        cuts.addObject().put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true).put("use_regex", false);
        ObjectNode model = json.putObject("model").put("type", "BPE").put("ignore_merges", preTokenizer.ignoreMerges());
        ObjectNode vocab = model.putObject("vocab");
        for (int token = 0; token < vocabulary.size(); token++) {
            switch (vocabulary.kinds().get(token)) {
                case NORMAL, UNDEFINED, UNUSED, BYTE -> vocab.put(vocabulary.pieces().get(token), token);
                case CONTROL, UNKNOWN, USER_DEFINED -> { }
            }
        }
        merges.forEach(model.putArray("merges")::add);
        return of(json);
    }

    /** The tokenizer of a whole file, by the library. */
    static NativeTokenizer of(ObjectNode json) {
        try {
            return new NativeTokenizer(TokenizerJson.JSON.writeValueAsBytes(json), "the test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same where names of special tokens are ordinary text. */
    static NativeTokenizer withoutSpecial(ObjectNode json) {
        ObjectNode copy = json.deepCopy();
        ArrayNode kept = TokenizerJson.JSON.createArrayNode();
        for (JsonNode token : json.path("added_tokens")) {
            if (!token.path("special").asBoolean()) {
                kept.add(token);
                continue;
            }
            int number = token.path("id").asInt(-1);
            if (copy.path("model").path("vocab").path(number) instanceof ArrayNode pair && !pair.isEmpty()) {
                // Unigram would find the name as a piece. A name with a space is none that text, whose spaces are marks, can have.
                pair.set(0, TokenizerJson.JSON.getNodeFactory().textNode(" special " + number));
            }
        }
        copy.set("added_tokens", kept);
        return of(copy);
    }
}
