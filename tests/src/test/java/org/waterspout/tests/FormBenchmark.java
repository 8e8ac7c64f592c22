package org.waterspout.tests;

import java.nio.file.Path;
import java.util.Optional;
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
import org.waterspout.constrain.Constraint;
import org.waterspout.constrain.Constraints;
import org.waterspout.model.ModelFile;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.text.Tokenizer;

/**
 * Milliseconds of the grammar for a whole answer of a form: to read the form, to go along the answer when nothing is known of the form, and
 * once it is. {@code ./waterspout jmh FormBenchmark -p model=FILE}; without a model, the demonstration model's vocabulary.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FormBenchmark {

    @Param("")
    String model;

    @Param({"RECORD", "NESTED", "BOUNDED_TEXT", "FORMATS", "NUMBERS", "CALL", "ANY_JSON"})
    String form;

    private ModelFile file;
    private Tokenizer tokenizer;
    private Constraints constraints;
    private Constraint known;
    private int[] answer;
    private int number;

    @Setup(Level.Trial)
    public void load() {
        file = model.isEmpty() ? DemonstrationModel.open() : ModelFiles.open(Path.of(model));
        tokenizer = Tokenizer.of(file);
        constraints = FormAnswers.constraints(tokenizer);
        answer = FormAnswers.valueOf(form).answer(tokenizer);
        known = constraints.of(FormAnswers.valueOf(form).form(0));
        FormAnswers.walk(known, answer, Optional.empty());
    }

    @Benchmark
    public Constraint read() {
        return constraints.of(FormAnswers.valueOf(form).form(++number));
    }

    @Benchmark
    public long readAndAnswer() {
        return FormAnswers.walk(constraints.of(FormAnswers.valueOf(form).form(++number)), answer, Optional.empty());
    }

    @Benchmark
    public long answerOfAKnownForm() {
        return FormAnswers.walk(known, answer, Optional.empty());
    }

    @TearDown(Level.Trial)
    public void close() {
        tokenizer.close();
        file.close();
    }
}
