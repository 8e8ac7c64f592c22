package org.waterspout.tests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.ModelFiles;
import org.waterspout.model.architecture.Architecture;

/** A tiny random encoder-decoder with what Transformers computed for it: see record_translators.py, which wrote the file. */
record TranslatorModel(String name, ModelFile file, Architecture architecture) implements AutoCloseable {

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
        try (Stream<Path> files = Files.list(folder())) {
            return files.map(file -> file.getFileName().toString().replace(".gguf", "")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path path(String name) {
        return folder().resolve(name + ".gguf");
    }

    static TranslatorModel open(String name) {
        ModelFile file = ModelFiles.open(path(name));
        return new TranslatorModel(name, file, Architecture.of(file));
    }

    private static Path folder() {
        try {
            return Path.of(TranslatorModel.class.getResource("/translators").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
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
