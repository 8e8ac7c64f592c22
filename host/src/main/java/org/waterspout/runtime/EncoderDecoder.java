package org.waterspout.runtime;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.decode.Source;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.TooLongException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.Hypothesis;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.BatchInput;

/**
 * What callers ask of an encoder-decoder's engine: targets for sources. Safe for use from several threads, whose sources go through the
 * model together; what a source gives does not depend on those beside it.
 */
public final class EncoderDecoder implements AutoCloseable {

    private final Plan plan;
    private final Engine engine;
    private final int start;
    private final Set<Integer> ends;
    private final int longest;
    private final int sourceVocabulary;

    /**
     * @param plan  closed with this
     * @param start what every target begins with, or {@link Batch#NO_TOKEN}
     * @param ends  tokens that end a target
     */
    public EncoderDecoder(Plan plan, int start, Set<Integer> ends) {
        this(plan, start, ends, 0);
    }

    /** @param longest source that the model could be loaded for */
    public EncoderDecoder(Plan plan, int start, Set<Integer> ends, int longest) {
        this.plan = plan;
        this.engine = new Engine(plan, new DecoderScheduler(plan));
        this.longest = longest;
        this.start = start;
        this.ends = Set.copyOf(ends);
        this.sourceVocabulary = plan.graph().encoder().orElseThrow().batchInputs(BatchInput.Kind.TOKENS).min().orElseThrow();
    }

    public Engine engine() {
        return engine;
    }

    /** Number of the source's tokens. */
    public int sourceVocabulary() {
        return sourceVocabulary;
    }

    /** Number of the target's tokens: the width of a row of logits. */
    public int vocabulary() {
        return plan.graph().output().width();
    }

    /** What every target begins with. */
    public int start() {
        return start;
    }

    /** Most tokens of a source. */
    public int sourceLength() {
        return Math.min(plan.options().sourceLength(), plan.options().maxRows());
    }

    /** As {@link #translate(List, Decoding, RequestOptions, IntConsumer)}, with priority 0 and any time. */
    public List<List<Hypothesis>> translate(List<Source> sources, GenerationConfig config, IntConsumer finished) {
        return translate(sources, config, RequestOptions.DEFAULT, finished);
    }

    /**
     * The best targets of each source, in their order. Sources of similar length are best given together.
     *
     * @param config for all of them
     * @param finished told the number of each source that is done, as soon as it is, on this thread: it may ask for translations itself
     * @throws InvalidRequestException for a source that is empty or too long, tokens that the model lacks, a beam that the plan has no room
     *                                 for; besides, errors as {@link Engine#submit}
     */
    public List<List<Hypothesis>> translate(List<Source> sources, GenerationConfig config, RequestOptions options, IntConsumer finished) {
        sources.forEach(source -> check(source.tokens()));
        check(config);
        if (sources.isEmpty()) {
            engine.complete(new Call<>(options));
            return List.of();
        }
        GenerationConfig seeded = config.seeded();
        Call<Integer> call = new Call<>(options);
        int[] order = IntStream.range(0, sources.size()).boxed()
                .sorted(Comparator.comparing(number -> -sources.get(number).tokens().length)).mapToInt(number -> number).toArray();
        TranslationTask[] tasks = new TranslationTask[order.length];
        for (int number : order) {
            tasks[number] = new TranslationTask(call, sources.get(number), seeded, start, ends, plan.options().contextLength(),
                    vocabulary());
        }
        engine.submit(call);
        try {
            for (Optional<Integer> done = call.next(); done.isPresent(); done = call.next()) {
                finished.accept(order[done.get()]);
            }
        } catch (RuntimeException | Error failure) { // be it the caller's own
            call.cancel();
            throw failure;
        }
        return IntStream.range(0, tasks.length).mapToObj(number -> tasks[number].results()).toList();
    }

    /** @throws CancelledException when the thread is interrupted */
    public static void refuseIfInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancelledException("translating was cancelled: its thread was interrupted");
        }
    }

    /**
     * The logits after each of {@code target}, which begins with the start token.
     *
     * @return [target.length, vocabulary]
     */
    public float[] logits(int[] source, int[] target) {
        check(source);
        if (target.length == 0) {
            throw new InvalidRequestException("no tokens of the target are given: give at least its start token, " + start);
        }
        for (int i = 0; i < target.length; i++) {
            if (i > 0 || target[i] != start) {
                checkToken(target[i]);
            }
        }
        Call<Void> call = new Call<>(RequestOptions.DEFAULT);
        float[] result = new float[Math.multiplyExact(target.length, vocabulary())];
        new ScoringTask(call, source, target, 0, (logits, at, rows, columns, first) ->
                System.arraycopy(logits, at, result, first * columns, rows * columns));
        engine.complete(call);
        return result;
    }

    /** @throws InvalidRequestException for a source that is empty or too long, or has tokens that the model lacks */
    public void check(int[] source) {
        if (source.length == 0) {
            throw new InvalidRequestException("the source is empty: give it some text");
        }
        if (source.length > sourceLength()) {
            throw new TooLongException("the source has " + source.length + " tokens, the model reads " + sourceLength()
                    + ": split it" + (sourceLength() < longest ? ", or load the model with a longer context, of at most " + longest : ""));
        }
        for (int token : source) {
            checkToken(token, sourceVocabulary);
        }
    }

    private void checkToken(int token) {
        checkToken(token, vocabulary());
    }

    private static void checkToken(int token, int tokens) {
        if (token < 0 || token >= tokens) {
            throw new InvalidRequestException("there is no token " + token + ": the model's are 0 to " + (tokens - 1));
        }
    }

    private void check(GenerationConfig config) {
        int room = Math.min(plan.options().maxSequences(), plan.options().maxRows());
        if (config.beams() > room) {
            throw new InvalidRequestException("a beam of " + config.beams() + " is asked for; the model was loaded for " + room
                    + " hypotheses at a time: load it for more sequences");
        }
        config.rules().named().forEach(this::checkToken);
    }

    /** Ends what is under way after its step, then closes the plan. */
    @Override
    public void close() {
        engine.close();
    }
}
