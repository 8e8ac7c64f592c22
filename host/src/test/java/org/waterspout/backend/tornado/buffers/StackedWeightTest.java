package org.waterspout.backend.tornado.buffers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.tornado.buffers.StackedWeight.Part;
import org.waterspout.error.ModelFormatException;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** Weights keep their numbers when they are repacked for the device, whatever their type and whatever they are stacked with. */
class StackedWeightTest {

    private static final long SEED = 20251;

    @TestFactory
    Stream<DynamicTest> everyTypeKeepsItsNumbers() {
        return Arrays.stream(WeightType.values()).map(type -> DynamicTest.dynamicTest(type + " seed " + SEED, () -> {
            Tensor first = random(type, 3);
            Tensor second = random(type, 2);
            check(WeightLayout.of(type), List.of(first, second));
        }));
    }

    @TestFactory
    Stream<DynamicTest> everyPairOfTypesHasALayoutThatKeepsBoth() {
        return Arrays.stream(WeightType.values()).flatMap(left -> Arrays.stream(WeightType.values()).map(right ->
                DynamicTest.dynamicTest(left + " with " + right + " seed " + SEED, () -> {
                    WeightLayout joined = WeightLayout.of(left).join(WeightLayout.of(right));
                    assertEquals(joined, WeightLayout.of(right).join(WeightLayout.of(left)));
                    check(joined, List.of(random(left, 2), random(right, 3)));
                })));
    }

    private static void check(WeightLayout layout, List<Tensor> tensors) {
        StackedWeight stack = new StackedWeight("weight", layout, tensors.stream().map(tensor -> List.of(Part.of(tensor))).toList());
        stack.load();
        int at = 0;
        for (Tensor tensor : tensors) {
            float[] expected = new float[(int) tensor.count()];
            tensor.type().decode(tensor.data(), 0, expected, 0, expected.length);
            float largest = 0;
            for (float number : expected) {
                largest = Math.max(largest, Math.abs(number));
            }
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], number(stack, at + i), 4e-7f * largest, tensor + " number " + i);
            }
            at += expected.length;
        }
        assertEquals(at, stack.elements());
        long bytes = stack.bytes().stream().mapToLong(Long::longValue).sum();
        assertEquals(layout.mainBytes(at) + Float.BYTES * layout.scaleFloats(at), bytes);
    }

    /** By the definitions that stand beside the kernels' decoders. */
    private static float number(StackedWeight stack, int index) {
        WeightLayout layout = stack.layout();
        int block = index / layout.block();
        int within = index % layout.block();
        return switch (layout.kind()) {
            case F32 -> stack.floats().get(index);
            case F16 -> Float.float16ToFloat(stack.halves().get(index));
            case Q8 -> layout.offset() ? stack.quants().get(index) * stack.scales().get(2 * block) + stack.scales().get(2 * block + 1)
                    : stack.quants().get(index) * stack.scales().get(block);
            case Q4 -> {
                int half = layout.block() / 2;
                int pair = stack.quants().get(block * half + within % half) & 0xFF;
                yield (within < half ? pair & 15 : pair >> 4) * stack.scales().get(2 * block) + stack.scales().get(2 * block + 1);
            }
        };
    }

    /** Random bytes; what would be an infinity or no number in a half or float is given a smaller exponent. */
    private static Tensor random(WeightType type, int rows) {
        int columns = 512;
        byte[] bytes = new byte[(int) type.bytes((long) rows * columns)];
        new Random(SEED + type.ordinal()).nextBytes(bytes);
        MemorySegment data = Arena.ofAuto().allocate(bytes.length);
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        int blockBytes = type.blockBytes();
        for (long at = 0; at < bytes.length; at += blockBytes) {
            switch (type) {
                case F32, I8_32 -> data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (bytes[(int) at] + 0.5f) / 64);
                case BF16 -> data.set(ValueLayout.JAVA_BYTE, at + 1, (byte) (0x3E | bytes[(int) at] & 0x80));
                case F16, Q8_0, Q4_0, Q5_0, Q4_1, Q5_1, IQ4_NL, IQ4_XS -> {
                    tame(data, at);
                    if (type == WeightType.Q4_1 || type == WeightType.Q5_1) {
                        tame(data, at + 2);
                    }
                }
                case Q4_K, Q5_K -> {
                    tame(data, at);
                    tame(data, at + 2);
                }
                case Q2_K -> {
                    tame(data, at + 80);
                    tame(data, at + 82);
                }
                case Q3_K -> tame(data, at + 108);
                case Q6_K -> tame(data, at + 208);
            }
        }
        return new Tensor("random " + type, type, List.of(rows, columns), data);
    }

    private static void tame(MemorySegment data, long at) {
        data.set(ValueLayout.JAVA_BYTE, at + 1, (byte) (data.get(ValueLayout.JAVA_BYTE, at + 1) & 0xA7 | 0x20));
    }

    @Test
    void halvesThatAreNoNumbersAreRefused() {
        MemorySegment data = Arena.ofAuto().allocate(8);
        data.set(ValueLayout.JAVA_SHORT, 2, (short) 0x7C00);
        Tensor tensor = new Tensor("bad", WeightType.F16, List.of(4), data);
        StackedWeight stack = new StackedWeight("weight", WeightLayout.of(WeightType.F16), List.of(List.of(Part.of(tensor))));
        ModelFormatException failure = assertThrows(ModelFormatException.class, stack::load);
        assertTrue(failure.getMessage().contains("bad"), failure.getMessage());
    }
}
