package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/**
 * A plan whose sequences share too few blocks computes to the bit what one computes in which each has its own, and goes on after a step
 * for which there were none.
 */
@Tag(TestBackend.ON_DEVICES)
@Tag("slow")
class SharedBlocksOnDevicesTest {

    private static final int CONTEXT = 130;
    private static final int SEQUENCES = 3;
    private static final int WIDTH = 24;

    @TestFactory
    Stream<DynamicTest> theSameToTheBit() {
        return TestBackend.comparedInEveryFamily().filter(backend -> !backend.name().equals("cpu"))
                .flatMap(backend -> Arrays.stream(CacheType.values())
                        .map(type -> DynamicTest.dynamicTest(backend.name() + ", " + type.label(), () -> {
                            assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                            try (Backend opened = backend.open().get()) {
                                compare(opened, type);
                            }
                        })));
    }

    /** Bytes of a head; a device fills quants up to whole eights. */
    private static int roomOf(CacheType type) {
        return type == CacheType.Q8_0 ? 16 + Float.BYTES : type.bytes(WIDTH / 2);
    }

    private static OpCase graph(CacheType type) {
        OpCaseBuilder b = new OpCaseBuilder("shared blocks");
        Value first = b.input(WIDTH);
        Value second = b.input(WIDTH);
        Value inner = b.value(WIDTH);
        Value output = b.value(WIDTH);
        b.layer(new Op.Attention(0, first, second, first, 2, 2, WIDTH / 2, 1, 0, 0, inner),
                new Op.Attention(1, inner, second, inner, 2, 2, WIDTH / 2, 1, 0, 0, output));
        b.caches(2);
        return b.build("Attention", output, 0, List.of(),
                new PlanOptions(CONTEXT, SEQUENCES, 32, false).withCacheType(type));
    }

    private static void compare(Backend backend, CacheType type) {
        OpCase opCase = graph(type);
        long block = 2L * 2 * 2 * roomOf(type) * 64;
        try (Plan own = backend.prepare(opCase.graph(), opCase.options());
                Plan shared = backend.prepare(opCase.graph(), opCase.options().withCacheBytes(5 * block))) {
            assertEquals(Optional.empty(), own.cacheLimit());
            assertEquals(Optional.of(new CacheLimit(5, 64)), shared.cacheLimit());
            assertTrue(shared.memory().cache() < own.memory().cache() && shared.memory().cache() <= 5 * block + 64);
            for (int from = 0; from < 70; from += 32) {
                step(own, shared, IntStream.range(from, Math.min(70, from + 32)).toArray(), new int[Math.min(70, from + 32) - from]);
            }
            reorder(own, shared, 0, 0, 0);
            for (int i = 70; i < 76; i++) {
                step(own, shared, new int[] {i, i, i}, new int[] {0, 1, 2}); // one full block and three
                reorder(own, shared, i % 2 == 0 ? new int[] {1, 1, 0} : new int[] {2, 0});
            }
            own.forget(2);
            shared.forget(2);
            // two full blocks more than there are: what sequence 1 has reached stays
            step(own, shared, IntStream.range(0, 30).toArray(), IntStream.range(0, 30).map(_ -> 2).toArray());
            step(own, shared, IntStream.range(30, 60).toArray(), IntStream.range(30, 60).map(_ -> 2).toArray());
            Batch tooMuch = batch(IntStream.range(60, 70).toArray(), IntStream.range(60, 70).map(_ -> 2).toArray());
            step(own, shared, IntStream.range(76, 108).toArray(), new int[32]);
            step(own, shared, IntStream.range(108, 128).toArray(), new int[20]);
            step(own, shared, new int[] {128}, new int[1]); // the fifth block
            String message = assertThrows(OutOfMemoryException.class, () -> shared.step(tooMuch, new float[tooMuch.rows() * WIDTH]))
                    .getMessage();
            assertTrue(message.contains("5 blocks of 64 positions") && message.contains("position 64 of sequence 2"), message);
            step(own, shared, new int[] {76, 60}, new int[] {1, 2});
            own.forget(0);
            shared.forget(0);
            step(own, shared, IntStream.range(61, 70).toArray(), IntStream.range(61, 70).map(_ -> 2).toArray());
            step(own, shared, new int[] {77, 70, 0}, new int[] {1, 2, 0});
            goOnFromKept(own, shared);
        }
    }

    /** What sequence 1 kept of its first block is gone on from by another, after all had been forgotten and computed over. */
    private static void goOnFromKept(Plan own, Plan shared) {
        KeptBlocks blocks = shared.keptBlocks().orElseThrow();
        assertTrue(assertThrows(InvalidRequestException.class, () -> blocks.keep(1, 1)).getMessage()
                .contains("sequence 1 holds 78 positions and not 128"));
        int kept = blocks.keep(1, 0);
        own.reorder(new int[] {1, 1, 2});
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            shared.forget(sequence);
        }
        own.forget(2);
        step(own, shared, IntStream.range(0, 32).toArray(), IntStream.range(0, 32).map(_ -> 2).toArray());
        blocks.resume(0, new int[] {kept});
        blocks.resume(1, new int[] {kept});
        step(own, shared, new int[] {64, 65, 64, 32}, new int[] {0, 0, 1, 2});
        step(own, shared, new int[] {10, 66}, new int[] {1, 0}); // goes back into what is kept: in a copy of its own
        assertFalse(blocks.drop(kept), "the first sequence has it");
        step(own, shared, new int[] {67, 11}, new int[] {0, 1});
        assertTrue(assertThrows(InvalidRequestException.class, () -> blocks.resume(0, new int[] {kept})).getMessage()
                .contains("no block " + kept + " is kept"));
    }

    private static Batch batch(int[] positions, int[] sequences) {
        int[] tokens = IntStream.range(0, positions.length).map(i -> (positions[i] * 7 + sequences[i]) % OpCaseBuilder.TOKENS).toArray();
        return new Batch(tokens, positions, sequences, IntStream.range(0, positions.length).toArray());
    }

    private static void step(Plan own, Plan shared, int[] positions, int[] sequences) {
        Batch batch = batch(positions, sequences);
        float[] expected = new float[positions.length * WIDTH];
        float[] actual = new float[expected.length];
        own.step(batch, expected);
        shared.step(batch, actual);
        assertArrayEquals(expected, actual, "from position " + positions[0] + " of sequence " + sequences[0]);
    }

    private static void reorder(Plan own, Plan shared, int... parents) {
        own.reorder(parents);
        shared.reorder(parents);
    }
}
