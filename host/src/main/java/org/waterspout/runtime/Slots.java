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
        int now = all.stream().mapToInt(place -> shared(place, prompt, sharing)).max().orElse(0);
        return all.stream().filter(place -> !free.contains(place) && place.computed() < place.prompt() && turnedAlike(place, prompt.length))
                .anyMatch(place -> Math.min(place.common(prompt, place.prompt()), prompt.length - 1) >= Math.max(now, place.computed())
                + MIN_SHARED);
    }

    /**
     * A place for a new sequence. What an equal beginning left behind is shared as {@code sharing} allows; the last token of the prompt is
     * always computed, for its logits.
     *
     * @param tokens prompt, and what was generated of it before it was put back
     * @param prompt tokens of it that are the prompt's
     */
    Slot take(int[] tokens, int prompt, Sharing sharing) {
        int[] beginning = Arrays.copyOf(tokens, prompt);
        Optional<Slot> best = shares ? all.stream().filter(place -> shared(place, beginning, sharing) >= MIN_SHARED)
                .max(Comparator.<Slot>comparingInt(place -> shared(place, beginning, sharing)).thenComparing(free::contains))
                : Optional.empty();
        int shared = best.map(place -> shared(place, beginning, sharing)).orElse(0);
        Slot target = leastUseful(best, shared);
        free.remove(target);
        best.filter(place -> place != target).ifPresent(place -> copy(place, target));
        target.begin(tokens, prompt, shared, isBeyond(tokens.length));
        target.setUsed(++clock);
        return target;
    }

    /**
     * The place that is shared itself where it is free and would lose less than the one that is taken else: an empty one, or of the others
     * the one that was used least recently. So as many prompts as there are places, asked again and again, all stay.
     */
    private Slot leastUseful(Optional<Slot> best, int shared) {
        Optional<Slot> oldest = free.stream().filter(place -> place != best.orElse(null))
                .min(Comparator.<Slot>comparingInt(place -> Math.min(place.computed(), 1)).thenComparingLong(Slot::used));
        int lost = Math.max(MIN_SHARED, oldest.map(Slot::computed).orElse(Integer.MAX_VALUE) - 1);
        return best.filter(free::contains).filter(place -> place.computed() - shared <= lost).or(() -> oldest).orElseThrow();
    }

    private int shared(Slot place, int[] prompt, Sharing sharing) {
        if (sharing == Sharing.NONE || !turnedAlike(place, prompt.length)) {
            return 0;
        }
        int usable = sharing == Sharing.ALL ? place.computed() : Math.min(place.computed(), place.prompt());
        return Math.min(place.common(prompt, usable), prompt.length - 1);
    }

    /** Keys that were turned for another length are no use. */
    private boolean turnedAlike(Slot place, int length) {
        return place.beyond() == isBeyond(length) && Math.max(dynamicBorder, place.prompt()) == Math.max(dynamicBorder, length);
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

    /** Each place's own number. */
    int[] identity() {
        return IntStream.range(0, all.size()).toArray();
    }

    /** Takes places back; what was computed stays there. */
    void giveBack(List<Slot> places) {
        for (Slot place : places) {
            place.setUsed(++clock);
            free.add(place);
        }
    }

    /**
     * Gives the memory of one sequence back that no task has: the least recently used.
     *
     * @return false where there is none
     */
    boolean dropOldest() {
        Optional<Slot> oldest = free.stream().filter(place -> place.computed() > 0).min(Comparator.comparingLong(Slot::used));
        oldest.ifPresent(this::drop);
        return oldest.isPresent();
    }

    void drop(Slot place) {
        place.forget();
        plan.forget(place.number());
    }
}
