package org.waterspout.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.DoubleArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.HalfFloatArray;
import uk.ac.manchester.tornado.api.types.arrays.Int8Array;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat16;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat4;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat8;
import uk.ac.manchester.tornado.api.types.vectors.Byte4;
import uk.ac.manchester.tornado.api.types.vectors.Float16;
import uk.ac.manchester.tornado.api.types.vectors.Float4;
import uk.ac.manchester.tornado.api.types.vectors.Float8;
import uk.ac.manchester.tornado.api.types.vectors.Int4;
import uk.ac.manchester.tornado.api.types.vectors.Int8;

/** The arrays and vectors as the host sees them. */
class ArraysTest {
    @Test
    void everyTypeKeepsItsExtremes() {
        assertArrayEquals(new float[] { Float.MIN_VALUE, -0f, Float.NaN },
                FloatArray.fromElements(Float.MIN_VALUE, -0f, Float.NaN).toHeapArray());
        assertArrayEquals(new double[] { Double.MAX_VALUE, -0d }, DoubleArray.fromElements(Double.MAX_VALUE, -0d).toHeapArray());
        assertArrayEquals(new int[] { Integer.MIN_VALUE, 7 }, IntArray.fromElements(Integer.MIN_VALUE, 7).toHeapArray());
        assertArrayEquals(new long[] { Long.MIN_VALUE, 7 }, LongArray.fromElements(Long.MIN_VALUE, 7).toHeapArray());
        assertArrayEquals(new short[] { Short.MIN_VALUE, 7 }, ShortArray.fromElements(Short.MIN_VALUE, (short) 7).toHeapArray());
        assertArrayEquals(new byte[] { -128, 127 }, ByteArray.fromElements((byte) -128, (byte) 127).toHeapArray());
        assertArrayEquals(new byte[] { -128, 127 }, Int8Array.fromElements((byte) -128, (byte) 127).toHeapArray());
        HalfFloatArray halves = HalfFloatArray.fromElements(new HalfFloat(0.333f), new HalfFloat((short) 0x7c00));
        assertArrayEquals(new short[] { Float.floatToFloat16(0.333f), 0x7c00 }, halves.toShortArray());
        assertEquals(Float.POSITIVE_INFINITY, halves.get(1).getFloat32());
    }

    @Test
    void accessByIndex() {
        FloatArray array = new FloatArray(5);
        assertEquals(0f, array.get(4));
        array.set(4, 2.5f);
        array.init(1f);
        assertEquals(1f, array.get(4));
        array.clear();
        assertEquals(0f, array.get(0));
        assertEquals(5, array.getSize());
        assertEquals(20, array.getNumBytesOfSegment());
        assertEquals(36, array.getNumBytesOfSegmentWithHeader());
        assertEquals(4, array.getElementSize());
        assertThrows(IndexOutOfBoundsException.class, () -> array.get(5));
        assertThrows(IllegalArgumentException.class, () -> new FloatArray(-1));
    }

    @Test
    void partsAndWholes() {
        IntArray array = IntArray.fromElements(1, 2, 3, 4, 5);
        assertArrayEquals(new int[] { 2, 3 }, array.slice(1, 2).toHeapArray());
        assertThrows(IllegalArgumentException.class, () -> array.slice(4, 2));
        assertArrayEquals(new int[] { 1, 2, 3, 4, 5, 9 }, IntArray.concat(array, IntArray.fromElements(9)).toHeapArray());
    }

    @Test
    void fromSegmentCopies() {
        MemorySegment source = MemorySegment.ofArray(new float[] { 1f, 2f, 3f });
        FloatArray array = FloatArray.fromSegment(source);
        source.set(ValueLayout.JAVA_FLOAT, 0, 9f);
        assertArrayEquals(new float[] { 1f, 2f, 3f }, array.toHeapArray());
        assertThrows(IllegalArgumentException.class, () -> FloatArray.fromSegment(MemorySegment.ofArray(new byte[7])));
    }

    @Test
    void fromSegmentShallowWrapsAndWritesTheHeader() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(TornadoNativeArray.ARRAY_HEADER + 12, 8);
            segment.set(ValueLayout.JAVA_FLOAT, TornadoNativeArray.ARRAY_HEADER + 8, 3f);
            FloatArray array = FloatArray.fromSegmentShallow(segment);
            assertEquals(3, array.getSize());
            assertEquals(3, segment.get(ValueLayout.JAVA_INT, 0));
            assertEquals(3f, array.get(2));
            array.set(0, 5f);
            assertEquals(5f, segment.get(ValueLayout.JAVA_FLOAT, TornadoNativeArray.ARRAY_HEADER));
            assertThrows(IllegalArgumentException.class, () -> FloatArray.fromSegmentShallow(segment.asReadOnly()));
            assertThrows(IllegalArgumentException.class, () -> FloatArray.fromSegmentShallow(segment.asSlice(2, 24)));
        }
    }

    @Test
    void aPrivatelyMappedFileIsWrappedAndNotChanged(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("weights");
        byte[] content = new byte[64];
        for (int index = 0; index < content.length; index++) {
            content[index] = (byte) index;
        }
        Files.write(file, content);
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            // Elements 40 to 63, with the 16 bytes in front of them as header.
            ByteArray array = ByteArray.fromSegmentShallow(channel.map(MapMode.PRIVATE, 24, 40, arena));
            assertEquals(24, array.getSize());
            assertEquals(40, array.get(0));
            assertEquals(63, array.get(23));
        }
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @Test
    void halvesInBytes() {
        ByteArray array = new ByteArray(6);
        array.setHalfFloat(2, new HalfFloat(-1.5f));
        assertEquals(-1.5f, array.getHalfFloat(2).getFloat32());
        assertEquals(0, array.get(4));
        assertThrows(IllegalArgumentException.class, () -> array.getHalfFloat(1));
        assertThrows(IndexOutOfBoundsException.class, () -> array.getHalfFloat(6));
    }

    @Test
    void dataRanges() {
        FloatArray array = new FloatArray(10);
        DataRange range = new DataRange(array).withOffset(8).withSize(2);
        assertThrows(TornadoRuntimeException.class, range::getOffset);
        range.materialize();
        assertEquals(16 + 32, range.getOffset());
        assertEquals(8, range.getPartialSize());
        assertThrows(TornadoRuntimeException.class, () -> new DataRange(array).withOffset(9).withSize(2).materialize());
        assertThrows(TornadoRuntimeException.class, () -> new DataRange(array).withOffset(1).materialize());
    }

    @Test
    void vectorsOfFloats() {
        Float4 four = Float4.add(Float4.mult(new Float4(1f, 2f, 3f, 4f), 2f), new Float4(1f, 1f, 1f, 1f));
        assertArrayEquals(new float[] { 3f, 5f, 7f, 9f }, four.toArray());
        assertEquals(24f, Float4.sum(four));
        Float8 eight = new Float8(1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f);
        assertEquals(204f, Float8.dot(eight, eight));
        assertEquals(8f, Float8.max(eight));
        assertArrayEquals(new float[] { 5f, 6f, 7f, 8f }, eight.getHigh().toArray());
        Float8 scaled = Float8.mult(eight, new Int8(1, 0, -1, 2, 1, 1, 1, 1));
        assertArrayEquals(new float[] { 1f, 0f, -3f, 8f, 5f, 6f, 7f, 8f }, scaled.toArray());
        Float8 copy = eight.duplicate();
        copy.set(7, 0f);
        assertEquals(8f, eight.getS7());
        Float16 sixteen = new Float16();
        for (int index = 0; index < sixteen.size(); index++) {
            sixteen.set(index, index);
        }
        assertEquals(1240f, Float16.dot(sixteen, sixteen));
        assertEquals(15f, Float16.sub(sixteen, 0f).getS15());
        assertThrows(IndexOutOfBoundsException.class, () -> sixteen.get(16));
    }

    @Test
    void vectorsOfIntegers() {
        assertArrayEquals(new int[] { -3, 3, 7, 1 }, Int4.sub(new Int4(0, 6, 10, 4), 3).toArray());
        assertEquals(36, Int8.dot(new Int8(1, 2, 3, 4, 5, 6, 7, 8), new Int8(1, 1, 1, 1, 1, 1, 1, 1)));
        assertArrayEquals(new byte[] { -128, 2, 0, -2 },
                Byte4.add(new Byte4((byte) 127, (byte) 1, (byte) -1, (byte) -3), (byte) 1).toArray());
    }

    @Test
    void arraysOfVectorsShareTheirFloats() {
        FloatArray floats = new FloatArray(20);
        VectorFloat4 fours = new VectorFloat4(floats);
        VectorFloat8 eights = new VectorFloat8(floats);
        VectorFloat16 sixteens = new VectorFloat16(floats);
        assertEquals(5, fours.getLength());
        assertEquals(2, eights.getLength());
        assertEquals(1, sixteens.getLength());
        fours.set(3, new Float4(1f, 2f, 3f, 4f));
        assertArrayEquals(new float[] { 0f, 0f, 0f, 0f, 1f, 2f, 3f, 4f }, eights.get(1).toArray());
        assertEquals(4f, sixteens.get(0).getS15());
        eights.set(0, new Float8(9f, 0f, 0f, 0f, 0f, 0f, 0f, 8f));
        assertEquals(8f, floats.get(7));
        assertThrows(IndexOutOfBoundsException.class, () -> eights.get(2));
    }

    @Test
    void mathematics() {
        assertEquals((float) Math.exp(-3.7f), TornadoMath.exp(-3.7f));
        assertEquals((float) Math.tanh(0.3f), TornadoMath.tanh(0.3f));
        assertEquals(3f, TornadoMath.log2(8f), 1e-6f);
        assertEquals(-1, TornadoMath.clamp(-5, -1, 4));
        assertEquals(0.25f, TornadoMath.fract(-3.75f));
        assertEquals(-1f, TornadoMath.cospi(1f));
    }
}
