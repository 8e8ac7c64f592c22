package org.waterspout.backend.cpu.kernels;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shapes of this machine, fixed when the class is loaded so that the compiler sees constants. All have the same number
 * of lanes: a vector of bytes widens to one vector of ints or floats. Vectors of four bytes there are none: of eight, the first four do.
 */
public final class VectorShapes {

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    /** Lanes of every species here, but for bytes: 4 with NEON, 8 with AVX2, 16 with AVX-512. */
    public static final int COUNT = FLOATS.length();
    static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_128.withShape(VectorShape.forBitSize(Math.max(64, COUNT * 16)));
    static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_64.withShape(VectorShape.forBitSize(Math.max(64, COUNT * 8)));

    /** Whether a vector of bytes reads four beyond those in use: what ends with the memory, a matrix's last row, is read another way. */
    static final boolean READS_BEYOND = BYTES.length() > COUNT;

    static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
    static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE);
    static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE);

    private VectorShapes() {
    }

    /** Whether the hardware has vectors for {@link VectorKernels}. */
    public static boolean wide() {
        return COUNT == 8 || COUNT == 16 || COUNT == 4 && multipliesAndAdds();
    }

    /** Processors of 128 bits on x86 that have neither fused multiply-adds nor shifts by lane would compute both number by number. */
    private static boolean multipliesAndAdds() {
        HotSpotDiagnosticMXBean machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (machine == null) {
            return false;
        }
        try {
            return Integer.parseInt(machine.getVMOption("UseAVX").getValue()) >= 2
                    && Boolean.parseBoolean(machine.getVMOption("UseFMA").getValue());
        } catch (IllegalArgumentException notX86) {
            return true;
        }
    }

    /**
     * The sum of the lanes, always in the same order: {@code reduceLanes} adds in one order before it is compiled and in another
     * after, so that a text could change with the compiler's progress.
     *
     * @param scratch at least {@link #COUNT} floats from {@code at} on
     */
    static float sum(FloatVector vector, float[] scratch, int at) {
        vector.intoArray(scratch, at);
        return sum(scratch, at);
    }

    /** As {@link #sum(FloatVector, float[], int)} of lanes already stored. */
    static float sum(float[] scratch, int at) {
        if (COUNT == 4) {
            return scratch[at] + scratch[at + 2] + (scratch[at + 1] + scratch[at + 3]);
        }
        float low = scratch[at] + scratch[at + 4] + (scratch[at + 2] + scratch[at + 6])
                + (scratch[at + 1] + scratch[at + 5] + (scratch[at + 3] + scratch[at + 7]));
        if (COUNT == 8) {
            return low;
        }
        return low + (scratch[at + 8] + scratch[at + 12] + (scratch[at + 10] + scratch[at + 14])
                + (scratch[at + 9] + scratch[at + 13] + (scratch[at + 11] + scratch[at + 15])));
    }

    /** For the log. */
    static String describe() {
        return COUNT * 32 + "-bit vectors";
    }
}
