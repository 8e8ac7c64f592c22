package org.waterspout.tests;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** A tiny random model with what Transformers computed for it: see record_families.py, which wrote the file. */
record FamilyModel(String name, ModelFile file, Architecture architecture) implements AutoCloseable {

    private static final RecordedModels FILES = new RecordedModels("families");

    /** What Transformers computed: logits [tokens, vocabulary] of a plan made for {@code context} positions. */
    record Expected(int context, int[] tokens, float[] logits) {
    }

    /** Every recorded model's name. */
    static List<String> names() {
        return FILES.names();
    }

    static Path path(String name) {
        return FILES.path(name);
    }

    static FamilyModel open(String name) {
        ModelFile file = ModelFiles.open(path(name));
        return new FamilyModel(name, file, Architecture.of(file));
    }

    Graph graph(int context) {
        return GraphBuilder.build(file, architecture, context);
    }

    /** One recording, or two where the length of the context changes the model. */
    List<Expected> expected() {
        return Stream.of("expected", "expected.short").filter(prefix -> file.metadata().has(prefix + ".tokens"))
                .map(prefix -> expected(file.metadata(), prefix)).toList();
    }

    private static Expected expected(Metadata metadata, String prefix) {
        int[] tokens = metadata.list(prefix + ".tokens", Long.class).stream().mapToInt(Long::intValue).toArray();
        List<Double> numbers = metadata.list(prefix + ".logits", Double.class);
        float[] logits = new float[numbers.size()];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = numbers.get(i).floatValue();
        }
        return new Expected(metadata.integer(prefix + ".context"), tokens, logits);
    }

    @Override
    public void close() {
        file.close();
    }
}
