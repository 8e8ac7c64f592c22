package org.waterspout.validate;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.Plan;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.reference.ReferencePlan;
import org.waterspout.error.ValidationException;
import org.waterspout.graph.Attends;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;

/**
 * A result that is NaN or infinite is an error, never an answer. The error names the first operation that gives such a number; the
 * reference finds it from the same tokens, so that the error also tells a damaged model from a backend that computes wrongly.
 */
public final class FiniteCheck {

    /** The reference is slow: of a large model and a long text it sees only so much. */
    private static final long LONGEST_SEARCH = TimeUnit.SECONDS.toNanos(10);

    private static final String FAILS = "the model computes NaN or infinity for this input: ";

    private FiniteCheck() {
    }

    /**
     * @param course what led to {@code numbers}, asked for only where one is not finite; of sequences that have no part in it, nothing
     * @throws ValidationException where one is NaN or infinite
     */
    public static void ofAll(float[] numbers, Plan plan, Supplier<Validator.Course> course) {
        if (holdsOther(numbers)) {
            throw failure(plan, course.get());
        }
    }

    /**
     * As {@link #ofAll} for logits of tokens, where minus infinity is a token that the model's own bias rules out.
     *
     * @param from   the first that is looked at
     * @param count  how many are
     * @param course told which of them, from 0, is the first that is NaN or plus infinity
     * @throws ValidationException where there is one
     */
    public static void ofLogits(float[] logits, int from, int count, Plan plan, IntFunction<Validator.Course> course) {
        for (int i = 0; i < count; i++) {
            if (!(logits[from + i] < Float.POSITIVE_INFINITY)) {
                throw failure(plan, course.apply(i));
            }
        }
    }

    private static ValidationException failure(Plan plan, Validator.Course course) {
        Search search = new Search(plan.graph(), course);
        Optional<String> found = search.run();
        if (found.isPresent()) {
            return new ValidationException(FAILS + found.get());
        }
        return new ValidationException(FAILS + (search.ended()
                ? "all operations of the reference give finite numbers for it, so this backend computes wrongly here; validate it before"
                + " it is used" : "the reference had no time to find the operation; validate the model to learn it"));
    }

    /** Runs a course on the reference until an operation gives a number that is not finite. */
    private static final class Search {

        private final Graph graph;
        private final Validator.Course course;
        private final ReferencePlan reference;
        private final long deadline = System.nanoTime() + LONGEST_SEARCH;
        private boolean ended = true;

        Search(Graph graph, Validator.Course course) {
            this.graph = graph;
            this.course = course;
            try (ReferenceBackend backend = new ReferenceBackend()) {
                this.reference = backend.prepare(graph, course.options());
            }
        }

        boolean ended() {
            return ended;
        }

        Optional<String> run() {
            for (Batch batch : course.sources()) {
                Optional<String> found = batch(graph.encoder().orElseThrow(), "the encoder's ", batch);
                if (found.isPresent() || !ended) {
                    return found;
                }
            }
            for (Batch batch : course.steps()) {
                Optional<String> found = batch(graph, "", batch);
                if (found.isPresent() || !ended) {
                    return found;
                }
            }
            return Optional.empty();
        }

        private Optional<String> batch(Graph part, String whose, Batch batch) {
            Map<Value, float[]> values = new HashMap<>();
            for (Op op : part.plainOps().toList()) {
                if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
                    ended = false;
                    return Optional.empty();
                }
                Map<Value, float[]> outputs = part == graph ? reference.evaluate(op, batch, values)
                        : reference.evaluateEncoder(op, batch, values);
                if (outputs.values().stream().anyMatch(FiniteCheck::holdsOther)) {
                    return Optional.of(describe(op, whose + part.place(op), course.options().cacheType()));
                }
                values.putAll(outputs);
            }
            return Optional.empty();
        }
    }

    private static String describe(Op op, String place, CacheType type) {
        String first = "first in %s, %s".formatted(op.label(), place);
        Optional<Weight> damaged = op.weights().stream().filter(FiniteCheck::holdsOther).findFirst();
        return damaged.map(weight -> first + ", whose weight " + weight.tensor().name() + " holds such numbers itself: the file is damaged")
                .orElse(type != CacheType.F32 && op.step().attends().stream().anyMatch(Attends::readsCache)
                        ? first + ", whose keys or values are beyond what a cache of type " + type.label() + " holds: use type "
                        + CacheType.F32.label() : first + ", from finite inputs and weights: the values grow beyond what 32-bit floats"
                        + " hold");
    }

    private static boolean holdsOther(Weight weight) {
        float[] row = new float[weight.columns()];
        for (int i = 0; i < weight.rows(); i++) {
            weight.tensor().decodeRow(i, row);
            if (holdsOther(row)) {
                return true;
            }
        }
        return false;
    }

    private static boolean holdsOther(float[] numbers) {
        for (float number : numbers) {
            if (!Float.isFinite(number)) {
                return true;
            }
        }
        return false;
    }
}
