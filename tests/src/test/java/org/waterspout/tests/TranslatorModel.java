package org.waterspout.tests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.List;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** A tiny random encoder-decoder with what Transformers computed for it: see record_translators.py, which wrote the file. */
record TranslatorModel(String name, ModelFile file, Architecture architecture) implements AutoCloseable {

    private static final RecordedModels FILES = new RecordedModels("translators");

    private static final ObjectMapper JSON = JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    /**
     * @param hidden        [source, width]
     * @param decoderTokens from the start token on
     * @param logits        after each of them, [decoderTokens, vocabulary]
     */
    record Recording(int[] source, float[] hidden, int[] decoderTokens, float[] logits, List<Search> searches) {
    }

    /** Sequences that a search with these options gives, best first. */
    record Search(String name, Options options, List<Sequence> sequences) {
    }

    /** Settings as Transformers calls them; null where it has its default. */
    record Options(Integer numBeams, Integer numReturnSequences, Double lengthPenalty, String earlyStopping, Integer noRepeatNgramSize,
            Integer minLength, Integer maxLength, Integer forcedBosTokenId, List<Integer> forbidden) {
    }

    /** Tokens behind the start token, the end token among them. */
    record Sequence(int[] tokens, double score) {
    }

    static List<String> names() {
        return FILES.names();
    }

    static Path path(String name) {
        return FILES.path(name);
    }

    static TranslatorModel open(String name) {
        ModelFile file = ModelFiles.open(path(name));
        return new TranslatorModel(name, file, Architecture.of(file));
    }

    Graph graph(int context, int sourceLength) {
        return GraphBuilder.encoderDecoder(file, architecture, context, sourceLength);
    }

    List<Recording> recordings() {
        try {
            return List.of(JSON.readValue(file.metadata().string("expected.json"), Recording[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
