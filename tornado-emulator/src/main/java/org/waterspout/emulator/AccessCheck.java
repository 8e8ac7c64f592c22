package org.waterspout.emulator;

/** What arrays call when an access looks wrong; finds the kernel to blame. None of it runs for a right access. */
public final class AccessCheck {
    private AccessCheck() {
    }

    /** The exception for an index outside an array: a KernelFault in a kernel, else an IndexOutOfBoundsException. */
    public static RuntimeException outOfBounds(Object array, int index, int size) {
        EmulatedLaunch.Argument argument = EmulatedLaunch.find(array);
        if (argument == null) {
            return new IndexOutOfBoundsException(
                    array.getClass().getSimpleName() + ": index " + index + " is outside 0 to " + (size - 1));
        }
        return new KernelFault(KernelFault.Kind.OUT_OF_BOUNDS,
                argument.describe() + ": index " + index + " is outside 0 to " + (size - 1));
    }

    /** Called for every NaN read from a FloatArray. */
    public static void readOfNaN(Object array, int index, int bits) {
        if (bits == Poison.FLOAT_BITS) {
            readOfPoison(array, index);
        }
    }

    /** Called for every NaN read from a DoubleArray. */
    public static void readOfNaN(Object array, int index, long bits) {
        if (bits == Poison.DOUBLE_BITS) {
            readOfPoison(array, index);
        }
    }

    /** Called for every read of a value that may be poison; throws where a kernel did read unwritten memory. */
    public static void readOfPoison(Object array, int index) {
        EmulatedLaunch.Argument argument = EmulatedLaunch.find(array);
        if (argument != null && argument.launch().settings().unwrittenReads() && !argument.buffer().filledFromHost()) {
            throw new KernelFault(KernelFault.Kind.UNWRITTEN_READ, argument.describe() + ": element " + index
                    + " is read, but nothing wrote it: transfer the array to the device (arrays a kernel only writes are "
                    + "never copied in) or write it with a kernel first");
        }
    }
}
