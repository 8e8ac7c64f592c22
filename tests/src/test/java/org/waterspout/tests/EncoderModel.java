package org.waterspout.tests;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.encode.ImageProcessor;
import org.waterspout.encode.Sequence;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** A tiny random encoder with what Transformers computed for it: see record_encoders.py, which wrote the file. */
record EncoderModel(String name, ModelFile file, Architecture architecture) implements AutoCloseable {

    private static final RecordedModels FILES = new RecordedModels("encoders");

    /**
     * What Transformers computed for one sequence of its own.
     *
     * @param hidden [length, width]
     * @param mean   [width] of the hidden rows; first and last as mean
     * @param pooled [width], what the head's last projection reads; empty where it reads every row
     * @param head   [labels], or [length, labels]; empty without a head
     */
    record Expected(Sequence sequence, float[] hidden, float[] mean, float[] first, float[] last, Optional<float[]> pooled,
            Optional<float[]> head) {
    }

    /** Every recorded model's name. */
    static List<String> names() {
        return FILES.names();
    }

    static Path path(String name) {
        return FILES.path(name);
    }

    static EncoderModel open(String name) {
        ModelFile file = ModelFiles.open(path(name));
        return new EncoderModel(name, file, Architecture.of(file));
    }

    /** All recordings. */
    List<Expected> expected() {
        return IntStream.iterate(0, number -> file.metadata().has("expected." + number + ".hidden"), number -> number + 1)
                .mapToObj(number -> expected(file.metadata(), "expected." + number + ".")).toList();
    }

    private Expected expected(Metadata metadata, String prefix) {
        return new Expected(sequence(metadata, prefix), floats(metadata, prefix + "hidden").orElseThrow(),
                floats(metadata, prefix + "mean").orElseThrow(), floats(metadata, prefix + "first").orElseThrow(),
                floats(metadata, prefix + "last").orElseThrow(), floats(metadata, prefix + "pooled"), floats(metadata, prefix + "head"));
    }

    private Sequence sequence(Metadata metadata, String prefix) {
        if (architecture.encoder().orElseThrow().input() instanceof Architecture.Patches patches) {
            return ImageProcessor.sequence(floats(metadata, prefix + "pixels").orElseThrow(), patches);
        }
        return Sequence.of(ints(metadata, prefix + "tokens"), ints(metadata, prefix + "types"));
    }

    private static int[] ints(Metadata metadata, String key) {
        return metadata.list(key, Long.class).stream().mapToInt(Long::intValue).toArray();
    }

    private static Optional<float[]> floats(Metadata metadata, String key) {
        return metadata.optionalList(key, Double.class).map(numbers -> {
            float[] floats = new float[numbers.size()];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = numbers.get(i).floatValue();
            }
            return floats;
        });
    }

    @Override
    public void close() {
        file.close();
    }
}
