package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.ValidationException;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.RopeLayout;
import org.waterspout.validate.ValidationReport;
import org.waterspout.validate.Validator;

/** The validator passes what is right and names what is wrong. */
@Tag("slow")
@Tag(TestBackend.ON_DEVICES)
class ValidatorTest {

    private static final long SEED = 7;

    @TestFactory
    Stream<DynamicTest> theReferenceAgreesWithItselfToTheBit() {
        return FamilyModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            ValidationReport report = validate(name, new ReferenceBackend());
            assertTrue(report.rows().stream().allMatch(row -> row.largest().error() == 0), report::print);
            assertEquals(report, report.requireOk());
        }));
    }

    @TestFactory
    Stream<DynamicTest> everyBackendThatRunsHereIsWithinItsLimits() {
        return TestBackend.compared().filter(TestBackend::runs).flatMap(backend -> FamilyModel.names().stream()
                .map(name -> DynamicTest.dynamicTest(backend.name() + " " + name, () -> {
                    try (Backend opened = backend.open().get()) {
                        ValidationReport report = validate(name, opened);
                        assertTrue(report.ok(), report::print);
                    }
                })));
    }

    @TestFactory
    Stream<DynamicTest> encodersAndBothHalvesOfEncoderDecodersAreWithinTheirLimits() {
        List<String> encoders = List.of("bert-sequence", "roberta-tokens", "distilbert", "mpnet-span", "modern-bert-mean", "nomic-bert",
                "deit-distilled");
        return TestBackend.compared().filter(TestBackend::runs).flatMap(backend -> Stream.concat(
                encoders.stream().map(name -> DynamicTest.dynamicTest(backend.name() + " " + name, () -> {
                    try (EncoderModel model = EncoderModel.open(name); Backend opened = backend.open().get()) {
                        assertWithinLimits(validate(model.file(), model.architecture(), opened));
                    }
                })),
                TranslatorModel.names().stream().map(name -> DynamicTest.dynamicTest(backend.name() + " " + name, () -> {
                    try (TranslatorModel model = TranslatorModel.open(name); Backend opened = backend.open().get()) {
                        ValidationReport report = validate(model.file(), model.architecture(), opened);
                        assertWithinLimits(report);
                        assertTrue(report.rows().stream().anyMatch(row -> row.operation().equals("whole encoder")), report::print);
                    }
                }))));
    }

    private static void assertWithinLimits(ValidationReport report) {
        assertTrue(report.ok(), report::print);
        assertTrue(report.rows().size() > 6, report::print);
    }

    private static ValidationReport validate(ModelFile file, Architecture architecture, Backend backend) {
        Validator.Course course = Validator.course(architecture, 13, 2, SEED);
        return Validator.run(GraphBuilder.of(file, architecture, Math.min(32, architecture.contextLength())), backend, course);
    }

    @Test
    void tokensOfTheWrongTypeAreNamed() {
        FaultyBackend.Fault fault = (op, batch, inputs, right) ->
                right.evaluate(op, op instanceof Op.AddType ? batch.withTypes(new int[0]) : batch, inputs);
        try (EncoderModel model = EncoderModel.open("bert-sequence")) {
            assertNamed("AddType", "before the layers", validate(model.file(), model.architecture(), new FaultyBackend(fault)));
        }
    }

    @Test
    void aFaultInTheEncoderOfAnEncoderDecoderIsNamed() {
        FaultyBackend.Fault fault = (op, batch, inputs, right) -> {
            Map<Value, float[]> values = right.evaluate(op, batch, inputs);
            if (op instanceof Op.Attention attention && attention.mask() == Op.Mask.BIDIRECTIONAL) {
                values.get(attention.output())[7] += 1;
            }
            return values;
        };
        try (TranslatorModel model = TranslatorModel.open("bart")) {
            assertNamed("Attention", "sources 0, layer", validate(model.file(), model.architecture(), new FaultyBackend(fault)));
        }
    }

    @Test
    void aProductThatLosesItsBiasIsNamed() {
        expectWrong("qwen2", "MatMul", "layer 1", (op, batch, inputs, right) -> right.evaluate(
                op instanceof Op.MatMul m && m.weight().role().equals("attention.k") && m.weight().layer() == 1
                        ? new Op.MatMul(m.input(), m.weight(), Optional.empty(), m.output()) : op, batch, inputs));
    }

    @Test
    void theOtherLayoutOfRotaryPairsIsNamed() {
        expectWrong("llama", "Rope", "layer", (op, batch, inputs, right) -> right.evaluate(
                op instanceof Op.Rope r ? new Op.Rope(r.input(), r.table(), RopeLayout.HALVES, r.headDimension(), r.output()) : op,
                batch, inputs));
    }

    @Test
    void aWindowLongerByOneIsNamed() {
        expectWrong("gemma2", "Attention", "layer", (op, batch, inputs, right) -> right.evaluate(
                op instanceof Op.Attention a && a.window() > 0 ? new Op.Attention(a.layer(), a.query(), a.key(), a.value(), a.heads(),
                        a.kvHeads(), a.headDimension(), a.scale(), a.window() + 1, a.softCap(), a.output()) : op, batch, inputs));
    }

    @Test
    void oneNumberThatIsNotANumberIsNamed() {
        expectWrong("gpt2", "Norm", "step 2, layer 2", (op, batch, inputs, right) -> {
            Map<Value, float[]> values = right.evaluate(op, batch, inputs);
            if (op instanceof Op.Norm norm && norm.gain().layer() == 2 && batch.positions()[0] == 20) {
                values.get(norm.output())[3] = Float.NaN;
            }
            return values;
        });
    }

    @Test
    void anErrorOfAThousandthInOneLayerIsNamed() {
        expectWrong("llama", "Add", "layer 2", (op, batch, inputs, right) -> {
            Map<Value, float[]> values = right.evaluate(op, batch, inputs);
            if (op instanceof Op.Add add && add.left().name().contains("layer 2")) {
                values.get(add.output())[5] *= 1.001f;
            }
            return values;
        });
    }

    /** The whole run adds its row, so the fault must be the first wrong row. */
    private static void expectWrong(String model, String operation, String place, FaultyBackend.Fault fault) {
        assertNamed(operation, place, validate(model, new FaultyBackend(fault)));
    }

    private static void assertNamed(String operation, String place, ValidationReport report) {
        ValidationReport.Row wrong = report.rows().stream().filter(row -> !row.ok()).findFirst().orElseThrow();
        assertFalse(report.ok());
        assertEquals(operation, wrong.operation(), report::print);
        assertTrue(wrong.place().contains(place), report::print);
        assertTrue(report.rows().stream().filter(row -> !row.operation().startsWith("whole ")).filter(row -> !row.ok())
                .allMatch(row -> row.operation().equals(operation)), report::print);
        ValidationException thrown = assertThrows(ValidationException.class, report::requireOk);
        assertTrue(thrown.getMessage().contains(operation), thrown.getMessage());
    }

    private static ValidationReport validate(String name, Backend backend) {
        try (FamilyModel model = FamilyModel.open(name)) {
            List<Batch> batches = Validator.batches(model.architecture().vocabulary(), 19, 3, SEED);
            return Validator.run(model.graph(32), backend, batches, new PlanOptions(32, 1, 19, true));
        }
    }
}
