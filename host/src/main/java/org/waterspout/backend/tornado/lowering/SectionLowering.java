package org.waterspout.backend.tornado.lowering;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.Angles;
import org.waterspout.backend.tornado.buffers.BiasTable;
import org.waterspout.backend.tornado.buffers.Caches;
import org.waterspout.backend.tornado.buffers.Constants;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.DeviceBuffer.Life;
import org.waterspout.backend.tornado.buffers.StackedWeight;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.launches.GridCheck;
import org.waterspout.backend.tornado.launches.KernelBindings;
import org.waterspout.backend.tornado.launches.Launch;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.kernels.AttentionShape;
import org.waterspout.kernels.CacheShape;
import org.waterspout.kernels.KeptNumbers;
import org.waterspout.kernels.RopeShape;
import org.waterspout.kernels.RotateShape;
import org.waterspout.kernels.StepLayout;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.RopeLayout;

/**
 * Turns the operations of one section into launches. An operation comes as the list of its repeats, one for each layer of the section;
 * the first gives the shapes, all give their weights.
 */
final class SectionLowering {

    private final PlanOptions options;
    private final Resources resources;
    private final KernelBindings kernels;
    private final Caches caches;
    private final Constants constants;
    private final int rows;
    private final Map<Value, View> views;
    private final List<Op> ops;
    private final Map<Value, List<Op.Rope>> later = new HashMap<>();
    private final List<Launch> launches = new ArrayList<>();
    private final List<List<Integer>> slots = new ArrayList<>();
    private int slotCount;

    /**
     * @param rows  rows of the section's buffers
     * @param ops   all operations of the section, in their first repeat
     * @param views where values are that others wrote, and where values must be written that others read
     */
    SectionLowering(PlanOptions options, Resources resources, int rows, int repeats, List<Op> ops, Map<Value, View> views) {
        this.options = options;
        this.resources = resources;
        this.kernels = resources.kernels();
        this.caches = resources.caches();
        this.constants = resources.constants();
        this.rows = rows;
        this.ops = List.copyOf(ops);
        this.views = new HashMap<>(views);
        for (int repeat = 0; repeat < repeats; repeat++) {
            slots.add(new ArrayList<>());
        }
    }

    /** The launches since the last call. */
    List<Launch> take() {
        List<Launch> taken = List.copyOf(launches);
        launches.clear();
        return taken;
    }

    List<List<Integer>> slots() {
        return slots;
    }

    View view(Value value) {
        return views.get(value);
    }

    private View output(Value value) {
        View view = views.computeIfAbsent(value, v -> temporary(v.name(), v.width()));
        GridCheck.check(value.name(), view, rows);
        return view;
    }

    private View temporary(String name, int width) {
        Life life = options.observable() ? Life.PLAN : Life.STAGE;
        return View.whole(new DeviceBuffer(name, (long) rows * width, life), width);
    }

    /** Adds what brings the angles of a step's rows to the device, where these change from step to step. */
    void uploadAngles() {
        resources.rowAngles().ifPresent(angles -> launches.add(kernels.upload(angles.feed(), angles.device())));
    }

    /** Adds a copy of {@code from}. */
    void copy(View from, View to) {
        launches.add(kernels.scale(from, 1, to));
    }

    /** Products read whole rows of their own, so a value that lies beside others is copied out first. */
    private View dense(View view) {
        if (view.dense()) {
            return view;
        }
        View copy = temporary("copy", view.width());
        copy(view, copy);
        return copy;
    }

    private int slot(Function<Integer, List<Integer>> valuesOfRepeat) {
        int first = slotCount;
        for (int repeat = 0; repeat < slots.size(); repeat++) {
            slots.get(repeat).addAll(valuesOfRepeat.apply(repeat));
        }
        slotCount = slots.getFirst().size();
        if (StepLayout.SLOTS + slotCount > StepLayout.HEADER) {
            throw new UnsupportedModelException("a layer with " + slotCount + " numbers that differ from layer to layer exceeds the "
                    + "tornado backend's " + (StepLayout.HEADER - StepLayout.SLOTS) + ": use the cpu backend");
        }
        return first;
    }

    private StackedWeight stack(List<Weight> weights) {
        return constants.stack(weights.getFirst().role(), weights.stream().map(List::of).toList());
    }

    private StackedWeight floats(List<Weight> weights) {
        return constants.floats(weights.getFirst().role(), weights.stream().map(weight -> List.of(StackedWeight.Part.of(weight.tensor())))
                .toList());
    }

    /** Adds the launches of one operation. */
    void lower(List<? extends Op> repeats) {
        switch (repeats.getFirst()) {
            case Op.Embed op -> launches.add(kernels.embed(stack(each(repeats, Op.Embed.class, Op.Embed::table)), op.scale(),
                    output(op.output())));
            case Op.AddPosition op -> launches.add(kernels.addEntry(view(op.input()),
                    floats(each(repeats, Op.AddPosition.class, Op.AddPosition::table)), StepLayout.POSITION, output(op.output())));
            case Op.Norm op -> norm(cast(repeats, Op.Norm.class), view(op.input()), output(op.output()));
            case Op.MatMul op -> products(List.of(cast(repeats, Op.MatMul.class)), dense(view(op.input())), Optional.empty(),
                    List.of(op.output()));
            case Op.Rope _ -> rope(cast(repeats, Op.Rope.class));
            case Op.Attention op -> attention(cast(repeats, Op.Attention.class), op);
            case Op.Add op -> launches.add(kernels.add(view(op.left()), view(op.right()), output(op.output())));
            case Op.Multiply op -> launches.add(kernels.multiply(view(op.left()), view(op.right()), output(op.output())));
            case Op.Activate op -> launches.add(kernels.activate(op.function(), view(op.input()), output(op.output())));
            case Op.Scale op -> launches.add(kernels.scale(view(op.input()), op.factor(), output(op.output())));
            case Op.SoftCap op -> launches.add(kernels.softCap(view(op.input()), op.cap(), output(op.output())));
            case Op.SelectRows op -> launches.add(kernels.selectRows(view(op.input()), output(op.output())));
            case Op.ArgMax op -> launches.add(kernels.argMax(view(op.input()), output(op.output())));
            case Op.AddType op -> launches.add(kernels.addEntry(view(op.input()),
                    floats(each(repeats, Op.AddType.class, Op.AddType::table)), StepLayout.TYPE, output(op.output())));
            case Op.InputEmbeddings op -> launches.add(kernels.upload(
                    resources.inputEmbeddings((long) rows * op.output().width()), output(op.output())));
            case Op.StoreCrossCache op -> storeCrossCache(cast(repeats, Op.StoreCrossCache.class), op);
            case Op.CrossAttention op -> crossAttention(cast(repeats, Op.CrossAttention.class), op);
            case Op.Recurrence op -> recurrence(cast(repeats, Op.Recurrence.class), op, Optional.empty(), op.output());
            case Op.MeanRows op -> launches.add(kernels.meanRows(view(op.input()), output(op.output())));
            case Op.Shortlist op -> shortlist(op);
            case Op.Fused op -> fused(cast(repeats, Op.Fused.class), op);
        }
    }

    private static <T extends Op> List<T> cast(List<? extends Op> repeats, Class<T> type) {
        return repeats.stream().map(type::cast).toList();
    }

    private static <T extends Op> List<Weight> each(List<? extends Op> repeats, Class<T> type, Function<T, Weight> weight) {
        return cast(repeats, type).stream().map(weight).toList();
    }

    private static <T extends Op> List<T> part(List<Op.Fused> repeats, int index, Class<T> type) {
        return repeats.stream().map(fused -> type.cast(fused.parts().get(index))).toList();
    }

    private void norm(List<Op.Norm> repeats, View input, View output) {
        Op.Norm op = repeats.getFirst();
        StackedWeight gain = floats(repeats.stream().map(Op.Norm::gain).toList());
        int group = op.gain().columns();
        if (op.kind() == NormKind.RMS) {
            launches.add(kernels.rms(input, gain, group, op.epsilon(), output));
        } else {
            StackedWeight bias = constants.floats("norm bias", repeats.stream().map(norm -> List.of(part(norm.bias(), group))).toList());
            launches.add(kernels.layerNorm(input, gain, bias, group, op.epsilon(), output));
        }
    }

    /** A bias, or zeros where there is none. */
    private static StackedWeight.Part part(Optional<Weight> bias, int columns) {
        return bias.map(weight -> StackedWeight.Part.of(weight.tensor()))
                .orElseGet(() -> new StackedWeight.Part(Optional.empty(), 1, columns));
    }

    private Optional<StackedWeight> biases(List<List<Op.MatMul>> products) {
        if (products.stream().allMatch(repeats -> repeats.getFirst().bias().isEmpty())) {
            return Optional.empty();
        }
        List<List<StackedWeight.Part>> layers = new ArrayList<>();
        for (int repeat = 0; repeat < slots.size(); repeat++) {
            int index = repeat;
            layers.add(products.stream().map(repeats -> part(repeats.get(index).bias(), repeats.get(index).weight().rows())).toList());
        }
        return Optional.of(constants.floats("bias", layers));
    }

    /**
     * Products of one input. They become one launch with their rows below one another where no weight would have to take a larger
     * layout for it, and their outputs then lie side by side in one buffer; else one launch each.
     */
    private void products(List<List<Op.MatMul>> products, View input, Optional<View> residual, List<Value> outputs) {
        boolean placed = outputs.stream().anyMatch(views::containsKey);
        if (products.size() > 1 && (placed || !constants.shareLayout(products))) {
            for (int i = 0; i < products.size(); i++) {
                products(List.of(products.get(i)), input, residual, List.of(outputs.get(i)));
            }
            return;
        }
        List<List<Weight>> layers = new ArrayList<>();
        for (int repeat = 0; repeat < slots.size(); repeat++) {
            int index = repeat;
            layers.add(products.stream().map(repeats -> repeats.get(index).weight()).toList());
        }
        StackedWeight weight = constants.stack(layers.getFirst().getFirst().role(), layers);
        int total = outputs.stream().mapToInt(Value::width).sum();
        View output = products.size() == 1 ? output(outputs.getFirst()) : temporary("products", total);
        launches.add(kernels.products().matMul(input, weight, biases(products), residual, total, output));
        if (products.size() > 1) {
            int offset = 0;
            for (Value value : outputs) {
                View view = new View(output.buffer(), total, offset, value.width());
                GridCheck.check(value.name(), view, rows);
                views.put(value, view);
                offset += value.width();
            }
        }
    }

    private void rope(List<Op.Rope> repeats) {
        Op.Rope op = repeats.getFirst();
        if (turnedLater(op)) {
            later.put(op.output(), repeats);
            return;
        }
        Angles angles = angles(repeats);
        launches.add(kernels.rope(view(op.input()), angles, shape(repeats, angles), output(op.output())));
    }

    private Angles angles(List<Op.Rope> repeats) {
        if (resources.rowAngles().isPresent()) {
            return resources.rowAngles().get();
        }
        return constants.angles(repeats.stream().map(Op.Rope::table).distinct().toList(), options.contextLength());
    }

    private RopeShape shape(List<Op.Rope> repeats, Angles angles) {
        Op.Rope op = repeats.getFirst();
        View input = view(op.input());
        int slot = slot(repeat -> List.of(angles.indexOf(repeats.get(repeat).table())));
        return new RopeShape(op.output().width(), op.headDimension(), op.table().rotatedWidth() / 2,
                op.layout() == RopeLayout.INTERLEAVED ? 1 : 0, input.stride(), input.offset(), angles.positions(), slot);
    }

    /** Whether the rotation can wait for the attention that is its only reader, which then turns query and key in one launch. */
    private boolean turnedLater(Op.Rope rope) {
        if (options.observable() || views.containsKey(rope.output())) {
            return false;
        }
        List<Op> readers = ops.stream().filter(op -> op.inputs().contains(rope.output())).toList();
        if (readers.size() != 1 || !(readers.getFirst() instanceof Op.Attention attention) || attention.mask() == Op.Mask.BIDIRECTIONAL
                || attention.query().equals(attention.key()) || attention.headDimension() != rope.headDimension()) {
            return false;
        }
        return turned(attention.query()).equals(turned(attention.key())) && !attention.value().equals(rope.output());
    }

    /** How a value was turned: equal for query and key of an attention that one launch can serve. */
    private List<Object> turned(Value value) {
        return ops.stream().filter(op -> op.outputs().contains(value) && op instanceof Op.Rope).map(Op.Rope.class::cast)
                .<List<Object>>map(rope -> List.of(rope.table(), rope.layout(), rope.headDimension())).findFirst().orElse(List.of(value));
    }

    private void attention(List<Op.Attention> repeats, Op.Attention op) {
        Optional<BiasTable> biases = op.bias().map(_ -> constants.biases(
                repeats.stream().map(one -> one.bias().orElseThrow()).distinct().toList(), options.contextLength()));
        View value = view(op.value());
        if (op.mask() == Op.Mask.BIDIRECTIONAL) {
            int slot = slot(repeat -> List.of(0, repeats.get(repeat).window(), table(biases, repeats.get(repeat))));
            View key = view(op.key());
            attend(op, AttentionShape.STEP, view(op.query()), key, value, biases, slot);
            return;
        }
        Caches.Pair pair = caches.of(op.key().width());
        int slot = slot(repeat -> List.of(pair.indexOf(repeats.get(repeat).layer()), repeats.get(repeat).window(),
                table(biases, repeats.get(repeat))));
        View query;
        if (later.containsKey(op.key())) {
            List<Op.Rope> ropes = later.get(op.query());
            query = output(op.query());
            rotateAndAppend(ropes, view(later.get(op.key()).getFirst().input()), value, query, pair, slot);
        } else {
            query = view(op.query());
            View key = view(op.key());
            launches.add(kernels.append(key, value, pair, shape(key, value, op.headDimension(), pair, resources.blocks().rows(), slot)));
        }
        attend(op, AttentionShape.CACHE, query, View.whole(pair.keys(), pair.row().numbers()),
                View.whole(pair.values(), pair.row().numbers()), biases, slot);
    }

    private static int table(Optional<BiasTable> biases, Op.Attention op) {
        return biases.map(table -> table.indexOf(op.bias().orElseThrow())).orElse(0);
    }

    private void attend(Op.Attention op, int kind, View query, View key, View value, Optional<BiasTable> biases, int slot) {
        boolean placed = kind == AttentionShape.CACHE && resources.places().isPresent();
        int kept = kept(key.buffer());
        int headStride = kept == AttentionShape.QUANTS ? KeptNumbers.pairs(op.headDimension()) : op.headDimension();
        int scaleStride = kept == AttentionShape.QUANTS ? caches.of(op.key().width()).row().scales() : 0;
        AttentionShape shape = new AttentionShape(kind, op.heads(), op.kvHeads(), op.headDimension(), options.contextLength(),
                resources.blocks().rows(), query.stride(), query.offset(), key.stride(), key.offset(), value.stride(), value.offset(),
                kept, headStride, scaleStride, slot, op.scale(), op.softCap(), biases.isPresent() ? 1 : 0, options.contextLength(),
                placed ? resources.blocks().length() : 0);
        launches.add(kernels.attend(query, key.buffer(), value.buffer(), biases, placed ? resources.places() : Optional.empty(), shape,
                output(op.output())));
    }

    private static int kept(DeviceBuffer keys) {
        if (keys.scales().isPresent()) {
            return AttentionShape.QUANTS;
        }
        return keys.isHalves() ? AttentionShape.HALVES : AttentionShape.FLOATS;
    }

    private void storeCrossCache(List<Op.StoreCrossCache> repeats, Op.StoreCrossCache op) {
        Caches.Pair pair = caches.memory(op.key().width());
        int slot = slot(repeat -> List.of(pair.indexOf(repeats.get(repeat).cache())));
        View key = view(op.key());
        View value = view(op.value());
        // the encoder's sequences are the sources
        launches.add(kernels.append(key, value, pair,
                shape(key, value, key.width(), pair, options.maxSequences() * options.contextLength(), slot)));
    }

    private void crossAttention(List<Op.CrossAttention> repeats, Op.CrossAttention op) {
        int width = op.query().width();
        Caches.Pair pair = caches.memory(width);
        int slot = slot(repeat -> List.of(pair.indexOf(repeats.get(repeat).cache())));
        View query = view(op.query());
        AttentionShape shape = new AttentionShape(AttentionShape.MEMORY, op.heads(), op.heads(), op.headDimension(), options.sourceLength(),
                options.maxSources() * options.sourceLength(), query.stride(), query.offset(), width, 0, width, 0,
                AttentionShape.FLOATS, op.headDimension(), 0, slot, op.scale(), 0, 0, 0, 0);
        launches.add(kernels.attend(query, pair.keys(), pair.values(), Optional.empty(), Optional.empty(), shape, output(op.output())));
    }

    /** @param output of the recurrence, or of what follows it in one group */
    private void recurrence(List<Op.Recurrence> repeats, Op.Recurrence op, Optional<KernelBindings.Activated> then, Value output) {
        Caches.States states = caches.states(op.output().width());
        int slot = slot(repeat -> List.of(states.indexOf(repeats.get(repeat).layer())));
        View candidate = view(op.candidate());
        View forget = view(op.forget());
        launches.add(kernels.recurrence(candidate, forget, then, states, 2 * options.maxSequences(), slot, output(output)));
    }

    private void shortlist(Op.Shortlist op) {
        Optional<StackedWeight> bias = op.bias().map(weight -> floats(List.of(weight)));
        launches.add(kernels.products().shortlist(dense(view(op.input())), stack(List.of(op.weight())), bias,
                resources.candidates(op.output().width()), output(op.output())));
    }

    private void rotateAndAppend(List<Op.Rope> ropes, View key, View value, View rotated, Caches.Pair pair, int cacheSlot) {
        Angles angles = angles(ropes);
        View input = view(ropes.getFirst().input());
        RopeShape rope = shape(ropes, angles);
        launches.add(kernels.rotateAndAppend(input, key, value, angles, rotated, pair, new RotateShape(rope.width(), key.width(),
                rope.headDimension(), pair.row().numbers(), pair.row().scales(), rope.pairs(), rope.interleaved(), input.stride(),
                input.offset(), key.stride(), key.offset(), value.stride(), value.offset(), resources.blocks().rows(), rope.positions(),
                rope.slot(), cacheSlot)));
    }

    private static CacheShape shape(View key, View value, int headDimension, Caches.Pair pair, int cacheRows, int slot) {
        return new CacheShape(key.width(), headDimension, pair.row().numbers(), pair.row().scales(), key.stride(), key.offset(),
                value.stride(), value.offset(), cacheRows, slot);
    }

    private void fused(List<Op.Fused> repeats, Op.Fused op) {
        switch (op.kind()) {
            case MATMULS -> fusedProducts(repeats, op, 0, view(op.inputs().getFirst()));
            case NORM_MATMULS -> fusedProducts(repeats, op, 1, fusedNorm(repeats));
            case GATED -> gated(repeats, op, 0, view(op.inputs().getFirst()));
            case NORM_GATED -> gated(repeats, op, 1, fusedNorm(repeats));
            case MATMUL_ADD -> {
                Op.MatMul product = (Op.MatMul) op.parts().getFirst();
                View residual = view(residual(op, product.output()));
                products(List.of(part(repeats, 0, Op.MatMul.class)), dense(view(product.input())), Optional.of(dense(residual)),
                        op.outputs());
            }
            case RECURRENCE_ADD -> {
                Op.Activate activate = (Op.Activate) op.parts().get(1);
                View residual = view(residual(op, activate.output()));
                recurrence(part(repeats, 0, Op.Recurrence.class), (Op.Recurrence) op.parts().getFirst(),
                        Optional.of(new KernelBindings.Activated(activate.function(), residual)), op.outputs().getFirst());
            }
        }
    }

    /** What the Add that ends {@code op} adds to {@code part}. */
    private static Value residual(Op.Fused op, Value part) {
        Op.Add add = (Op.Add) op.parts().getLast();
        return add.left().equals(part) ? add.right() : add.left();
    }

    private View fusedNorm(List<Op.Fused> repeats) {
        List<Op.Norm> norms = part(repeats, 0, Op.Norm.class);
        View normed = temporary("norm", norms.getFirst().output().width());
        norm(norms, view(norms.getFirst().input()), normed);
        return normed;
    }

    private void fusedProducts(List<Op.Fused> repeats, Op.Fused op, int first, View input) {
        List<List<Op.MatMul>> products = new ArrayList<>();
        List<Value> outputs = new ArrayList<>();
        for (int i = first; i < op.parts().size(); i++) {
            products.add(part(repeats, i, Op.MatMul.class));
            outputs.addAll(op.parts().get(i).outputs());
        }
        products(products, dense(input), Optional.empty(), outputs);
    }

    /** Parts from {@code first}: MatMul, MatMul, Activate, Multiply; the gate is the product that Activate reads. */
    private void gated(List<Op.Fused> repeats, Op.Fused op, int first, View input) {
        Op.Activate activate = (Op.Activate) op.parts().get(first + 2);
        boolean gateFirst = op.parts().get(first).outputs().contains(activate.input());
        List<List<Op.MatMul>> products = List.of(part(repeats, gateFirst ? first : first + 1, Op.MatMul.class),
                part(repeats, gateFirst ? first + 1 : first, Op.MatMul.class));
        List<List<Weight>> layers = new ArrayList<>();
        for (int repeat = 0; repeat < slots.size(); repeat++) {
            int index = repeat;
            layers.add(products.stream().map(list -> list.get(index).weight()).toList());
        }
        StackedWeight weight = constants.stack("ffn gate and up", layers);
        View output = output(op.outputs().getFirst());
        if (kernels.products().fusesGated()) {
            launches.add(kernels.products().gated(dense(input), weight, biases(products), activate.function(), output));
            return;
        }
        View both = temporary("gate and up", 2 * output.width());
        launches.add(kernels.products().matMul(dense(input), weight, biases(products), Optional.empty(), both.width(), both));
        launches.add(kernels.gate(both, activate.function(), output));
    }
}
