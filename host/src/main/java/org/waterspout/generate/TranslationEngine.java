package org.waterspout.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Op;
import org.waterspout.validate.FiniteCheck;
import org.waterspout.validate.Validator;

/**
 * Finds targets for sources on one plan of an encoder-decoder, from any thread: sources of similar length together, as many as the plan
 * has room for; where some are done, others take their places. What a source gives does not depend on those beside it.
 */
public final class TranslationEngine implements AutoCloseable {

    /** What a closed model answers. */
    public static final String CLOSED = Engine.CLOSED;

    /**
     * A source as the encoder takes it.
     *
     * @param tokens     with the model's special tokens
     * @param candidates ascending ids of the tokens its target may have; empty for all
     */
    public record Source(int[] tokens, int[] candidates) {

        private static final int[] ALL = {};

        /** Whose target may have any token. */
        public Source(int[] tokens) {
            this(tokens, ALL);
        }
    }

    private final Plan plan;
    private final int start;
    private final Set<Integer> ends;
    private final int longest;
    private final int sourceVocabulary;
    private final RowRanking ranking = new RowRanking();
    private final ReentrantLock lock = new ReentrantLock(true);
    private float[] logits = {};
    private boolean closed;

    /**
     * @param plan  closed with this
     * @param start what every target begins with, or {@link Batch#NO_TOKEN}
     * @param ends  tokens that end a target
     */
    public TranslationEngine(Plan plan, int start, Set<Integer> ends) {
        this(plan, start, ends, 0);
    }

    /** @param longest source that the model could be loaded for */
    public TranslationEngine(Plan plan, int start, Set<Integer> ends, int longest) {
        this.plan = plan;
        this.longest = longest;
        this.start = start;
        this.ends = Set.copyOf(ends);
        this.sourceVocabulary = plan.graph().encoder().orElseThrow().ops().filter(Op.Embed.class::isInstance)
                .mapToInt(op -> ((Op.Embed) op).table().rows()).findFirst().orElseThrow();
    }

    public Plan plan() {
        return plan;
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

    /**
     * The best targets of each source, in their order.
     *
     * @param decoding for all of them
     * @param finished told the number of each source that is done, as soon as it is
     * @throws InvalidRequestException for a source that is empty or too long, tokens that the model lacks, a beam that the plan has no room for
     * @throws CancellationException   when the thread is interrupted, which it stays
     */
    public List<List<TargetSequence>> translate(List<Source> sources, Decoding decoding, IntConsumer finished) {
        sources.forEach(source -> check(source.tokens()));
        check(decoding);
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException waiting) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
        try {
            if (closed) {
                throw new InvalidRequestException(CLOSED);
            }
            return new Run(sources, decoding.seeded(), finished).complete();
        } finally {
            lock.unlock();
        }
    }

    /** @throws CancellationException when the thread is interrupted */
    public static void refuseIfInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw cancelled();
        }
    }

    private static CancellationException cancelled() {
        return new CancellationException("translating was cancelled: its thread was interrupted");
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
        lock.lock();
        try {
            if (closed) {
                throw new InvalidRequestException(CLOSED);
            }
            plan.encode(Batch.of(source, 0, true), new float[0]);
            int rows = plan.options().maxRows();
            float[] all = new float[Math.multiplyExact(target.length, vocabulary())];
            for (int at = 0; at < target.length; at += rows) {
                int[] part = Arrays.copyOfRange(target, at, Math.min(at + rows, target.length));
                float[] some = new float[part.length * vocabulary()];
                plan.step(Batch.of(part, at, true), some);
                FiniteCheck.ofLogits(some, some.length, plan, any -> course(source, target));
                System.arraycopy(some, 0, all, at * vocabulary(), some.length);
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    private static Validator.Course course(int[] source, int[] target) {
        List<Batch> steps = new ArrayList<>();
        for (int position = 0; position < target.length; position++) {
            steps.add(Batch.of(new int[] {target[position]}, position, true));
        }
        return new Validator.Course(List.of(Batch.of(source, 0, true)), steps,
                new PlanOptions(target.length, 1, source.length, true).withSources(1, source.length));
    }

    /** @throws InvalidRequestException for a source that is empty or too long, or has tokens that the model lacks */
    public void check(int[] source) {
        if (source.length == 0) {
            throw new InvalidRequestException("the source is empty: give it some text");
        }
        if (source.length > sourceLength()) {
            throw new InvalidRequestException("the source has " + source.length + " tokens, the model reads " + sourceLength()
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

    private void check(Decoding decoding) {
        int room = Math.min(plan.options().maxSequences(), plan.options().maxRows());
        if (decoding.beams() > room) {
            throw new InvalidRequestException("a beam of " + decoding.beams() + " is asked for; the model was loaded for " + room
                    + " hypotheses at a time: load it for more sequences");
        }
        decoding.rules().named().forEach(this::checkToken);
    }

    /** Waits for the sources under way, then closes the plan. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                plan.close();
            }
        } finally {
            lock.unlock();
        }
    }

    /** One call's sources: some are waiting, some have a place in the plan. */
    private final class Run {
        private final List<Source> sources;
        private final Decoding decoding;
        private final IntConsumer finished;
        private final List<List<TargetSequence>> results;
        /** Numbers of sources, the longest first. */
        private final int[] order;
        private int begun;
        private final TargetSearch[] searches;
        private final int[] numbers;
        private int active;
        private int[] columns = {};

        Run(List<Source> sources, Decoding decoding, IntConsumer finished) {
            this.sources = sources;
            this.decoding = decoding;
            this.finished = finished;
            results = new ArrayList<>(Collections.nCopies(sources.size(), List.of()));
            order = IntStream.range(0, sources.size()).boxed()
                    .sorted(Comparator.comparing(number -> -sources.get(number).tokens().length)).mapToInt(number -> number).toArray();
            int hypotheses = Math.min(plan.options().maxSequences(), plan.options().maxRows());
            int places = Math.max(1, Math.min(plan.options().maxSources(), hypotheses / decoding.beams()));
            searches = new TargetSearch[Math.min(places, Math.max(1, sources.size()))];
            numbers = new int[searches.length];
        }

        List<List<TargetSequence>> complete() {
            while (active > 0 || begun < order.length) {
                refuseIfInterrupted();
                // Encoding a single source is dear beside encoding some together, so free places wait for others.
                if (active <= searches.length / 2) {
                    fill();
                }
                step();
            }
            return results;
        }

        /** Encodes waiting sources into the free places. */
        private void fill() {
            int place = 0;
            while (begun < order.length && active < searches.length) {
                List<Integer> places = new ArrayList<>();
                int rows = 0;
                while (begun < order.length && active < searches.length
                        && rows + sources.get(order[begun]).tokens().length <= plan.options().maxRows()) {
                    while (searches[place] != null) {
                        place++;
                    }
                    rows += sources.get(order[begun]).tokens().length;
                    place(place, order[begun++]);
                    places.add(place);
                }
                encode(places, rows);
            }
            columns = union();
        }

        private void place(int place, int number) {
            Source source = sources.get(number);
            int limit = decoding.limit(source.tokens().length, plan.options().contextLength());
            searches[place] = new TargetSearch(decoding, new int[] {start}, ends, limit, source, vocabulary(), ranking);
            numbers[place] = number;
            active++;
        }

        private void encode(List<Integer> places, int rows) {
            int[] tokens = new int[rows];
            int[] positions = new int[rows];
            int[] numbersOfRows = new int[rows];
            int row = 0;
            for (int place : places) {
                int[] source = sources.get(numbers[place]).tokens();
                for (int position = 0; position < source.length; position++) {
                    tokens[row] = source[position];
                    positions[row] = position;
                    numbersOfRows[row++] = place;
                }
            }
            plan.encode(new Batch(tokens, positions, numbersOfRows, IntStream.range(0, rows).toArray()), new float[0]);
        }

        /** The candidates of all sources in places, ascending; empty for all tokens. */
        private int[] union() {
            BitSet all = new BitSet();
            for (TargetSearch search : searches) {
                if (search != null) {
                    if (search.candidates().length == 0) {
                        return new int[0];
                    }
                    for (int token : search.candidates()) {
                        all.set(token);
                    }
                }
            }
            return all.stream().toArray();
        }

        /** One token more for every hypothesis. */
        private void step() {
            int rows = 0;
            for (TargetSearch search : searches) {
                rows += search == null ? 0 : search.live();
            }
            int width = columns.length == 0 ? vocabulary() : columns.length;
            if (logits.length < rows * width) {
                logits = new float[Math.multiplyExact(rows, width)];
            }
            plan.step(batch(rows), logits);
            FiniteCheck.ofLogits(logits, rows * width, plan, number -> courseOfRow(number / width));
            int row = 0;
            int[] parents = IntStream.range(0, searches.length * decoding.beams()).toArray();
            boolean moved = false;
            for (int place = 0; place < searches.length; place++) {
                TargetSearch search = searches[place];
                if (search == null) {
                    continue;
                }
                int before = search.live();
                advance(search, row, before, width);
                row += before;
                if (search.done()) {
                    results.set(numbers[place], search.results());
                    searches[place] = null;
                    active--;
                    finished.accept(numbers[place]);
                    continue;
                }
                for (int i = 0; i < search.live(); i++) {
                    parents[place * decoding.beams() + i] = place * decoding.beams() + search.parent(i);
                    moved |= search.parent(i) != i;
                }
            }
            if (moved) {
                plan.reorder(parents);
            }
        }

        private Validator.Course courseOfRow(int wanted) {
            int row = wanted;
            int place = 0;
            while (searches[place] == null || row >= searches[place].live()) {
                row -= searches[place] == null ? 0 : searches[place].live();
                place++;
            }
            return course(sources.get(numbers[place]).tokens(), searches[place].sequence(row));
        }

        private Batch batch(int rows) {
            int[] tokens = new int[rows];
            int[] positions = new int[rows];
            int[] sequences = new int[rows];
            int[] places = new int[rows];
            int row = 0;
            for (int place = 0; place < searches.length; place++) {
                TargetSearch search = searches[place];
                for (int i = 0; search != null && i < search.live(); i++) {
                    tokens[row] = search.token(i);
                    positions[row] = search.position();
                    sequences[row] = place * decoding.beams() + i;
                    places[row++] = place;
                }
            }
            return new Batch(tokens, positions, sequences, IntStream.range(0, rows).toArray()).withSources(places).withCandidates(columns);
        }

        /** A search sees the logits of its own candidates only, as if its source were alone. */
        private void advance(TargetSearch search, int row, int rows, int width) {
            int[] own = search.candidates();
            if (columns.length == 0 || own.length == columns.length) {
                search.advance(logits, row * width, width);
                return;
            }
            float[] chosen = new float[rows * own.length];
            for (int i = 0; i < rows; i++) {
                int column = 0;
                for (int j = 0; j < own.length; j++) {
                    while (columns[column] != own[j]) {
                        column++;
                    }
                    chosen[i * own.length + j] = logits[(row + i) * width + column];
                }
            }
            search.advance(chosen, 0, own.length);
        }
    }
}
