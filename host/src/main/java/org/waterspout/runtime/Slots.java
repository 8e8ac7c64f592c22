package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.backend.Plan;
import org.waterspout.generate.Sharing;
import org.waterspout.graph.RopeTable;

/** The sequences that a plan has caches for. A new one shares the beginning of any that is there already. */
final class Slots {

    /** A shared beginning must be worth a copy of the table that says where keys and values lie. */
    private static final int MIN_SHARED = 4;

    private final Plan plan;
    private final int border;
    private final int dynamicBorder;
    private final boolean shares;
    private final List<Slot> all;
    private final List<Slot> free;
    private long clock;

    Slots(Plan plan) {
        this.plan = plan;
        this.border = RopeTable.border(plan.graph());
        this.dynamicBorder = RopeTable.dynamicBorder(plan.graph());
        // a recurrent state stands for all tokens before it, so a beginning of them has none
        this.shares = plan.graph().encoder().isEmpty() && !plan.graph().isRecurrent();
        this.all = IntStream.range(0, plan.options().maxSequences()).mapToObj(Slot::new).toList();
        this.free = new ArrayList<>(all);
    }

    int free() {
        return free.size();
    }

    int border() {
        return border;
    }

    /**
     * Whether a sequence that is being computed will have a longer beginning in common with {@code prompt} than any has now: then waiting
     * for it saves computing it twice.
     */
    boolean isComing(int[] prompt, Sharing sharing) {
        if (!shares || sharing == Sharing.NONE) {
            return false;
        }
        int now = all.stream().mapToInt(slot -> shared(slot, prompt, sharing)).max().orElse(0);
        return all.stream().filter(slot -> !free.contains(slot) && slot.computed() < slot.prompt() && turnedAlike(slot, prompt.length))
                .anyMatch(slot -> Math.min(slot.common(prompt, slot.prompt()), prompt.length - 1) >= Math.max(now, slot.computed())
                + MIN_SHARED);
    }

    /**
     * A slot for a new sequence. What an equal beginning left behind is shared as {@code sharing} allows; the last token of the prompt is
     * always computed, for its logits.
     *
     * @param tokens prompt, and what was generated of it before it was put back
     * @param prompt tokens of it that are the prompt's
     */
    Slot take(int[] tokens, int prompt, Sharing sharing) {
        int[] beginning = Arrays.copyOf(tokens, prompt);
        Optional<Slot> best = shares ? all.stream().filter(slot -> shared(slot, beginning, sharing) >= MIN_SHARED)
                .max(Comparator.<Slot>comparingInt(slot -> shared(slot, beginning, sharing)).thenComparing(free::contains))
                : Optional.empty();
        int shared = best.map(slot -> shared(slot, beginning, sharing)).orElse(0);
        Slot target = leastUseful(best, shared);
        free.remove(target);
        best.filter(slot -> slot != target).ifPresent(slot -> copy(slot, target));
        target.begin(tokens, prompt, shared, isBeyond(tokens.length));
        target.setUsed(++clock);
        return target;
    }

    /**
     * The slot that is shared itself where it is free and would lose less than the one that is taken else: an empty one, or of the others
     * the one that was used least recently. So as many prompts as there are slots, asked again and again, all stay.
     */
    private Slot leastUseful(Optional<Slot> best, int shared) {
        Optional<Slot> oldest = free.stream().filter(slot -> slot != best.orElse(null))
                .min(Comparator.<Slot>comparingInt(slot -> Math.min(slot.computed(), 1)).thenComparingLong(Slot::used));
        int lost = Math.max(MIN_SHARED, oldest.map(Slot::computed).orElse(Integer.MAX_VALUE) - 1);
        return best.filter(free::contains).filter(slot -> slot.computed() - shared <= lost).or(() -> oldest).orElseThrow();
    }

    private int shared(Slot slot, int[] prompt, Sharing sharing) {
        if (sharing == Sharing.NONE || !turnedAlike(slot, prompt.length)) {
            return 0;
        }
        int usable = sharing == Sharing.ALL ? slot.computed() : Math.min(slot.computed(), slot.prompt());
        return Math.min(slot.common(prompt, usable), prompt.length - 1);
    }

    /** Keys that were turned for another length are no use. */
    private boolean turnedAlike(Slot slot, int length) {
        return slot.beyond() == isBeyond(length) && Math.max(dynamicBorder, slot.prompt()) == Math.max(dynamicBorder, length);
    }

    private boolean isBeyond(int length) {
        return length > border;
    }

    private void copy(Slot from, Slot to) {
        int[] parents = identity();
        parents[to.number()] = from.number();
        plan.reorder(parents);
    }

    /** Tells the plan where sequences go on. */
    void move(int[] parents) {
        if (!Arrays.equals(parents, identity())) {
            plan.reorder(parents);
        }
    }

    /** Each slot's own number. */
    int[] identity() {
        return IntStream.range(0, all.size()).toArray();
    }

    /** Takes slots back; what was computed stays there. */
    void giveBack(List<Slot> slots) {
        for (Slot slot : slots) {
            slot.setUsed(++clock);
            free.add(slot);
        }
    }

    /**
     * Gives the memory of one sequence back that no task has: the least recently used.
     *
     * @return false where there is none
     */
    boolean dropOldest() {
        Optional<Slot> oldest = free.stream().filter(slot -> slot.computed() > 0).min(Comparator.comparingLong(Slot::used));
        oldest.ifPresent(this::drop);
        return oldest.isPresent();
    }

    void drop(Slot slot) {
        slot.forget();
        plan.forget(slot.number());
    }
}
