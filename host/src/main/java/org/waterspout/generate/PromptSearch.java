package org.waterspout.generate;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** The search with a beam for a decoder's answer, whose hypotheses have a slot each. Belongs to one thread. */
final class PromptSearch {

    private final Engine engine;
    private final List<Engine.Slot> slots;
    private final TargetSearch search;

    /**
     * @param slots one for each hypothesis of the beam; the first holds the prompt
     * @param ends  tokens that end an answer
     */
    PromptSearch(Engine engine, List<Engine.Slot> slots, Decoding decoding, int[] prompt, Set<Integer> ends) {
        this.engine = engine;
        this.slots = slots;
        search = new TargetSearch(decoding, prompt, ends, limit(decoding, prompt.length, engine.contextLength()),
                new TranslationEngine.Source(prompt), engine.vocabulary(), new RowRanking());
    }

    /** The last token of an answer need not be stored. */
    private static int limit(Decoding decoding, int promptTokens, int contextLength) {
        return Math.min(decoding.maxTokens(), contextLength - promptTokens + 1);
    }

    /**
     * The best answer.
     *
     * @param afterPrompt [vocabulary], changed in place
     * @param cancelled   asked before each step
     * @return empty when cancelled
     */
    Optional<TargetSequence> best(float[] afterPrompt, BooleanSupplier cancelled) {
        float[] logits = afterPrompt;
        while (true) {
            search.advance(logits, 0, engine.vocabulary());
            if (search.done()) {
                return Optional.of(search.results().getFirst());
            }
            if (cancelled.getAsBoolean()) {
                return Optional.empty();
            }
            engine.reorder(slots, IntStream.range(0, search.live()).map(search::parent).toArray());
            logits = engine.stepEach(slots.subList(0, search.live()), IntStream.range(0, search.live()).map(search::token).toArray());
        }
    }
}
