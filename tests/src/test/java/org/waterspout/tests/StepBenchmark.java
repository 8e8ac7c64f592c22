package org.waterspout.tests;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Batch;

/**
 * Milliseconds of a step of a whole model: {@code rows} tokens behind a context of {@code context}.
 * {@code ./waterspout jmh StepBenchmark -p model=FILE -p rows=1,128}; without a model, the demonstration model.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StepBenchmark {

    @Param("")
    String model;

    @Param("cpu")
    String backend;

    @Param({"1", "128"})
    int rows;

    @Param("64")
    int context;

    private LanguageModel loaded;
    private Batch batch;
    private float[] output;

    @Setup(Level.Trial)
    public void load() {
        LoadOptions options = LoadOptions.DEFAULT.withBackend(backend);
        loaded = model.isEmpty() ? LanguageModel.demonstration(options) : LanguageModel.load(Path.of(model), options);
        output = new float[loaded.vocabulary()];
        if (context > 0) {
            loaded.plan().step(Batch.of(tokens(context), 0, false), output);
        }
        batch = Batch.of(tokens(rows), context, false);
    }

    private int[] tokens(int count) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> (i * 37 + 11) % loaded.vocabulary());
        return tokens;
    }

    @Benchmark
    public float[] step() {
        loaded.plan().step(batch, output);
        return output;
    }

    @TearDown(Level.Trial)
    public void close() {
        loaded.close();
    }
}
