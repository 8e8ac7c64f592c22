package org.waterspout.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.tornado.KernelFamily;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.ModelFiles;
import org.waterspout.model.architecture.Architecture;

/** LongRoPE's frequencies go by the length of a sequence, whatever way it came to that length: against Transformers' logits. */
class LongSequencesTest {

    private static final Path MODEL = Path.of("src", "test", "resources", "families", "phi3-longrope.gguf");
    /** The recorded model's original_context_length. */
    private static final int BORDER = 16;
    private static final float LIMIT = 3e-5f; // 1.0e-5 was seen

    private interface Check {
        void run(Engine engine, int[] tokens, float[] expected, int[] shortTokens, float[] shortExpected);
    }

    private static Stream<DynamicTest> everywhere(int chunk, int sequences, Check check) {
        List<Supplier<Backend>> backends = List.of(ReferenceBackend::new, () -> new CpuBackend(BackendOptions.DEFAULT),
                () -> new TornadoBackend(BackendOptions.DEFAULT, KernelFamily.WIDE));
        return backends.stream().map(open -> {
            Backend backend = open.get();
            return DynamicTest.dynamicTest(backend.name(), () -> {
                try (ModelFile file = ModelFiles.open(MODEL); backend) {
                    Graph graph = GraphBuilder.build(file, Architecture.of(file), 64);
                    try (Engine engine = new Engine(backend.prepare(graph, new PlanOptions(64, sequences, chunk, false)))) {
                        check.run(engine, ints(file, "expected.tokens"), floats(file, "expected.logits"),
                                ints(file, "expected.short.tokens"), floats(file, "expected.short.logits"));
                    }
                }
            });
        });
    }

    /** From below the border token by token past it: what is beyond is as if the whole had come at once. */
    @TestFactory
    Stream<DynamicTest> aSequenceThatGrowsPastTheBorderIsComputedAgain() {
        return everywhere(5, 1, (engine, tokens, expected, _, _) -> {
            Engine.Slot slot = engine.acquire(Arrays.copyOf(tokens, BORDER - 3), false);
            for (int[] part : engine.chunks(Arrays.copyOf(tokens, BORDER - 3), 0)) {
                engine.step(slot, part, false);
            }
            int vocabulary = engine.vocabulary();
            for (int at = BORDER - 3; at < tokens.length; at++) {
                float[] logits = engine.step(slot, new int[] {tokens[at]}, false);
                assertEquals(at + 1, slot.length());
                if (at >= BORDER) {
                    assertArrayEquals(Arrays.copyOfRange(expected, at * vocabulary, (at + 1) * vocabulary), logits, LIMIT, "position " + at);
                }
            }
            engine.release(slot);
        });
    }

    /** All three continue the middle one, token by token past the border; the others go astray each time. */
    @TestFactory
    Stream<DynamicTest> hypothesesThatGrowPastTheBorderAreComputedAgain() {
        return everywhere(2, 4, (engine, tokens, expected, _, _) -> {
            int[] prompt = Arrays.copyOf(tokens, BORDER - 3);
            Engine.Slot other = engine.acquire(prompt, false);
            List<Engine.Slot> slots = engine.acquire(prompt, false, 3);
            for (int[] part : engine.chunks(prompt, 0)) {
                engine.step(slots.getFirst(), part, false);
            }
            engine.reorder(slots, new int[] {0, 0, 0});
            int vocabulary = engine.vocabulary();
            for (int at = prompt.length; at < tokens.length; at++) {
                float[] logits = engine.stepEach(slots, new int[] {tokens[at] == 3 ? 4 : 3, tokens[at], tokens[at] == 5 ? 6 : 5});
                if (at >= BORDER) {
                    assertArrayEquals(Arrays.copyOfRange(expected, at * vocabulary, (at + 1) * vocabulary),
                            Arrays.copyOfRange(logits, vocabulary, 2 * vocabulary), LIMIT, "position " + at);
                }
                engine.reorder(slots, new int[] {1, 1, 1});
            }
            engine.release(slots);
            engine.release(other);
        });
    }

    /** Short, long, short again, in parts, on one slot: nothing that was kept of one length serves another. */
    @TestFactory
    Stream<DynamicTest> whatIsKeptServesSequencesOfItsLengthOnly() {
        return everywhere(7, 1, (engine, tokens, expected, shortTokens, shortExpected) -> {
            assertArrayEquals(shortExpected, engine.logits(shortTokens, true), LIMIT);
            assertArrayEquals(expected, engine.logits(tokens, true), LIMIT);
            Engine.Slot slot = engine.acquire(Arrays.copyOf(tokens, BORDER), true);
            assertEquals(0, slot.length(), "keys of a long sequence serve no short one");
            engine.release(slot);
            assertArrayEquals(expected, engine.logits(tokens, true), LIMIT);
            slot = engine.acquire(Arrays.copyOf(tokens, BORDER + 2), true);
            assertEquals(BORDER + 1, slot.length(), "a long prompt that is kept is used");
            engine.release(slot);
            assertArrayEquals(shortExpected, engine.logits(shortTokens, true), LIMIT);
        });
    }

    private static int[] ints(ModelFile file, String key) {
        return file.metadata().list(key, Long.class).stream().mapToInt(Long::intValue).toArray();
    }

    private static float[] floats(ModelFile file, String key) {
        List<Double> numbers = file.metadata().list(key, Double.class);
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = numbers.get(i).floatValue();
        }
        return floats;
    }
}
