package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.subword.TokenList;

/** The model of a tokenizer.json: a word to tokens; each as Hugging Face's tokenizers (models/) has it. */
sealed interface JsonModel permits JsonPairs, JsonWordPieces, JsonUnigram {

    /** @param word not empty */
    void encode(PlacedText word, Effort effort, TokenList out);

    /** The same, but no text becomes one of {@code names}. Other models make no such piece of a text's characters. */
    default JsonModel without(Set<String> names) {
        return this;
    }

    /** The model of {@code type}: BPE, WordPiece or Unigram. */
    static JsonModel of(String type, JsonNode model, String source) {
        if (model.path("vocab") instanceof ArrayNode scored) {
            return new JsonUnigram(model, scored, source);
        }
        if (type.isEmpty()) {
            throw new ModelFormatException("the tokenizer of " + source + " does not say what model it has: it should be BPE, WordPiece or "
                    + "Unigram");
        }
        Map<String, Integer> tokens = new HashMap<>();
        model.path("vocab").properties().forEach(entry -> tokens.put(entry.getKey(), entry.getValue().asInt()));
        return type.equals("BPE") ? new JsonPairs(model, tokens, source) : new JsonWordPieces(model, tokens, source);
    }

    /** The number of the token {@code name}, or -1 if there is neither. */
    static int unknown(JsonNode name, Map<String, Integer> tokens) {
        return name.isTextual() ? tokens.getOrDefault(name.asText(), -1) : -1;
    }

    static ModelFormatException withoutUnknown(String text, String source) {
        return new ModelFormatException("the tokenizer of " + source + " has no token for " + Quoted.of(text)
                + ", and none for what is unknown");
    }
}
