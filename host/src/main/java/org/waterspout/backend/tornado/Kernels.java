package org.waterspout.backend.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;
import org.waterspout.kernels.ActivateShape;
import org.waterspout.kernels.Activations;
import org.waterspout.kernels.AttentionShape;
import org.waterspout.kernels.CacheKernels;
import org.waterspout.kernels.CacheShape;
import org.waterspout.kernels.ElementKernels;
import org.waterspout.kernels.EmbedKernels;
import org.waterspout.kernels.EmbedShape;
import org.waterspout.kernels.GatedShape;
import org.waterspout.kernels.GroupArgMaxKernels;
import org.waterspout.kernels.GroupAttentionKernels;
import org.waterspout.kernels.GroupGatedKernels;
import org.waterspout.kernels.GroupMatMulKernels;
import org.waterspout.kernels.GroupNormKernels;
import org.waterspout.kernels.MatMulShape;
import org.waterspout.kernels.NormShape;
import org.waterspout.kernels.PairShape;
import org.waterspout.kernels.RecurrenceKernels;
import org.waterspout.kernels.RecurrenceShape;
import org.waterspout.kernels.RopeKernels;
import org.waterspout.kernels.RopeShape;
import org.waterspout.kernels.RotateShape;
import org.waterspout.kernels.ScaleShape;
import org.waterspout.kernels.Step;
import org.waterspout.kernels.TableShape;
import org.waterspout.kernels.ViewShape;
import org.waterspout.kernels.WideArgMaxKernels;
import org.waterspout.kernels.WideAttentionKernels;
import org.waterspout.kernels.WideGatedKernels;
import org.waterspout.kernels.WideMatMulKernels;
import org.waterspout.kernels.WideNormKernels;
import org.waterspout.model.architecture.Activation;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Chooses kernels of one family and binds them to arrays: each method makes the {@link Launch} of one kernel. What the kernels
 * compute stands beside them, in org.waterspout.kernels.
 */
final class Kernels {

    /** Items of a work-group where an item makes one element, or one row of a product. */
    private static final int ELEMENTS = 64;
    private static final int ROWS = 16;

    private final KernelFamily family;
    /** Stands in for an array that a kernel takes and does not read. */
    private final UnusedArray<FloatArray> unused = UnusedArray.floats();
    private final UnusedArray<IntArray> unusedInts = UnusedArray.ints();

    Kernels(KernelFamily family) {
        this.family = family;
    }

    private boolean wide() {
        return family == KernelFamily.WIDE;
    }

    private static Launch element(String kernel, int width, List<View> reads, View output, List<? extends Constant> constants,
            Launch.Binding binding) {
        return new Launch(kernel, ELEMENTS, rows -> Math.multiplyExact(rows, width), reads.stream().map(View::buffer).toList(),
                List.of(output.buffer()), constants, binding);
    }

    private static ViewShape shape(View input) {
        return new ViewShape(input.width(), input.stride(), input.offset());
    }

    private static PairShape shape(View left, View right) {
        return new PairShape(left.width(), left.stride(), left.offset(), right.stride(), right.offset());
    }

    Launch add(View left, View right, View output) {
        PairShape shape = shape(left, right);
        return element("ElementKernels.add", output.width(), List.of(left, right), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::add, context, step, left.buffer().array(), right.buffer().array(),
                        output.buffer().array(), shape));
    }

    Launch multiply(View left, View right, View output) {
        PairShape shape = shape(left, right);
        return element("ElementKernels.multiply", output.width(), List.of(left, right), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::multiply, context, step, left.buffer().array(), right.buffer().array(),
                        output.buffer().array(), shape));
    }

    Launch activate(Activation function, View input, View output) {
        ActivateShape shape = new ActivateShape(input.width(), input.stride(), input.offset(), code(function));
        return element("ElementKernels.activate", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::activate, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    private static int code(Activation function) {
        return switch (function) {
            case SILU -> Activations.SILU;
            case GELU_TANH -> Activations.GELU_TANH;
            case GELU_ERF -> Activations.GELU_ERF;
            case RELU -> Activations.RELU;
            case TANH -> Activations.TANH;
        };
    }

    Launch scale(View input, float factor, View output) {
        ScaleShape shape = new ScaleShape(input.width(), input.stride(), input.offset(), factor);
        return element("ElementKernels.scale", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::scale, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    Launch softCap(View input, float cap, View output) {
        ScaleShape shape = new ScaleShape(input.width(), input.stride(), input.offset(), cap);
        return element("ElementKernels.softCap", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::softCap, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    Launch selectRows(View input, View output) {
        ViewShape shape = shape(input);
        return element("ElementKernels.selectRows", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::selectRows, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    Launch meanRows(View input, View output) {
        ViewShape shape = shape(input);
        return element("ElementKernels.meanRows", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::meanRows, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    /** @param number which int of a row is the entry's number: {@link Step#POSITION} or {@link Step#TYPE} */
    Launch addEntry(View input, StackedWeight table, int number, View output) {
        TableShape shape = new TableShape(input.width(), input.stride(), input.offset(), number);
        return element("ElementKernels.addEntry", output.width(), List.of(input), output, List.of(table),
                (graph, task, context, step) -> graph.task(task, ElementKernels::addEntry, context, step, input.buffer().array(),
                        table.floats(), output.buffer().array(), shape));
    }

    /** Copies what the host filled in, [rows, output width]. */
    Launch upload(Feed from, View output) {
        ScaleShape shape = new ScaleShape(output.width(), output.width(), 0, 1);
        return new Launch("ElementKernels.scale", ELEMENTS, rows -> Math.multiplyExact(rows, output.width()), List.of(),
                List.of(output.buffer()), List.of(), List.of(from), (graph, task, context, step) ->
                graph.task(task, ElementKernels::scale, context, step, from.floats(), output.buffer().array(), shape));
    }

    Launch recurrence(View candidate, View forget, Caches.States states, RecurrenceShape shape, View output) {
        return new Launch("RecurrenceKernels.advance", ELEMENTS, rows -> Math.multiplyExact(rows, shape.width()),
                List.of(candidate.buffer(), forget.buffer()), List.of(output.buffer(), states.buffer()), List.of(),
                (graph, task, context, step) -> graph.task(task, RecurrenceKernels::advance, context, step, candidate.buffer().array(),
                        forget.buffer().array(), states.buffer().array(), output.buffer().array(), shape));
    }

    /** Clears all buffers, four in a launch where there are four. */
    static List<Launch> clear(List<DeviceBuffer> buffers) {
        List<Launch> launches = new ArrayList<>();
        int fours = buffers.size() / 4 * 4;
        for (int i = 0; i < fours; i += 4) {
            List<DeviceBuffer> four = buffers.subList(i, i + 4);
            launches.add(clear("clearFour", four, (graph, task, context, step) -> graph.task(task, ElementKernels::clearFour, context,
                    four.get(0).array(), four.get(1).array(), four.get(2).array(), four.get(3).array())));
        }
        for (DeviceBuffer buffer : buffers.subList(fours, buffers.size())) {
            launches.add(clear("clear", List.of(buffer), (graph, task, context, step) ->
                    graph.task(task, ElementKernels::clear, context, buffer.array())));
        }
        return launches;
    }

    private static Launch clear(String kernel, List<DeviceBuffer> buffers, Launch.Binding binding) {
        int items = (int) Math.min(buffers.stream().mapToLong(DeviceBuffer::floats).max().orElseThrow(), 1 << 14);
        return new Launch("ElementKernels." + kernel, ELEMENTS, rows -> items, List.of(), buffers, List.of(), binding);
    }

    Launch embed(StackedWeight table, float scale, View output) {
        WeightLayout layout = table.layout();
        EmbedShape shape = new EmbedShape(output.width(), layout.block(), layout.offset() ? 1 : 0, scale);
        return element("EmbedKernels." + layout.kind(), output.width(), List.of(), output, List.of(table),
                (graph, task, context, step) -> {
                    FloatArray out = output.buffer().array();
                    switch (layout.kind()) {
                        case F32 -> graph.task(task, EmbedKernels::f32, context, step, table.floats(), out, shape);
                        case F16 -> graph.task(task, EmbedKernels::f16, context, step, table.halves(), out, shape);
                        case Q8 -> graph.task(task, EmbedKernels::q8, context, step, table.quants(), table.scales(), out, shape);
                        case Q4 -> graph.task(task, EmbedKernels::q4, context, step, table.quants(), table.scales(), out, shape);
                    }
                });
    }

    Launch rope(View input, AngleTable angles, RopeShape shape, View output) {
        return element("RopeKernels.rope", output.width(), List.of(input), output, List.of(angles), (graph, task, context, step) ->
                graph.task(task, RopeKernels::rope, context, step, input.buffer().array(), angles.angles(), output.buffer().array(), shape));
    }

    Launch append(View key, View value, Caches.Pair pair, CacheShape shape) {
        return new Launch("CacheKernels.append", ELEMENTS, rows -> Math.multiplyExact(rows, 2 * shape.width()),
                List.of(key.buffer(), value.buffer()), List.of(pair.keys(), pair.values()), List.of(), (graph, task, context, step) ->
                graph.task(task, CacheKernels::append, context, step, key.buffer().array(), value.buffer().array(),
                        pair.keys().array(), pair.values().array(), shape));
    }

    Launch rotateAndAppend(View query, View key, View value, AngleTable angles, View rotated, Caches.Pair pair,
            RotateShape shape) {
        return new Launch("CacheKernels.rotateAndAppend", ELEMENTS, rows -> Math.multiplyExact(rows, shape.queryWidth() + 2 * shape.width()),
                List.of(query.buffer(), key.buffer(), value.buffer()), List.of(rotated.buffer(), pair.keys(), pair.values()),
                List.of(angles), (graph, task, context, step) -> graph.task(task, CacheKernels::rotateAndAppend, context, step,
                        query.buffer().array(), key.buffer().array(), value.buffer().array(), angles.angles(), rotated.buffer().array(),
                        pair.keys().array(), pair.values().array(), shape));
    }

    /** An item for each unit of work in the Wide family, a work-group for each in the Group family. */
    private Launch unit(String kernel, int wideLocal, IntUnaryOperator wideItems, IntUnaryOperator groups, List<DeviceBuffer> reads, DeviceBuffer output,
            List<? extends Constant> constants, Launch.Binding binding) {
        String name = (wide() ? "Wide" : "Group") + kernel;
        return wide() ? new Launch(name, wideLocal, wideItems, reads, List.of(output), constants, binding)
                : new Launch(name, Step.GROUP, rows -> Math.multiplyExact(groups.applyAsInt(rows), Step.GROUP), reads, List.of(output),
                        constants, binding);
    }

    Launch rms(View input, StackedWeight gain, int groupWidth, float epsilon, View output) {
        NormShape shape = new NormShape(output.width(), groupWidth, input.stride(), input.offset(), epsilon);
        int groups = output.width() / groupWidth;
        return unit("NormKernels.rms", 1, rows -> rows * groups, rows -> rows * groups, List.of(input.buffer()), output.buffer(),
                List.of(gain), (graph, task, context, step) -> {
                    FloatArray in = input.buffer().array();
                    FloatArray out = output.buffer().array();
                    if (wide()) {
                        graph.task(task, WideNormKernels::rms, context, step, in, gain.floats(), out, shape);
                    } else {
                        graph.task(task, GroupNormKernels::rms, context, step, in, gain.floats(), out, shape);
                    }
                });
    }

    Launch layerNorm(View input, StackedWeight gain, StackedWeight bias, int groupWidth, float epsilon, View output) {
        NormShape shape = new NormShape(output.width(), groupWidth, input.stride(), input.offset(), epsilon);
        int groups = output.width() / groupWidth;
        return unit("NormKernels.layer", 1, rows -> rows * groups, rows -> rows * groups, List.of(input.buffer()), output.buffer(),
                List.of(gain, bias), (graph, task, context, step) -> {
                    FloatArray in = input.buffer().array();
                    FloatArray out = output.buffer().array();
                    if (wide()) {
                        graph.task(task, WideNormKernels::layer, context, step, in, gain.floats(), bias.floats(), out, shape);
                    } else {
                        graph.task(task, GroupNormKernels::layer, context, step, in, gain.floats(), bias.floats(), out, shape);
                    }
                });
    }

    /** @param input dense; residual, when present, dense */
    Launch matMul(View input, StackedWeight weight, Optional<StackedWeight> bias, Optional<View> residual, int rows, View output) {
        return matMul(input, weight, bias, residual, rows, Optional.empty(), output);
    }

    /** As {@link #matMul}, of the rows that the host asks for. */
    Launch shortlist(View input, StackedWeight weight, Optional<StackedWeight> bias, CandidateFeed candidates, View output) {
        return matMul(input, weight, bias, Optional.empty(), output.width(), Optional.of(candidates), output);
    }

    private Launch matMul(View input, StackedWeight weight, Optional<StackedWeight> bias, Optional<View> residual, int rows,
            Optional<CandidateFeed> candidates, View output) {
        WeightLayout layout = weight.layout();
        MatMulShape shape = new MatMulShape(input.width(), rows, layout.block(), layout.offset() ? 1 : 0, bias.isPresent() ? 1 : 0,
                residual.isPresent() ? 1 : 0, candidates.isPresent() ? 1 : 0);
        List<Constant> constants = new ArrayList<>(List.of(weight));
        constants.add(bias.<Constant>map(b -> b).orElse(unused));
        List<DeviceBuffer> reads = new ArrayList<>(List.of(input.buffer()));
        residual.ifPresent(view -> reads.add(view.buffer()));
        if (residual.isEmpty()) {
            constants.add(unused);
        }
        if (candidates.isEmpty()) {
            constants.add(unusedInts);
        }
        IntSupplier asked = candidates.<IntSupplier>map(some -> some::count).orElse(() -> rows);
        Launch plain = unit("MatMulKernels." + layout.kind(), ROWS, tokens -> asked.getAsInt(),
                tokens -> Math.multiplyExact(asked.getAsInt(), Math.ceilDiv(tokens, Step.TOKENS)), reads, output.buffer(), constants,
                (graph, task, context, step) -> addProduct(new Product(graph, task, context, step, weight, shape), input.buffer().array(),
                        residual.map(view -> view.buffer().array()).orElseGet(this::unusedArray),
                        bias.map(StackedWeight::floats).orElseGet(this::unusedArray),
                        candidates.map(some -> some.feed().ints()).orElseGet(unusedInts::array), output.buffer().array()));
        return candidates.isEmpty() ? plain : plain.with(candidates.get().feed());
    }

    private record Product(TaskGraph graph, String task, KernelContext context, IntArray step, StackedWeight weight, MatMulShape shape) {
    }

    private void addProduct(Product to, FloatArray in, FloatArray added, FloatArray biases, IntArray candidates, FloatArray out) {
        TaskGraph graph = to.graph();
        String task = to.task();
        KernelContext context = to.context();
        IntArray step = to.step();
        StackedWeight weight = to.weight();
        MatMulShape shape = to.shape();
        if (wide()) {
            switch (weight.layout().kind()) {
                case F32 -> graph.task(task, WideMatMulKernels::f32, context, step, in, added, weight.floats(), biases, candidates, out, shape);
                case F16 -> graph.task(task, WideMatMulKernels::f16, context, step, in, added, weight.halves(), biases, candidates, out, shape);
                case Q8 -> graph.task(task, WideMatMulKernels::q8, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
                case Q4 -> graph.task(task, WideMatMulKernels::q4, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
            }
        } else {
            switch (weight.layout().kind()) {
                case F32 -> graph.task(task, GroupMatMulKernels::f32, context, step, in, added, weight.floats(), biases, candidates, out, shape);
                case F16 -> graph.task(task, GroupMatMulKernels::f16, context, step, in, added, weight.halves(), biases, candidates, out, shape);
                case Q8 -> graph.task(task, GroupMatMulKernels::q8, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
                case Q4 -> graph.task(task, GroupMatMulKernels::q4, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
            }
        }
    }

    private FloatArray unusedArray() {
        return unused.array();
    }

    /** @param weight the gate's rows above the up projection's; input dense */
    Launch gated(View input, StackedWeight weight, Optional<StackedWeight> bias, Activation function, View output) {
        WeightLayout layout = weight.layout();
        int rows = output.width();
        GatedShape shape = new GatedShape(input.width(), rows, layout.block(), layout.offset() ? 1 : 0, bias.isPresent() ? 1 : 0,
                code(function));
        List<Constant> constants = List.of(weight, bias.<Constant>map(b -> b).orElse(unused));
        return unit("GatedKernels." + layout.kind(), ROWS, tokens -> rows,
                tokens -> Math.multiplyExact(rows, Math.ceilDiv(tokens, GroupGatedKernels.TOKENS)), List.of(input.buffer()),
                output.buffer(), constants, (graph, task, context, step) -> {
                    FloatArray in = input.buffer().array();
                    FloatArray out = output.buffer().array();
                    FloatArray biases = bias.map(StackedWeight::floats).orElseGet(this::unusedArray);
                    if (wide()) {
                        switch (layout.kind()) {
                            case F32 -> graph.task(task, WideGatedKernels::f32, context, step, in, weight.floats(), biases, out, shape);
                            case F16 -> graph.task(task, WideGatedKernels::f16, context, step, in, weight.halves(), biases, out, shape);
                            case Q8 -> graph.task(task, WideGatedKernels::q8, context, step, in, weight.quants(), weight.scales(), biases, out, shape);
                            case Q4 -> graph.task(task, WideGatedKernels::q4, context, step, in, weight.quants(), weight.scales(), biases, out, shape);
                        }
                    } else {
                        switch (layout.kind()) {
                            case F32 -> graph.task(task, GroupGatedKernels::f32, context, step, in, weight.floats(), biases, out, shape);
                            case F16 -> graph.task(task, GroupGatedKernels::f16, context, step, in, weight.halves(), biases, out, shape);
                            case Q8 -> graph.task(task, GroupGatedKernels::q8, context, step, in, weight.quants(), weight.scales(), biases, out, shape);
                            case Q4 -> graph.task(task, GroupGatedKernels::q4, context, step, in, weight.quants(), weight.scales(), biases, out, shape);
                        }
                    }
                });
    }

    /**
     * @param biases what the shape says is added to the scores
     * @param places where positions lie, when the shape says so
     */
    Launch attend(View query, DeviceBuffer keys, DeviceBuffer values, Optional<BiasTable> biases, Optional<DeviceBuffer> places,
            AttentionShape shape, View output) {
        List<DeviceBuffer> reads = new ArrayList<>(List.of(query.buffer(), keys, values));
        places.ifPresent(reads::add);
        List<Constant> constants = new ArrayList<>(biases.stream().toList());
        if (biases.isEmpty() || places.isEmpty()) {
            constants.add(unused);
        }
        return unit("AttentionKernels.attend", 1, rows -> rows * shape.heads(), rows -> rows * shape.heads(), reads, output.buffer(), constants,
                (graph, task, context, step) -> {
                    FloatArray in = query.buffer().array();
                    FloatArray bias = biases.map(BiasTable::biases).orElseGet(this::unusedArray);
                    FloatArray place = places.map(DeviceBuffer::array).orElseGet(this::unusedArray);
                    FloatArray out = output.buffer().array();
                    if (wide()) {
                        graph.task(task, WideAttentionKernels::attend, context, step, in, keys.array(), values.array(), bias, place, out, shape);
                    } else {
                        graph.task(task, GroupAttentionKernels::attend, context, step, in, keys.array(), values.array(), bias, place, out, shape);
                    }
                });
    }

    Launch argMax(View input, View output) {
        ViewShape shape = shape(input);
        return unit("ArgMaxKernels.argMax", 1, rows -> rows, rows -> rows, List.of(input.buffer()), output.buffer(), List.of(),
                (graph, task, context, step) -> {
                    if (wide()) {
                        graph.task(task, WideArgMaxKernels::argMax, context, step, input.buffer().array(), output.buffer().array(), shape);
                    } else {
                        graph.task(task, GroupArgMaxKernels::argMax, context, step, input.buffer().array(), output.buffer().array(), shape);
                    }
                });
    }
}
