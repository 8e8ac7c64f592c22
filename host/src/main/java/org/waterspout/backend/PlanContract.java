package org.waterspout.backend;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.BatchInput;
import org.waterspout.graph.Graph;

/**
 * What a {@link Plan} asks of whoever runs it, the same on every backend. It knows how far each sequence has come, and refuses what would
 * read beyond a table or what nobody wrote, before anything runs: a refused batch changes nothing. A plan has one and tells it what it did.
 */
public final class PlanContract {

    /** What a graph reads of a batch. */
    private static final class Side {
        final Graph graph;
        final int vocabulary;
        final int positions;
        final int types;
        final int given;
        final boolean whole;
        final boolean crossAttends;
        final boolean recurrent;
        final boolean shortlist;

        Side(Graph graph) {
            this.graph = graph;
            vocabulary = least(BatchInput.Kind.TOKENS);
            positions = least(BatchInput.Kind.POSITIONS);
            types = least(BatchInput.Kind.TYPES);
            given = graph.batchInputs(BatchInput.Kind.EMBEDDINGS).max().orElse(0);
            whole = graph.needsWholeSequences();
            crossAttends = graph.attends().anyMatch(attends -> attends.source().isPresent());
            recurrent = graph.isRecurrent();
            shortlist = graph.batchInputs(BatchInput.Kind.CANDIDATES).findAny().isPresent();
        }

        /** Rows of the smallest table that this part of a batch chooses rows of. */
        private int least(BatchInput.Kind kind) {
            return graph.batchInputs(kind).min().orElse(Integer.MAX_VALUE);
        }
    }

    private final PlanOptions options;
    private final Side decoder;
    private final Side encoder;
    private final int[] lengths;
    private final int[] sourceLengths;
    private boolean closed;

    public PlanContract(Graph graph, PlanOptions options) {
        this.options = options;
        decoder = new Side(graph);
        encoder = graph.encoder().map(Side::new).orElse(null);
        lengths = new int[options.maxSequences()];
        sourceLengths = new int[options.maxSources()];
    }

    /**
     * @param output floats that the caller has room for
     * @throws InvalidRequestException for rows, positions, sequences, sources, tokens or candidates that the plan was not made for; a
     *                                 position beyond the end of its sequence; one before the end of a recurrent state; a source that was
     *                                 never encoded; an output that is too short
     * @throws ClosedException         when closed
     */
    public void checkStep(Batch batch, int output, StepObserver observer) {
        requireOpen();
        requireObservable(observer);
        batch.requireFits(options);
        checkRows(decoder, batch, lengths);
        checkCandidates(batch.candidates());
        int rows = decoder.graph.selects() ? batch.outputRows().length : batch.rows();
        requireRoom((long) rows * (batch.candidates().length == 0 ? decoder.graph.output().width() : batch.candidates().length), output);
    }

    /**
     * As {@link #checkStep} for {@link Plan#encode}.
     *
     * @param output floats that the caller has room for; 0 where he wants none
     * @throws InvalidRequestException also for sources that are not whole, and where the graph has no encoder
     */
    public void checkEncode(Batch batch, int output, StepObserver observer) {
        requireOpen();
        requireObservable(observer);
        if (encoder == null) {
            throw new InvalidRequestException("the model " + decoder.graph.name()
                    + " has no encoder beside its decoder: it reads no sources");
        }
        batch.requireFitsSources(options);
        batch.requireWhole();
        checkRows(encoder, batch, new int[options.maxSources()]);
        if (output > 0) {
            requireRoom((long) batch.rows() * encoder.graph.output().width(), output);
        }
    }

    private static void requireRoom(long floats, int output) {
        if (floats > output) {
            throw new InvalidRequestException("the output takes " + floats + " floats, the array has " + output);
        }
    }

    private void checkRows(Side side, Batch batch, int[] before) {
        if (side.whole) {
            batch.requireWhole();
        }
        if (batch.inputEmbeddings().length != batch.rows() * side.given) {
            throw new InvalidRequestException("the model reads " + side.given + " numbers for each of " + batch.rows()
                    + " rows, the batch has " + batch.inputEmbeddings().length);
        }
        Map<Integer, Integer> after = new HashMap<>();
        for (int row = 0; row < batch.rows(); row++) {
            checkRow(side, batch, row);
            if (!side.whole) {
                int sequence = batch.sequences()[row];
                checkPlace(side, batch.positions()[row], sequence, after.getOrDefault(sequence, before[sequence]));
                after.put(sequence, batch.positions()[row] + 1);
            }
            if (side.crossAttends && (batch.source(row) >= sourceLengths.length || sourceLengths[batch.source(row)] == 0)) {
                throw new InvalidRequestException("source " + batch.source(row) + " was never encoded: encode it before the first step");
            }
        }
    }

    private static void checkRow(Side side, Batch batch, int row) {
        int token = batch.tokens()[row];
        if (token != Batch.NO_TOKEN && (token < 0 || token >= side.vocabulary)) {
            throw new InvalidRequestException("token " + token + " is outside the vocabulary of " + side.vocabulary
                    + ": use the tokenizer of this model");
        }
        if (batch.positions()[row] >= side.positions) {
            throw new InvalidRequestException("position " + batch.positions()[row] + " is outside the model's " + side.positions
                    + " learned positions: shorten the text");
        }
        if (batch.type(row) < 0 || batch.type(row) >= side.types) {
            throw new InvalidRequestException("token type " + batch.type(row) + " is outside the model's " + side.types);
        }
    }

    private static void checkPlace(Side side, int position, int sequence, int length) {
        if (position > length) {
            throw new InvalidRequestException("sequence " + sequence + " holds " + length + " positions, so position " + position
                    + " would leave a gap: continue where it ends");
        }
        if (position > 0 && position < length && side.recurrent) {
            throw new InvalidRequestException("sequence " + sequence + " has come to position " + length
                    + " and its recurrent state cannot go back to " + position + ": continue where it ends, or begin it anew");
        }
    }

    private void checkCandidates(int[] candidates) {
        if (candidates.length > 0 && !decoder.shortlist) {
            throw new InvalidRequestException("the model " + decoder.graph.name() + " has no shortlist: leave the candidates out");
        }
        int width = decoder.graph.output().width();
        for (int i = 0; i < candidates.length; i++) {
            if (candidates[i] < 0 || candidates[i] >= width || i > 0 && candidates[i] <= candidates[i - 1]) {
                throw new InvalidRequestException("candidates must ascend from 0 to at most " + (width - 1) + ", got " + candidates[i]);
            }
        }
    }

    /** @throws InvalidRequestException for a sequence that the plan does not have */
    public void checkParents(int[] parents) {
        requireOpen();
        if (parents.length > options.maxSequences()) {
            throw new InvalidRequestException(parents.length + " sequences exceed the plan's " + options.maxSequences()
                    + ": prepare the plan with more sequences");
        }
        Arrays.stream(parents).forEach(this::checkSequence);
    }

    /** @throws InvalidRequestException for a sequence that the plan does not have */
    public void checkSequence(int sequence) {
        requireOpen();
        if (sequence < 0 || sequence >= options.maxSequences()) {
            throw new InvalidRequestException("sequence " + sequence + " is outside the plan's " + options.maxSequences()
                    + ": prepare the plan with more sequences");
        }
    }

    /** @throws InvalidRequestException for a sequence that the plan does not have, or that ends before {@code end} */
    public void checkHolds(int sequence, int end) {
        checkSequence(sequence);
        if (lengths[sequence] < end) {
            throw new InvalidRequestException("sequence " + sequence + " holds " + lengths[sequence] + " positions and not " + end
                    + ": compute them first");
        }
    }

    /** @throws InvalidRequestException for a sequence that the plan does not have, or one longer than the context */
    public void checkResumes(int sequence, long length) {
        checkSequence(sequence);
        if (length > options.contextLength()) {
            throw new InvalidRequestException(length + " positions of kept blocks exceed the context of " + options.contextLength()
                    + ": resume fewer");
        }
    }

    /** @throws ClosedException when closed */
    public void requireOpen() {
        if (closed) {
            throw new ClosedException("the plan is closed: prepare a new one");
        }
    }

    private void requireObservable(StepObserver observer) {
        if (observer != StepObserver.NONE && !options.observable()) {
            throw new InvalidRequestException("the plan was not prepared to be observed: set PlanOptions.observable");
        }
    }

    // ---- what the plan did

    /** Runs {@code work}, which computes {@code batch}; where it fails, the sequences end where their rows would have begun. */
    public void step(Batch batch, Runnable work) {
        boolean done = false;
        try {
            work.run();
            done = true;
        } finally {
            for (int row = 0; row < batch.rows(); row++) {
                int sequence = batch.sequences()[row];
                lengths[sequence] = done ? batch.positions()[row] + 1 : Math.min(lengths[sequence], batch.positions()[row]);
            }
        }
    }

    /** As {@link #step} for sources, which are lost where it fails. */
    public void encode(Batch batch, Runnable work) {
        Arrays.stream(batch.sequences()).forEach(source -> sourceLengths[source] = 0);
        work.run();
        for (int row = 0; row < batch.rows(); row++) {
            sourceLengths[batch.sequences()[row]] = batch.positions()[row] + 1;
        }
    }

    /** Positions of an encoded source; 0 for none. */
    public int sourceLength(int source) {
        return sourceLengths[source];
    }

    public void reordered(int[] parents) {
        int[] before = lengths.clone();
        for (int i = 0; i < parents.length; i++) {
            lengths[i] = before[parents[i]];
        }
    }

    public void forgotten(int sequence) {
        resumed(sequence, 0);
    }

    /** The sequence holds so many positions now, which had been kept. */
    public void resumed(int sequence, int length) {
        lengths[sequence] = length;
    }

    public void closed() {
        closed = true;
    }
}
