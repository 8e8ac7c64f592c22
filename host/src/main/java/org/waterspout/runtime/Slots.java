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
import org.waterspout.runtime.PrefixCache.Block;
import org.waterspout.runtime.PrefixCache.Turn;

/**
 * The sequences that a plan has caches for. A new one shares the beginning of any that is there already, token by token; what others had
 * before is kept in whole blocks, where the plan keeps any ({@link PrefixCache}), and shared where it is longer.
 */
final class Slots {

    /** A shared beginning must be worth a copy of the table that says where keys and values lie. */
    private static final int MIN_SHARED = 4;

    private final Plan plan;
    private final int border;
    private final int dynamicBorder;
    private final boolean shares;
    private final List<Slot> all;
    private final List<Slot> free;
    private final Optional<PrefixCache> kept;
    private long clock;

    Slots(Plan plan) {
        this.plan = plan;
        this.border = RopeTable.border(plan.graph());
        this.dynamicBorder = RopeTable.dynamicBorder(plan.graph());
        // a recurrent state stands for all tokens before it, so a beginning of them has none
        this.shares = plan.graph().encoder().isEmpty() && !plan.graph().isRecurrent();
        this.all = IntStream.range(0, plan.options().maxSequences()).mapToObj(Slot::new).toList();
        this.free = new ArrayList<>(all);
        this.kept = shares ? plan.keptBlocks().map(PrefixCache::new) : Optional.empty();
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
        Turn turn = turn(prompt.length, prompt.length);
        int now = Math.max(all.stream().mapToInt(slot -> shared(slot, turn, prompt, sharing)).max().orElse(0),
                length(find(turn, prompt, sharing)));
        return all.stream().filter(slot -> !free.contains(slot) && slot.computed() < slot.prompt() && serves(slot, turn, sharing))
                .anyMatch(slot -> Math.min(slot.common(prompt, sharing == Sharing.ALL ? slot.prompt() : slot.prompted()), prompt.length - 1)
                        >= Math.max(now, slot.computed()) + MIN_SHARED);
    }

    /**
     * A slot for a new sequence. What an equal beginning left behind is shared as {@code sharing} allows; the last token of the prompt is
     * always computed, for its logits.
     *
     * @param tokens prompt, and what was generated of it before it was put back
     * @param prompt tokens of it that are the prompt's
     * @param leaves what others may have of it
     */
    Slot take(int[] tokens, int prompt, Sharing sharing, Sharing leaves) {
        int[] beginning = Arrays.copyOf(tokens, prompt);
        Turn turn = turn(tokens.length, prompt);
        Optional<Slot> best = all.stream().filter(slot -> shared(slot, turn, beginning, sharing) >= MIN_SHARED)
                .max(Comparator.<Slot>comparingInt(slot -> shared(slot, turn, beginning, sharing)).thenComparing(free::contains));
        int shared = best.map(slot -> shared(slot, turn, beginning, sharing)).orElse(0);
        List<Block> blocks = find(turn, beginning, sharing);
        boolean resumes = length(blocks) > shared;
        Slot target = resumes ? leastUseful(Optional.empty(), 0) : leastUseful(best, shared);
        free.remove(target);
        int sharedPrompt = resumes ? length(blocks.stream().filter(Block::prompt).toList())
                : Math.min(shared, best.map(Slot::prompted).orElse(0));
        keep(target);
        if (resumes) {
            kept.orElseThrow().resume(target, blocks);
        } else {
            best.filter(slot -> slot != target).ifPresent(slot -> copy(slot, target));
        }
        kept.ifPresent(PrefixCache::trim);
        target.begin(tokens, prompt, resumes ? length(blocks) : shared, sharedPrompt, turn.beyond());
        target.setLeaves(leaves);
        target.setUsed(++clock);
        return target;
    }

    private List<Block> find(Turn turn, int[] prompt, Sharing sharing) {
        return sharing == Sharing.NONE ? List.of()
                : kept.map(some -> some.find(turn, prompt, prompt.length - 1, sharing == Sharing.ALL)).orElse(List.of());
    }

    private int length(List<Block> blocks) {
        return blocks.isEmpty() ? 0 : blocks.size() * kept.orElseThrow().blockLength();
    }

    /** What others may have of a slot that another sequence takes; generated tokens are for those who ask for all. */
    private void keep(Slot slot) {
        int tokens = switch (slot.leaves()) {
            case NONE -> 0;
            case PROMPTS -> Math.min(slot.computed(), slot.prompted());
            case ALL -> slot.computed();
        };
        kept.ifPresent(some -> some.keep(slot, turn(slot), tokens));
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

    private int shared(Slot slot, Turn turn, int[] prompt, Sharing sharing) {
        if (!serves(slot, turn, sharing)) {
            return 0;
        }
        int usable = sharing == Sharing.ALL ? slot.computed() : Math.min(slot.computed(), slot.prompted());
        return Math.min(slot.common(prompt, usable), prompt.length - 1);
    }

    /** Keys that were turned for another length are no use. */
    private boolean serves(Slot slot, Turn turn, Sharing sharing) {
        return shares && sharing != Sharing.NONE && slot.leaves() != Sharing.NONE && turn(slot).equals(turn);
    }

    private Turn turn(Slot slot) {
        return new Turn(slot.beyond(), Math.max(dynamicBorder, slot.prompt()));
    }

    /** Of a sequence that has {@code length} tokens now, {@code prompt} of which are the prompt's. */
    private Turn turn(int length, int prompt) {
        return new Turn(length > border, Math.max(dynamicBorder, prompt));
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

    /** Takes slots back; what was computed stays there, where others may have it. */
    void giveBack(List<Slot> slots) {
        for (Slot slot : slots) {
            if (slot.leaves() == Sharing.NONE) {
                drop(slot);
            }
            slot.setUsed(++clock);
            free.add(slot);
        }
    }

    /**
     * Gives memory back that no task has: what is kept that was used least recently, then what stands in free slots.
     *
     * @return false where there is none
     */
    boolean dropOldest() {
        if (kept.map(PrefixCache::dropOldest).orElse(false)) {
            return true;
        }
        Optional<Slot> oldest = free.stream().filter(slot -> slot.computed() > 0).min(Comparator.comparingLong(Slot::used));
        oldest.ifPresent(this::clear);
        return oldest.isPresent();
    }

    /** Empties a slot; what others may have is kept as long as there is memory. */
    void clear(Slot slot) {
        keep(slot);
        kept.ifPresent(PrefixCache::trim);
        drop(slot);
    }

    /** Empties a slot; nothing is kept of it. */
    void drop(Slot slot) {
        slot.forget();
        plan.forget(slot.number());
    }
}
