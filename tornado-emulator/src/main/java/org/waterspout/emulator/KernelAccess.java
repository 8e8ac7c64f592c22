package org.waterspout.emulator;

import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a kernel does with each of its parameters, read from its bytecode and that of the static methods it calls. TornadoVM
 * decides in the same way, before anything runs, which arrays need not be copied in; what a kernel happens to do in one
 * execution would not do, because a later one may read. Where the bytecode leaves a doubt the answer is READ_WRITE.
 */
final class KernelAccess {
    private static final String CONTEXT = "uk/ac/manchester/tornado/api/KernelContext";
    private static final String ARRAYS = "uk/ac/manchester/tornado/api/types/arrays/";
    private static final String COLLECTIONS = "uk/ac/manchester/tornado/api/types/collections/";

    private final Map<String, Access[]> known = new HashMap<>();

    /** The access to each parameter of a method. */
    Access[] of(KernelMethod method) {
        Access[] access = known.get(method.key());
        if (access == null) {
            MethodTypeDesc type = method.model().methodTypeSymbol();
            access = new Access[type.parameterCount()];
            Arrays.fill(access, Access.NONE);
            // Known before it is complete, so that a recursive kernel ends here.
            known.put(method.key(), access);
            new ParameterFlow(this, method, access).run();
        }
        return access;
    }

    static boolean isStatic(KernelMethod method) {
        return method.model().flags().has(AccessFlag.STATIC);
    }

    /** What a call does with its receiver (position -1) or the argument at a position. */
    Access ofCall(KernelMethod caller, InvokeInstruction call, int position) {
        String owner = call.owner().asInternalName();
        String name = call.name().stringValue();
        if (owner.startsWith(ARRAYS) || owner.startsWith(COLLECTIONS)) {
            return position < 0 ? ofArrayMethod(name) : Access.READ_WRITE;
        }
        if (owner.equals(CONTEXT) && position < 0) {
            return Access.NONE;
        }
        if (isStaticCall(call)) {
            return KernelMethod.find(caller.loader(), owner, name, call.type().stringValue())
                    .map(callee -> of(callee)[position]).orElse(Access.READ_WRITE);
        }
        return Access.READ_WRITE;
    }

    private static boolean isStaticCall(InvokeInstruction call) {
        return call.opcode() == Opcode.INVOKESTATIC
                && !call.owner().asInternalName().startsWith("java/");
    }

    private static Access ofArrayMethod(String name) {
        return switch (name) {
            case "get", "getHalfFloat" -> Access.READ;
            case "set", "setHalfFloat", "init", "fill", "clear" -> Access.WRITE;
            case "getSize", "getLength", "size", "vectorWidth", "getElementSize", "getArray", "getNumBytes",
                    "getNumBytesOfSegment" -> Access.NONE;
            default -> Access.READ_WRITE;
        };
    }

    /** Whether a call returns what it is called on, seen in another way. */
    static boolean returnsItsReceiver(InvokeInstruction call) {
        return call.owner().asInternalName().startsWith(COLLECTIONS) && call.name().equalsString("getArray");
    }
}
