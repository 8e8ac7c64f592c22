package org.waterspout.runtime;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.encode.Sequence;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;

/** What callers ask of an encoder's engine. Safe for use from several threads, whose sequences go through the model together. */
public final class Encoder implements AutoCloseable {

    private final EncoderBatches rows;
    private final Engine engine;

    /**
     * Takes over {@code plan} and closes it with itself.
     *
     * @param plan of {@link GraphBuilder#encoder} for the same target
     */
    public Encoder(Plan plan, Architecture architecture, Target target) {
        rows = new EncoderBatches(plan, architecture, target);
        engine = new Engine(plan, new EncoderScheduler(plan, rows));
    }

    /**
     * Builds the graph and loads it.
     *
     * @param options sequences of a step at most {@code maxSequences}, none longer than {@code contextLength}, which {@code maxRows}
     *                reaches
     */
    public static Encoder prepare(ModelFile file, Architecture architecture, Target target, Backend backend, PlanOptions options) {
        return new Encoder(backend.prepare(GraphBuilder.encoder(file, architecture, options.contextLength(), target), options),
                architecture, target);
    }

    public Engine engine() {
        return engine;
    }

    /** Numbers of one row of a result. */
    public int width() {
        return rows.width();
    }

    /** Positions a sequence may have. */
    public int longest() {
        return rows.longest();
    }

    /** As {@link #run(List, RequestOptions)}, with priority 0 and any time. */
    public List<float[]> run(List<Sequence> sequences) {
        return run(sequences, RequestOptions.DEFAULT);
    }

    /**
     * What the model makes of each sequence. It does not depend on those beside it.
     *
     * @return of each sequence, in the order given, [width], or [length, width] where the target is a row for each position
     * @throws InvalidRequestException for a sequence that is empty, too long, or holds what the model does not know
     * @throws org.waterspout.error.ValidationException where the model computes NaN or infinity; besides, errors as {@link Engine#submit}
     */
    public List<float[]> run(List<Sequence> sequences, RequestOptions options) {
        sequences.forEach(rows::check);
        Call<Integer> call = new Call<>(options);
        EncodingTask[] tasks = new EncodingTask[sequences.size()];
        // long ones first, so that the short ones fill the steps
        IntStream.range(0, tasks.length).boxed().sorted(Comparator.comparing(number -> -sequences.get(number).length()))
                .forEach(number -> tasks[number] = new EncodingTask(call, sequences.get(number)));
        engine.complete(call);
        return IntStream.range(0, tasks.length).mapToObj(number -> tasks[number].result()).toList();
    }

    /** Ends what is under way after its step, then closes the plan. */
    @Override
    public void close() {
        engine.close();
    }
}
