package org.waterspout.generate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.RopeTable;
import org.waterspout.validate.FiniteCheck;
import org.waterspout.validate.Validator;

/**
 * Runs sequences on one plan: hands out its cache slots and feeds it one step at a time, from any thread. Knows tokens and
 * positions; what they mean is {@link Generation}'s matter.
 */
public final class Engine implements AutoCloseable {

    /** A sequence's place in the plan's caches, and the tokens whose keys and values stand there. */
    static final class Slot {
        private final int number;
        private int[] tokens = new int[64];
        private int length;
        /** What the sequence will have at least: a prompt that comes in parts is turned by its whole length from the first on. */
        private int expected;
        /** Whether what stands in the caches was turned by the frequencies of long sequences. */
        private boolean beyond;

        private Slot(int number) {
            this.number = number;
        }

        int length() {
            return length;
        }

        private void append(int[] more) {
            if (length + more.length > tokens.length) {
                tokens = Arrays.copyOf(tokens, Math.max(2 * tokens.length, length + more.length));
            }
            System.arraycopy(more, 0, tokens, length, more.length);
            length += more.length;
        }

        private Slot copy() {
            Slot copy = new Slot(number);
            copy.become(this);
            return copy;
        }

        private void become(Slot other) {
            tokens = other.tokens.clone();
            length = other.length;
            expected = other.expected;
            beyond = other.beyond;
        }

        private int commonPrefix(int[] prompt) {
            int mismatch = Arrays.mismatch(tokens, 0, length, prompt, 0, prompt.length);
            return mismatch < 0 ? length : mismatch;
        }
    }

    /** Why a closed model does nothing. */
    public static final String CLOSED = "the model is closed: load it again";

    private final Plan plan;
    private final int border;
    private final int dynamicBorder;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Slot> free = new ArrayDeque<>();
    private final int longest;
    private boolean closed;

    /** Takes over {@code plan} and closes it with itself. */
    public Engine(Plan plan) {
        this(plan, plan.options().contextLength());
    }

    /** @param longest context that the model could be loaded with */
    public Engine(Plan plan, int longest) {
        this.plan = plan;
        this.longest = longest;
        this.border = RopeTable.border(plan.graph());
        this.dynamicBorder = RopeTable.dynamicBorder(plan.graph());
        for (int number = 0; number < plan.options().maxSequences(); number++) {
            free.add(new Slot(number));
        }
    }

    public Plan plan() {
        return plan;
    }

    /** As {@link Plan#warmUp()}. */
    public void warmUp() {
        lock.lock();
        try {
            checkOpen();
            plan.warmUp();
        } finally {
            lock.unlock();
        }
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
     * Outputs of a sequence of its own, from position 0.
     *
     * @param everyRow all positions, or only the last
     * @return [positions, vocabulary]
     */
    public float[] logits(int[] tokens, boolean everyRow) {
        Slot slot = acquire(tokens, false);
        try {
            int chunk = plan.options().maxRows();
            float[] all = new float[Math.multiplyExact(everyRow ? tokens.length : 1, vocabulary())];
            for (int from = 0; from < tokens.length; from += chunk) {
                int[] part = Arrays.copyOfRange(tokens, from, Math.min(from + chunk, tokens.length));
                float[] rows = step(slot, part, everyRow);
                if (everyRow || from + chunk >= tokens.length) {
                    System.arraycopy(rows, 0, all, everyRow ? from * vocabulary() : 0, rows.length);
                }
            }
            return all;
        } finally {
            release(slot);
        }
    }

    /**
     * A free slot for a sequence that starts with {@code prompt}.
     *
     * @param reuse keep what a slot holds of an equal beginning; the last token is always computed again, for its logits
     */
    Slot acquire(int[] prompt, boolean reuse) {
        checkPrompt(prompt);
        lock.lock();
        try {
            checkOpen();
            if (free.isEmpty()) {
                throw new InvalidRequestException("all " + plan.options().maxSequences()
                        + " sequences of this model are in use: close a generation, or load it for more sequences");
            }
            Slot best = free.peek();
            for (Slot slot : free) {
                if (reuse && reusable(slot, prompt) > reusable(best, prompt)) {
                    best = slot;
                }
            }
            free.remove(best);
            best.length = reuse ? Math.min(reusable(best, prompt), prompt.length - 1) : 0;
            best.expected = prompt.length;
            best.beyond = prompt.length > border;
            return best;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Free slots for the hypotheses of a search; the first is as {@link #acquire(int[], boolean)} gives it, the others are empty.
     *
     * @throws InvalidRequestException when there are not so many
     */
    List<Slot> acquire(int[] prompt, boolean reuse, int count) {
        lock.lock();
        try {
            if (count > 1 && free.size() < count) {
                throw new InvalidRequestException("a beam of " + count + " is asked for, and " + free.size() + " of this model's "
                        + plan.options().maxSequences() + " sequences are free: close a generation, or load it for more sequences");
            }
            List<Slot> slots = new ArrayList<>(List.of(acquire(prompt, reuse)));
            while (slots.size() < count) {
                Slot slot = free.remove();
                slot.length = 0;
                slots.add(slot);
            }
            return slots;
        } finally {
            lock.unlock();
        }
    }

    /** Keys that were turned for another length are no use. */
    private int reusable(Slot slot, int[] prompt) {
        boolean turnedAlike = slot.beyond == prompt.length > border
                && Math.max(dynamicBorder, slot.expected) == Math.max(dynamicBorder, prompt.length);
        return turnedAlike ? slot.commonPrefix(prompt) : 0;
    }

    void release(Slot slot) {
        release(List.of(slot));
    }

    void release(List<Slot> slots) {
        lock.lock();
        try {
            slots.reversed().forEach(free::addFirst);
        } finally {
            lock.unlock();
        }
    }

    /** Appends at most {@code maxRows} tokens to a sequence; returns [1 or tokens.length, vocabulary]. */
    float[] step(Slot slot, int[] tokens, boolean everyRow) {
        lock.lock();
        try {
            checkOpen();
            if (!slot.beyond && slot.length + tokens.length > border) {
                turnAnew(slot, slot.length + tokens.length);
            }
            return run(slot, tokens, everyRow);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Appends one token to each of some sequences of equal length.
     *
     * @return [slots.size(), vocabulary]
     */
    float[] stepEach(List<Slot> slots, int[] tokens) {
        lock.lock();
        try {
            checkOpen();
            float[] all = new float[Math.multiplyExact(tokens.length, vocabulary())];
            int rows = plan.options().maxRows();
            for (int from = 0; from < tokens.length; from += rows) {
                int to = Math.min(from + rows, tokens.length);
                float[] some = runEach(slots.subList(from, to), Arrays.copyOfRange(tokens, from, to));
                System.arraycopy(some, 0, all, from * vocabulary(), some.length);
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    private float[] runEach(List<Slot> slots, int[] tokens) {
        int[] positions = new int[tokens.length];
        int[] numbers = new int[tokens.length];
        int[] lengths = new int[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            Slot slot = slots.get(i);
            if (!slot.beyond && slot.length + 1 > border) {
                turnAnew(slot, slot.length + 1);
            }
            positions[i] = slot.length;
            numbers[i] = slot.number;
            lengths[i] = Math.max(slot.expected, slot.length + 1);
        }
        Batch batch = new Batch(tokens, positions, numbers, IntStream.range(0, tokens.length).toArray()).withLengths(lengths);
        float[] output = new float[Math.multiplyExact(tokens.length, vocabulary())];
        plan.step(batch, output);
        FiniteCheck.ofLogits(output, output.length, plan, number ->
                course(slots.get(number / vocabulary()), new int[] {tokens[number / vocabulary()]}));
        for (int i = 0; i < tokens.length; i++) {
            slots.get(i).append(new int[] {tokens[i]});
        }
        return output;
    }

    /** From now on the sequence in slot i goes on where that in slot {@code parents[i]} stood, for i below {@code parents.length}. */
    void reorder(List<Slot> slots, int[] parents) {
        lock.lock();
        try {
            checkOpen();
            if (IntStream.range(0, parents.length).allMatch(i -> parents[i] == i)) {
                return;
            }
            int[] all = IntStream.range(0, plan.options().maxSequences()).toArray();
            List<Slot> before = slots.stream().map(Slot::copy).toList();
            for (int i = 0; i < parents.length; i++) {
                all[slots.get(i).number] = slots.get(parents[i]).number;
                slots.get(i).become(before.get(parents[i]));
            }
            plan.reorder(all);
        } finally {
            lock.unlock();
        }
    }

    /**
     * A sequence that grows past the border of LongRoPE is computed again from its start, once, as Transformers does: all its keys have the
     * frequencies of long sequences then.
     */
    private void turnAnew(Slot slot, int length) {
        int[] before = Arrays.copyOf(slot.tokens, slot.length);
        slot.beyond = true;
        slot.expected = Math.max(slot.expected, length);
        slot.length = 0;
        for (int[] part : chunks(before, 0)) {
            run(slot, part, false);
        }
    }

    private float[] run(Slot slot, int[] tokens, boolean everyRow) {
        Batch first = Batch.of(tokens, slot.length, everyRow);
        int[] sequences = new int[tokens.length];
        Arrays.fill(sequences, slot.number);
        int[] lengths = Arrays.stream(first.positions()).map(position -> Math.max(slot.expected, position + 1)).toArray();
        Batch batch = new Batch(tokens, first.positions(), sequences, first.outputRows()).withLengths(lengths);
        float[] output = new float[Math.multiplyExact(batch.outputRows().length, vocabulary())];
        plan.step(batch, output);
        FiniteCheck.ofLogits(output, output.length, plan, any -> course(slot, tokens));
        slot.append(tokens);
        return output;
    }

    /** What a sequence has seen, token by token. */
    private static Validator.Course course(Slot slot, int[] tokens) {
        int[] all = Arrays.copyOf(slot.tokens, slot.length + tokens.length);
        System.arraycopy(tokens, 0, all, slot.length, tokens.length);
        List<Batch> steps = new ArrayList<>();
        for (int position = 0; position < all.length; position++) {
            steps.add(Batch.of(new int[] {all[position]}, position, true).withLengths(new int[] {Math.max(slot.expected, position + 1)}));
        }
        return new Validator.Course(List.of(), steps, new PlanOptions(all.length, 1, 1, true));
    }

    /** The parts of {@code tokens} from {@code from} on that fit one step each. */
    List<int[]> chunks(int[] tokens, int from) {
        List<int[]> chunks = new ArrayList<>();
        int size = plan.options().maxRows();
        for (int at = from; at < tokens.length; at += size) {
            chunks.add(Arrays.copyOfRange(tokens, at, Math.min(at + size, tokens.length)));
        }
        return chunks;
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

    private void checkOpen() {
        if (closed) {
            throw new InvalidRequestException(CLOSED);
        }
    }

    /** Waits for the step under way, then closes the plan. */
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
}
