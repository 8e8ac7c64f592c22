package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.model.text.json.TokenizerJson;

/**
 * A tokenizer_config.json that contradicts its tokenizer.json, decided as Transformers does: see src/test/python/record_contradictions.py.
 */
class TokenizerConfigurationTest {

    private static final JsonNode RECORDED = TokenizerFixture.json("encoders/contradictions.json");

    @Test
    void contradictionsAreDecidedAsTransformersDoes(@TempDir Path folder) throws IOException {
        int followed = 0;
        for (JsonNode one : RECORDED.path("cases")) {
            ObjectNode json = RECORDED.path("tokenizers").path(one.path("tokenizer").asText()).deepCopy();
            ((ObjectNode) json.path(one.path("part").asText())).setAll((ObjectNode) one.path("changes"));
            ObjectNode model = TokenizerJson.JSON.createObjectNode();
            model.set("model_type", one.path("model_type"));
            Files.writeString(folder.resolve("tokenizer.json"), json.toString());
            Files.writeString(folder.resolve("tokenizer_config.json"), one.path("config").toString());
            Files.writeString(folder.resolve("config.json"), model.toString());
            followed += Files.readString(folder.resolve("tokenizer.json")).equals(followed(json, folder)) ? 0 : 1;
            try (Tokenizer tokenizer = Tokenizer.of(folder)) {
                for (int i = 0; i < RECORDED.path("texts").size(); i++) {
                    String text = RECORDED.path("texts").get(i).textValue();
                    assertArrayEquals(TokenizerFixture.tokens(one.path("tokens").get(i)), tokenizer.encode(text, false), text + ", " + one);
                }
            }
        }
        assertEquals(105, RECORDED.path("cases").size());
        assertTrue(followed > 50, followed + " of the cases contradict");
    }

    private static String followed(ObjectNode json, Path folder) {
        TokenizerJson changed = new TokenizerJson(json.deepCopy(), "test");
        Neighbours beside = Neighbours.of(folder);
        changed.followConfiguration(beside.tokenizerClass(), beside.config());
        return changed.json().toString();
    }
}
