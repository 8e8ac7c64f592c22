package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.Score;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.Sharing;
import org.waterspout.generate.TokenLogProbability;

/** What the Java API promises, on the demonstration model and the cpu backend. */
class GenerationTest {

    private static final String PROMPT = "It is a truth universally acknowledged";
    private static final int CONTEXT = 160;

    /** Relative to the largest logit, of steps of other sizes, which sum in another order: 1.0e-6 was seen. */
    private static final double LIMIT = 3e-6;
    /** 2.7e-6 was seen, and 3.2e-6 of a perplexity. */
    private static final double LOG_PROBABILITY_LIMIT = 8e-6;

    /** Logits of 20 within {@link #LIMIT} of each other; no token was behind. */
    private static final Agreement AGREEMENT = new Agreement(6e-5f);

    private static LanguageModel model;

    @BeforeAll
    static void load() {
        model = load(1, 64);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static LanguageModel load(int sequences, int batchRows) {
        return LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(2).withContextLength(CONTEXT).withSequences(sequences)
                .withBatchRows(batchRows));
    }

    private static GenerationRequest request(String prompt, int tokens) {
        return GenerationRequest.of(new Prompt.Raw(prompt)).withMaxTokens(tokens).withIgnoreEnd(true);
    }

    private static Completion complete(LanguageModel from, GenerationRequest request) {
        try (Generation generation = from.generate(request)) {
            return generation.complete();
        }
    }

    @Test
    void eventsTogetherAreTheTextAndTheLastOneTellsTheEnd() {
        StringBuilder text = new StringBuilder();
        List<Completion> finished = new ArrayList<>();
        try (Generation generation = model.generate(request(PROMPT, 40))) {
            while (generation.hasNext()) {
                assertTrue(finished.isEmpty(), "an event after the last");
                switch (generation.next()) {
                    case GenerationEvent.Text part -> {
                        assertFalse(part.text().isEmpty());
                        text.append(part.text());
                    }
                    case GenerationEvent.Called called -> throw new AssertionError("a call without tools: " + called);
                    case GenerationEvent.Prompt _, GenerationEvent.Token _ ->
                            throw new AssertionError("log-probabilities that nobody asked for");
                    case GenerationEvent.Finished end -> finished.add(end.completion());
                }
            }
        }
        Completion completion = finished.getFirst();
        assertEquals(completion.text(), text.toString());
        assertEquals(40, completion.tokens().length);
        assertEquals(FinishReason.MAX_TOKENS, completion.finishReason());
        assertEquals(model.tokens(new Prompt.Raw(PROMPT)).length, completion.promptTokens());
        String whole = model.tokenizer().decode(joined(model.tokens(new Prompt.Raw(PROMPT)), completion.tokens()), false);
        assertEquals(PROMPT + completion.text(), whole.strip());
    }

    @Test
    void greedyTakesTheLargestLogitOfEveryStep() {
        int[] prompt = model.tokens(new Prompt.Raw(PROMPT));
        int[] tokens = complete(model, request(PROMPT, 12)).tokens();
        AGREEMENT.check(model, prompt, tokens);
    }

    @Test
    void logitsOfEveryPositionAreThoseOfEachBeginning() {
        int[] tokens = Arrays.copyOf(joined(model.tokens(new Prompt.Raw(PROMPT)), complete(model, request(PROMPT, 80)).tokens()), 70);
        float[] all = model.logits(tokens, true);
        int vocabulary = model.vocabulary();
        assertEquals(70 * vocabulary, all.length);
        for (int length : List.of(1, 2, 17, 63, 64, 65, 70)) {
            float[] last = model.logits(Arrays.copyOf(tokens, length), false);
            assertEquals(vocabulary, last.length);
            assertClose(Arrays.copyOfRange(all, (length - 1) * vocabulary, length * vocabulary), last, "after " + length);
        }
    }

    @Test
    void aTextThatCannotFitIsRefusedBeforeItIsTokenized() {
        String text = "a word ".repeat(2_000_000);
        for (Prompt prompt : List.of(new Prompt.Raw(text), new Prompt.Message(text))) {
            InvalidRequestException refused = assertTimeout(Duration.ofSeconds(2),
                    () -> assertThrows(InvalidRequestException.class, () -> model.generate(GenerationRequest.of(prompt))));
            assertTrue(refused.getMessage().startsWith("the prompt has at least "), refused.getMessage());
        }
    }

    @Test
    void aPromptMayFillTheContextAndNoMore() {
        int[] tokens = IntStream.range(0, CONTEXT + 1).map(i -> 1 + i % 1000).toArray();
        GenerationRequest tooLong = GenerationRequest.of(new Prompt.Tokens(tokens));
        InvalidRequestException refused = assertThrows(InvalidRequestException.class, () -> model.generate(tooLong));
        assertTrue(refused.getMessage().contains(Integer.toString(CONTEXT)), refused.getMessage());
        assertThrows(InvalidRequestException.class, () -> model.logits(tokens, false));
        Completion full = complete(model, GenerationRequest.of(new Prompt.Tokens(Arrays.copyOf(tokens, CONTEXT))).withMaxTokens(10)
                .withIgnoreEnd(true));
        assertEquals(1, full.tokens().length, "the last position has logits of its own");
        assertEquals(FinishReason.CONTEXT_FULL, full.finishReason());
    }

    @Test
    void anAnswerEndsWhereTheContextIsFull() {
        int prompt = model.tokens(new Prompt.Raw(PROMPT)).length;
        Completion completion = complete(model, request(PROMPT, 10 * CONTEXT));
        assertEquals(FinishReason.CONTEXT_FULL, completion.finishReason());
        // every position holds a token, and the last of them gave one more that needs no position
        assertEquals(CONTEXT + 1, prompt + completion.tokens().length);
        assertEquals(PROMPT + completion.text(), model.tokenizer().decode(joined(model.tokens(new Prompt.Raw(PROMPT)),
                completion.tokens()), false).strip().replaceAll("^\\s+", ""));
    }

    @Test
    void promptsWithoutSenseAreRefusedAndTakeNoPlace() {
        for (int[] tokens : List.of(new int[0], new int[] {-1}, new int[] {model.vocabulary()}, new int[] {5, Integer.MAX_VALUE})) {
            assertThrows(InvalidRequestException.class, () -> model.generate(GenerationRequest.of(new Prompt.Tokens(tokens))));
        }
        assertThrows(InvalidRequestException.class, () -> model.generate(request(PROMPT, 4).withStopStrings(List.of("a", ""))));
        assertThrows(InvalidRequestException.class, () -> request(PROMPT, -1));
        assertThrows(InvalidRequestException.class, () -> model.generate(GenerationRequest.of(new Prompt.Conversation(List.of()))));
        assertEquals(4, complete(model, request(PROMPT, 4)).tokens().length);
    }

    @Test
    void anotherThreadCancels() throws InterruptedException {
        CountDownLatch underWay = new CountDownLatch(1);
        try (LanguageModel longer = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(2));
                Generation generation = longer.generate(request(PROMPT, longer.contextLength()))) {
            Thread canceller = Thread.ofPlatform().start(() -> {
                try {
                    underWay.await();
                    generation.cancel();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            StringBuilder text = new StringBuilder();
            while (generation.next() instanceof GenerationEvent.Text part) {
                text.append(part.text());
                underWay.countDown();
            }
            Completion completion = generation.complete();
            assertEquals(FinishReason.CANCELLED, completion.finishReason());
            assertEquals(text.toString(), completion.text());
        }
    }

    @Test
    void cancelledBeforeItStartsItAnswersNothing() {
        try (Generation first = model.generate(request(PROMPT, CONTEXT)); Generation generation = model.generate(request(PROMPT, 5))) {
            generation.cancel();
            Completion completion = generation.complete();
            first.cancel();
            assertEquals(FinishReason.CANCELLED, completion.finishReason());
            assertEquals(0, completion.tokens().length);
            assertEquals("", completion.text());
            assertEquals(0, completion.decodeTokensPerSecond());
        }
    }

    @Test
    void closingTwiceFreesThePlaceOnce() {
        String expected = complete(model, request(PROMPT, 5)).text();
        Generation open = model.generate(request(PROMPT, CONTEXT));
        open.next();
        open.close();
        open.close();
        try (Generation second = model.generate(request(PROMPT, 5)); Generation third = model.generate(request(PROMPT, 5))) {
            // a closed generation must not write into the place that is another one's now
            open.complete();
            assertEquals(expected, second.complete().text());
            assertEquals(expected, third.complete().text());
        }
    }

    @Test
    void anotherThreadClosesAndThePlaceIsFreeAfterTheStep() throws InterruptedException {
        String expected = complete(model, request(PROMPT, 10)).text();
        for (int trial = 0; trial < 20; trial++) {
            CountDownLatch underWay = new CountDownLatch(1);
            Generation closed = model.generate(request("Elizabeth was", CONTEXT));
            Thread reader = Thread.ofPlatform().start(() -> {
                while (closed.hasNext()) {
                    closed.next();
                    underWay.countDown();
                }
            });
            underWay.await();
            closed.close();
            assertEquals(expected, complete(model, request(PROMPT, 10)).text(), "trial " + trial);
            reader.join();
        }
    }

    @Test
    void twoInterleavedGiveWhatEachGivesAlone() {
        String other = "Elizabeth was";
        String first = complete(model, request(PROMPT, 30)).text();
        String second = complete(model, request(other, 30)).text();
        try (LanguageModel two = load(2, 64); Generation a = two.generate(request(PROMPT, 30));
                Generation b = two.generate(request(other, 30))) {
            StringBuilder textOfA = new StringBuilder();
            StringBuilder textOfB = new StringBuilder();
            while (a.hasNext() || b.hasNext()) {
                advance(a, textOfA);
                advance(b, textOfB);
            }
            assertEquals(first, textOfA.toString());
            assertEquals(second, textOfB.toString());
        }
    }

    private static void advance(Generation generation, StringBuilder text) {
        if (generation.hasNext() && generation.next() instanceof GenerationEvent.Text part) {
            text.append(part.text());
        }
    }

    @Test
    void aBeginningIsComputedOnceWhereAsked() {
        try (LanguageModel fresh = load(2, 64)) {
            GenerationRequest request = request(PROMPT, 20).withSharing(Sharing.ALL);
            Completion first = complete(fresh, request);
            assertEquals(0, first.reusedTokens());
            Completion again = complete(fresh, request);
            assertEquals(first.promptTokens() - 1, again.reusedTokens());
            AGREEMENT.check(fresh, fresh.tokens(new Prompt.Raw(PROMPT)), again.tokens());
            Completion longer = complete(fresh, request(PROMPT + first.text(), 8).withSharing(Sharing.ALL));
            assertTrue(longer.reusedTokens() >= first.promptTokens(), longer.reusedTokens() + " reused");
            Completion notAsked = complete(fresh, request(PROMPT, 20).withSharing(Sharing.NONE));
            assertEquals(0, notAsked.reusedTokens());
            assertEquals(first.text(), notAsked.text());
        }
    }

    @Test
    void aContinuationHasTheProbabilityOfItsTokens() {
        Prompt prompt = new Prompt.Raw(PROMPT);
        String continuation = complete(model, request(PROMPT, 6)).text();
        int[] before = model.tokens(prompt);
        int[] after = model.tokenizer().encode(continuation, false);
        Score score = model.score(prompt, continuation);
        float[] logits = model.logits(joined(before, after), true);
        double sum = 0;
        for (int i = 0; i < after.length; i++) {
            int from = (before.length - 1 + i) * model.vocabulary();
            double total = IntStream.range(from, from + model.vocabulary()).mapToDouble(at -> Math.exp(logits[at])).sum();
            double expected = logits[from + after[i]] - Math.log(total);
            assertEquals(expected, score.tokens().get(i).logProbability(), LOG_PROBABILITY_LIMIT, "token " + i);
            assertEquals(after[i], score.tokens().get(i).id());
            sum += expected;
        }
        assertEquals(sum, score.logProbability(), LOG_PROBABILITY_LIMIT);
        assertEquals(Math.exp(-sum / after.length), score.perplexity(), LOG_PROBABILITY_LIMIT);
        assertTrue(score.tokens().stream().allMatch(TokenLogProbability::mostLikely), "it is the greedy answer");
        assertTrue(model.score(prompt, " zzz qqq").logProbability() < score.logProbability());
        assertThrows(InvalidRequestException.class, () -> model.score(prompt, ""));
        assertThrows(InvalidRequestException.class, () -> model.score(prompt, "a word ".repeat(CONTEXT)));
    }

    @Test
    void stopStringsEndTheTextBeforeThem() {
        Completion whole = complete(model, request(PROMPT, 40));
        String text = whole.text();
        for (int length : List.of(1, 3, 9)) {
            String stop = text.substring(text.length() / 2, text.length() / 2 + length);
            StringBuilder streamed = new StringBuilder();
            Completion stopped;
            try (Generation generation = model.generate(request(PROMPT, 40).withStopStrings(List.of("\u0000 never", stop)))) {
                GenerationEvent event = generation.next();
                while (event instanceof GenerationEvent.Text part) {
                    streamed.append(part.text());
                    event = generation.next();
                }
                stopped = ((GenerationEvent.Finished) event).completion();
            }
            assertEquals(FinishReason.STOP_STRING, stopped.finishReason(), stop);
            assertEquals(text.substring(0, text.indexOf(stop)), stopped.text());
            assertEquals(stopped.text(), streamed.toString());
            assertTrue(stopped.tokens().length < 40);
        }
        String almost = text.substring(text.length() - 4) + "\u0000";
        assertEquals(text, complete(model, request(PROMPT, 40).withStopStrings(List.of(almost))).text(),
                "what was held back comes at the end");
    }

    @Test
    void noTokensAreAnAnswerToo() {
        Completion nothing = complete(model, request(PROMPT, 0));
        assertEquals("", nothing.text());
        assertEquals(0, nothing.tokens().length);
        assertEquals(FinishReason.MAX_TOKENS, nothing.finishReason());
    }

    @Test
    void anEndTokenEndsTheAnswerUnlessItIsIgnored() {
        int end = model.tokenizer().endTokens().iterator().next();
        Sampling onlyTheEnd = Sampling.GREEDY.withLogitBias(java.util.Map.of(end, 1e6f));
        GenerationRequest request = GenerationRequest.of(new Prompt.Raw(PROMPT)).withMaxTokens(6).withSampling(onlyTheEnd);
        Completion ended = complete(model, request);
        assertEquals(FinishReason.END, ended.finishReason());
        assertEquals(0, ended.tokens().length);
        assertEquals("", ended.text());
        Completion ignored = complete(model, request.withIgnoreEnd(true));
        assertEquals(FinishReason.MAX_TOKENS, ignored.finishReason());
        assertArrayEquals(new int[] {end, end, end, end, end, end}, ignored.tokens());
        assertEquals("", ignored.text(), "an end token leaves no text");
    }

    @Test
    void aPromptMayTakeSeveralSteps() {
        String prompt = PROMPT + ", that a single man in possession of a good fortune must be in want of a wife";
        int[] tokens = model.tokens(new Prompt.Raw(prompt));
        float[] whole = model.logits(tokens, false);
        for (int rows : List.of(1, 7, tokens.length - 1)) {
            try (LanguageModel narrow = load(1, rows)) {
                assertClose(whole, narrow.logits(tokens, false), rows + " rows");
                AGREEMENT.check(model, tokens, complete(narrow, request(prompt, 16)).tokens());
            }
        }
    }

    @Test
    void severalThreadsGenerateAtOnce() throws Exception {
        List<String> prompts = List.of(PROMPT, "Elizabeth was", "Mr. Darcy", "She could not", "The house", "My dear");
        List<String> alone = prompts.stream().map(prompt -> complete(model, request(prompt, 16)).text()).toList();
        try (LanguageModel four = load(4, 64); ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                String prompt = prompts.get(i % prompts.size());
                answers.add(threads.submit((Callable<String>) () -> complete(four, request(prompt, 16)).text()));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertEquals(alone.get(i % alone.size()), answers.get(i).get(), "answer " + i);
            }
        }
    }

    @Test
    void aClosedModelSaysSo() {
        LanguageModel closed = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(2));
        Generation open = closed.generate(request(PROMPT, closed.contextLength()));
        open.next();
        closed.close();
        closed.close();
        for (Runnable use : List.<Runnable>of(() -> closed.generate("text"), () -> closed.logits(new int[] {1}, false), open::complete)) {
            RuntimeException refused = assertThrows(ClosedException.class, use::run);
            assertTrue(refused.getMessage().contains("closed"), refused.getMessage());
        }
        open.close();
    }

    @Test
    void closingWaitsForTheStepUnderWay() {
        for (int trial = 0; trial < 5; trial++) {
            LanguageModel shared = load(4, 64);
            List<Thread> users = IntStream.range(0, 4).mapToObj(i -> Thread.ofPlatform().start(() -> {
                try {
                    for (int answer = 0; answer < 1000; answer++) {
                        complete(shared, request(PROMPT, 8));
                    }
                } catch (ClosedException closedMeanwhile) {
                    assertTrue(closedMeanwhile.getMessage().contains("closed"), closedMeanwhile.getMessage());
                }
            })).toList();
            List<Throwable> thrown = java.util.Collections.synchronizedList(new ArrayList<>());
            users.forEach(user -> user.setUncaughtExceptionHandler((_, failure) -> thrown.add(failure)));
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
                Thread.sleep(30);
                shared.close();
                for (Thread user : users) {
                    user.join();
                }
            });
            assertEquals(List.of(), thrown);
        }
    }

    @Test
    void theSameSeedGivesTheSameText() {
        GenerationRequest request = request(PROMPT, 30).withSampling(Sampling.GREEDY.withTemperature(1).withTopP(0.95f).withSeed(42));
        String text = complete(model, request).text();
        assertEquals(text, complete(model, request).text());
        assertNotEquals(text, complete(model, request.withSampling(request.sampling().orElseThrow().withSeed(43))).text());
    }

    private static int[] joined(int[] first, int[] second) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    private static void assertClose(float[] expected, float[] actual, String what) {
        float largest = 0;
        float error = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            error = Math.max(error, Math.abs(expected[i] - actual[i]));
        }
        assertTrue(error <= LIMIT * largest, what + ": " + error + " of " + largest);
    }
}
