package org.waterspout.runtime;

import java.util.Arrays;
import java.util.Optional;
import org.waterspout.decode.Proposer;

/**
 * One answer as a draft model follows it: the slot of the draft's plan that holds the answer's tokens, and the tokens that the draft puts
 * behind them. The engine thread's own.
 */
final class DraftedSequence implements Proposer {

    private static final int[] NONE = {};

    private Optional<Slot> slot = Optional.empty();
    private int[] tokens = NONE;
    /** Of the tokens, how many the draft has computed behind the slot's own. */
    private int computed;
    private boolean ended;

    /** What the draft put behind the answer as it is now; nothing where it has not come so far. */
    @Override
    public int[] propose(int[] sequence, int length, int max) {
        boolean current = slot.isPresent() && slot.get().count() == length;
        return current ? Arrays.copyOf(tokens, Math.min(max, tokens.length)) : NONE;
    }

    /** Where the draft has it; nowhere before it is first drafted, and after it has left. */
    Optional<Slot> slot() {
        return slot;
    }

    void begin(Slot value) {
        slot = Optional.of(value);
    }

    /** The draft does not follow the answer any more; it may begin again. */
    void leave() {
        slot = Optional.empty();
        clear();
    }

    /** The draft will never follow the answer again. */
    void end() {
        leave();
        ended = true;
    }

    boolean ended() {
        return ended;
    }

    private void clear() {
        tokens = NONE;
        computed = 0;
    }

    /** Takes over what was chosen since; where the draft had put the same, it is computed already. */
    void follow(Slot answer) {
        Slot own = slot.orElseThrow();
        for (int i = 0; own.count() < answer.count(); i++) {
            int token = answer.token(own.count());
            boolean there = i < computed && own.computed() == own.count() && tokens[i] == token;
            own.append(token);
            if (there) {
                own.computed(own.count());
            }
        }
        own.computed(Math.min(own.computed(), own.count() - 1)); // the last one's logits are wanted
        clear();
    }

    /** The draft's next token. */
    void add(int token) {
        tokens = Arrays.copyOf(tokens, tokens.length + 1);
        tokens[tokens.length - 1] = token;
    }

    /** Those that the draft put behind the answer. */
    int[] tokens() {
        return tokens;
    }

    int computed() {
        return computed;
    }

    /** All of its tokens are computed. */
    void setComputed() {
        computed = tokens.length;
    }
}
