package org.waterspout.emulator;

/** Copies to the host, checked: an output that no kernel wrote must not pass for a result. */
final class Outputs {
    private Outputs() {
    }

    /** Copies a range of bytes and returns their number. */
    static long copy(String who, EmulatedBuffer buffer, long offset, long bytes, Settings settings) {
        switch (settings.unwrittenOutputs()) {
            case ALLOW -> { }
            case WHOLE -> {
                if (buffer.whollyUnwritten(offset, bytes)) {
                    throw fault(who, buffer, "no element of it was written by any kernel");
                }
            }
            case ANY -> {
                long index = buffer.firstUnwritten(offset, bytes);
                if (index >= 0) {
                    throw fault(who, buffer, "element " + index + " was written by no kernel");
                }
            }
        }
        return buffer.copyOut(offset, bytes);
    }

    private static KernelFault fault(String who, EmulatedBuffer buffer, String problem) {
        return new KernelFault(KernelFault.Kind.UNWRITTEN_OUTPUT,
                who + " copies " + buffer.describe() + " to the host, but " + problem);
    }
}
