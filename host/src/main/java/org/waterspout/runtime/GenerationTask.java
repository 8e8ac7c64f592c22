package org.waterspout.runtime;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.waterspout.constrain.Constraint;
import org.waterspout.decode.BeamSearch;
import org.waterspout.decode.LogProbabilityReader;
import org.waterspout.decode.NgramProposer;
import org.waterspout.decode.Proposals;
import org.waterspout.decode.RowRanking;
import org.waterspout.decode.Sampler;
import org.waterspout.decode.Source;
import org.waterspout.decode.StopStrings;
import org.waterspout.decode.ToolCalls;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Hypothesis;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Sharing;
import org.waterspout.generate.Speculation;
import org.waterspout.model.text.StreamDecoder;
import org.waterspout.model.text.Tokenizer;

/** One answer: the prompt, then token after token, and what of its text is sure. With a beam the text comes at the end of the search. */
final class GenerationTask extends SequenceTask {

    /** A draft model is often wrong once, and then right for long. */
    private static final int DRAFT_PATIENCE = 2;

    private final Call<GenerationEvent> events;
    private final GenerationRequest request;
    private final GenerationConfig config;
    private final int[] prompt;
    private final Set<Integer> ends;
    private final int contextLength;
    private final int maxTokens;
    private final Sampler sampler;
    private final Optional<BeamSearch> search;
    private final Optional<StreamDecoder> decoder;
    private final StopStrings stops;
    private final Optional<Proposals> proposals;
    private final Optional<DraftedSequence> drafted;
    private final Optional<LogProbabilityReader> answered;
    private final Optional<LogProbabilityReader> prompted;
    private final Optional<ToolCalls> calls;
    private final StringBuilder text = new StringBuilder();
    private int[] tokens;
    private int count;
    private int reused = -1;
    private long begun;
    private long prefilled;

    /**
     * @param call       told the text as it becomes sure, and the end
     * @param tokenizer  makes text of the tokens; without one the answer has none
     * @param endTokens  tokens after which the answer ends
     * @param config   how the model's file wants tokens chosen, changed as the request asks
     * @param constraint the form asked for, for this vocabulary
     * @param calls      finds the calls of tools in the text, where they are looked for
     * @param prompt     the request's prompt as token ids
     * @param vocabulary number of logits
     * @throws InvalidRequestException for stop strings where there is no text, or rules about tokens that the model lacks
     */
    GenerationTask(Call<GenerationEvent> call, Optional<Tokenizer> tokenizer, Set<Integer> endTokens, GenerationRequest request,
            GenerationConfig config, Optional<Constraint> constraint, Optional<ToolCalls> calls, int[] prompt, int contextLength,
            int vocabulary) {
        super(call);
        if (tokenizer.isEmpty() && !request.stopStrings().isEmpty()) {
            throw new InvalidRequestException(
                    "the model has no tokenizer, so its answers have no text to find a stop string in: leave the stop strings away");
        }
        if (constraint.isPresent() && config.beams() > 1) {
            throw new InvalidRequestException(
                    "answers in a given form are not searched with a beam, as the model's file wants: say how tokens are drawn");
        }
        if (request.logProbabilities().isPresent() && config.beams() > 1) {
            throw new InvalidRequestException(
                    "log-probabilities are not given of a search with a beam, as the model's file wants: say how tokens are drawn");
        }
        if (!request.speculation().equals(Speculation.NONE) && config.beams() > 1) {
            throw new InvalidRequestException(
                    "tokens are not proposed to a search with a beam, as the model's file wants: say how tokens are drawn, "
                    + "or leave the speculation away");
        }
        this.events = call;
        this.request = request;
        this.config = config;
        this.prompt = prompt.clone();
        this.ends = request.ignoreEnd() ? Set.of() : Set.copyOf(endTokens);
        this.contextLength = contextLength;
        maxTokens = request.maxTokens().orElse(config.maxTokens());
        tokens = Arrays.copyOf(prompt, prompt.length + 16);
        sampler = new Sampler(config, prompt, Set.copyOf(endTokens), vocabulary);
        constraint.ifPresent(sampler::constrain);
        decoder = tokenizer.map(present -> calls.map(some -> StreamDecoder.continuing(present, some.marks()))
                .orElseGet(() -> StreamDecoder.continuing(present, false)));
        this.calls = calls;
        drafted = request.speculation() instanceof Speculation.Draft ? Optional.of(new DraftedSequence()) : Optional.empty();
        proposals = switch (request.speculation()) {
            case Speculation.None _ -> Optional.empty();
            case Speculation.Ngrams ngrams -> Optional.of(new Proposals(new NgramProposer(ngrams), ngrams.tokens(), 0));
            case Speculation.Draft draft -> Optional.of(new Proposals(drafted.orElseThrow(), draft.tokens(), DRAFT_PATIENCE));
        };
        answered = request.logProbabilities().map(wanted -> new LogProbabilityReader(wanted.top()));
        prompted = request.logProbabilities().filter(LogProbabilities::ofPrompt).map(wanted -> new LogProbabilityReader(wanted.top()));
        stops = new StopStrings(request.stopStrings());
        // the last token of an answer need not be stored
        search = config.beams() == 1 ? Optional.empty() : Optional.of(new BeamSearch(config, this.prompt, ends,
                Math.min(config.maxTokens(), contextLength - prompt.length + 1), new Source(this.prompt), vocabulary, new RowRanking()));
    }

    @Override
    int[] prompt() {
        return prompt;
    }

    @Override
    int width() {
        return config.beams();
    }

    @Override
    Sharing sharing() {
        return prompted.isPresent() ? Sharing.NONE : request.sharing();
    }

    @Override
    Sharing leaves() {
        return request.sharing();
    }

    @Override
    int firstOutput() {
        return prompted.isPresent() ? 0 : super.firstOutput();
    }

    @Override
    int live() {
        return search.map(BeamSearch::live).orElse(1);
    }

    @Override
    int[] sequence(int i) {
        return search.map(one -> one.sequence(i)).orElseGet(() -> Arrays.copyOf(tokens, prompt.length + count));
    }

    @Override
    int lastToken(int i) {
        return search.map(one -> one.token(i)).orElseGet(() -> tokens[prompt.length + count - 1]);
    }

    @Override
    int parent(int i) {
        return search.map(one -> one.parent(i)).orElse(i);
    }

    @Override
    void begin(int shared) {
        if (reused < 0) { // it may begin again after it was put back
            reused = shared;
            begun = System.nanoTime();
        }
        if (prefilled == 0) {
            prompted.ifPresent(LogProbabilityReader::clear);
        }
    }

    @Override
    int wanted(int max) {
        // the last token of an answer is chosen by the logits after the one before it
        return proposals.map(some -> some.wanted(Math.min(max, maxTokens - count - 1))).orElse(0);
    }

    @Override
    Optional<DraftedSequence> drafted() {
        return drafted;
    }

    @Override
    int[] propose(int max) {
        if (proposals.isEmpty()) {
            return NONE;
        }
        int[] found = proposals.get().propose(tokens, prompt.length + count, max);
        int allowed = sampler.allowed(found);
        return allowed < found.length ? proposals.get().cut(allowed) : found;
    }

    @Override
    void take(float[] logits, int from, int rows, int columns) {
        int known = prefilled == 0 && prompted.isPresent() ? readPrompt(prompted.get(), logits, from, rows, columns) : 0;
        if (known < rows || search.isPresent()) {
            takeNext(logits, from + known * columns, columns);
        }
    }

    /** Reads what stands before the logits of the answer's first token, and returns how many rows that is. */
    private int readPrompt(LogProbabilityReader reader, float[] logits, int from, int rows, int columns) {
        int known = Math.min(rows, prompt.length - 1 - reader.count());
        reader.readNext(logits, from, known, columns, Arrays.copyOfRange(prompt, 1, prompt.length));
        return known;
    }

    private void takeNext(float[] logits, int from, int columns) {
        if (prefilled == 0) {
            prefilled = System.nanoTime();
            prompted.ifPresent(reader -> events.tell(new GenerationEvent.Prompt(reader.all())));
        }
        if (maxTokens == 0) {
            finish(FinishReason.MAX_TOKENS);
        } else if (search.isPresent()) {
            search.get().advance(logits, from, columns);
            if (search.get().done()) {
                finishSearch(search.get().results().getFirst());
            }
        } else {
            choose(logits, from, columns);
        }
    }

    private void choose(float[] logits, int from, int columns) {
        boolean own = from == 0 && logits.length == columns && answered.isEmpty();
        int token = sampler.next(own ? logits : Arrays.copyOfRange(logits, from, from + columns)); // which it changes
        proposals.ifPresent(some -> some.chosen(token));
        if (ends.contains(token)) {
            finish(FinishReason.END);
            return;
        }
        add(token);
        answered.ifPresent(reader -> events.tell(new GenerationEvent.Token(reader.read(logits, from, columns, token))));
        tell(stops.accept(textOf(token)));
        if (stops.stopped()) {
            end(FinishReason.STOP_STRING);
        } else if (sampler.isWhole()) {
            finish(FinishReason.END);
        } else if (count >= maxTokens) {
            finish(FinishReason.MAX_TOKENS);
        } else if (prompt.length + count > contextLength) { // a next step would have to store the token just chosen
            finish(FinishReason.CONTEXT_FULL);
        }
    }

    private void add(int token) {
        if (prompt.length + count == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * tokens.length);
        }
        tokens[prompt.length + count++] = token;
    }

    private String textOf(int token) {
        return decoder.map(stream -> stream.next(token)).orElse("");
    }

    private void finishSearch(Hypothesis best) {
        for (int token : best.tokens()) {
            add(token);
            tell(stops.accept(textOf(token)));
            if (stops.stopped()) {
                end(FinishReason.STOP_STRING);
                return;
            }
        }
        finish(best.ended() ? FinishReason.END : count >= maxTokens ? FinishReason.MAX_TOKENS : FinishReason.CONTEXT_FULL);
    }

    /** Ends the answer with the text that was held back until now. */
    private void finish(FinishReason why) {
        tell(stops.accept(decoder.map(StreamDecoder::end).orElse("")));
        if (stops.stopped()) {
            end(FinishReason.STOP_STRING);
        } else {
            tell(stops.rest());
            end(why);
        }
    }

    private void tell(String more) {
        if (!more.isEmpty()) {
            calls.map(some -> some.accept(more)).orElseGet(() -> List.of(new GenerationEvent.Text(more))).forEach(this::tell);
        }
    }

    private void tell(GenerationEvent event) {
        if (event instanceof GenerationEvent.Text part) {
            text.append(part.text());
        }
        events.tell(event);
    }

    private void end(FinishReason why) {
        calls.map(ToolCalls::end).orElse(List.of()).forEach(this::tell);
        boolean called = calls.map(some -> !some.all().isEmpty()).orElse(false);
        long ended = System.nanoTime();
        begun = begun == 0 ? ended : begun;
        prefilled = prefilled == 0 ? ended : prefilled;
        events.tell(new GenerationEvent.Finished(
                new Completion(text.toString(), Arrays.copyOfRange(tokens, prompt.length, prompt.length + count),
                prompt.length, Math.max(reused, 0), why == FinishReason.END && called ? FinishReason.TOOL_CALLS : why,
                (begun - call().submitted()) / 1e9, (prefilled - begun) / 1e9, (ended - prefilled) / 1e9, sampler.seed(),
                answered.map(LogProbabilityReader::all).orElse(List.of()), prompted.map(LogProbabilityReader::all).orElse(List.of()),
                calls.map(ToolCalls::all).orElse(List.of()), calls.map(ToolCalls::faults).orElse(List.of()),
                proposals.map(Proposals::proposed).orElse(0), proposals.map(Proposals::accepted).orElse(0))));
        end();
    }

    /** An answer that was cancelled, or is late, ends with what it has. */
    @Override
    void stop(Stop why) {
        finish(why == Stop.CANCELLED ? FinishReason.CANCELLED : FinishReason.TIMED_OUT);
    }
}
