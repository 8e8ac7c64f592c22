package org.waterspout.validate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.reference.ReferencePlan;
import org.waterspout.graph.Attends;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.model.architecture.Architecture;

/**
 * Runs a graph on a backend and computes every operation again on the reference, from the inputs that the backend itself
 * had, so that each operation answers for its own error alone. Then the whole model is compared from tokens to logits.
 */
public final class Validator {

    private final Map<String, ValidationReport.Row> rows = new LinkedHashMap<>();

    private Validator() {
    }

    /**
     * What to run a plan with.
     *
     * @param sources batches of sources, encoded in order before the first step; empty unless the model is an encoder-decoder
     * @param steps   in order
     * @param options with observable true
     */
    public record Course(List<Batch> sources, List<Batch> steps, PlanOptions options) {
        public Course {
            sources = List.copyOf(sources);
            steps = List.copyOf(steps);
        }

        /** With keys and values of another kind, or in so many bytes. */
        public Course withCache(CacheType type, long bytes) {
            return new Course(sources, steps, options.withCacheType(type).withCacheBytes(bytes));
        }
    }

    /**
     * @param batches steps to run in order, such as {@link #batches}
     * @param options with observable true
     */
    public static ValidationReport run(Graph graph, Backend backend, List<Batch> batches, PlanOptions options) {
        return run(graph, backend, new Course(List.of(), batches, options));
    }

    /** Runs a graph of any kind, and of an encoder-decoder both halves. */
    public static ValidationReport run(Graph graph, Backend backend, Course course) {
        Validator validator = new Validator();
        PlanOptions unbounded = course.options().withCacheBytes(0); // what the reference takes says nothing of the backend
        try (ReferenceBackend reference = new ReferenceBackend(); Plan plan = backend.prepare(graph, course.options())) {
            Outputs outputs = validator.operations(plan, reference.prepare(plan.graph(), unbounded), course);
            validator.whole(graph, reference.prepare(graph, unbounded), course, outputs);
        }
        return new ValidationReport(backend.device(), List.copyOf(validator.rows.values()));
    }

    /** What a plan gave, for each batch of sources and each step. */
    private record Outputs(List<float[]> sources, List<float[]> steps) {
    }

    /**
     * A course for a model of any kind; the same seed gives the same one. A decoder gets {@link #batches}. An encoder gets two sequences of
     * different lengths at once, or an image. An encoder-decoder gets two sources at once, then a decoder's course with the first.
     *
     * @param promptTokens an odd number finds what round ones hide
     * @param decodeTokens no matter for an encoder
     */
    public static Course course(Architecture architecture, int promptTokens, int decodeTokens, long seed) {
        Random random = new Random(seed);
        int both = promptTokens + promptTokens / 2 + 1;
        if (architecture.encoder().isEmpty()) {
            return new Course(List.of(), batches(architecture.vocabulary(), promptTokens, decodeTokens, seed),
                    new PlanOptions(promptTokens + decodeTokens, 1, promptTokens, true));
        }
        if (architecture.decoder().isPresent()) {
            PlanOptions options = new PlanOptions(promptTokens + decodeTokens, 1, both, true).withSources(2, promptTokens);
            return new Course(List.of(whole(architecture, random, promptTokens, promptTokens / 2 + 1)),
                    batches(architecture.vocabulary(), promptTokens, decodeTokens, seed), options);
        }
        return switch (architecture.main().input()) {
            case Architecture.Tokens _ -> new Course(List.of(), List.of(whole(architecture, random, promptTokens, promptTokens / 2 + 1)),
                    new PlanOptions(promptTokens, 2, both, true));
            case Architecture.Patches patches -> {
                float[] given = new float[patches.rows() * patches.patchWidth()];
                for (int i = 0; i < given.length; i++) {
                    given[i] = (float) random.nextGaussian();
                }
                yield new Course(List.of(), List.of(Batch.of(new int[patches.rows()], 0, true).withInputEmbeddings(given)),
                        new PlanOptions(patches.rows(), 1, patches.rows(), true));
            }
        };
    }

    /** Whole sequences of random tokens and types, one after the other; the last row of each is wanted, as poolings ask for it. */
    private static Batch whole(Architecture architecture, Random random, int... lengths) {
        int rows = Arrays.stream(lengths).sum();
        int[] positions = new int[rows];
        int[] sequences = new int[rows];
        int[] last = new int[lengths.length];
        int at = 0;
        for (int sequence = 0; sequence < lengths.length; sequence++) {
            for (int position = 0; position < lengths[sequence]; position++) {
                positions[at] = position;
                sequences[at++] = sequence;
            }
            last[sequence] = at - 1;
        }
        int types = architecture.encoder().orElseThrow().input() instanceof Architecture.Tokens tokens ? Math.max(1, tokens.types()) : 1;
        return new Batch(random.ints(rows, 0, architecture.vocabulary()).toArray(), positions, sequences, last)
                .withTypes(random.ints(rows, 0, types).toArray());
    }

    /**
     * Steps that cover what a plan does: a prompt of sequence 0, then {@code decodeTokens} steps of one token each; the same
     * seed gives the same tokens.
     *
     * @param promptTokens an odd number finds what round ones hide
     */
    public static List<Batch> batches(int vocabulary, int promptTokens, int decodeTokens, long seed) {
        Random random = new Random(seed);
        List<Batch> batches = new ArrayList<>(List.of(Batch.of(random.ints(promptTokens, 0, vocabulary).toArray(), 0, true)));
        for (int i = 0; i < decodeTokens; i++) {
            batches.add(Batch.of(new int[] {random.nextInt(vocabulary)}, promptTokens + i, true));
        }
        return List.copyOf(batches);
    }

    /** Compares each operation of each batch; returns the plan's outputs. */
    private Outputs operations(Plan plan, ReferencePlan reference, Course course) {
        Outputs outputs = new Outputs(new ArrayList<>(), new ArrayList<>());
        for (int number = 0; number < course.sources().size(); number++) {
            Batch batch = course.sources().get(number);
            Graph encoder = plan.graph().encoder().orElseThrow();
            String inSource = "sources " + number + ", ";
            float[] output = new float[batch.rows() * encoder.output().width()];
            plan.encode(batch, output, (op, values) -> compare(op, CacheType.F32, values,
                    inputs -> reference.evaluateEncoder(op, batch, inputs), inSource + encoder.place(op)));
            outputs.sources().add(output);
        }
        for (int step = 0; step < course.steps().size(); step++) {
            Batch batch = course.steps().get(step);
            String inStep = "step " + step + ", ";
            float[] output = new float[rows(plan.graph(), batch) * plan.graph().output().width()];
            plan.step(batch, output, (op, values) -> compare(op, course.options().cacheType(), values,
                    inputs -> reference.evaluate(op, batch, inputs), inStep + plan.graph().place(op)));
            outputs.steps().add(output);
        }
        return outputs;
    }

    private void compare(Op op, CacheType cacheType, Function<Value, float[]> values, UnaryOperator<Map<Value, float[]>> reference,
            String place) {
        Map<Value, float[]> inputs = new HashMap<>();
        op.inputs().forEach(input -> inputs.put(input, values.apply(input)));
        reference.apply(inputs).forEach((output, expected) -> {
            RelativeError error = RelativeError.of(values.apply(output), expected, output.width());
            note(op.label(), weights(op, cacheType), error, place, Limits.of(op));
        });
    }

    private void whole(Graph graph, ReferencePlan reference, Course course, Outputs outputs) {
        for (int number = 0; number < course.sources().size(); number++) {
            float[] expected = new float[outputs.sources().get(number).length];
            reference.encode(course.sources().get(number), expected);
            RelativeError error = RelativeError.of(outputs.sources().get(number), expected, graph.encoder().orElseThrow().output().width());
            note("whole encoder", "", error, "sources " + number, Limits.ofWholeModel(CacheType.F32));
        }
        for (int step = 0; step < course.steps().size(); step++) {
            float[] expected = new float[outputs.steps().get(step).length];
            reference.step(course.steps().get(step), expected);
            RelativeError error = RelativeError.of(outputs.steps().get(step), expected, graph.output().width());
            note("whole model", "", error, "step " + step, Limits.ofWholeModel(course.options().cacheType()));
        }
    }

    private void note(String operation, String weights, RelativeError error, String place, double limit) {
        rows.merge(operation + " " + weights, new ValidationReport.Row(operation, weights, 1, error, place, limit), (old, added) -> {
            ValidationReport.Row larger = added.largest().error() > old.largest().error() ? added : old;
            return new ValidationReport.Row(operation, weights, old.checked() + 1, larger.largest(), larger.place(), limit);
        });
    }

    /** Types of the matrices, or of the cache that is read; gains and biases are floats in every model. */
    private static String weights(Op op, CacheType cacheType) {
        if (cacheType != CacheType.F32 && op.step().attends().stream().anyMatch(Attends::readsCache)) {
            return cacheType.label();
        }
        return op.weights().stream().filter(weight -> weight.tensor().shape().size() > 1).map(weight -> weight.tensor().type().name())
                .distinct().sorted().collect(Collectors.joining("+"));
    }

    private static int rows(Graph graph, Batch batch) {
        return graph.selects() ? batch.outputRows().length : batch.rows();
    }
}
