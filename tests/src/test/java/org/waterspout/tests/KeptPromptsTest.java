package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;

/** What of prompts is kept for those who ask again. */
class KeptPromptsTest {

    private static final int SLOTS = 5;
    private static final int LENGTH = 40;
    private static final List<GenerationRequest> REQUESTS = IntStream.range(0, SLOTS).mapToObj(number -> GenerationRequest
            .of(new Prompt.Tokens(new SplittableRandom(number).ints(LENGTH, 10, 250).toArray())).withMaxTokens(12).withIgnoreEnd(true))
            .toList();

    /** One after the other, and all at once; the answers behind them are longer than what is worth a slot. */
    @Test
    void asManyPromptsAsPlacesAllStay() {
        try (LanguageModel model = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(1).withSequences(SLOTS))) {
            REQUESTS.forEach(request -> assertEquals(0, model.generate(request).complete().reusedTokens()));
            for (int round = 0; round < 2; round++) {
                REQUESTS.forEach(request -> assertEquals(LENGTH - 1, model.generate(request).complete().reusedTokens()));
                List<Generation> together = REQUESTS.stream().map(model::generate).toList();
                together.forEach(generation -> assertEquals(LENGTH - 1, generation.complete().reusedTokens()));
            }
        }
    }

    /** A short prompt that shares a long one's beginning takes the place of another short one, not the long one's. */
    @Test
    void aLongPromptIsNotGivenUpForItsBeginning() {
        try (LanguageModel model = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(1).withSequences(2))) {
            int[] all = new SplittableRandom(7).ints(100, 10, 250).toArray();
            GenerationRequest first = GenerationRequest.of(new Prompt.Tokens(all)).withMaxTokens(2).withIgnoreEnd(true);
            GenerationRequest beginning = GenerationRequest.of(new Prompt.Tokens(Arrays.copyOf(all, 30))).withMaxTokens(2)
                    .withIgnoreEnd(true);
            model.generate(first).complete();
            model.generate(REQUESTS.getFirst()).complete();
            Completion shared = model.generate(beginning).complete();
            assertTrue(shared.reusedTokens() >= 28, shared.reusedTokens() + " of 30");
            assertEquals(99, model.generate(first).complete().reusedTokens());
        }
    }
}
