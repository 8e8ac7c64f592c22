package org.waterspout.backend.tornado.launches;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.tornado.buffers.Angles;
import org.waterspout.backend.tornado.buffers.BiasTable;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.backend.tornado.buffers.Caches;
import org.waterspout.backend.tornado.buffers.Constant;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.Feed;
import org.waterspout.backend.tornado.buffers.StackedWeight;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.buffers.WeightLayout;
import org.waterspout.kernels.ActivateShape;
import org.waterspout.kernels.Activations;
import org.waterspout.kernels.AttentionShape;
import org.waterspout.kernels.BlockShape;
import org.waterspout.kernels.CacheKernels;
import org.waterspout.kernels.CacheShape;
import org.waterspout.kernels.ElementKernels;
import org.waterspout.kernels.EmbedKernels;
import org.waterspout.kernels.EmbedShape;
import org.waterspout.kernels.GroupArgMaxKernels;
import org.waterspout.kernels.GroupAttentionKernels;
import org.waterspout.kernels.GroupNormKernels;
import org.waterspout.kernels.KeptNumbers;
import org.waterspout.kernels.NormShape;
import org.waterspout.kernels.PairShape;
import org.waterspout.kernels.RecurrenceKernels;
import org.waterspout.kernels.RecurrenceShape;
import org.waterspout.kernels.RopeKernels;
import org.waterspout.kernels.RopeShape;
import org.waterspout.kernels.RotateShape;
import org.waterspout.kernels.ScaleShape;
import org.waterspout.kernels.StepLayout;
import org.waterspout.kernels.TableShape;
import org.waterspout.kernels.ViewShape;
import org.waterspout.kernels.WideArgMaxKernels;
import org.waterspout.kernels.WideAttentionKernels;
import org.waterspout.kernels.WideNormKernels;
import org.waterspout.model.architecture.Activation;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Chooses kernels of one family and binds them to arrays: each method makes the {@link Launch} of one kernel. What the kernels
 * compute stands beside them, in org.waterspout.kernels.
 */
public final class KernelBindings {

    /** Items of a work-group where an item makes one element. */
    private static final int ELEMENTS = 64;

    private final KernelFamily family;
    /** Stands in for an array that a kernel takes and does not read. */
    private final UnusedArray<FloatArray> unused = UnusedArray.floats();
    private final UnusedArray<ShortArray> unusedHalves = UnusedArray.halves();
    private final ProductKernels products;

    public KernelBindings(KernelFamily family) {
        this.family = family;
        this.products = new ProductKernels(family, unused);
    }

    /** Those of matrix products. */
    public ProductKernels products() {
        return products;
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

    public Launch add(View left, View right, View output) {
        PairShape shape = shape(left, right);
        return element("ElementKernels.add", output.width(), List.of(left, right), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::add, context, step, left.buffer().array(), right.buffer().array(),
                        output.buffer().array(), shape));
    }

    public Launch multiply(View left, View right, View output) {
        PairShape shape = shape(left, right);
        return element("ElementKernels.multiply", output.width(), List.of(left, right), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::multiply, context, step, left.buffer().array(), right.buffer().array(),
                        output.buffer().array(), shape));
    }

    public Launch activate(Activation function, View input, View output) {
        ActivateShape shape = new ActivateShape(input.width(), input.stride(), input.offset(), code(function));
        return element("ElementKernels.activate", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::activate, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    static int code(Activation function) {
        return switch (function) {
            case SILU -> Activations.SILU;
            case GELU_TANH -> Activations.GELU_TANH;
            case GELU_ERF -> Activations.GELU_ERF;
            case RELU -> Activations.RELU;
            case TANH -> Activations.TANH;
        };
    }

    public Launch scale(View input, float factor, View output) {
        ScaleShape shape = new ScaleShape(input.width(), input.stride(), input.offset(), factor);
        return element("ElementKernels.scale", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::scale, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    public Launch softCap(View input, float cap, View output) {
        ScaleShape shape = new ScaleShape(input.width(), input.stride(), input.offset(), cap);
        return element("ElementKernels.softCap", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::softCap, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    public Launch selectRows(View input, View output) {
        ViewShape shape = shape(input);
        return element("ElementKernels.selectRows", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::selectRows, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    public Launch meanRows(View input, View output) {
        ViewShape shape = shape(input);
        return element("ElementKernels.meanRows", output.width(), List.of(input), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::meanRows, context, step, input.buffer().array(), output.buffer().array(), shape));
    }

    /** @param number which int of a row is the entry's number: {@link StepLayout#POSITION} or {@link StepLayout#TYPE} */
    public Launch addEntry(View input, StackedWeight table, int number, View output) {
        TableShape shape = new TableShape(input.width(), input.stride(), input.offset(), number);
        return element("ElementKernels.addEntry", output.width(), List.of(input), output, List.of(table),
                (graph, task, context, step) -> graph.task(task, ElementKernels::addEntry, context, step, input.buffer().array(),
                        table.floats(), output.buffer().array(), shape));
    }

    /** Copies what the host filled in, [rows, output width]. */
    public Launch upload(Feed from, View output) {
        ScaleShape shape = new ScaleShape(output.width(), output.width(), 0, 1);
        return new Launch("ElementKernels.scale", ELEMENTS, rows -> Math.multiplyExact(rows, output.width()), List.of(),
                List.of(output.buffer()), List.of(), List.of(from), (graph, task, context, step) ->
                graph.task(task, ElementKernels::scale, context, step, from.floats(), output.buffer().array(), shape));
    }

    /** What is made of a recurrent unit's state: a function of it, and what is added to that. */
    public record Activated(Activation function, View residual) {
    }

    /** @param places states of a layer; slot: of the step, with the layer's number among the states */
    public Launch recurrence(View candidate, View forget, Optional<Activated> then, Caches.States states, int places, int slot,
            View output) {
        RecurrenceShape shape = new RecurrenceShape(output.width(), places, candidate.stride(), candidate.offset(), forget.stride(),
                forget.offset(), then.isPresent() ? 1 : 0, then.map(activated -> code(activated.function())).orElse(0),
                then.map(activated -> activated.residual().stride()).orElse(0),
                then.map(activated -> activated.residual().offset()).orElse(0), slot);
        List<DeviceBuffer> reads = new ArrayList<>(List.of(candidate.buffer(), forget.buffer()));
        then.ifPresent(activated -> reads.add(activated.residual().buffer()));
        return new Launch("RecurrenceKernels.advance", ELEMENTS, rows -> Math.multiplyExact(rows, shape.width()), reads,
                List.of(output.buffer(), states.buffer()), then.isPresent() ? List.of() : List.of(unused),
                (graph, task, context, step) -> graph.task(task, RecurrenceKernels::advance, context, step, candidate.buffer().array(),
                        forget.buffer().array(), then.map(activated -> activated.residual().buffer().array()).orElseGet(this::unusedArray),
                        states.buffer().array(), output.buffer().array(), shape));
    }

    /** Clears all buffers, four in a launch where there are four of floats. */
    public static List<Launch> clear(List<DeviceBuffer> all) {
        List<Launch> launches = new ArrayList<>();
        for (DeviceBuffer buffer : all.stream().filter(DeviceBuffer::isHalves).toList()) {
            launches.add(clear("clearHalves", List.of(buffer), (graph, task, context, step) ->
                    graph.task(task, ElementKernels::clearHalves, context, buffer.halves())));
        }
        List<DeviceBuffer> buffers = all.stream().filter(buffer -> !buffer.isHalves()).toList();
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
        int items = (int) Math.min(buffers.stream().mapToLong(DeviceBuffer::count).max().orElseThrow(), 1 << 14);
        return new Launch("ElementKernels." + kernel, ELEMENTS, rows -> items, List.of(), buffers, List.of(), binding);
    }

    public Launch embed(StackedWeight table, float scale, View output) {
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

    public Launch rope(View input, Angles angles, RopeShape shape, View output) {
        return new Launch("RopeKernels.rope", ELEMENTS, rows -> Math.multiplyExact(rows, output.width()), with(angles, input.buffer()),
                List.of(output.buffer()), angles.constants(), (graph, task, context, step) ->
                graph.task(task, RopeKernels::rope, context, step, input.buffer().array(), angles.angles(), output.buffer().array(),
                        shape));
    }

    private static List<DeviceBuffer> with(Angles angles, DeviceBuffer... others) {
        List<DeviceBuffer> buffers = new ArrayList<>(List.of(others));
        buffers.addAll(angles.buffers());
        return buffers;
    }

    /** Keys and values, with their scales if they have any. */
    private static List<DeviceBuffer> all(Caches.Pair pair) {
        return Stream.of(pair.keys(), pair.values()).flatMap(kept -> Stream.concat(Stream.of(kept), kept.scales().stream())).toList();
    }

    private static FloatArray scales(DeviceBuffer quants) {
        return quants.scales().orElseThrow().array();
    }

    /** Items that write a row of keys and values: a number each, or a group of numbers with a scale. */
    private static int items(Caches.Pair pair, int width, int headDimension) {
        return 2 * (pair.row().type() == CacheType.Q8_0 ? width / headDimension * KeptNumbers.groups(headDimension) : width);
    }

    public Launch append(View key, View value, Caches.Pair pair, CacheShape shape) {
        int items = items(pair, shape.width(), shape.headDimension());
        return new Launch("CacheKernels.append", ELEMENTS, rows -> Math.multiplyExact(rows, items),
                List.of(key.buffer(), value.buffer()), all(pair), List.of(), (graph, task, context, step) -> {
                    FloatArray keyIn = key.buffer().array();
                    FloatArray valueIn = value.buffer().array();
                    switch (pair.row().type()) {
                        case F32 -> graph.task(task, CacheKernels::append, context, step, keyIn, valueIn, pair.keys().array(),
                                pair.values().array(), shape);
                        case F16 -> graph.task(task, CacheKernels::appendHalves, context, step, keyIn, valueIn, pair.keys().halves(),
                                pair.values().halves(), shape);
                        case Q8_0 -> graph.task(task, CacheKernels::appendQuants, context, step, keyIn, valueIn, scales(pair.keys()),
                                scales(pair.values()), pair.keys().halves(), pair.values().halves(), shape);
                    }
                });
    }

    /** Copies blocks within the caches, a pair of them, from and to, for each row of {@code pairs}. */
    public List<Launch> copyBlocks(Feed pairs, Caches.Pair pair, CacheBlocks blocks) {
        Launch numbers = copyBlocks(pairs, pair.keys(), pair.values(),
                new BlockShape(pair.row().numbers(), blocks.length(), blocks.rows(), pair.layers().size()));
        return pair.row().scales() == 0 ? List.of(numbers)
                : List.of(numbers, copyBlocks(pairs, pair.keys().scales().orElseThrow(), pair.values().scales().orElseThrow(),
                        new BlockShape(pair.row().scales(), blocks.length(), blocks.rows(), pair.layers().size())));
    }

    private static Launch copyBlocks(Feed pairs, DeviceBuffer keys, DeviceBuffer values, BlockShape shape) {
        return new Launch("CacheKernels.copyBlocks", ELEMENTS,
                rows -> Math.multiplyExact(rows, shape.caches() * shape.length() * shape.width()), List.of(keys, values),
                List.of(keys, values), List.of(), List.of(pairs), (graph, task, context, step) -> {
                    if (keys.isHalves()) {
                        graph.task(task, CacheKernels::copyHalves, context, step, pairs.ints(), keys.halves(), values.halves(), shape);
                    } else {
                        graph.task(task, CacheKernels::copyBlocks, context, step, pairs.ints(), keys.array(), values.array(), shape);
                    }
                });
    }

    public Launch rotateAndAppend(View query, View key, View value, Angles angles, View rotated, Caches.Pair pair,
            RotateShape shape) {
        int items = shape.queryWidth() + items(pair, shape.width(), shape.headDimension());
        List<DeviceBuffer> writes = new ArrayList<>(List.of(rotated.buffer()));
        writes.addAll(all(pair));
        return new Launch("CacheKernels.rotateAndAppend", ELEMENTS, rows -> Math.multiplyExact(rows, items),
                with(angles, query.buffer(), key.buffer(), value.buffer()), writes,
                angles.constants(), (graph, task, context, step) -> {
                    FloatArray in = query.buffer().array();
                    FloatArray keyIn = key.buffer().array();
                    FloatArray valueIn = value.buffer().array();
                    FloatArray out = rotated.buffer().array();
                    switch (pair.row().type()) {
                        case F32 -> graph.task(task, CacheKernels::rotateAndAppend, context, step, in, keyIn, valueIn, angles.angles(),
                                out, pair.keys().array(), pair.values().array(), shape);
                        case F16 -> graph.task(task, CacheKernels::rotateAndAppendHalves, context, step, in, keyIn, valueIn,
                                angles.angles(), out, pair.keys().halves(), pair.values().halves(), shape);
                        case Q8_0 -> graph.task(task, CacheKernels::rotateAndAppendQuants, context, step, in, keyIn, valueIn,
                                angles.angles(), out, scales(pair.keys()), scales(pair.values()), pair.keys().halves(),
                                pair.values().halves(), shape);
                    }
                });
    }

    public Launch rms(View input, StackedWeight gain, int groupWidth, float epsilon, View output) {
        NormShape shape = new NormShape(output.width(), groupWidth, input.stride(), input.offset(), epsilon);
        int groups = output.width() / groupWidth;
        return Launch.unit(family, "NormKernels.rms", 1, rows -> rows * groups, rows -> rows * groups, List.of(input.buffer()),
                output.buffer(), List.of(gain), (graph, task, context, step) -> {
                    FloatArray in = input.buffer().array();
                    FloatArray out = output.buffer().array();
                    if (wide()) {
                        graph.task(task, WideNormKernels::rms, context, step, in, gain.floats(), out, shape);
                    } else {
                        graph.task(task, GroupNormKernels::rms, context, step, in, gain.floats(), out, shape);
                    }
                });
    }

    public Launch layerNorm(View input, StackedWeight gain, StackedWeight bias, int groupWidth, float epsilon, View output) {
        NormShape shape = new NormShape(output.width(), groupWidth, input.stride(), input.offset(), epsilon);
        int groups = output.width() / groupWidth;
        return Launch.unit(family, "NormKernels.layer", 1, rows -> rows * groups, rows -> rows * groups, List.of(input.buffer()),
                output.buffer(), List.of(gain, bias), (graph, task, context, step) -> {
                    FloatArray in = input.buffer().array();
                    FloatArray out = output.buffer().array();
                    if (wide()) {
                        graph.task(task, WideNormKernels::layer, context, step, in, gain.floats(), bias.floats(), out, shape);
                    } else {
                        graph.task(task, GroupNormKernels::layer, context, step, in, gain.floats(), bias.floats(), out, shape);
                    }
                });
    }

    /** @param products the gate's, then as many of the up projection */
    public Launch gate(View products, Activation function, View output) {
        ActivateShape shape = new ActivateShape(output.width(), products.stride(), products.offset(), code(function));
        return element("ElementKernels.gate", output.width(), List.of(products), output, List.of(), (graph, task, context, step) ->
                graph.task(task, ElementKernels::gate, context, step, products.buffer().array(), output.buffer().array(), shape));
    }

    private FloatArray unusedArray() {
        return unused.array();
    }

    /** What stands in for the kind of array that keys and values are not; quants are of both kinds. */
    private Optional<Constant> otherKind(DeviceBuffer kept) {
        return kept.scales().isPresent() ? Optional.empty() : Optional.of(kept.isHalves() ? unused : unusedHalves);
    }

    private FloatArray floats(DeviceBuffer kept) {
        return kept.isHalves() ? kept.scales().map(DeviceBuffer::array).orElseGet(this::unusedArray) : kept.array();
    }

    private ShortArray halves(DeviceBuffer kept) {
        return kept.isHalves() ? kept.halves() : unusedHalves.array();
    }

    /**
     * @param biases what the shape says is added to the scores
     * @param places where positions lie, when the shape says so
     */
    public Launch attend(View query, DeviceBuffer keys, DeviceBuffer values, Optional<BiasTable> biases, Optional<DeviceBuffer> places,
            AttentionShape shape, View output) {
        List<DeviceBuffer> reads = new ArrayList<>(List.of(query.buffer(), keys, values));
        places.ifPresent(reads::add);
        Stream.of(keys, values).flatMap(kept -> kept.scales().stream()).forEach(reads::add);
        List<Constant> constants = new ArrayList<>(biases.stream().toList());
        otherKind(keys).ifPresent(constants::add);
        if ((biases.isEmpty() || places.isEmpty()) && !constants.contains(unused)) {
            constants.add(unused);
        }
        return Launch.unit(family, "AttentionKernels.attend", 1, rows -> rows * shape.heads(), rows -> rows * shape.heads(), reads,
                output.buffer(), constants, (graph, task, context, step) -> {
                    FloatArray in = query.buffer().array();
                    FloatArray bias = biases.map(BiasTable::biases).orElseGet(this::unusedArray);
                    FloatArray place = places.map(DeviceBuffer::array).orElseGet(this::unusedArray);
                    FloatArray out = output.buffer().array();
                    if (wide()) {
                        graph.task(task, WideAttentionKernels::attend, context, step, in, floats(keys), floats(values), halves(keys),
                                halves(values), bias, place, out, shape);
                    } else {
                        graph.task(task, GroupAttentionKernels::attend, context, step, in, floats(keys), floats(values), halves(keys),
                                halves(values), bias, place, out, shape);
                    }
                });
    }

    public Launch argMax(View input, View output) {
        ViewShape shape = shape(input);
        return Launch.unit(family, "ArgMaxKernels.argMax", 1, rows -> rows, rows -> rows, List.of(input.buffer()), output.buffer(),
                List.of(), (graph, task, context, step) -> {
                    if (wide()) {
                        graph.task(task, WideArgMaxKernels::argMax, context, step, input.buffer().array(), output.buffer().array(), shape);
                    } else {
                        graph.task(task, GroupArgMaxKernels::argMax, context, step, input.buffer().array(), output.buffer().array(), shape);
                    }
                });
    }
}
