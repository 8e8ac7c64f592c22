package org.waterspout.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat8;

/** What the bytecode of a kernel tells about its parameters. */
class KernelAccessTest {
    private static List<Access> accesses(Object code, Object... arguments) {
        KernelCode kernel = new KernelCode(code);
        return IntStream.range(0, arguments.length).mapToObj(position -> kernel.access(arguments, position)).toList();
    }

    @Test
    void readAndWritten() {
        TornadoFunctions.Task5<KernelContext, FloatArray, FloatArray, Integer, Float> code = SampleKernels::scale;
        assertEquals(List.of(Access.NONE, Access.READ, Access.WRITE, Access.NONE, Access.NONE),
                accesses(code, new KernelContext(), new FloatArray(1), new FloatArray(1), 1, 1f));
    }

    @Test
    void both() {
        TornadoFunctions.Task3<KernelContext, FloatArray, Integer> code = SampleKernels::increment;
        assertEquals(List.of(Access.NONE, Access.READ_WRITE, Access.NONE),
                accesses(code, new KernelContext(), new FloatArray(1), 1));
    }

    @Test
    void vectorsAndBytes() {
        TornadoFunctions.Task6<KernelContext, ByteArray, VectorFloat8, FloatArray, Integer, Integer> code = SampleKernels::matvecBytes;
        assertEquals(List.of(Access.NONE, Access.READ, Access.READ, Access.WRITE, Access.NONE, Access.NONE),
                accesses(code, new KernelContext(), new ByteArray(8), new VectorFloat8(1), new FloatArray(1), 1, 8));
    }

    @Test
    void branchesThatNeverRanCountAndHelpersAreFollowed() {
        TornadoFunctions.Task5<KernelContext, FloatArray, FloatArray, FloatArray, IntArray> code = SampleKernels::conditional;
        assertEquals(List.of(Access.NONE, Access.READ, Access.WRITE, Access.WRITE, Access.READ),
                accesses(code, new KernelContext(), new FloatArray(1), new FloatArray(1), new FloatArray(1), new IntArray(1)));
    }

    @Test
    void atomicsReadAndWrite() {
        TornadoFunctions.Task3<KernelContext, IntArray, IntArray> code = SampleKernels::histogram;
        assertEquals(List.of(Access.NONE, Access.READ, Access.READ_WRITE),
                accesses(code, new KernelContext(), new IntArray(1), new IntArray(8)));
    }

    @Test
    void capturedVariablesOfALambdaAreNotArguments() {
        float factor = Float.parseFloat("3");
        TornadoFunctions.Task2<FloatArray, FloatArray> code = (in, out) -> out.set(0, in.get(0) * factor);
        assertEquals(List.of(Access.READ, Access.WRITE), accesses(code, new FloatArray(1), new FloatArray(1)));
    }

    @Test
    void theMethodIsNamed() {
        TornadoFunctions.Task2<KernelContext, FloatArray> code = SampleKernels::everybodyWritesOne;
        Object[] arguments = { new KernelContext(), new FloatArray(1) };
        assertEquals("SampleKernels.everybodyWritesOne", new KernelCode(code).method(arguments).orElseThrow().display());
    }
}
