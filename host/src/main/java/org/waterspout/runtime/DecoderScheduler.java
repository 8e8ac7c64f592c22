package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.generate.Sharing;
import org.waterspout.validate.FiniteCheck;
import org.waterspout.validate.Validator;

/**
 * Continuous batching: each round gives every sequence that is generating its next token, all in one step, and then computes a piece of the
 * prompts that are coming in. Sequences join and leave between rounds. When memory for keys and values ends, what is kept of ended
 * sequences goes first; then the task that came last is put back, and computed again when another has left.
 */
final class DecoderScheduler implements Scheduler {

    /** Prompts that may end in one step, so that their last rows' logits are computed by the kernels for few rows, always the same. */
    private static final int MAX_ENDS = 8;

    /** Rows that a step may have so that proposed tokens are checked in it, too: as many as are computed in little more time than one. */
    private static final int MAX_SPECULATING_ROWS = 8;

    /**
     * A task's share of a step.
     *
     * @param slots  whose tokens up to {@code until} are computed
     * @param outputs rows of logits that it gets
     * @param proposed tokens behind {@code until} that are checked, too
     */
    private record Part(SequenceTask task, List<Slot> slots, int until, int outputs, int[] proposed) {
    }

    private final Plan plan;
    private final Optional<Drafter> drafter;
    private final int vocabulary;
    private final int maxRows;
    private final Slots slots;
    private final BitSet sources = new BitSet();
    private final List<SequenceTask> running = new ArrayList<>();
    private final PieceSize pieces;
    private boolean crowded;
    /** Whether there was no memory for proposed tokens since a task last left. */
    private boolean tight;
    /** Whether the step under way checks proposed tokens. */
    private boolean speculating;
    private float[] logits = {};

    DecoderScheduler(Plan plan) {
        this(plan, Optional.empty());
    }

    /** @param draft the plan of a model that proposes tokens */
    DecoderScheduler(Plan plan, Optional<Plan> draft) {
        this.plan = plan;
        drafter = draft.map(one -> new Drafter(one, plan.graph().output().width()));
        vocabulary = plan.graph().output().width();
        maxRows = plan.options().maxRows();
        slots = new Slots(plan);
        pieces = new PieceSize(maxRows);
    }

    @Override
    public boolean isIdle() {
        return running.isEmpty();
    }

    // ---- who runs

    @Override
    public void admit(Waiting waiting) {
        if (crowded || waiting.isEmpty() || !isWorthwhile((SequenceTask) waiting.first())) {
            return;
        }
        waiting.begin(task -> {
            SequenceTask next = (SequenceTask) task;
            boolean fits = hasRoom(next);
            if (fits) {
                begin(next);
            }
            return fits;
        });
    }

    /** Encoding a single source is dear beside encoding some together, so free slots wait for others. */
    private boolean isWorthwhile(SequenceTask next) {
        int together = Math.min(plan.options().maxSources(), plan.options().maxSequences() / next.width());
        return plan.graph().encoder().isEmpty() || running.size() <= together / 2;
    }

    private boolean hasRoom(SequenceTask task) {
        return slots.free() >= task.width() && (task.source().length == 0 || sources.cardinality() < plan.options().maxSources())
                && !slots.isComing(task.prompt(), task.sharing());
    }

    private void begin(SequenceTask task) {
        List<Slot> own = new ArrayList<>();
        for (int i = 0; i < task.width(); i++) {
            boolean first = i == 0;
            int[] tokens = i < task.live() ? task.sequence(i) : SequenceTask.NONE;
            own.add(slots.take(tokens, tokens.length == 0 ? 0 : task.prompt().length, first ? task.sharing() : Sharing.NONE,
                    task.leaves()));
        }
        task.setSlots(own);
        if (task.source().length > 0) {
            task.setSourceNumber(sources.nextClearBit(0));
            sources.set(task.sourceNumber());
        }
        task.begin(own.getFirst().computed());
        running.add(task);
    }

    /** The sources of those that have begun. */
    private void encode() {
        List<SequenceTask> tasks = running.stream().filter(SequenceTask::needsEncoding).toList();
        for (int from = 0; from < tasks.size();) {
            int to = from;
            int rows = 0;
            while (to < tasks.size() && rows + tasks.get(to).source().length <= maxRows) {
                rows += tasks.get(to++).source().length;
            }
            List<SequenceTask> some = tasks.subList(from, to);
            run(some, () -> plan.encode(sourceRows(some), new float[0]));
            some.forEach(SequenceTask::encoded);
            from = to;
        }
    }

    private static Batch sourceRows(List<SequenceTask> tasks) {
        int[] tokens = tasks.stream().flatMapToInt(task -> Arrays.stream(task.source())).toArray();
        int[] positions = tasks.stream().flatMapToInt(task -> IntStream.range(0, task.source().length)).toArray();
        int[] numbers = tasks.stream().flatMapToInt(task -> Arrays.stream(task.source()).map(_ -> task.sourceNumber())).toArray();
        return new Batch(tokens, positions, numbers, IntStream.range(0, tokens.length).toArray());
    }

    @Override
    public void removeEnded() {
        List<SequenceTask> ended = running.stream().filter(task -> task.done() || task.call().ended()).toList();
        ended.forEach(this::leave);
        running.removeAll(ended);
        crowded &= ended.isEmpty();
        tight &= ended.isEmpty();
    }

    private void leave(SequenceTask task) {
        slots.giveBack(task.slots());
        task.setSlots(List.of());
        drafter.ifPresent(model -> task.drafted().ifPresent(model::leave));
        if (task.sourceNumber() >= 0) {
            sources.clear(task.sourceNumber());
            task.setSourceNumber(SequenceTask.NO_SOURCE);
        }
    }

    /** Makes room after a step that found no memory. */
    private void makeRoom(Waiting waiting, OutOfMemoryException full) {
        if (running.size() == 1) {
            running.getFirst().fail(full);
            return;
        }
        SequenceTask last = running.stream().max(Waiting.ORDER).orElseThrow();
        last.slots().forEach(slots::clear);
        leave(last);
        running.remove(last);
        waiting.putBack(last);
        crowded = true;
    }

    // ---- what they compute

    @Override
    public void step(Waiting waiting) {
        try {
            encode();
            prompts(generate());
        } catch (OutOfMemoryException full) {
            if (speculating) {
                tight = true; // no task may lose its slot for what is only proposed
                speculating = false;
            } else {
                makeRoom(waiting, full);
            }
            // the next round tries again
        } finally {
            removeEnded();
        }
    }

    /** The next token of every sequence that is beyond its prompt. */
    private boolean generate() {
        List<SequenceTask> ready = running.stream().filter(task -> !task.inPrompt() && !task.done()).toList();
        long nanos = 0;
        for (int from = 0; from < ready.size();) {
            int to = from;
            int known = 0;
            while (to < ready.size() && (to == from || known + rowsOf(ready.get(to)) <= maxRows)) {
                known += rowsOf(ready.get(to++));
            }
            List<SequenceTask> tasks = ready.subList(from, to);
            int spare = tight ? 0 : Math.max(0, Math.min(maxRows, MAX_SPECULATING_ROWS) - known);
            int[] wanted = tasks.stream().mapToInt(task -> task.wanted(Math.min(spare, roomBehind(task)))).toArray();
            draft(tasks, wanted, spare);
            long start = System.nanoTime();
            generate(tasks, wanted, spare);
            nanos += System.nanoTime() - start;
            from = to;
        }
        if (!ready.isEmpty()) {
            pieces.tokensTook(nanos);
            long took = nanos;
            drafter.ifPresent(model -> model.tokensTook(took));
        }
        return !ready.isEmpty();
    }

    /** The draft model puts as many tokens behind each that wants some as it will have rows for at least. */
    private void draft(List<SequenceTask> tasks, int[] wanted, int spare) {
        int wanting = wanting(wanted, 0);
        if (drafter.isPresent() && wanting > 0) {
            int share = Math.ceilDiv(spare, wanting);
            drafter.get().draft(tasks, Arrays.stream(wanted).map(count -> Math.min(count, share)).toArray(), running.size() > 1);
        }
    }

    private static int wanting(int[] wanted, int from) {
        return (int) Arrays.stream(wanted, from, wanted.length).filter(count -> count > 0).count();
    }

    /**
     * @param wanted tokens that each task would propose
     * @param spare  rows that there are for them
     */
    private void generate(List<SequenceTask> tasks, int[] wanted, int spare) {
        Rows rows = new Rows();
        List<Part> parts = new ArrayList<>();
        int left = spare;
        for (int i = 0; i < wanted.length; i++) {
            int share = wanted[i] == 0 ? 0 : Math.min(wanted[i], Math.ceilDiv(left, wanting(wanted, i)));
            Part part = add(tasks.get(i), rows, share);
            parts.add(part);
            left -= part.proposed().length;
        }
        speculating = parts.stream().anyMatch(part -> part.proposed().length > 0);
        step(parts, rows, tasks.getFirst().phase());
        speculating = false;
    }

    private int rowsOf(SequenceTask task) {
        return task.live() * (until(task) - task.slots().getFirst().computed());
    }

    /**
     * What was generated before a task was put back, or grew past a border, is computed again by the same kernels: in as many rows as there
     * is room for, but the last token by itself, for its logits.
     */
    private int until(SequenceTask task) {
        Slot slot = task.slots().getFirst();
        int known = slot.count() - slot.computed() - 1;
        return known == 0 ? slot.count() : slot.computed() + Math.min(known, Math.max(1, maxRows / task.live()));
    }

    /** @param share rows that it has for proposed tokens */
    private Part add(SequenceTask task, Rows rows, int share) {
        int until = until(task);
        int before = rows.outputs();
        List<Slot> live = task.slots().subList(0, task.live());
        live.forEach(slot -> rows.add(slot, until, task.sourceNumber(), slot.count() - 1));
        int[] proposed = task.propose(share);
        rows.propose(live.getFirst(), proposed, 0);
        return new Part(task, live, until, rows.outputs() - before, proposed);
    }

    /**
     * Positions that proposed tokens may have: none where more is to be computed first, or behind a border from which all is computed anew.
     */
    private int roomBehind(SequenceTask task) {
        Slot slot = task.slots().getFirst();
        if (until(task) < slot.count()) {
            return 0;
        }
        int end = slot.beyond() ? plan.options().contextLength() : Math.min(plan.options().contextLength(), slots.border());
        return end - slot.count();
    }

    /** A piece of the prompts, those that began first before others. */
    private void prompts(boolean beside) {
        int room = pieces.rows(beside);
        Rows rows = new Rows();
        List<Part> parts = new ArrayList<>();
        int ends = 0;
        for (SequenceTask task : running) {
            if (!task.inPrompt() || task.done() || !parts.isEmpty() && (task.manyOutputs() || parts.getFirst().task().manyOutputs())) {
                continue;
            }
            Slot slot = task.slots().getFirst();
            int until = Math.min(slot.prompt(), slot.computed() + room - rows.count());
            // logits of the last row come by themselves also where those of others are wanted, so that the answer is the same
            boolean putOff = ends == MAX_ENDS || task.manyOutputs() && until > slot.computed() + 1;
            until -= until == slot.count() && putOff ? 1 : 0;
            if (until > slot.computed()) {
                ends += until == slot.count() ? 1 : 0;
                int before = rows.outputs();
                rows.add(slot, until, task.sourceNumber(), slot.prompt() == slot.count() ? task.firstOutput() : Integer.MAX_VALUE);
                parts.add(new Part(task, List.of(slot), until, rows.outputs() - before, SequenceTask.NONE));
            }
        }
        if (!parts.isEmpty()) {
            long start = System.nanoTime();
            step(parts, rows, Batch.Phase.PROMPT);
            pieces.pieceTook(rows.count(), System.nanoTime() - start);
        }
    }

    /** The candidates of all tasks, ascending; empty for all tokens. */
    private static int[] columns(List<Part> parts) {
        BitSet all = new BitSet();
        for (Part part : parts) {
            if (part.task().candidates().length == 0) {
                return SequenceTask.NONE;
            }
            Arrays.stream(part.task().candidates()).forEach(all::set);
        }
        return all.stream().toArray();
    }

    private void step(List<Part> parts, Rows rows, Batch.Phase phase) {
        int[] columns = columns(parts);
        int width = columns.length == 0 ? vocabulary : columns.length;
        int size = Math.multiplyExact(rows.outputs(), width);
        if (logits.length < size) {
            logits = new float[size];
        }
        try {
            if (run(parts.stream().map(Part::task).toList(), () -> plan.step(rows.batch(columns, phase), logits))) {
                handOut(parts, columns, width, phase);
            }
        } finally {
            if (rows.outputs() > Math.max(plan.options().maxSequences(), MAX_SPECULATING_ROWS)) {
                logits = new float[0]; // of every row of a prompt they are many
            }
        }
    }

    private void handOut(List<Part> parts, int[] columns, int width, Batch.Phase phase) {
        int at = 0;
        int[] parents = slots.identity();
        for (Part part : parts) {
            part.slots().forEach(slot -> slot.computed(part.until()));
            if (part.outputs() > 0) {
                takeAll(part, at, columns, width, parents);
                at += part.outputs() * width;
            }
            if (phase == Batch.Phase.PROMPT && !part.task().inPrompt()) {
                spread(part.task(), parents);
            }
        }
        slots.move(parents);
    }

    /** Runs {@code work} for {@code tasks}, which fail where it does; memory that has ended is no failure yet. */
    private boolean run(List<SequenceTask> tasks, Runnable work) {
        try {
            inRoom(work);
            return true;
        } catch (OutOfMemoryException full) {
            throw full;
        } catch (RuntimeException | Error failure) {
            tasks.forEach(task -> {
                task.fail(Failures.of(failure));
                task.slots().forEach(slots::drop); // nobody knows what stands there
            });
            return false;
        }
    }

    /** Where there is no memory for {@code work}, what is kept of ended sequences goes, the least recently used first. */
    private void inRoom(Runnable work) {
        boolean done = false;
        while (!done) {
            try {
                work.run();
                done = true;
            } catch (OutOfMemoryException full) {
                if (!slots.dropOldest()) {
                    throw full;
                }
            }
        }
    }

    /** Hands out the logits of what was known, then those after each proposed token, as long as it is the one that came. */
    private void takeAll(Part part, int at, int[] columns, int width, int[] parents) {
        int[] proposed = part.proposed();
        take(part, at, part.outputs() - proposed.length, columns, width, parents);
        for (int i = 0; i < proposed.length && !part.task().done() && part.task().lastToken(0) == proposed[i]; i++) {
            Slot slot = part.slots().getFirst();
            slot.computed(slot.count()); // it stands there already
            take(part, at + (i + 1) * width, 1, columns, width, parents);
        }
    }

    private void take(Part part, int at, int outputs, int[] columns, int width, int[] parents) {
        SequenceTask task = part.task();
        boolean all = part.slots().getFirst().computed() == part.slots().getFirst().count();
        try {
            FiniteCheck.ofLogits(logits, at, outputs * width, plan, number -> course(part, number / width));
            int[] own = task.candidates();
            if (columns.length == 0 || own.length == columns.length) {
                task.take(logits, at, outputs, width);
            } else {
                task.take(chosen(at, outputs, columns, own), 0, outputs, own.length);
            }
        } catch (RuntimeException | Error failure) {
            task.fail(Failures.of(failure));
            task.slots().forEach(slots::drop); // what gave no numbers here gives others none
        }
        if (all && !task.done()) {
            extend(task, parents);
        }
    }

    /** A task sees the logits of its own candidates only, as if it were alone. */
    private float[] chosen(int at, int rows, int[] columns, int[] own) {
        float[] chosen = new float[rows * own.length];
        for (int row = 0; row < rows; row++) {
            int column = 0;
            for (int i = 0; i < own.length; i++) {
                while (columns[column] != own[i]) {
                    column++;
                }
                chosen[row * own.length + i] = logits[at + row * columns.length + column];
            }
        }
        return chosen;
    }

    /** Each live sequence goes on where its parent stood, and has one token more. */
    private void extend(SequenceTask task, int[] parents) {
        List<Slot> own = task.slots();
        List<Slot> before = own.size() == 1 ? own : own.stream().map(Slot::copy).toList();
        for (int i = 0; i < task.live(); i++) {
            Slot slot = own.get(i);
            if (task.parent(i) != i) {
                slot.become(before.get(task.parent(i)));
                parents[slot.number()] = before.get(task.parent(i)).number();
            }
            slot.append(task.lastToken(i));
            if (!slot.beyond() && slot.count() > slots.border()) {
                slot.turnAnew();
            }
        }
    }

    /** Sequences of a beam that is computed again have the prompt in common, which stands in the first one's slot. */
    private static void spread(SequenceTask task, int[] parents) {
        Slot first = task.slots().getFirst();
        for (int i = 1; i < task.live() && !task.done(); i++) {
            Slot slot = task.slots().get(i);
            if (slot.computed() < slot.prompt()) {
                slot.computed(slot.prompt());
                parents[slot.number()] = first.number();
            }
        }
    }

    /** What led to a row of logits, token by token. */
    private Validator.Course course(Part part, int row) {
        SequenceTask task = part.task();
        Slot slot = part.slots().get(task.manyOutputs() ? 0 : row);
        List<Batch> steps = new ArrayList<>();
        int known = slot.computed();
        for (int position = 0; position < known; position++) {
            steps.add(Batch.of(new int[] {slot.token(position)}, position, true).withLengths(new int[] {slot.turnedBy(position)}));
        }
        PlanOptions options = new PlanOptions(known, 1, Math.max(1, task.source().length), true).withCacheType(plan.options().cacheType());
        return task.source().length == 0 ? new Validator.Course(List.of(), steps, options)
                : new Validator.Course(List.of(Batch.of(task.source(), 0, true)), steps, options.withSources(1, task.source().length));
    }
}
