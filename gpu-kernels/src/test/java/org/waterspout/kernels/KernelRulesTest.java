package org.waterspout.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** No kernel of this module breaks a rule, and each rule finds its seeded fault. */
class KernelRulesTest {

    private static final Map<String, String> SEEDED = Map.ofEntries(
            Map.entry("unsignedShift", "unsigned shift"),
            Map.entry("unsignedLongShift", "unsigned shift"),
            Map.entry("halfDecoding", "call of Float.float16ToFloat"),
            Map.entry("bitCast", "call of Float.intBitsToFloat"),
            Map.entry("rawBits", "call of Float.floatToRawIntBits"),
            Map.entry("fusedMultiply", "call of Math.fma"),
            Map.entry("rounding", "call of Math.round"),
            Map.entry("booleanArgument", "parameter 2 of type boolean"),
            Map.entry("byteArrayArgument", "parameter 2 of type byte[]"),
            Map.entry("nestedArrayArgument", "parameter 2 of type float[][]"),
            Map.entry("enumArgument", "parameter 2 of type Thread$State"),
            Map.entry("shapeNotLast", "parameter 2 of type ViewShape"),
            Map.entry("localArrayArgument", "a local array as argument"),
            Map.entry("twoLocalArrays", "two local arrays"),
            Map.entry("loopsInBothArms", "a loop in both arms"),
            Map.entry("twoParallelLoops", "two parallel loops"),
            Map.entry("thrown", "throw"),
            Map.entry("tooManyArguments", "13 arguments"));

    /** What kernels call. */
    private static final Set<String> CALLED = Set.of("Activations", "AttendedPositions", "Decode", "FloatLanes", "KeptNumbers",
            "ListedRows", "Products");

    @TestFactory
    Stream<DynamicTest> everyClassKeepsTheRules() throws IOException, URISyntaxException {
        Path classes = Path.of(StepLayout.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            List<Path> found = files.filter(file -> file.toString().endsWith("Kernels.class") || CALLED.contains(
                    file.getFileName().toString().replace(".class", ""))).toList();
            assertTrue(found.size() > 10, "the kernels are where they are looked for: " + found);
            return found.stream().map(file -> DynamicTest.dynamicTest(file.getFileName().toString(),
                    () -> assertEquals(List.of(), KernelRules.check(Files.readAllBytes(file)))));
        }
    }

    @TestFactory
    Stream<DynamicTest> everySeededFaultIsFound() {
        List<String> faults = KernelRules.check(faulty());
        return SEEDED.entrySet().stream().map(seeded -> DynamicTest.dynamicTest(seeded.getKey(), () -> assertTrue(
                faults.stream().anyMatch(fault -> fault.startsWith("FaultyKernels." + seeded.getKey() + ": " + seeded.getValue())),
                "not found among " + faults)));
    }

    @Test
    void soundKernelsPass() {
        List<String> faults = KernelRules.check(faulty());
        assertEquals(SEEDED.size(), faults.size(), "one fault a seeded kernel and none besides: " + faults);
    }

    @Test
    void kernelsWithoutVariableTablesAreFound() {
        byte[] stripped = ClassFile.of().transformClass(ClassFile.of().parse(faulty()), ClassTransform.transformingMethodBodies(
                (builder, element) -> {
                    if (!(element instanceof LocalVariable)) {
                        builder.with(element);
                    }
                }));
        assertTrue(KernelRules.check(stripped).stream().anyMatch(fault -> fault.equals(
                "FaultyKernels.sound: no local variable table: compile with -g")));
    }

    /**
     * The emulator leaves these methods out, so the faulty kernel is put together here: a sum over lanes, which OpenCL makes the identity.
     */
    @Test
    void operationsOverTheLanesOfAGroupAreFound() {
        ClassDesc context = ClassDesc.of("uk.ac.manchester.tornado.api.KernelContext");
        byte[] classFile = ClassFile.of().build(ClassDesc.of("Lanewise"), builder -> builder.withMethodBody("total",
                MethodTypeDesc.of(ConstantDescs.CD_float, context), ClassFile.ACC_STATIC, code -> code.localVariable(0, "context", context,
                        code.startLabel(), code.endLabel()).aload(0).fconst_1()
                        .invokevirtual(context, "simdSum", MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_float)).freturn()));
        assertEquals(List.of("Lanewise.total: call of KernelContext.simdSum"), KernelRules.check(classFile));
    }

    private static byte[] faulty() {
        try (var stream = KernelRulesTest.class.getResourceAsStream("FaultyKernels.class")) {
            return stream.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
