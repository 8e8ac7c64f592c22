package org.waterspout.emulator;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.LineNumber;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The method of a kernel, as it stands in its class file. */
record KernelMethod(ClassLoader loader, String owner, MethodModel model) {
    /**
     * Finds the method behind a task's code. A method reference does not tell what it refers to, but a call without arrays
     * and without context fails as soon as the kernel touches one of them, and the trace of that failure names the method.
     */
    static Optional<KernelMethod> find(KernelCode code, ClassLoader loader, Object[] arguments) {
        Object[] probe = new Object[arguments.length];
        for (int position = 0; position < probe.length; position++) {
            probe[position] = arguments[position] instanceof Number || arguments[position] instanceof Record
                    ? arguments[position] : null;
        }
        try {
            code.invoke(probe);
            return Optional.empty();
        } catch (RuntimeException expected) {
            return Arrays.stream(expected.getStackTrace())
                    .takeWhile(frame -> !frame.getClassName().equals(KernelCode.class.getName()))
                    .reduce((_, outer) -> outer)
                    .flatMap(frame -> locate(loader, frame));
        }
    }

    private static Optional<KernelMethod> locate(ClassLoader loader, StackTraceElement frame) {
        String owner = frame.getClassName().replace('.', '/');
        return read(loader, owner).flatMap(type -> {
            List<MethodModel> named = type.methods().stream()
                    .filter(method -> method.methodName().equalsString(frame.getMethodName()))
                    .filter(method -> method.code().isPresent()).toList();
            return named.stream()
                    .filter(method -> named.size() == 1 || hasLine(method.code().get(), frame.getLineNumber()))
                    .findFirst().map(method -> new KernelMethod(loader, owner, method));
        });
    }

    private static boolean hasLine(CodeModel code, int line) {
        return code.elementStream().anyMatch(element -> element instanceof LineNumber number && number.line() == line);
    }

    /** A static method that a kernel calls. */
    static Optional<KernelMethod> find(ClassLoader loader, String owner, String name, String descriptor) {
        return read(loader, owner).flatMap(type -> type.methods().stream()
                .filter(method -> method.methodName().equalsString(name) && method.methodType().equalsString(descriptor))
                .filter(method -> method.code().isPresent())
                .findFirst().map(method -> new KernelMethod(loader, owner, method)));
    }

    private static Optional<ClassModel> read(ClassLoader loader, String owner) {
        try (InputStream bytes = loader.getResourceAsStream(owner + ".class")) {
            return bytes == null ? Optional.empty() : Optional.of(ClassFile.of().parse(bytes.readAllBytes()));
        } catch (IOException broken) {
            throw new UncheckedIOException("The class file of " + owner + " cannot be read", broken);
        }
    }

    /** "Class.method", for messages. */
    String display() {
        return owner.substring(owner.lastIndexOf('/') + 1) + "." + model.methodName().stringValue();
    }

    /** What tells this method from all others. */
    String key() {
        return owner + "." + model.methodName().stringValue() + model.methodType().stringValue();
    }
}
