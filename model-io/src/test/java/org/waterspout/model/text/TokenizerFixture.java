package org.waterspout.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.model.Metadata;

/** What src/test/python/record_tokenizers.py wrote: vocabularies as GGUF keys, texts, and the tokens the libraries give. */
final class TokenizerFixture {

    static final List<String> GGUF = List.of("byte-level-gpt-2", "byte-level-smollm", "byte-level-llama-bpe",
            "byte-level-qwen2", "byte-level-tekken", "byte-level-default", "spm-prefix", "spm-user-defined", "spm-swallow");
    static final List<String> JSON = List.of("json-byte-level", "json-byte-fallback");

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private TokenizerFixture() { }

    static JsonNode json(String resource) {
        try (InputStream in = TokenizerFixture.class.getResourceAsStream("/tokenizers/" + resource)) {
            return MAPPER.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path path(String resource) {
        try {
            return Path.of(TokenizerFixture.class.getResource("/tokenizers/" + resource).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<String> texts() {
        List<String> texts = new ArrayList<>();
        json("texts.json").forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    static Metadata metadata(String name) {
        return metadata(json(name + ".json").path("metadata"), Map.of());
    }

    /** The keys of a fixture with some of them replaced. */
    static Metadata metadata(String name, Map<String, Object> replaced) {
        return metadata(json(name + ".json").path("metadata"), replaced);
    }

    static int[] tokens(JsonNode ids) {
        int[] tokens = new int[ids.size()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = ids.get(i).intValue();
        }
        return tokens;
    }

    private static Metadata metadata(JsonNode keys, Map<String, Object> replaced) {
        Map<String, Object> values = new LinkedHashMap<>();
        keys.properties().forEach(key -> values.put(key.getKey(), value(key.getValue())));
        values.putAll(replaced);
        return new Metadata(values);
    }

    private static Object value(JsonNode node) {
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(element -> list.add(value(element)));
            return list;
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isIntegralNumber()) {
            return node.longValue();
        }
        return node.isNumber() ? (Object) node.doubleValue() : node.textValue();
    }
}
