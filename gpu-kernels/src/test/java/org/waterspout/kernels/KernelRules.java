package org.waterspout.kernels;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.constant.ClassDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What TornadoVM compiles to something else than Java means, without a word, or refuses only on some devices; read from the bytecode
 * of kernels and of what they call. Each was seen on an OpenCL device.
 */
final class KernelRules {

    private static final String API = "uk/ac/manchester/tornado/api/";
    private static final String CONTEXT = API + "KernelContext";
    private static final int MAX_ARGUMENTS = 12;

    /** Calls, by class, and why they are refused. */
    private static final Map<String, Set<String>> REFUSED_CALLS = Map.of(
            "java/lang/Float", Set.of("float16ToFloat", "floatToFloat16", "intBitsToFloat", "floatToRawIntBits", "floatToIntBits"),
            "java/lang/Double", Set.of("longBitsToDouble", "doubleToRawLongBits", "doubleToLongBits"),
            "java/lang/Math", Set.of("fma", "round", "rint"),
            CONTEXT, Set.of("simdSum", "simdShuffleDown", "simdBroadcastFirst"));

    private static final Set<String> ARRAYS = Set.of("FloatArray", "IntArray", "ShortArray", "ByteArray", "LongArray", "Int8Array");

    private final ClassModel model;
    private final List<String> faults = new ArrayList<>();

    private KernelRules(byte[] classFile) {
        model = ClassFile.of().parse(classFile);
    }

    /** Each breach as "Class.method: what". */
    static List<String> check(byte[] classFile) {
        KernelRules rules = new KernelRules(classFile);
        for (MethodModel method : rules.model.methods()) {
            if (method.flags().has(AccessFlag.STATIC) && !method.methodName().equalsString("<clinit>")) {
                rules.check(method);
            }
        }
        return rules.faults;
    }

    private void fault(MethodModel method, String what) {
        faults.add(model.thisClass().asInternalName().replaceAll(".*[/$]", "") + "." + method.methodName().stringValue() + ": " + what);
    }

    private void check(MethodModel method) {
        List<ClassDesc> parameters = method.methodTypeSymbol().parameterList();
        if (!parameters.isEmpty() && internal(parameters.getFirst()).equals(CONTEXT)) {
            checkParameters(method, parameters);
        }
        CodeModel code = method.code().orElseThrow();
        boolean variables = false;
        boolean passesArray = false;
        int parallel = 0;
        List<String> allocations = new ArrayList<>();
        for (CodeElement element : code) {
            switch (element) {
                case LocalVariable _ -> variables = true;
                case ThrowInstruction _ -> fault(method, "throw");
                case OperatorInstruction operator when operator.opcode() == Opcode.IUSHR || operator.opcode() == Opcode.LUSHR ->
                        fault(method, "unsigned shift, compiled as a signed one");
                case InvokeInstruction call -> {
                    checkCall(method, call);
                    if (call.name().stringValue().startsWith("allocate") && call.owner().asInternalName().equals(CONTEXT)) {
                        allocations.add(call.name().stringValue());
                    } else if (call.typeSymbol().parameterList().stream().anyMatch(ClassDesc::isArray)) {
                        passesArray = true;
                    }
                }
                case RuntimeVisibleTypeAnnotationsAttribute annotations -> parallel += (int) annotations.annotations().stream()
                        .filter(annotation -> annotation.annotation().className().stringValue().endsWith("/Parallel;")).count();
                default -> {
                }
            }
        }
        if (!variables && !parameters.isEmpty()) {
            fault(method, "no local variable table: compile with -g");
        }
        if (!allocations.isEmpty() && passesArray) {
            fault(method, "a local array as argument of another method");
        }
        if (new HashSet<>(allocations).size() < allocations.size()) {
            fault(method, "two local arrays of one type, of which one may be made");
        }
        if (parallel > 1) {
            fault(method, "two parallel loops, of which the second runs whole in every item");
        }
        if (new ControlFlow(code).loopsInBothArms()) {
            fault(method, "a loop in both arms of a branch");
        }
    }

    private void checkParameters(MethodModel method, List<ClassDesc> parameters) {
        if (parameters.size() > MAX_ARGUMENTS) {
            fault(method, parameters.size() + " arguments, at most " + MAX_ARGUMENTS);
        }
        for (int i = 1; i < parameters.size(); i++) {
            ClassDesc type = parameters.get(i);
            String name = internal(type);
            boolean array = name.startsWith(API) && ARRAYS.contains(name.substring(name.lastIndexOf('/') + 1));
            boolean number = type.descriptorString().equals("I") || type.descriptorString().equals("F");
            boolean shape = name.endsWith("Shape") && i == parameters.size() - 1;
            if (!array && !number && !shape) {
                fault(method, "parameter " + i + " of type " + type.displayName()
                        + ": arrays of the API, int and float, and one shape at the end");
            }
        }
    }

    private void checkCall(MethodModel method, InvokeInstruction call) {
        String owner = call.owner().asInternalName();
        if (REFUSED_CALLS.getOrDefault(owner, Set.of()).contains(call.name().stringValue())) {
            fault(method, "call of " + owner.substring(owner.lastIndexOf('/') + 1) + "." + call.name().stringValue());
        }
        if (owner.contains("HalfFloat") || call.typeSymbol().descriptorString().contains("HalfFloat")) {
            fault(method, "half type, which many devices lack");
        }
    }

    private static String internal(ClassDesc type) {
        String descriptor = type.descriptorString();
        return type.isClassOrInterface() ? descriptor.substring(1, descriptor.length() - 1) : descriptor;
    }
}
