package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.generate.Sharing;

/**
 * Runs a draft model: a smaller one with the same vocabulary, whose most likely tokens are proposed to the answers of the model itself. Its
 * plan holds the sequences that ask for it, in slots of its own, and has caught up with each before it puts tokens behind it; a step of
 * the draft is made of all of them. What goes wrong here costs an answer its proposals and nothing else.
 */
final class Drafter {

    private static final Logger LOG = LoggerFactory.getLogger(Drafter.class);

    private static final int NOT_FINITE = -1;

    /**
     * A sequence and what is wanted of it.
     *
     * @param count tokens that are to be put behind it
     */
    private record Part(DraftedSequence sequence, Slot slot, int count) {

        int missing() {
            return slot.count() - slot.computed();
        }
    }

    private final Plan plan;
    /** Width of a row of logits. */
    private final int width;
    /** Tokens that both models have. */
    private final int vocabulary;
    private final Slots slots;
    private final PieceSize pieces;
    private float[] logits = {};
    private boolean toldOfMemory;

    /** @param vocabulary tokens of the model that the draft proposes to */
    Drafter(Plan plan, int vocabulary) {
        this.plan = plan;
        width = plan.graph().output().width();
        this.vocabulary = Math.min(width, vocabulary);
        slots = new Slots(plan);
        pieces = new PieceSize(plan.options().maxRows());
    }

    /**
     * Puts tokens behind the answers that ask for it, as far as the draft has caught up with them; what came in since is computed first, a
     * piece at a time.
     *
     * @param wanted tokens for each of {@code tasks}; 0 for none
     * @param beside whether other answers wait meanwhile
     */
    void draft(List<SequenceTask> tasks, int[] wanted, boolean beside) {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < wanted.length; i++) {
            SequenceTask task = tasks.get(i);
            if (wanted[i] > 0 && task.drafted().isPresent() && follows(task, task.drafted().get())) {
                Slot slot = task.drafted().get().slot().orElseThrow();
                // the last token that is proposed is not computed
                parts.add(new Part(task.drafted().get(), slot, Math.min(wanted[i], end(slot) - slot.count() + 1)));
            }
        }
        List<Part> drafting = catchUp(parts, beside);
        while (!drafting.isEmpty()) {
            drafting = goOn(drafting.stream().filter(part -> part.sequence().tokens().length < part.count()).toList());
        }
    }

    /** Whether the draft has a place for the answer, and has read what was chosen since. */
    private boolean follows(SequenceTask task, DraftedSequence sequence) {
        Slot answer = task.slots().getFirst();
        if (sequence.ended() || sequence.slot().isEmpty() && slots.free() == 0) {
            return false;
        }
        int known = sequence.slot().map(Slot::count).orElse(0);
        if (answer.count() > plan.options().contextLength() || !answer.isBelow(known, width)) {
            end(sequence); // nothing can be proposed behind it
            return false;
        }
        if (sequence.slot().isEmpty()) {
            // no answer depends on the draft's numbers, so it takes what there is
            sequence.begin(slots.take(answer.tokens(0, answer.count()), answer.count(), all(task.sharing()), all(task.leaves())));
        }
        sequence.follow(answer);
        Slot own = sequence.slot().orElseThrow();
        if (!own.beyond() && own.count() > slots.border()) {
            own.turnAnew();
        }
        return true;
    }

    private static Sharing all(Sharing asked) {
        return asked == Sharing.NONE ? Sharing.NONE : Sharing.ALL;
    }

    /** Positions that a sequence may have before all of it would have to be computed anew. */
    private int end(Slot slot) {
        return slot.beyond() ? plan.options().contextLength() : Math.min(plan.options().contextLength(), slots.border());
    }

    /** Computes what is known of the sequences, those that lack least first; those that lack nothing more have one drafted token. */
    private List<Part> catchUp(List<Part> parts, boolean beside) {
        int room = pieces.rows(beside);
        Rows rows = new Rows();
        List<Part> some = new ArrayList<>();
        List<Part> whole = new ArrayList<>();
        for (Part part : parts.stream().sorted(Comparator.comparingInt(Part::missing)).toList()) {
            Slot slot = part.slot();
            int until = Math.min(slot.count(), slot.computed() + room - rows.count());
            if (until > slot.computed()) {
                rows.add(slot, until, SequenceTask.NO_SOURCE, slot.count() - 1);
                some.add(part);
                if (until == slot.count()) {
                    whole.add(part);
                }
            }
        }
        long start = System.nanoTime();
        if (some.isEmpty() || !step(some, rows)) {
            return List.of();
        }
        if (rows.count() > 2 * whole.size()) {
            pieces.pieceTook(rows.count(), System.nanoTime() - start);
        }
        int left = rows.count();
        for (Part part : some) {
            int more = Math.min(left, part.missing());
            part.slot().computed(part.slot().computed() + more);
            left -= more;
        }
        return choose(whole);
    }

    /** One more token behind each sequence. */
    private List<Part> goOn(List<Part> parts) {
        Rows rows = new Rows();
        List<Part> some = parts.subList(0, Math.min(parts.size(), plan.options().maxRows()));
        some.forEach(part -> rows.propose(part.slot(), part.sequence().tokens(), part.sequence().computed()));
        if (some.isEmpty() || !step(some, rows)) {
            return List.of();
        }
        some.forEach(part -> part.sequence().setComputed());
        return choose(some);
    }

    /** Adds the most likely token of each row of logits; without those whose logits are no numbers. */
    private List<Part> choose(List<Part> parts) {
        List<Part> chosen = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            int token = mostLikely(i * width);
            if (token == NOT_FINITE) {
                LOG.warn("the draft model computes NaN or infinity: an answer goes on without its proposals");
                end(parts.get(i).sequence());
            } else {
                parts.get(i).sequence().add(token);
                chosen.add(parts.get(i));
            }
        }
        return chosen;
    }

    /** Of equal ones the lowest number; {@link #NOT_FINITE} where one is NaN or plus infinity. */
    private int mostLikely(int from) {
        int best = 0;
        for (int token = 0; token < vocabulary; token++) {
            if (!(logits[from + token] < Float.POSITIVE_INFINITY)) {
                return NOT_FINITE;
            }
            if (logits[from + token] > logits[from + best]) {
                best = token;
            }
        }
        return best;
    }

    /** Whether the step was made; where not, at least one of the sequences, or what is kept of ended ones, gave its memory back. */
    private boolean step(List<Part> parts, Rows rows) {
        try {
            if (logits.length < rows.outputs() * width) {
                logits = new float[rows.outputs() * width];
            }
            plan.step(rows.batch(SequenceTask.NONE, Batch.Phase.ANY), logits);
            return true;
        } catch (OutOfMemoryException full) {
            if (!slots.dropOldest()) {
                if (!toldOfMemory) {
                    LOG.warn("the draft model finds no memory for its keys and values: some answers go on without its proposals ({})",
                            full.getMessage());
                }
                toldOfMemory = true;
                end(parts.getLast().sequence());
            }
        } catch (RuntimeException | Error failure) {
            LOG.warn("the draft model failed: {} of the answers go on without its proposals ({})", parts.size(),
                    Failures.of(failure).getMessage());
            parts.forEach(part -> end(part.sequence())); // nobody knows what stands there
        }
        return false;
    }

    private void end(DraftedSequence sequence) {
        sequence.slot().ifPresent(slot -> {
            slots.drop(slot);
            slots.giveBack(List.of(slot));
        });
        sequence.end();
    }

    /** The answer has ended, or was put back; what was computed stays for those that begin the same. */
    void leave(DraftedSequence sequence) {
        sequence.slot().ifPresent(slot -> slots.giveBack(List.of(slot)));
        sequence.leave();
    }

    /** How long the model took for the tokens of a step, by which the draft's pieces go. */
    void tokensTook(long nanos) {
        pieces.tokensTook(nanos);
    }
}
