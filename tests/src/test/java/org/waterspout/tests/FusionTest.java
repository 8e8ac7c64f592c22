package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.waterspout.graph.Fusion;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.ShapeException;
import org.waterspout.graph.Value;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.NormKind;

/** What is a group and what only looks like one. The families' graphs are fused in {@link GraphsTest}. */
class FusionTest {

    private static final Set<FusionKind> ALL = EnumSet.allOf(FusionKind.class);

    private final OpCaseBuilder b = new OpCaseBuilder("fusion");
    private final Value input = b.input(8);

    @Test
    void aGatedHalfGoesWithItsNorm() {
        Value normed = b.value(8);
        Value gate = b.value(6);
        Value up = b.value(6);
        Value active = b.value(6);
        Value output = b.value(6);
        // up before gate, and the product the other way round: the parts are still gate, up, activation, product
        b.layer(norm(input, normed), product("up", normed, up), product("gate", normed, gate),
                new Op.Activate(Activation.SILU, gate, active), new Op.Multiply(up, active, output));
        Op.Fused fused = (Op.Fused) only(Fusion.apply(graph(output), ALL));
        assertEquals(FusionKind.NORM_GATED, fused.kind());
        assertEquals(List.of(gate, up), List.of(fused.parts().get(1).outputs().getFirst(), fused.parts().get(2).outputs().getFirst()));
        assertEquals(List.of(input), fused.inputs());
        assertEquals(List.of(output), fused.outputs());
        assertEquals(List.of("Norm", "GATED"), kinds(Fusion.apply(graph(output), EnumSet.of(FusionKind.GATED, FusionKind.MATMUL_ADD))));
    }

    @Test
    void aNormThatSomethingElseReadsStaysApart() {
        Value normed = b.value(8);
        Value first = b.value(8);
        Value second = b.value(8);
        Value sum = b.value(8);
        Value output = b.value(8);
        b.layer(norm(input, normed), product("first", normed, first), product("second", normed, second),
                new Op.Multiply(normed, first, sum), new Op.Multiply(sum, second, output));
        assertEquals(List.of("Norm", "MATMULS", "Multiply", "Multiply"), kinds(Fusion.apply(graph(output), ALL)));
    }

    @Test
    void aNormOfHeadsStaysApart() {
        Value normed = b.value(8);
        Value output = b.value(5);
        b.layer(new Op.Norm(NormKind.RMS, input, b.vector("norm", 0, 4), Optional.empty(), 1e-5f, normed),
                product("product", normed, output));
        assertEquals(List.of("Norm", "MatMul"), kinds(Fusion.apply(graph(output), ALL)));
    }

    @Test
    void aProductGoesWithTheSumThatAloneReadsIt() {
        Value product = b.value(8);
        Value sum = b.value(8);
        Value twice = b.value(8);
        b.layer(product("product", input, product), new Op.Add(product, input, sum), new Op.Add(sum, sum, twice));
        Graph fused = Fusion.apply(graph(twice), ALL);
        assertEquals(List.of("MATMUL_ADD", "Add"), kinds(fused));
        assertEquals(List.of(input), fused.layers().getFirst().getFirst().inputs());
        Value doubled = b.value(8);
        b.layer(new Op.Add(product, product, doubled)); // a second reader, in the next layer
        assertEquals(List.of("MatMul", "Add", "Add", "Add"), kinds(Fusion.apply(graph(doubled), ALL)));
    }

    @Test
    void aStateGoesWithItsActivationAndTheSumThatAloneReadsIt() {
        Value state = b.value(8);
        Value active = b.value(8);
        Value sum = b.value(8);
        b.layer(new Op.Recurrence(0, input, input, state), new Op.Activate(Activation.RELU, state, active), new Op.Add(active, input, sum));
        Graph fused = Fusion.apply(graph(sum), ALL);
        assertEquals(List.of("RECURRENCE_ADD"), kinds(fused));
        assertEquals(List.of(input), fused.layers().getFirst().getFirst().inputs());
        assertEquals(List.of("Recurrence", "Activate", "Add"), kinds(Fusion.apply(graph(state), ALL)));
        assertEquals(List.of("Recurrence", "Activate", "Add"), kinds(Fusion.apply(graph(active), ALL)));
    }

    @Test
    void theGraphsOutputIsStillWritten() {
        Value normed = b.value(8);
        Value product = b.value(8);
        Value sum = b.value(8);
        b.layer(norm(input, normed), product("product", normed, product), new Op.Add(input, product, sum));
        assertEquals(List.of("Norm", "MATMUL_ADD"), kinds(Fusion.apply(graph(normed), ALL)));
        assertEquals(List.of("NORM_MATMULS", "Add"), kinds(Fusion.apply(graph(product), ALL)));
    }

    @Test
    void groupsEndWithTheLayer() {
        Value normed = b.value(8);
        Value product = b.value(8);
        b.layer(norm(input, normed));
        b.layer(product("product", normed, product));
        assertEquals(List.of("Norm", "MatMul"), kinds(Fusion.apply(graph(product), ALL)));
    }

    @Test
    void nothingIsFusedTwiceAndPartsArePlain() {
        Value output = b.value(5);
        Op.MatMul product = product("product", input, output);
        Op.Fused one = new Op.Fused(FusionKind.MATMULS, List.of(product), List.of(input), List.of(output));
        assertThrows(ShapeException.class, () -> new Op.Fused(FusionKind.MATMULS, List.of(one), List.of(input), List.of(output)));
    }

    private Op norm(Value from, Value to) {
        return new Op.Norm(NormKind.RMS, from, b.vector("norm", 0, from.width()), Optional.empty(), 1e-5f, to);
    }

    private Op.MatMul product(String role, Value from, Value to) {
        return new Op.MatMul(from, b.matrix(role, 0, WeightType.F32, to.width(), from.width()), Optional.empty(), to);
    }

    private Graph graph(Value output) {
        return b.build("Fusion", output, 0).graph();
    }

    private static Op only(Graph graph) {
        assertEquals(1, graph.layers().getFirst().size(), graph::print);
        return graph.layers().getFirst().getFirst();
    }

    private static List<String> kinds(Graph graph) {
        return graph.layers().stream().flatMap(List::stream)
                .map(op -> op instanceof Op.Fused fused ? fused.kind().name() : op.getClass().getSimpleName()).toList();
    }
}
