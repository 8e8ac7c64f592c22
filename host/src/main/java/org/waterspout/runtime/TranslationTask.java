package org.waterspout.runtime;

import java.util.List;
import java.util.Set;
import org.waterspout.backend.Batch;
import org.waterspout.decode.BeamSearch;
import org.waterspout.decode.RowRanking;
import org.waterspout.decode.Source;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.Hypothesis;

/** The best targets of one source. */
final class TranslationTask extends SequenceTask {

    private final Source source;
    private final int beams;
    private final BeamSearch search;
    private final Call<Integer> events;

    /**
     * @param call  told the number of the task when it is done
     * @param start what the target begins with
     * @param ends  tokens that end it
     */
    TranslationTask(Call<Integer> call, Source source, GenerationConfig config, int start, Set<Integer> ends, int contextLength,
            int vocabulary) {
        super(call);
        this.events = call;
        this.source = source;
        this.beams = config.beams();
        search = new BeamSearch(config, new int[] {start}, ends, config.limit(source.tokens().length, contextLength), source, vocabulary,
                new RowRanking());
    }

    @Override
    int[] prompt() {
        return NONE;
    }

    @Override
    int width() {
        return beams;
    }

    @Override
    int[] source() {
        return source.tokens();
    }

    @Override
    int[] candidates() {
        return search.candidates();
    }

    /** Beams make many rows, for which a translator takes the fastest kernels: scores differ in the last digits with their number. */
    @Override
    Batch.Phase phase() {
        return Batch.Phase.ANY;
    }

    @Override
    int live() {
        return search.live();
    }

    @Override
    int[] sequence(int i) {
        return search.sequence(i);
    }

    @Override
    int lastToken(int i) {
        return search.token(i);
    }

    @Override
    void take(float[] logits, int from, int rows, int columns) {
        search.advance(logits, from, columns);
        if (search.done()) {
            events.tell(number());
            end();
        }
    }

    @Override
    int parent(int i) {
        return search.parent(i);
    }

    /** Once it is done. */
    List<Hypothesis> results() {
        return search.results();
    }
}
