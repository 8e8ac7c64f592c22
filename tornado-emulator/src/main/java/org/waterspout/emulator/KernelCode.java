package org.waterspout.emulator;

import java.util.Optional;

import uk.ac.manchester.tornado.api.common.TornadoFunctions.*;

/** The code of a task: an object of one of TornadoFunctions' interfaces. */
final class KernelCode {
    private final Object code;
    private Optional<KernelMethod> method = Optional.empty();
    private Access[] access;

    KernelCode(Object code) {
        if (code == null) {
            throw KernelFault.argument("A task without a kernel: pass a method reference");
        }
        this.code = code;
    }

    /** Runs the kernel for one work-item. */
    @SuppressWarnings({ "unchecked", "rawtypes" })
    void invoke(Object[] a) {
        switch (code) {
            case Task task -> task.apply();
            case Task1 task -> task.apply(a[0]);
            case Task2 task -> task.apply(a[0], a[1]);
            case Task3 task -> task.apply(a[0], a[1], a[2]);
            case Task4 task -> task.apply(a[0], a[1], a[2], a[3]);
            case Task5 task -> task.apply(a[0], a[1], a[2], a[3], a[4]);
            case Task6 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5]);
            case Task7 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
            case Task8 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
            case Task9 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]);
            case Task10 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
            case Task11 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]);
            case Task12 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11]);
            case Task13 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12]);
            case Task14 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12], a[13]);
            case Task15 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12], a[13], a[14]);
            case Task16 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12], a[13], a[14], a[15]);
            case Task17 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12], a[13], a[14], a[15], a[16]);
            case Task18 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12], a[13], a[14], a[15], a[16], a[17]);
            case Task19 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12], a[13], a[14], a[15], a[16], a[17], a[18]);
            case Task20 task -> task.apply(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                    a[12], a[13], a[14], a[15], a[16], a[17], a[18], a[19]);
            default -> throw KernelFault.argument("A " + code.getClass().getSimpleName() + " is no kernel: pass a method reference");
        }
    }

    /** The method the code calls, where it could be found. */
    Optional<KernelMethod> method(Object[] arguments) {
        if (method.isEmpty()) {
            method = KernelMethod.find(this, code.getClass().getClassLoader(), arguments);
        }
        return method;
    }

    /** What the kernel does with the argument at a position; READ_WRITE where its method could not be found. */
    Access access(Object[] arguments, int position) {
        if (access == null) {
            access = method(arguments).map(found -> new KernelAccess().of(found)).orElseGet(() -> new Access[0]);
        }
        // A lambda's captured variables come before its arguments.
        int parameter = position + access.length - arguments.length;
        return parameter < 0 ? Access.READ_WRITE : access[parameter];
    }
}
