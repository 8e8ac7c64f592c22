package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;

/** As {@link KeptPromptsTest}, where a device's keys and values may take so many bytes. */
@Tag(TestBackend.ON_DEVICES)
@Tag("slow")
class KeptPromptsOnDevicesTest {

    private static final int BLOCK = 64;
    private static final int CONTEXT = 192;

    private static Stream<DynamicTest> onDevices(Consumer<LoadOptions> test) {
        return TestBackend.compared().filter(backend -> !backend.name().equals("cpu"))
                .map(backend -> DynamicTest.dynamicTest(backend.name(), () -> {
                    assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                    test.accept(LoadOptions.DEFAULT.withBackend(backend.name()).withContextLength(CONTEXT));
                }));
    }

    private static long blockBytes(LoadOptions options) {
        try (LanguageModel model = LanguageModel.demonstration(options.withContextLength(BLOCK).withWarmUp(false))) {
            return model.memory().cache();
        }
    }

    /** @param seed of its tokens */
    private static GenerationRequest request(int seed, int length) {
        return GenerationRequest.of(new Prompt.Tokens(new SplittableRandom(seed).ints(length, 10, 250).toArray())).withMaxTokens(3)
                .withIgnoreEnd(true);
    }

    private static int reused(LanguageModel model, GenerationRequest request) {
        return model.generate(request).complete().reusedTokens();
    }

    /** More memory than both sequences can fill keeps what others left; the second and third round find it, and say the same. */
    @TestFactory
    Stream<DynamicTest> sevenPromptsOnTwoSlotsAllStay() {
        return onDevices(options -> {
            try (LanguageModel model = LanguageModel.demonstration(options.withSequences(2).withCacheBytes(20 * blockBytes(options)))) {
                List<GenerationRequest> all = IntStream.range(0, 7).mapToObj(i -> request(i, 70 + 11 * i)).toList();
                List<Completion> first = all.stream().map(one -> model.generate(one).complete()).toList();
                for (int i = 0; i < 7; i++) {
                    Completion second = model.generate(all.get(i)).complete();
                    assertEquals(0, first.get(i).reusedTokens());
                    assertEquals((first.get(i).promptTokens() - 1) / BLOCK * BLOCK, second.reusedTokens(), "prompt " + i);
                    assertArrayEquals(first.get(i).tokens(), second.tokens(), "prompt " + i);
                }
                List<Generation> together = all.stream().map(model::generate).toList();
                for (int i = 0; i < 7; i++) {
                    Completion third = together.get(i).complete();
                    assertTrue(third.reusedTokens() >= (third.promptTokens() - 1) / BLOCK * BLOCK, "prompt " + i);
                    assertArrayEquals(first.get(i).tokens(), third.tokens(), "prompt " + i);
                }
            }
        });
    }

    /** In five blocks, those that were used last are there, and no answer fails; one slot is enough. */
    @TestFactory
    Stream<DynamicTest> theLeastRecentlyUsedGoFirst() {
        return onDevices(options -> {
            try (LanguageModel model = LanguageModel.demonstration(options.withSequences(1).withCacheBytes(5 * blockBytes(options)))) {
                IntStream.range(0, 5).forEach(i -> assertEquals(0, reused(model, request(i, 70))));
                assertEquals(69, reused(model, request(4, 70)), "in its slot");
                assertEquals(BLOCK, reused(model, request(2, 70)));
                assertEquals(0, reused(model, request(6, 130)));
                assertEquals(BLOCK, reused(model, request(2, 70)), "was used after others");
                assertEquals(0, reused(model, request(0, 70)));
                assertEquals(0, reused(model, request(7, 189)));
            }
        });
    }
}
