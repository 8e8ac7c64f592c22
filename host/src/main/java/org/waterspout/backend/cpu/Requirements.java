package org.waterspout.backend.cpu;

import java.util.HashMap;
import java.util.Map;
import org.waterspout.backend.Batch;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Weight;

/** What a graph asks of a batch, checked before anything runs, so that a refused batch changes nothing. */
final class Requirements {

    private final Graph graph;
    private final int vocabulary;
    private final int positions;
    private final int types;
    private final int given;
    private final boolean whole;
    private final boolean remembers;
    private final boolean shortlist;

    Requirements(Graph graph) {
        this.graph = graph;
        vocabulary = leastRows(Op.Embed.class);
        positions = leastRows(Op.AddPosition.class);
        types = leastRows(Op.AddType.class);
        given = graph.plainOps().mapToInt(op -> op instanceof Op.Given numbers ? numbers.output().width() : 0).max().orElse(0);
        whole = graph.plainOps().anyMatch(op -> op instanceof Op.Attention attention && attention.span() == Op.Span.FULL);
        remembers = graph.plainOps().anyMatch(Op.CrossAttention.class::isInstance);
        shortlist = graph.plainOps().anyMatch(Op.Shortlist.class::isInstance);
    }

    /** Rows of the smallest table that operations of {@code kind} read. */
    private int leastRows(Class<? extends Op> kind) {
        return graph.plainOps().filter(kind::isInstance).flatMap(op -> op.weights().stream()).mapToInt(Weight::rows).min()
                .orElse(Integer.MAX_VALUE);
    }

    /** Floats that a step puts out for {@code batch}. */
    long outputFloats(Batch batch) {
        int rows = graph.selects() ? batch.outputRows().length : batch.rows();
        return (long) rows * (batch.candidates().length == 0 ? graph.output().width() : batch.candidates().length);
    }

    /** @throws InvalidRequestException naming the first row that does not fit the graph, or what has been run before */
    void check(Batch batch, Memories memories) {
        if (whole) {
            batch.requireWhole();
        }
        if (given > 0 && batch.given().length != batch.rows() * given) {
            throw new InvalidRequestException("the model reads " + given + " numbers for each of " + batch.rows() + " rows, the batch has "
                    + batch.given().length);
        }
        Map<Integer, Integer> lengths = new HashMap<>();
        for (int row = 0; row < batch.rows(); row++) {
            checkRow(batch, row);
            if (!whole) {
                checkPlace(batch, row, memories, lengths);
            }
            if (remembers && (batch.source(row) >= memories.sources().sequences() || memories.sources().length(batch.source(row)) == 0)) {
                throw new InvalidRequestException("source " + batch.source(row) + " was never encoded: encode it before the first step");
            }
        }
        checkCandidates(batch.candidates());
    }

    private void checkRow(Batch batch, int row) {
        int token = batch.tokens()[row];
        if (token != Batch.NO_TOKEN && (token < 0 || token >= vocabulary)) {
            throw new InvalidRequestException("token " + token + " is outside the vocabulary of " + vocabulary);
        }
        if (batch.positions()[row] >= positions) {
            throw new InvalidRequestException("position " + batch.positions()[row] + " is beyond the model's " + positions
                    + " learned positions: shorten the text");
        }
        if (batch.type(row) < 0 || batch.type(row) >= types) {
            throw new InvalidRequestException("token type " + batch.type(row) + " is outside the model's " + types);
        }
    }

    private static void checkPlace(Batch batch, int row, Memories memories, Map<Integer, Integer> lengths) {
        int position = batch.positions()[row];
        int sequence = batch.sequences()[row];
        int length = lengths.getOrDefault(sequence, memories.cache().length(sequence));
        if (position > length) {
            throw new InvalidRequestException("sequence " + sequence + " holds " + length + " positions, so position " + position
                    + " would leave a gap: continue where it ends");
        }
        if (position > 0 && position < length && memories.states().present()) {
            throw new InvalidRequestException("sequence " + sequence + " has come to position " + length + " and its recurrent state cannot go back to "
                    + position + ": continue where it ends, or begin it anew");
        }
        lengths.put(sequence, position + 1);
    }

    private void checkCandidates(int[] candidates) {
        if (candidates.length > 0 && !shortlist) {
            throw new InvalidRequestException("the model " + graph.name() + " has no shortlist: leave the candidates out");
        }
        int width = graph.output().width();
        for (int i = 0; i < candidates.length; i++) {
            if (candidates[i] < 0 || candidates[i] >= width || i > 0 && candidates[i] <= candidates[i - 1]) {
                throw new InvalidRequestException("candidates must ascend from 0 to at most " + (width - 1) + ", got " + candidates[i]);
            }
        }
    }
}
