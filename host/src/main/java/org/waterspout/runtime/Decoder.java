package org.waterspout.runtime;

import java.util.Optional;
import java.util.Set;
import org.waterspout.backend.Plan;
import org.waterspout.constrain.Constraint;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.RequestOptions;
import org.waterspout.decode.ToolCalls;
import org.waterspout.model.text.Tokenizer;

/** What callers ask of a decoder's engine. Safe for use from several threads, whose sequences go through the model together. */
public final class Decoder implements AutoCloseable {

    private final Plan plan;
    private final Engine engine;
    private final int longest;

    /** Takes over {@code plan} and closes it with itself. */
    public Decoder(Plan plan) {
        this(plan, plan.options().contextLength());
    }

    /** @param longest context that the model could be loaded with */
    public Decoder(Plan plan, int longest) {
        this.plan = plan;
        this.longest = longest;
        this.engine = new Engine(plan, new DecoderScheduler(plan));
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
     * Begins an answer.
     *
     * @param tokenizer  makes text of the tokens; without one the answer has none
     * @param endTokens  tokens after which the answer ends
     * @param config   how the model's file wants tokens chosen, changed as the request asks
     * @param constraint the form asked for, for this vocabulary
     * @param calls      finds the calls of tools in the text, where they are looked for
     * @param prompt     the request's prompt as token ids
     * @param options    priority and time
     * @return tells the text as it becomes sure, and {@link GenerationEvent.Finished} last
     * @throws InvalidRequestException for stop strings where there is no text; a prompt that is empty or too long, or has tokens that the model
     *                                 lacks; a wider beam than the model was loaded for; besides, errors as {@link Engine#submit}
     */
    public Call<GenerationEvent> generate(Optional<Tokenizer> tokenizer, Set<Integer> endTokens, GenerationRequest request, GenerationConfig config,
            Optional<Constraint> constraint, Optional<ToolCalls> calls, int[] prompt, RequestOptions options) {
        checkPrompt(prompt);
        int room = Math.min(plan.options().maxSequences(), plan.options().maxRows());
        if (config.beams() > room) {
            throw new InvalidRequestException("a beam of " + config.beams() + " is asked for; the model was loaded for " + room
                    + " sequences at a time: load it for more");
        }
        plan.cacheLimit().filter(_ -> config.beams() > 1 && config.maxTokens() > 1).filter(limit -> !limit.holds(prompt.length, config.beams()))
                .ifPresent(limit -> {
                    throw new InvalidRequestException("a beam of " + config.beams() + " after " + prompt.length + " tokens never fits the "
                            + limit.blocks() * limit.blockLength() + " positions that the memory for keys and values has: shorten the prompt, search "
                            + "with a narrower beam, or load the model with more");
                });
        Call<GenerationEvent> call = new Call<>(options);
        new GenerationTask(call, tokenizer, endTokens, request, config, constraint, calls, prompt, contextLength(), vocabulary());
        engine.submit(call);
        return call;
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
        checkPrompt(tokens);
        Call<Void> call = new Call<>(options);
        ScoringTask task = new ScoringTask(call, SequenceTask.NONE, tokens, from, vocabulary());
        engine.complete(call);
        return task.result();
    }

    private void checkPrompt(int[] prompt) {
        if (prompt.length == 0) {
            throw new InvalidRequestException("the prompt is empty: give it some text");
        }
        if (prompt.length > contextLength()) {
            throw new InvalidRequestException("the prompt has " + prompt.length + " tokens, the context " + contextLength()
                    + ": shorten it" + (contextLength() < longest ? ", or load the model with a longer context, of at most " + longest : ""));
        }
        for (int token : prompt) {
            if (token < 0 || token >= vocabulary()) {
                throw new InvalidRequestException("there is no token " + token + ": the model's are 0 to " + (vocabulary() - 1));
            }
        }
    }

    /** Ends what is under way after its step, then closes the plan. */
    @Override
    public void close() {
        engine.close();
    }
}
