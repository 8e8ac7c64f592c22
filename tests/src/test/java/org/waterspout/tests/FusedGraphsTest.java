package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.backend.tornado.TornadoDevices;
import org.waterspout.backend.tornado.launches.KernelFamily;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.validate.RelativeError;

/**
 * What a fused graph gives is what the plain one gives, on the backend that fuses: TornadoVM's devices and the emulator. The cpu and the
 * reference run the parts of a group one by one.
 */
@Tag(TestBackend.ON_DEVICES)
@Tag("slow")
class FusedGraphsTest {

    /**
     * Sums are made in one order, fused or not: equal to the bit on the emulator. PoCL's compiler rounds them otherwise: 1.1e-6 was seen.
     */
    private static final double LIMIT = TornadoDevices.sdkPresent() ? 3.3e-6 : 0;

    /** Of a recording. */
    private static final int TOKENS = 9;

    /** On a device, where every kernel takes a compiler's time, one model of each kind; everything on the emulator. */
    private static final Set<String> ON_DEVICES = Set.of("llama-q8_0", "marian-ssru");

    private static TornadoBackend fusing(KernelFamily family) {
        return new TornadoBackend(BackendOptions.DEFAULT, family);
    }

    private static TornadoBackend plain(KernelFamily family) {
        return new TornadoBackend(BackendOptions.DEFAULT, family, Set.of());
    }

    private static Stream<DynamicTest> compare(List<String> names, Function<String, Function<TornadoBackend, float[]>> run) {
        return names.stream().filter(name -> !TornadoDevices.sdkPresent() || ON_DEVICES.contains(name))
                .map(name -> DynamicTest.dynamicTest(name, () -> {
            try (TornadoBackend fusing = fusing(KernelFamily.WIDE); TornadoBackend plain = plain(KernelFamily.WIDE)) {
                assertClose(run.apply(name).apply(fusing), run.apply(name).apply(plain));
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> decoders() {
        return compare(FamilyModel.names(), name -> backend -> {
            try (FamilyModel model = FamilyModel.open(name)) {
                return WholeModels.decoder(model, backend, model.expected().getFirst(), TOKENS);
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> encoders() {
        return compare(EncoderModel.names(), name -> backend -> {
            try (EncoderModel model = EncoderModel.open(name)) {
                return OpCase.flat(WholeModels.encoder(model, backend));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> encoderDecoders() {
        return compare(TranslatorModel.names(), name -> backend -> {
            try (TranslatorModel model = TranslatorModel.open(name)) {
                return WholeModels.translator(model, backend);
            }
        });
    }

    /** Groups that no recorded model has, and those that only another backend would fuse, in both families of kernels. */
    @TestFactory
    Stream<DynamicTest> groupsOfEveryKind() {
        List<OpCase> cases = OpCases.all().stream().filter(opCase -> opCase.operation().startsWith("Fused ")).toList();
        assertEquals(FusionKind.values().length, cases.stream().map(OpCase::operation).distinct().count());
        boolean device = TornadoDevices.sdkPresent();
        return Stream.of(KernelFamily.values()).filter(family -> !device || family == KernelFamily.WIDE).flatMap(family -> cases.stream()
                .filter(opCase -> !device || opCase.name().contains("Q8_0")
                || opCase.operation().equals("Fused " + FusionKind.RECURRENCE_ADD))
                .map(opCase -> DynamicTest.dynamicTest(family + " " + opCase, () -> compareParts(opCase, family))));
    }

    private static void compareParts(OpCase opCase, KernelFamily family) {
        OpCase apart = new OpCase(opCase.name(), opCase.operation(), plain(opCase.graph()), opCase.options(), opCase.actions(),
                opCase.tolerance());
        try (TornadoBackend fusing = fusing(family); TornadoBackend plain = plain(family)) {
            assertClose(OpCase.flat(opCase.outputs(fusing)), OpCase.flat(apart.outputs(plain)));
        }
    }

    /** The graph without groups. */
    private static Graph plain(Graph graph) {
        return new Graph(graph.name(), parts(graph.before()), graph.layers().stream().map(FusedGraphsTest::parts).toList(),
                parts(graph.after()), graph.crossCaches().stream().map(FusedGraphsTest::parts).toList(), graph.values(), graph.output(),
                graph.cacheLayers(), graph.encoder().map(FusedGraphsTest::plain));
    }

    private static List<Op> parts(List<Op> ops) {
        return ops.stream().flatMap(op -> op instanceof Op.Fused fused ? fused.parts().stream() : Stream.of(op)).toList();
    }

    /** The comparison is one: the backends run different graphs. */
    @Test
    void oneOfThemFuses() {
        try (FamilyModel model = FamilyModel.open("llama"); TornadoBackend fusing = fusing(KernelFamily.WIDE);
                TornadoBackend plain = plain(KernelFamily.WIDE)) {
            PlanOptions options = new PlanOptions(16, 1, 9, false);
            try (Plan together = fusing.prepare(model.graph(16), options); Plan apart = plain.prepare(model.graph(16), options)) {
                assertEquals(EnumSet.of(FusionKind.MATMULS, FusionKind.GATED, FusionKind.MATMUL_ADD), kinds(together.graph()));
                assertEquals(Set.of(), kinds(apart.graph()));
            }
        }
    }

    private static Set<FusionKind> kinds(Graph graph) {
        return graph.ops().filter(Op.Fused.class::isInstance).map(op -> ((Op.Fused) op).kind()).collect(Collectors.toSet());
    }

    private static void assertClose(float[] fused, float[] plain) {
        RelativeError error = RelativeError.of(fused, plain, plain.length);
        assertTrue(error.error() <= LIMIT, "error " + error + " exceeds " + LIMIT);
    }
}
