package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.waterspout.backend.Plan;
import org.waterspout.constrain.Constraint;
import org.waterspout.decode.LogProbabilityReader;
import org.waterspout.decode.ToolCalls;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.TooLongException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.RequestOptions;
import org.waterspout.generate.Speculation;
import org.waterspout.generate.TokenLogProbability;
import org.waterspout.model.text.Tokenizer;

/** What callers ask of a decoder's engine. Safe for use from several threads, whose sequences go through the model together. */
public final class Decoder implements AutoCloseable {

    private final Plan plan;
    private final Optional<Plan> draft;
    private final Engine engine;
    private final int longest;

    /** Takes over {@code plan} and closes it with itself. */
    public Decoder(Plan plan) {
        this(plan, plan.options().contextLength());
    }

    /** @param longest context that the model could be loaded with */
    public Decoder(Plan plan, int longest) {
        this(plan, longest, Optional.empty());
    }

    /**
     * Takes over {@code plan} and {@code draft} and closes them with itself.
     *
     * @param longest context that the model could be loaded with
     * @param draft   of a model that proposes tokens ({@link Speculation.Draft}), with the same vocabulary and no recurrent state
     */
    public Decoder(Plan plan, int longest, Optional<Plan> draft) {
        this.plan = plan;
        this.draft = draft;
        this.longest = longest;
        this.engine = new Engine(Stream.concat(Stream.of(plan), draft.stream()).toList(), new DecoderScheduler(plan, draft));
    }

    public Engine engine() {
        return engine;
    }

    /** Width of a row of logits. */
    public int vocabulary() {
        return plan.graph().output().width();
    }

    /** Positions a sequence may have. */
    public int contextLength() {
        return plan.options().contextLength();
    }

    /**
     * Begins one or more answers to a prompt, which they share unless the request wants nothing shared. The first has the seed that is
     * asked for, or one that is drawn, each of the others one more than the one before it. The log-probabilities of the prompt are the
     * first one's.
     *
     * @param number     of answers
     * @param tokenizer  makes text of the tokens; without one the answer has none
     * @param endTokens  tokens after which the answer ends
     * @param config   how the model's file wants tokens chosen, changed as the request asks
     * @param constraint the form asked for, for this vocabulary
     * @param calls      for each answer what finds the calls of tools in the text, where they are looked for
     * @param prompt     the request's prompt as token ids
     * @param options    priority and time
     * @return each tells the text as it becomes sure, and {@link GenerationEvent.Finished} last
     * @throws InvalidRequestException for stop strings where there is no text; a prompt that is empty or too long, or has tokens that the
     *                                 model lacks; a wider beam than the model was loaded for; no answers, or more than may wait; besides,
     *                                 errors as {@link Engine#submit}
     */
    public List<Call<GenerationEvent>> generate(Optional<Tokenizer> tokenizer, Set<Integer> endTokens, GenerationRequest request,
            int number, GenerationConfig config, Optional<Constraint> constraint, Supplier<Optional<ToolCalls>> calls, int[] prompt,
            RequestOptions options) {
        checkPrompt(prompt);
        if (number < 1 || number > Engine.QUEUE) {
            throw new InvalidRequestException(number + " answers are asked for; it must be 1 to " + Engine.QUEUE);
        }
        int room = Math.min(plan.options().maxSequences(), plan.options().maxRows());
        if (config.beams() > room) {
            throw new InvalidRequestException("a beam of " + config.beams() + " is asked for; the model was loaded for " + room
                    + " sequences at a time: load it for more");
        }
        plan.cacheLimit().filter(_ -> config.beams() > 1 && config.maxTokens() > 1)
                .filter(limit -> !limit.holds(prompt.length, config.beams())).ifPresent(limit -> {
                    throw new InvalidRequestException("a beam of " + config.beams() + " after " + prompt.length + " tokens never fits the "
                            + limit.blocks() * limit.blockLength() + " positions that the memory for keys and values has: shorten the"
                            + " prompt, search with a narrower beam, or load the model with more");
                });
        requireSpeculates(request.speculation());
        GenerationConfig seeded = config.seeded();
        GenerationRequest others = request.logProbabilities().map(wanted -> request.withLogProbabilities(wanted.withPrompt(false)))
                .orElse(request);
        List<Call<GenerationEvent>> all = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            Call<GenerationEvent> call = new Call<>(options);
            new GenerationTask(call, tokenizer, endTokens, i == 0 ? request : others, seeded.withSeedAdded(i), constraint, calls.get(),
                    prompt, contextLength(), vocabulary());
            all.add(call);
        }
        engine.submit(all);
        return all;
    }

    private void requireSpeculates(Speculation speculation) {
        if (!speculation.equals(Speculation.NONE) && plan.graph().isRecurrent()) {
            throw new InvalidRequestException(
                    "the model's recurrent state cannot go back, so no tokens can be proposed and checked: leave the speculation away");
        }
        if (speculation instanceof Speculation.Draft && draft.isEmpty()) {
            throw new InvalidRequestException("a draft model is to propose tokens, and the model was loaded without one:"
                    + " load it with a draft model, or leave the speculation away");
        }
    }

    /**
     * Outputs of a sequence, from position 0.
     *
     * @param everyRow all positions, or only the last
     * @return [positions, vocabulary]
     */
    public float[] logits(int[] tokens, boolean everyRow) {
        return logits(tokens, everyRow ? 0 : Math.max(0, tokens.length - 1), RequestOptions.DEFAULT);
    }

    /**
     * Outputs of a sequence from position {@code from} on.
     *
     * @return [tokens.length - from, vocabulary]
     */
    public float[] logits(int[] tokens, int from, RequestOptions options) {
        float[] result = new float[Math.multiplyExact(tokens.length - from, vocabulary())];
        read(tokens, from, options, (logits, at, rows, columns, first) ->
                System.arraycopy(logits, at, result, first * columns, rows * columns));
        return result;
    }

    /**
     * How likely tokens are after others.
     *
     * @param before at least one token
     * @param after  at least one token
     * @param top    most likely tokens that are wanted beside each
     * @return of each token of {@code after}
     */
    public List<TokenLogProbability> score(int[] before, int[] after, int top, RequestOptions options) {
        int[] tokens = IntStream.concat(Arrays.stream(before), Arrays.stream(after).limit(after.length - 1L)).toArray();
        LogProbabilityReader found = new LogProbabilityReader(top);
        read(tokens, before.length - 1, options, (logits, at, rows, columns, first) -> {
            if (first == 0) {
                found.clear();
            }
            found.readNext(logits, at, rows, columns, after);
        });
        return found.all();
    }

    private void read(int[] tokens, int from, RequestOptions options, ScoringTask.Reader reader) {
        checkPrompt(tokens);
        Call<Void> call = new Call<>(options);
        new ScoringTask(call, SequenceTask.NONE, tokens, from, reader);
        engine.complete(call);
    }

    private void checkPrompt(int[] prompt) {
        if (prompt.length == 0) {
            throw new InvalidRequestException("the prompt is empty: give it some text");
        }
        if (prompt.length > contextLength()) {
            throw new TooLongException("the prompt has " + prompt.length + " tokens, the context " + contextLength()
                    + ": shorten it" + (contextLength() < longest ? ", or load the model with a longer context, of at most " + longest
                    : ""));
        }
        for (int token : prompt) {
            if (token < 0 || token >= vocabulary()) {
                throw new InvalidRequestException("there is no token " + token + ": the model's are 0 to " + (vocabulary() - 1));
            }
        }
    }

    /** Ends what is under way after its step, then closes the plans. */
    @Override
    public void close() {
        engine.close();
    }
}
