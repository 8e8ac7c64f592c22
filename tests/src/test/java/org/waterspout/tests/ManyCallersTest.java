package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.Classifier;
import org.waterspout.Embedder;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.error.BusyException;
import org.waterspout.error.CancelledException;
import org.waterspout.error.ClosedException;
import org.waterspout.error.DeadlineException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.RequestOptions;
import org.waterspout.generate.Sharing;
import org.waterspout.runtime.Engine;

/** Callers who come at once, leave early, are interrupted, ask from within an answer, or come too late. */
@Timeout(120)
class ManyCallersTest {

    private static final String PROMPT = "It is a truth universally acknowledged";
    private static final RequestOptions SHORT = RequestOptions.DEFAULT.withTimeout(Duration.ofMillis(30));

    /** Takes seconds to translate. */
    private static final List<String> DOCUMENT = IntStream.range(0, 3000)
            .mapToObj(i -> "the " + (1 + i % 28) + "th of march " + (1900 + i % 100)).toList();

    private static LanguageModel model;

    @BeforeAll
    static void load() {
        model = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(2).withSequences(1));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static GenerationRequest request(int tokens) {
        return GenerationRequest.of(new Prompt.Raw(PROMPT)).withMaxTokens(tokens).withIgnoreEnd(true);
    }

    /** An answer that takes all the context. */
    private static Generation longAnswer() {
        return model.generate(request(model.contextLength()));
    }

    private static String answer() {
        try (Generation generation = model.generate(request(5))) {
            return generation.complete().text();
        }
    }

    @Test
    void aSecondCallerWaitsForHisTurn() {
        String expected = answer();
        List<Generation> all = IntStream.range(0, 20).mapToObj(_ -> model.generate(request(5))).toList();
        all.forEach(one -> assertEquals(expected, one.complete().text()));
        assertTrue(all.getLast().complete().queuedSeconds() > all.getFirst().complete().queuedSeconds());
    }

    @Test
    void answersThatAreDroppedHoldNoPlace() throws InterruptedException {
        String expected = answer();
        for (int i = 0; i < 3; i++) {
            try (var events = longAnswer().stream()) {
                assertEquals(2, events.limit(2).count());
            }
            assertThrows(IllegalStateException.class, () -> {
                try (var events = longAnswer().stream()) {
                    events.forEach(event -> {
                        throw new IllegalStateException("a consumer's own");
                    });
                }
            });
        }
        assertEquals(expected, answer());
        WeakReference<Generation> dropped = new WeakReference<>(longAnswer());
        while (dropped.get() != null) {
            System.gc();
            Thread.sleep(5);
        }
        assertEquals(expected, answer(), "without a close");
    }

    @Test
    void anInterruptCancels() throws Exception {
        try (Generation first = longAnswer(); Generation waiting = model.generate(request(5))) {
            assertInterruptCancels(waiting::next);
            assertInterruptCancels(first::complete);
            assertEquals(FinishReason.CANCELLED, last(first).finishReason());
        }
        String text = "a word ".repeat(400);
        try (Embedder embedder = Embedder.load(TaskModel.of("embedder").folder(), LoadOptions.DEFAULT.withThreads(1))) {
            List<String> many = IntStream.range(0, 20_000).mapToObj(i -> "a word " + i).toList();
            assertInterruptCancels(() -> embedder.embed(many, Embedder.Role.TEXT, true));
            assertThrows(DeadlineException.class, () -> embedder.embed(many, Embedder.Role.TEXT, true, SHORT));
            assertEquals(1, embedder.embed(List.of("one"), Embedder.Role.TEXT, true,
                    RequestOptions.DEFAULT.withTimeout(Duration.ofMinutes(1))).size());
        }
        try (Classifier classifier = Classifier.demonstration(LoadOptions.DEFAULT.withThreads(1))) {
            List<String> many = IntStream.range(0, 5_000).mapToObj(i -> text).toList();
            assertInterruptCancels(() -> classifier.classify(many, true));
            assertThrows(DeadlineException.class, () -> classifier.classify(many, true, SHORT));
        }
        try (Translator translator = Translator.demonstration(LoadOptions.DEFAULT.withThreads(1))) {
            assertInterruptCancels(() -> translator.translate(DOCUMENT, TranslationOptions.DEFAULT));
            assertThrows(DeadlineException.class, () -> translator.translate(DOCUMENT, TranslationOptions.DEFAULT, SHORT, (_, _) -> { }));
            assertFalse(translator.translate("the 3rd of march 1999").text().isEmpty());
        }
    }

    private static void assertInterruptCancels(Runnable work) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                work.run();
            } catch (RuntimeException failure) {
                thrown.set(failure);
            }
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        Thread.sleep(50);
        caller.interrupt();
        caller.join(Duration.ofSeconds(10));
        assertFalse(caller.isAlive(), "it goes on");
        assertEquals(CancelledException.class, thrown.get() == null ? null : thrown.get().getClass(), () -> String.valueOf(thrown.get()));
        assertTrue(interrupted.get(), "the interrupt is the caller's to see");
    }

    private static Completion last(Generation generation) {
        while (true) {
            if (generation.next() instanceof GenerationEvent.Finished finished) {
                return finished.completion();
            }
        }
    }

    @Test
    void aDeadlineEndsAnAnswerThatWaitsOrRuns() {
        try (Generation running = model.generate(request(model.contextLength()),
                RequestOptions.DEFAULT.withTimeout(Duration.ofMillis(150)));
                Generation waiting = model.generate(request(5), RequestOptions.DEFAULT.withTimeout(Duration.ofMillis(1)))) {
            Completion late = running.complete();
            assertEquals(FinishReason.TIMED_OUT, late.finishReason());
            assertTrue(late.tokens().length < model.contextLength() - 20, late.tokens().length + " tokens");
            Completion never = waiting.complete();
            assertEquals(FinishReason.TIMED_OUT, never.finishReason());
            assertEquals(0, never.tokens().length);
        }
    }

    @Test
    void aFullQueueRefuses() {
        List<Generation> waiting = new ArrayList<>();
        try (Generation _ = longAnswer()) {
            BusyException busy = assertThrows(BusyException.class, () -> {
                for (int i = 0; i < Engine.QUEUE + 2; i++) {
                    waiting.add(model.generate(request(1)));
                }
            });
            assertTrue(busy.getMessage().contains(Integer.toString(Engine.QUEUE)), busy.getMessage());
            assertTrue(waiting.size() >= Engine.QUEUE, waiting.size() + " wait");
            // each that ends has given its place back before its caller knows it
            List<Generation> later = new ArrayList<>();
            waiting.forEach(Generation::cancel);
            for (Generation one : waiting) {
                assertEquals(FinishReason.CANCELLED, one.complete().finishReason());
                later.add(model.generate(request(1)));
            }
            later.forEach(Generation::cancel);
            later.forEach(one -> assertEquals(FinishReason.CANCELLED, one.complete().finishReason()));
        }
        assertEquals(5, model.generate(request(5)).complete().tokens().length);
    }

    @Test
    void anAnswerMayBeAskedForWithinAnAnswer() {
        try (Translator translator = Translator.demonstration(LoadOptions.DEFAULT.withThreads(1))) {
            List<String> texts = DOCUMENT.subList(0, 40);
            List<String> expected = texts.stream().map(text -> translator.translate(text).text()).toList();
            List<String> within = new ArrayList<>();
            List<String> outer = translator.translate(texts, TranslationOptions.DEFAULT, (done, _) ->
                    within.add(translator.translate(texts.get(done - 1)).text())).stream().map(one -> one.text()).toList();
            assertEquals(expected, outer);
            assertEquals(expected, within);
        }
        Translator closing = Translator.demonstration(LoadOptions.DEFAULT.withThreads(1));
        assertThrows(ClosedException.class, () -> closing.translate(DOCUMENT.subList(0, 40), TranslationOptions.DEFAULT,
                (_, _) -> closing.close()));
    }

    @Test
    void closingWaitsForNoDocument() throws Exception {
        Translator translator = Translator.demonstration(LoadOptions.DEFAULT.withThreads(1));
        CountDownLatch underWay = new CountDownLatch(1);
        CompletableFuture<Void> document = CompletableFuture.runAsync(() ->
                translator.translate(DOCUMENT, TranslationOptions.DEFAULT, (_, _) -> underWay.countDown()));
        underWay.await();
        assertTimeoutPreemptively(Duration.ofSeconds(2), translator::close);
        assertEquals(ClosedException.class, assertThrows(CompletionException.class, document::join).getCause().getClass());
    }

    @Test
    void aBeginningIsSharedWithoutBeingAskedFor() {
        try (LanguageModel many = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(2).withSequences(4))) {
            GenerationRequest request = request(8);
            int prompt = many.tokens(request.prompt()).length;
            Completion first = many.generate(request).complete();
            List<Generation> others = IntStream.range(0, 8).mapToObj(_ -> many.generate(request)).toList();
            for (Generation other : others) {
                assertEquals(prompt - 1, other.complete().reusedTokens());
                assertEquals(first.text(), other.complete().text());
            }
            assertEquals(0, many.generate(request.withSharing(Sharing.NONE)).complete().reusedTokens());
            // another prompt leaves it there while there are empty places
            many.generate(GenerationRequest.of(new Prompt.Raw("Elizabeth was")).withMaxTokens(3)).complete();
            assertEquals(prompt - 1, many.generate(request).complete().reusedTokens());
        }
    }

    @Test
    void aFutureHasTheAnswerAndMayBeCancelled() {
        String expected = answer();
        assertEquals(expected, model.generate(request(5)).future().join().text());
        CompletableFuture<Completion> cancelled = longAnswer().future();
        cancelled.cancel(true);
        assertEquals(expected, answer(), "its place is free");
        LanguageModel closing = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(1));
        CompletableFuture<Completion> failing = closing.generate(request(closing.contextLength())).future();
        closing.close();
        assertEquals(ClosedException.class, assertThrows(CompletionException.class, failing::join).getCause().getClass());
    }

    /** Asks for one event at a time, and for no more than {@code max}. */
    private static final class Reader implements Flow.Subscriber<GenerationEvent> {
        private final int max;
        private final List<GenerationEvent> events = new ArrayList<>();
        private final CompletableFuture<List<GenerationEvent>> end = new CompletableFuture<>();
        private Flow.Subscription subscription;

        Reader(int max) {
            this.max = max;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            subscription.request(1);
        }

        @Override
        public void onNext(GenerationEvent event) {
            events.add(event);
            if (events.size() == max) {
                subscription.cancel();
                end.complete(events);
            } else {
                subscription.request(1);
            }
        }

        @Override
        public void onError(Throwable failure) {
            end.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            end.complete(events);
        }
    }

    @Test
    void aSubscriberIsToldAsMuchAsHeAsksFor() {
        String expected = answer();
        Reader whole = new Reader(Integer.MAX_VALUE);
        Generation generation = model.generate(request(5));
        Flow.Publisher<GenerationEvent> publisher = generation.publisher();
        publisher.subscribe(whole);
        List<GenerationEvent> events = whole.end.join();
        StringBuilder text = new StringBuilder();
        events.subList(0, events.size() - 1).forEach(event -> text.append(((GenerationEvent.Text) event).text()));
        assertEquals(expected, text.toString());
        assertEquals(expected, ((GenerationEvent.Finished) events.getLast()).completion().text());
        Reader second = new Reader(1);
        publisher.subscribe(second);
        assertThrows(CompletionException.class, second.end::join);
        Reader some = new Reader(2);
        longAnswer().publisher().subscribe(some);
        assertEquals(2, some.end.join().size());
        assertEquals(expected, answer(), "its place is free");
        CompletableFuture<Throwable> refused = new CompletableFuture<>();
        longAnswer().publisher().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(0);
            }

            @Override
            public void onNext(GenerationEvent event) {
                refused.complete(new IllegalStateException("told without asking"));
            }

            @Override
            public void onError(Throwable failure) {
                refused.complete(failure);
            }

            @Override
            public void onComplete() {
                refused.complete(new IllegalStateException("ended without asking"));
            }
        });
        assertEquals(IllegalArgumentException.class, refused.join().getClass());
    }

    /** The disk takes away what is mapped: an error of the model's file, not of the JVM, and the engine lives on. */
    @Test
    void aFileThatIsCutShortIsAnErrorOfTheFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.gguf");
        try (var resource = LanguageModel.class.getResourceAsStream("/org/waterspout/demo/austen.gguf")) {
            Files.copy(resource, file);
        }
        try (LanguageModel cut = LanguageModel.load(file, LoadOptions.DEFAULT.withThreads(2))) {
            assertEquals(answer(), cut.generate(request(5)).complete().text());
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
            for (int i = 0; i < 2; i++) {
                assertThrows(ModelFormatException.class, () -> cut.generate(request(5).withSharing(Sharing.NONE)).complete());
            }
        }
    }

    @Test
    void aPriorityGoesFirst() {
        try (Generation running = longAnswer()) {
            List<Generation> waiting = new ArrayList<>();
            for (int priority : new int[] {-1, 0, 5}) {
                waiting.add(model.generate(request(3), RequestOptions.DEFAULT.withPriority(priority)));
            }
            running.cancel();
            double[] queued = waiting.stream().mapToDouble(one -> one.complete().queuedSeconds()).toArray();
            assertTrue(queued[2] < queued[1] && queued[1] < queued[0], queued[0] + ", " + queued[1] + ", " + queued[2]);
        }
    }

    @Test
    void wrongRequestsDisturbNobody() {
        String expected = answer();
        try (Generation running = model.generate(request(5))) {
            assertThrows(InvalidRequestException.class, () -> model.generate(GenerationRequest.of(new Prompt.Tokens(new int[] {-1}))));
            assertEquals(expected, running.complete().text());
        }
    }
}
