package org.waterspout.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What device memory holds before anything is written to it. Floats are NaNs of one odd payload, so that a computed NaN is
 * not taken for poison; whole numbers are values no sensible computation gives; bytes and shorts have no value to spare.
 */
public final class Poison {
    public static final int FLOAT_BITS = 0x7FF7F7F7;
    public static final long DOUBLE_BITS = 0x7FFDF7F7F7F7F7F7L;
    public static final int INT = 0x7F0DDBA5;
    public static final long LONG = 0x7F0DDBA57F0DDBA5L;
    public static final short HALF_BITS = 0x7F7F;
    public static final byte BYTE = 0x7F;

    private Poison() {
    }

    /** Fills a segment with the poison of an element type. */
    static void fill(MemorySegment segment, ElementType type) {
        switch (type) {
            case FLOAT -> fillInts(segment, FLOAT_BITS);
            case INT -> fillInts(segment, INT);
            case DOUBLE -> fillLongs(segment, DOUBLE_BITS);
            case LONG -> fillLongs(segment, LONG);
            case HALF, SHORT, BYTE -> segment.fill(BYTE);
        }
    }

    /** Whether element index of a segment holds poison; never true for the types that have no value to spare. */
    static boolean at(MemorySegment segment, ElementType type, long index) {
        return switch (type) {
            case FLOAT -> segment.getAtIndex(ValueLayout.JAVA_INT, index) == FLOAT_BITS;
            case INT -> segment.getAtIndex(ValueLayout.JAVA_INT, index) == INT;
            case DOUBLE -> segment.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, index) == DOUBLE_BITS;
            case LONG -> segment.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, index) == LONG;
            case HALF -> segment.getAtIndex(ValueLayout.JAVA_SHORT, index) == HALF_BITS;
            case SHORT, BYTE -> false;
        };
    }

    private static void fillInts(MemorySegment segment, int value) {
        for (long offset = 0; offset < segment.byteSize(); offset += Integer.BYTES) {
            segment.set(ValueLayout.JAVA_INT, offset, value);
        }
    }

    private static void fillLongs(MemorySegment segment, long value) {
        for (long offset = 0; offset < segment.byteSize(); offset += Long.BYTES) {
            segment.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, value);
        }
    }
}
