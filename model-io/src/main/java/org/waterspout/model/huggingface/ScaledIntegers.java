package org.waterspout.model.huggingface;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Numbers;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/**
 * A matrix [rows, columns] of which a number is scale * (code - zero), with a scale and a zero for each row and group of columns. It is
 * kept in the smallest type of blocks that holds all of its numbers exactly, and where none does, rounded once to a plain type.
 *
 * @param groups the group of each column, [columns]
 * @param count  how many groups there are
 * @param scales [rows, count], finite
 * @param zeros  [rows, count]
 * @param min  the least code there may be
 * @param max   the greatest
 */
record ScaledIntegers(String name, int rows, int columns, int[] groups, int count, float[] scales, short[] zeros, int min, int max,
                      Codes codes) {

    /** Rows that are read at once: in files of [in, out] neighbours share a cache line. */
    private static final int TILE = 16;
    private static final int BLOCK = 32;

    /** What is stored. */
    interface Codes {

        /**
         * @param row   the first
         * @param count of rows
         * @param out   receives the codes, [count, columns]
         */
        void read(int row, int count, short[] out);
    }

    /** Groups of neighbouring columns: the first {@code size}, and so on; the last may have fewer. */
    static int[] neighbours(int columns, int size) {
        return IntStream.range(0, columns).map(column -> column / size).toArray();
    }

    Tensor tensor(WeightType plain, Arena arena) {
        WeightType type = type(plain);
        MemorySegment out = arena.allocate(type.bytes((long) rows * columns), 64);
        int tiles = (rows + TILE - 1) / TILE;
        IntStream.range(0, tiles).parallel().forEach(tile -> {
            int first = tile * TILE;
            int number = Math.min(TILE, rows - first);
            short[] read = new short[number * columns];
            codes.read(first, number, read);
            for (int row = first; row < first + number; row++) {
                write(type, read, (row - first) * columns, row, out);
            }
        });
        return new Tensor(name, type, List.of(rows, columns), out.asReadOnly());
    }

    private WeightType type(WeightType plain) {
        if (columns % BLOCK != 0 || IntStream.range(0, columns).anyMatch(column -> groups[column] != groups[column / BLOCK * BLOCK])) {
            return plain;
        }
        int low = min - IntStream.range(0, zeros.length).map(i -> zeros[i]).max().orElse(0);
        int high = max - IntStream.range(0, zeros.length).map(i -> zeros[i]).min().orElse(0);
        boolean halves = true;
        for (float scale : scales) {
            halves &= Float.float16ToFloat(Float.floatToFloat16(scale)) == scale;
        }
        if (low < Byte.MIN_VALUE || high > Byte.MAX_VALUE) {
            return plain;
        }
        if (!halves) {
            return WeightType.I8_32;
        }
        return low >= -8 && high <= 7 ? WeightType.Q4_0 : low >= -16 && high <= 15 ? WeightType.Q5_0 : WeightType.Q8_0;
    }

    private void write(WeightType type, short[] read, int from, int row, MemorySegment out) {
        long at = type.bytes((long) row * columns);
        int group = row * count;
        if (type.blockLength() == 1) {
            float[] numbers = new float[columns];
            for (int column = 0; column < columns; column++) {
                int own = group + groups[column];
                numbers[column] = scales[own] * (read[from + column] - zeros[own]);
            }
            encode(name, type, numbers, out, at);
            return;
        }
        int[] block = new int[BLOCK];
        for (int column = 0; column < columns; column += BLOCK) {
            int own = group + groups[column];
            for (int i = 0; i < BLOCK; i++) {
                block[i] = read[from + column + i] - zeros[own];
            }
            put(type, scales[own], block, out, at);
            at += type.blockBytes();
        }
    }

    /** Layouts: {@link WeightType}. */
    private static void put(WeightType type, float scale, int[] block, MemorySegment out, long at) {
        int header = type == WeightType.I8_32 ? Float.BYTES : Short.BYTES;
        if (type == WeightType.I8_32) {
            out.set(Numbers.FLOAT, at, scale);
        } else {
            out.set(Numbers.SHORT, at, Float.floatToFloat16(scale));
        }
        if (type == WeightType.I8_32 || type == WeightType.Q8_0) {
            for (int i = 0; i < BLOCK; i++) {
                out.set(ValueLayout.JAVA_BYTE, at + header + i, (byte) block[i]);
            }
            return;
        }
        int offset = type == WeightType.Q4_0 ? 8 : 16;
        int fifth = 0;
        for (int i = 0; i < BLOCK; i++) {
            fifth |= (block[i] + offset >> 4 & 1) << i;
        }
        if (type == WeightType.Q5_0) {
            out.set(Numbers.INT, at + header, fifth);
            header += Integer.BYTES;
        }
        for (int i = 0; i < BLOCK / 2; i++) {
            int low = block[i] + offset & 15;
            int high = block[i + BLOCK / 2] + offset & 15;
            out.set(ValueLayout.JAVA_BYTE, at + header + i, (byte) (low | high << 4));
        }
    }

    /** A row of plain numbers. */
    static void encode(String name, WeightType type, float[] numbers, MemorySegment out, long at) {
        try {
            type.encode(numbers, 0, out, at, numbers.length);
        } catch (InvalidRequestException large) {
            throw new UnsupportedModelException("tensor " + name + ": " + type
                    + ", which config.json states as dtype, cannot hold all of its numbers; state float32 there", large);
        }
    }
}
