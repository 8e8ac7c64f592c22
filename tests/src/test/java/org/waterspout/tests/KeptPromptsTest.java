package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.IntBuffer;
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
import org.waterspout.generate.Sharing;

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

    private static final int BLOCK = 64;

    /** @param seed of its tokens */
    private static GenerationRequest longRequest(int seed, int length) {
        return GenerationRequest.of(new Prompt.Tokens(new SplittableRandom(seed).ints(length, 10, 250).toArray())).withMaxTokens(3)
                .withIgnoreEnd(true);
    }

    private static LoadOptions options(int slots) {
        return LoadOptions.DEFAULT.withThreads(1).withSequences(slots);
    }

    private static int reused(LanguageModel model, GenerationRequest request) {
        return model.generate(request).complete().reusedTokens();
    }

    /** Their slots were taken by others again and again; the second round finds their whole blocks, and says the same. */
    @Test
    void twentyPromptsOnFourSlotsAllStay() {
        try (LanguageModel model = LanguageModel.demonstration(options(4).withCacheBytes(1L << 30))) {
            List<GenerationRequest> all = IntStream.range(0, 20).mapToObj(i -> longRequest(i, 200 + 9 * i)).toList();
            List<Completion> first = all.stream().map(request -> model.generate(request).complete()).toList();
            for (int i = 0; i < 20; i++) {
                Completion second = model.generate(all.get(i)).complete();
                assertEquals(0, first.get(i).reusedTokens());
                assertEquals((first.get(i).promptTokens() - 1) / BLOCK * BLOCK, second.reusedTokens(), "prompt " + i);
                assertArrayEquals(first.get(i).tokens(), second.tokens(), "prompt " + i);
            }
            List<Generation> together = all.stream().map(model::generate).toList();
            for (int i = 0; i < 20; i++) {
                Completion third = together.get(i).complete();
                assertTrue(third.reusedTokens() >= (third.promptTokens() - 1) / BLOCK * BLOCK, "prompt " + i);
                assertArrayEquals(first.get(i).tokens(), third.tokens(), "prompt " + i);
            }
        }
    }

    /** As many positions as the slots have are kept where nobody says how much memory there is. */
    @Test
    void withoutABudgetAsMuchAsTheSlotsHoldIsKept() {
        try (LanguageModel model = LanguageModel.demonstration(options(2).withContextLength(512))) {
            List<GenerationRequest> all = IntStream.range(0, 5).mapToObj(i -> longRequest(i, 150)).toList();
            all.forEach(request -> assertEquals(0, reused(model, request)));
            all.forEach(request -> assertEquals(2 * BLOCK, reused(model, request)));
            IntStream.range(5, 13).forEach(i -> assertEquals(0, reused(model, longRequest(i, 150))));
            all.forEach(request -> assertEquals(0, reused(model, request)));
        }
    }

    /** In memory for ten of the blocks that the prompts have, those that were used last are there, and no answer fails. */
    @Test
    void theLeastRecentlyUsedGoFirst() {
        long block;
        try (LanguageModel model = LanguageModel.demonstration(options(1).withContextLength(BLOCK))) {
            block = model.memory().cache();
        }
        try (LanguageModel model = LanguageModel.demonstration(options(2).withContextLength(256).withCacheBytes(10 * block))) {
            for (int i = 0; i < 20; i++) {
                assertEquals(0, reused(model, longRequest(i, 150)));
            }
            assertEquals(149, reused(model, longRequest(19, 150)), "in its slot");
            assertEquals(2 * BLOCK, reused(model, longRequest(17, 150)));
            IntStream.range(20, 22).forEach(i -> assertEquals(0, reused(model, longRequest(i, 150))));
            assertEquals(2 * BLOCK, reused(model, longRequest(17, 150)), "was used after others");
            assertEquals(0, reused(model, longRequest(16, 150)));
            IntStream.range(0, 16).forEach(i -> assertEquals(0, reused(model, longRequest(i, 150))));
            assertEquals(0, reused(model, longRequest(30, 250)));
        }
    }

    /** The first blocks of both prompts have one hash, as {@link IntBuffer} makes it. */
    @Test
    void promptsOfOneHashAreToldApart() {
        int[] one = new SplittableRandom(3).ints(150, 50, 200).toArray();
        int[] other = one.clone();
        other[10] += 31;
        other[11]--;
        assertEquals(IntBuffer.wrap(one, 0, BLOCK).hashCode(), IntBuffer.wrap(other, 0, BLOCK).hashCode());
        GenerationRequest first = GenerationRequest.of(new Prompt.Tokens(one)).withMaxTokens(20).withIgnoreEnd(true);
        GenerationRequest second = GenerationRequest.of(new Prompt.Tokens(other)).withMaxTokens(20).withIgnoreEnd(true);
        try (LanguageModel model = LanguageModel.demonstration(options(1)); LanguageModel fresh = LanguageModel.demonstration(options(1))) {
            model.generate(first).complete();
            model.generate(REQUESTS.getFirst()).complete();
            Completion completion = model.generate(second).complete();
            assertEquals(0, completion.reusedTokens());
            assertArrayEquals(fresh.generate(second).complete().tokens(), completion.tokens());
            assertEquals(2 * BLOCK, reused(model, first));
        }
    }

    @Test
    void whoSharesNothingTakesAndLeavesNothing() {
        GenerationRequest request = longRequest(1, 150);
        GenerationRequest alone = request.withSharing(Sharing.NONE);
        try (LanguageModel model = LanguageModel.demonstration(options(2))) {
            assertEquals(0, reused(model, alone));
            assertEquals(0, reused(model, request), "it left nothing in its slot");
            assertEquals(0, reused(model, alone));
            IntStream.range(2, 5).forEach(i -> reused(model, longRequest(i, 150)));
            assertEquals(2 * BLOCK, reused(model, request));
            IntStream.range(2, 5).forEach(i -> reused(model, longRequest(i, 150).withSharing(Sharing.NONE)));
            assertEquals(0, reused(model, alone));
        }
    }

    /** An answer comes back as the beginning of the next prompt, after others had its slot; for prompts alone it is no use. */
    @Test
    void aConversationFindsItsOwnAnswers() {
        int[] opening = new SplittableRandom(9).ints(100, 10, 250).toArray();
        try (LanguageModel model = LanguageModel.demonstration(options(1))) {
            GenerationRequest turn = GenerationRequest.of(new Prompt.Tokens(opening)).withMaxTokens(100).withIgnoreEnd(true);
            int[] answer = model.generate(turn.withSharing(Sharing.ALL)).complete().tokens();
            reused(model, longRequest(1, 150));
            int[] next = Arrays.copyOf(opening, opening.length + answer.length + 10);
            System.arraycopy(answer, 0, next, opening.length, answer.length);
            GenerationRequest later = GenerationRequest.of(new Prompt.Tokens(next)).withMaxTokens(5).withIgnoreEnd(true);
            assertEquals(3 * BLOCK, reused(model, later.withSharing(Sharing.ALL)));
            assertEquals(BLOCK, reused(model, later), "also not out of a prompt that shared what was generated");
            reused(model, longRequest(1, 150));
            assertEquals(3 * BLOCK, reused(model, later), "its own");
        }
    }
}
