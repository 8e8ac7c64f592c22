package org.waterspout.tests;

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
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.validate.RelativeError;

/**
 * Microseconds of one operation case on a backend, its answer checked against the reference before it is timed:
 * {@code ./waterspout jmh OpBenchmark -p opCase="MatMul Q8_0 576x1536" -p backend=cpu}. Case names are those that {@link OpCasesTest}
 * prints.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class OpBenchmark {

    @Param("cpu")
    String backend;

    @Param("")
    String opCase;

    private Backend opened;
    private Plan plan;
    private Batch batch;
    private float[] output;

    @Setup(Level.Trial)
    public void open() {
        OpCase chosen = OpCases.all().stream().filter(each -> each.name().equals(opCase)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no case '" + opCase + "'; there are\n" + names()));
        opened = TestBackend.all().stream().filter(each -> each.name().equals(backend)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no backend " + backend)).open().get();
        plan = opened.prepare(chosen.graph(), chosen.options());
        OpCase.Action first = chosen.actions().stream().filter(OpCase.Action.Step.class::isInstance).findFirst().orElseThrow();
        List<OpCase.Action> until = chosen.actions().subList(0, chosen.actions().indexOf(first) + 1);
        output = outputOfLast(chosen, until, plan);
        float[] expected;
        try (ReferenceBackend reference = new ReferenceBackend(); Plan judge = reference.prepare(chosen.graph(), chosen.options())) {
            expected = outputOfLast(chosen, until, judge);
        }
        batch = ((OpCase.Action.Step) first).batch();
        RelativeError error = RelativeError.of(output, expected, chosen.width(first));
        if (error.error() > chosen.tolerance()) {
            throw new IllegalStateException(opCase + " on " + backend + " is wrong, so its speed is nobody's business: " + error);
        }
    }

    private static float[] outputOfLast(OpCase chosen, List<OpCase.Action> actions, Plan plan) {
        float[] output = {};
        for (OpCase.Action action : actions) {
            output = new float[chosen.rows(action) * chosen.width(action)];
            OpCase.perform(plan, action, output);
        }
        return output;
    }

    private static String names() {
        List<String> names = OpCases.all().stream().map(OpCase::name).toList();
        return String.join("\n", names);
    }

    @Benchmark
    public float[] step() {
        plan.step(batch, output);
        return output;
    }

    @TearDown(Level.Trial)
    public void close() {
        plan.close();
        opened.close();
    }
}
