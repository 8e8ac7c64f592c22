package org.waterspout.backend.tornado.launches;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.waterspout.backend.tornado.buffers.CandidateFeed;
import org.waterspout.backend.tornado.buffers.Constant;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.StackedWeight;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.buffers.WeightLayout;
import org.waterspout.kernels.GatedShape;
import org.waterspout.kernels.GroupGatedKernels;
import org.waterspout.kernels.GroupMatMulKernels;
import org.waterspout.kernels.MatMulShape;
import org.waterspout.kernels.StepLayout;
import org.waterspout.kernels.WideMatMulKernels;
import org.waterspout.kernels.WideQuantMatMulKernels;
import org.waterspout.model.architecture.Activation;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** As {@link KernelBindings}, of matrix products: chooses a kernel by family and by how the weight is stored. */
public final class ProductKernels {

    /** Items of a work-group where an item makes a tile. */
    private static final int TILES = 4;

    private final KernelFamily family;
    /** Stands in for an array that a kernel takes and does not read. */
    private final UnusedArray<FloatArray> unused;
    private final UnusedArray<IntArray> unusedInts = UnusedArray.ints();

    ProductKernels(KernelFamily family, UnusedArray<FloatArray> unused) {
        this.family = family;
        this.unused = unused;
    }

    private FloatArray unusedArray() {
        return unused.array();
    }

    /** @param input dense; residual, when present, dense */
    public Launch matMul(View input, StackedWeight weight, Optional<StackedWeight> bias, Optional<View> residual, int rows, View output) {
        return matMul(input, weight, bias, residual, rows, Optional.empty(), output);
    }

    /** As {@link #matMul}, of the rows that the host asks for. */
    public Launch shortlist(View input, StackedWeight weight, Optional<StackedWeight> bias, CandidateFeed candidates, View output) {
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
        Launch plain = Launch.unit(family, kernels(layout.kind()) + layout.kind(), TILES, tokens -> Math.multiplyExact(
                Math.ceilDiv(asked.getAsInt(), WideMatMulKernels.TILE), Math.ceilDiv(tokens, WideMatMulKernels.BLOCK)),
                tokens -> Math.multiplyExact(asked.getAsInt(), Math.ceilDiv(tokens, StepLayout.TOKENS)), reads, output.buffer(), constants,
                (graph, task, context, step) -> addProduct(new Product(graph, task, context, step, weight, shape), input.buffer().array(),
                        residual.map(view -> view.buffer().array()).orElseGet(this::unusedArray),
                        bias.map(StackedWeight::floats).orElseGet(this::unusedArray),
                        candidates.map(some -> some.feed().ints()).orElseGet(unusedInts::array), output.buffer().array()));
        return candidates.isEmpty() ? plain : plain.with(candidates.get().feed());
    }

    /** The class with the kernel, without its family. */
    private String kernels(WeightLayout.Kind kind) {
        boolean quants = kind == WeightLayout.Kind.Q8 || kind == WeightLayout.Kind.Q4;
        return quants && family == KernelFamily.WIDE ? "QuantMatMulKernels." : "MatMulKernels.";
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
        if (family == KernelFamily.WIDE) {
            switch (weight.layout().kind()) {
                case F32 -> graph.task(task, WideMatMulKernels::f32, context, step, in, added, weight.floats(), biases, candidates, out,
                        shape);
                case F16 -> graph.task(task, WideMatMulKernels::f16, context, step, in, added, weight.halves(), biases, candidates, out,
                        shape);
                case Q8 -> graph.task(task, WideQuantMatMulKernels::q8, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
                case Q4 -> graph.task(task, WideQuantMatMulKernels::q4, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
            }
        } else {
            switch (weight.layout().kind()) {
                case F32 -> graph.task(task, GroupMatMulKernels::f32, context, step, in, added, weight.floats(), biases, candidates, out,
                        shape);
                case F16 -> graph.task(task, GroupMatMulKernels::f16, context, step, in, added, weight.halves(), biases, candidates, out,
                        shape);
                case Q8 -> graph.task(task, GroupMatMulKernels::q8, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
                case Q4 -> graph.task(task, GroupMatMulKernels::q4, context, step, in, added, weight.quants(), weight.scales(), biases,
                        candidates, out, shape);
            }
        }
    }

    /**
     * Whether {@link #gated} computes a gated feed-forward's two products and gates them in one launch; else {@link KernelBindings#gate}
     * does.
     */
    public boolean fusesGated() {
        return family == KernelFamily.GROUP;
    }

    /** @param weight the gate's rows above the up projection's; input dense */
    public Launch gated(View input, StackedWeight weight, Optional<StackedWeight> bias, Activation function, View output) {
        WeightLayout layout = weight.layout();
        int rows = output.width();
        GatedShape shape = new GatedShape(input.width(), rows, layout.block(), layout.offset() ? 1 : 0, bias.isPresent() ? 1 : 0,
                KernelBindings.code(function));
        return new Launch("GroupGatedKernels." + layout.kind(), StepLayout.GROUP, tokens -> Math.multiplyExact(Math.multiplyExact(rows,
                Math.ceilDiv(tokens, GroupGatedKernels.TOKENS)), StepLayout.GROUP), List.of(input.buffer()), List.of(output.buffer()),
                List.of(weight, bias.<Constant>map(b -> b).orElse(unused)), (graph, task, context, step) -> {
                    FloatArray in = input.buffer().array();
                    FloatArray out = output.buffer().array();
                    FloatArray biases = bias.map(StackedWeight::floats).orElseGet(this::unusedArray);
                    switch (layout.kind()) {
                        case F32 -> graph.task(task, GroupGatedKernels::f32, context, step, in, weight.floats(), biases, out, shape);
                        case F16 -> graph.task(task, GroupGatedKernels::f16, context, step, in, weight.halves(), biases, out, shape);
                        case Q8 -> graph.task(task, GroupGatedKernels::q8, context, step, in, weight.quants(), weight.scales(), biases,
                                out, shape);
                        case Q4 -> graph.task(task, GroupGatedKernels::q4, context, step, in, weight.quants(), weight.scales(), biases,
                                out, shape);
                    }
                });
    }
}
