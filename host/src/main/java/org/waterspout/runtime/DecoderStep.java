package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.validate.FiniteCheck;
import org.waterspout.validate.Validator;

/** Runs steps of a plan that several tasks share, and hands each its logits; their slots then stand where the tasks go on. */
final class DecoderStep {

    /**
     * A task's share of a step.
     *
     * @param slots  whose tokens up to {@code until} are computed
     * @param outputs rows of logits that it gets
     * @param proposed tokens behind {@code until} that are checked, too
     */
    record Part(SequenceTask task, List<Slot> slots, int until, int outputs, int[] proposed) {
    }

    private final Plan plan;
    private final Slots slots;
    private final int vocabulary;
    private final int fewRows;
    private float[] logits = {};

    /** @param fewRows rows of logits for which memory is kept from step to step, or as many as there are sequences */
    DecoderStep(Plan plan, Slots slots, int fewRows) {
        this.plan = plan;
        this.slots = slots;
        this.fewRows = fewRows;
        vocabulary = plan.graph().output().width();
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

    /**
     * Computes {@code rows} and hands out what comes of them; where it fails, so do the tasks.
     *
     * @throws OutOfMemoryException where there is no memory that could be given up for it; nothing was computed
     */
    void run(List<Part> parts, Rows rows, Batch.Phase phase) {
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
            if (rows.outputs() > Math.max(plan.options().maxSequences(), fewRows)) {
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
    boolean run(List<SequenceTask> tasks, Runnable work) {
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
