package org.waterspout.encode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Engine;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Pooling;
import org.waterspout.validate.FiniteCheck;
import org.waterspout.validate.Validator;

/**
 * Runs whole sequences through an encoder's plan, as many in a step as its rows hold: sorted by length, one behind the other, without
 * padding. Safe for use from several threads, which take turns step by step.
 */
public final class EncoderEngine implements AutoCloseable {

    /** Which rows of a sequence the graph is asked for. */
    private enum Rows {
        EVERY, FIRST, LAST, FIRST_TWO
    }

    private final Plan plan;
    private final Architecture architecture;
    private final Rows rows;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;

    /**
     * Takes over {@code plan} and closes it with itself.
     *
     * @param plan of {@link GraphBuilder#encoder} for the same target
     */
    public EncoderEngine(Plan plan, Architecture architecture, Target target) {
        this.plan = plan;
        this.architecture = architecture;
        this.rows = rows(architecture, target);
    }

    /**
     * Builds the graph and loads it.
     *
     * @param options sequences of a step at most {@code maxSequences}, none longer than {@code contextLength}, which {@code maxRows} reaches
     */
    public static EncoderEngine prepare(ModelFile file, Architecture architecture, Target target, Backend backend, PlanOptions options) {
        Plan plan = backend.prepare(GraphBuilder.encoder(file, architecture, options.contextLength(), target), options);
        return new EncoderEngine(plan, architecture, target);
    }

    private static Rows rows(Architecture architecture, Target target) {
        return switch (target) {
            case HIDDEN -> Rows.EVERY;
            case VECTOR -> pooled(architecture.pooling().orElse(Pooling.MEAN));
            case POOLED -> pooled(architecture.head().orElseThrow().pooling());
            case HEAD -> {
                Architecture.Head head = architecture.head().orElseThrow();
                yield switch (head.task()) {
                    case TOKENS, SPAN -> Rows.EVERY;
                    case SEQUENCE, MULTI_LABEL, REGRESSION -> head.distilled() ? Rows.FIRST_TWO : pooled(head.pooling());
                };
            }
        };
    }

    private static Rows pooled(Pooling pooling) {
        return switch (pooling) {
            case FIRST -> Rows.FIRST;
            case MEAN, LAST -> Rows.LAST;
        };
    }

    public Plan plan() {
        return plan;
    }

    /** Numbers of one row of a result. */
    public int width() {
        return rows == Rows.FIRST_TWO ? plan.graph().output().width() / 2 : plan.graph().output().width();
    }

    /** Positions a sequence may have. */
    public int longest() {
        return Math.min(plan.options().contextLength(), plan.options().maxRows());
    }

    /**
     * @return of each sequence, in the order given, [width], or [length, width] where the target is a row for each position
     * @throws InvalidRequestException for a sequence that is empty, too long, or holds what the model does not know
     * @throws org.waterspout.error.ValidationException where the model computes NaN or infinity
     */
    public List<float[]> run(List<Sequence> sequences) {
        sequences.forEach(this::check);
        List<Integer> order = IntStream.range(0, sequences.size()).boxed()
                .sorted(Comparator.comparing(number -> -sequences.get(number).length())).toList();
        List<float[]> results = new ArrayList<>(Collections.nCopies(sequences.size(), null));
        for (int from = 0; from < order.size();) {
            int to = from + 1;
            int taken = sequences.get(order.get(from)).length();
            while (to < order.size() && to - from < plan.options().maxSequences()
                    && taken + sequences.get(order.get(to)).length() <= plan.options().maxRows()) {
                taken += sequences.get(order.get(to++)).length();
            }
            List<Integer> chosen = order.subList(from, to);
            List<float[]> step = step(chosen.stream().map(sequences::get).toList(), taken);
            for (int i = 0; i < step.size(); i++) {
                results.set(chosen.get(i), step.get(i));
            }
            from = to;
        }
        return results;
    }

    private List<float[]> step(List<Sequence> sequences, int length) {
        int width = plan.graph().output().width();
        Batch batch = batch(sequences, length);
        float[] output = new float[Math.multiplyExact(batch.outputRows().length, width)];
        lock.lock();
        try {
            if (closed) {
                throw new InvalidRequestException(Engine.CLOSED);
            }
            plan.step(batch, output);
            return results(sequences, output);
        } finally {
            lock.unlock();
        }
    }

    private List<float[]> results(List<Sequence> sequences, float[] output) {
        List<float[]> results = new ArrayList<>();
        int at = 0;
        for (Sequence sequence : sequences) {
            int count = count(sequence) * plan.graph().output().width();
            float[] result = Arrays.copyOfRange(output, at, at + count);
            FiniteCheck.ofAll(result, plan, () -> alone(sequence));
            results.add(rows == Rows.FIRST_TWO ? meanOfBoth(result) : result);
            at += count;
        }
        return results;
    }

    private Validator.Course alone(Sequence sequence) {
        return new Validator.Course(List.of(), List.of(batch(List.of(sequence), sequence.length())),
                new PlanOptions(sequence.length(), 1, sequence.length(), true));
    }

    private int count(Sequence sequence) {
        return switch (rows) {
            case EVERY -> sequence.length();
            case FIRST, LAST -> 1;
            case FIRST_TWO -> 2;
        };
    }

    /** @param both [2, 2 * labels]: see the distilled head of StackBuilder */
    private static float[] meanOfBoth(float[] both) {
        int labels = both.length / 4;
        float[] mean = new float[labels];
        for (int label = 0; label < labels; label++) {
            mean[label] = (both[label] + both[3 * labels + label]) / 2;
        }
        return mean;
    }

    private Batch batch(List<Sequence> sequences, int length) {
        int[] tokens = new int[length];
        int[] positions = new int[length];
        int[] numbers = new int[length];
        int[] types = new int[length];
        int givenWidth = architecture.encoder().orElseThrow().input() instanceof Architecture.Patches patches ? patches.patchWidth() : 0;
        float[] given = new float[length * givenWidth];
        IntStream.Builder wanted = IntStream.builder();
        int at = 0;
        for (int number = 0; number < sequences.size(); number++) {
            Sequence sequence = sequences.get(number);
            int end = at + sequence.length();
            System.arraycopy(sequence.tokens(), 0, tokens, at, sequence.length());
            System.arraycopy(sequence.types(), 0, types, at, sequence.length());
            System.arraycopy(sequence.given(), 0, given, at * givenWidth, sequence.length() * givenWidth);
            Arrays.fill(numbers, at, end, number);
            for (int row = at; row < end; row++) {
                positions[row] = row - at;
            }
            (switch (rows) {
                case EVERY -> IntStream.range(at, end);
                case FIRST -> IntStream.of(at);
                case LAST -> IntStream.of(end - 1);
                case FIRST_TWO -> IntStream.of(at, at + 1);
            }).forEach(wanted::add);
            at = end;
        }
        return new Batch(tokens, positions, numbers, wanted.build().toArray()).withTypes(types).withGiven(given);
    }

    private void check(Sequence sequence) {
        if (sequence.length() == 0) {
            throw new InvalidRequestException("the text is empty: give it some words");
        }
        if (sequence.length() > longest()) {
            throw new InvalidRequestException("the text has " + sequence.length() + " tokens, the model takes at most " + longest()
                    + ": shorten it, or have it truncated");
        }
        switch (architecture.encoder().orElseThrow().input()) {
            case Architecture.Tokens input -> {
                if (sequence.given().length != 0) {
                    throw new InvalidRequestException("this model reads text, no pictures");
                }
                checkRange(sequence.tokens(), architecture.vocabulary(), "token");
                checkRange(sequence.types(), Math.max(1, input.types()), "token type");
            }
            case Architecture.Patches input -> {
                if (sequence.given().length == 0) {
                    throw new InvalidRequestException("this model reads pictures, no text: give it a picture");
                }
                if (sequence.given().length != input.rows() * input.patchWidth()) {
                    throw new InvalidRequestException("a picture of " + sequence.given().length + " numbers, not the model's "
                            + input.rows() * input.patchWidth());
                }
            }
        }
    }

    private static void checkRange(int[] numbers, int count, String what) {
        for (int number : numbers) {
            if (number < 0 || number >= count) {
                throw new InvalidRequestException("there is no " + what + " " + number + ": the model's are 0 to " + (count - 1));
            }
        }
    }

    /** Waits for the step under way, then closes the plan. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                plan.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
