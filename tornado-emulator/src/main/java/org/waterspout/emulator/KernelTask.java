package org.waterspout.emulator;

import java.lang.reflect.RecordComponent;
import java.util.Set;

import uk.ac.manchester.tornado.api.KernelContext;

/** A kernel with its arguments, as one task of a graph. */
final class KernelTask {
    private static final int MAXIMUM_ARGUMENTS = 20;
    private static final Set<Class<?>> NUMBERS = Set.of(byte.class, short.class, int.class, long.class, float.class,
            double.class);

    private final String graph;
    private final String id;
    private final KernelCode code;
    private final Object[] arguments;
    private final int contextPosition;

    KernelTask(String graph, String id, KernelCode code, Object[] arguments) {
        this.graph = graph;
        this.id = id;
        this.code = code;
        this.arguments = arguments.clone();
        if (arguments.length > MAXIMUM_ARGUMENTS) {
            throw KernelFault.argument("Kernel " + qualifiedName() + " has " + arguments.length + " arguments: TornadoVM takes "
                    + MAXIMUM_ARGUMENTS + " at most");
        }
        int position = -1;
        for (int argument = 0; argument < arguments.length; argument++) {
            checkArgument(argument);
            if (arguments[argument] instanceof KernelContext) {
                position = argument;
            }
        }
        contextPosition = position;
    }

    private void checkArgument(int position) {
        String refused = switch (arguments[position]) {
            case null -> "null";
            case Boolean _ -> "a boolean (pass an int)";
            case Character _ -> "a char (pass an int)";
            case byte[] _ -> "a byte[] (pass a ByteArray)";
            case Enum<?> _ -> "an enum (pass an int)";
            case Byte _, Short _, Integer _, Long _, Float _, Double _, KernelContext _ -> "";
            case Record constants -> notNumbers(constants);
            case Object array when EmulatedBuffer.holds(array) -> "";
            case Object other -> "a " + other.getClass().getSimpleName()
                    + " (pass TornadoVM's arrays, float vectors, numbers, or records of numbers)";
        };
        if (!refused.isEmpty()) {
            throw KernelFault.argument("Kernel " + qualifiedName() + ": argument #" + position + " is " + refused);
        }
    }

    /** TornadoVM reads a record's fields as constants, which only numbers can be. */
    private static String notNumbers(Record constants) {
        for (RecordComponent component : constants.getClass().getRecordComponents()) {
            if (!NUMBERS.contains(component.getType())) {
                return "a record with the " + component.getType().getSimpleName() + " " + component.getName()
                        + " (pass records of numbers)";
            }
        }
        return "";
    }

    /** The name of the graph, and so of the buffers, the task belongs to. */
    String graph() {
        return graph;
    }

    /** "graph.task", the key of a grid. */
    String qualifiedName() {
        return graph + "." + id;
    }

    /** For messages: the qualified name and, where it is known, the method. */
    String describe() {
        return "Kernel " + qualifiedName() + code.method(arguments).map(method -> " (" + method.display() + ")").orElse("");
    }

    KernelCode code() {
        return code;
    }

    int argumentCount() {
        return arguments.length;
    }

    Object argument(int position) {
        return arguments[position];
    }

    /** Whether the kernel asks for its work-item, and so runs on a grid. */
    boolean usesContext() {
        return contextPosition >= 0;
    }

    int contextPosition() {
        return contextPosition;
    }

    boolean isArray(int position) {
        return EmulatedBuffer.holds(arguments[position]);
    }

    /** What the kernel does with the array at a position. */
    Access access(int position) {
        return code.access(arguments, position);
    }

    /** What the kernel does with an array, at whatever positions it is passed. */
    Access accessTo(Object array) {
        Access access = Access.NONE;
        for (int position = 0; position < arguments.length; position++) {
            if (arguments[position] == array) {
                access = access.and(access(position));
            }
        }
        return access;
    }
}
