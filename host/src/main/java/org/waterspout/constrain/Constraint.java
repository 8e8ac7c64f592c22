package org.waterspout.constrain;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;

/**
 * An {@link AnswerForm} for a vocabulary. What is found about it is kept, within a bound, and shared by all answers. Safe to use from
 * several threads; what they hold of one answer is a {@link Progress}, which never changes.
 */
public final class Constraint {

    private static final int MAX_STATES = 20_000;
    private static final long MAX_MASK_BYTES = 64L << 20;
    /** Nodes of the trie between two looks at the thread's interrupt. */
    private static final int LOOK = 0xffff;

    private final TokenTrie trie;
    private final Automaton automaton;
    private final byte[] classes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Transitions transitions;
    private final Map<TokenMask, TokenMask> masks = new HashMap<>();
    private final State[] path;
    private State start;

    Constraint(AnswerForm form, TokenTrie trie) {
        this.trie = trie;
        boolean[] written = new boolean[256];
        for (int node = 0; node < trie.nodes(); node++) {
            written[trie.value(node) & 0xff] = true;
        }
        automaton = new Automaton(form.grammar(), value -> written[value]);
        classes = automaton.classes();
        transitions = new Transitions(automaton);
        path = new State[trie.deepest() + 1];
    }

    /** The beginning of an answer. */
    public Progress start() {
        lock.lock();
        try {
            if (start == null) {
                start = transitions.start();
            }
            return new Progress(start);
        } finally {
            lock.unlock();
        }
    }

    /** The state behind a byte. */
    private State next(State state, byte value) {
        int byteClass = classes[value & 0xff] & 0xff;
        State known = state.next(byteClass);
        return known == null ? find(state, byteClass) : known;
    }

    private State find(State state, int byteClass) {
        lock.lock();
        try {
            if (transitions.size() >= MAX_STATES) {
                forget();
            }
            State found = transitions.after(state, byteClass);
            state.setNext(byteClass, found);
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** What answers under way still hold is found again from there. */
    private void forget() {
        transitions.clear();
        masks.clear();
        start = null;
    }

    private TokenMask mask(State state) {
        lock.lock();
        try {
            if (state.mask() == null) {
                TokenMask found = walk(state);
                if ((masks.size() + 1L) * found.bytes() > MAX_MASK_BYTES) {
                    forget();
                }
                TokenMask kept = masks.putIfAbsent(found, found);
                state.setMask(kept == null ? found : kept);
            }
            return state.mask();
        } finally {
            lock.unlock();
        }
    }

    private TokenMask walk(State state) {
        long[] words = new long[(trie.size() + 63) / 64];
        path[0] = state;
        int looks = 0;
        int nodes = trie.nodes();
        for (int node = 0; node < nodes;) {
            if ((++looks & LOOK) == 0 && Thread.currentThread().isInterrupted()) {
                throw new CancelledException("interrupted while the tokens that may come next were looked for");
            }
            int depth = trie.depth(node);
            State reached = next(path[depth], trie.value(node));
            if (reached == State.DEAD) {
                node = trie.after(node);
                continue;
            }
            path[depth + 1] = reached;
            for (int i = trie.firstToken(node); i < trie.endToken(node); i++) {
                int token = trie.token(i);
                words[token >> 6] |= 1L << token;
            }
            node++;
        }
        if (state.ends()) {
            for (int token : trie.ends()) {
                words[token >> 6] |= 1L << token;
            }
        }
        return new TokenMask(words);
    }

    /** How far an answer is. Does not change, so that it can be kept, shared, and gone back to. */
    public final class Progress {

        private final State state;

        private Progress(State state) {
            this.state = state;
        }

        /**
         * The tokens that may come next; those that end an answer where it {@link #mayEnd}. None at all where the answer {@link #mustEnd}
         * and the vocabulary has no token for it.
         *
         * @throws InvalidRequestException where the vocabulary has no token for what has to follow, or the form can be read in too many
         *                                 ways
         * @throws CancelledException   when the thread is interrupted
         */
        public TokenMask allowed() {
            TokenMask mask = mask(state);
            if (mask.isEmpty() && !mustEnd()) {
                throw new InvalidRequestException("the model's vocabulary has no token that continues the answer in the form asked for:"
                        + " use characters that it can write");
            }
            return mask;
        }

        /** Looks for {@link #allowed} in a thread of its own, so that it is known when it is asked for. */
        public void prepare() {
            if (state.mask() == null) {
                // a failure comes again when it is asked for
                java.util.concurrent.CompletableFuture.runAsync(() -> mask(state), task -> Thread.ofVirtual().start(task));
            }
        }

        /**
         * The answer with one more token.
         *
         * @throws InvalidRequestException for a token that is not {@link #allowed}, or that ends an answer
         */
        public Progress accept(int token) {
            return after(token).orElseThrow(() -> new InvalidRequestException("token " + token
                    + " does not continue the answer in the form asked for: choose one of those that are allowed"));
        }

        /** The answer with one more token; empty for a token that is not {@link #allowed}, or that ends an answer. */
        public Optional<Progress> after(int token) {
            State reached = state;
            byte[] bytes = trie.bytes(token);
            for (int i = 0; i < bytes.length && reached != State.DEAD; i++) {
                reached = next(reached, bytes[i]);
            }
            return bytes.length == 0 || reached == State.DEAD ? Optional.empty() : Optional.of(new Progress(reached));
        }

        /** Whether the answer so far is whole. */
        public boolean mayEnd() {
            return state.ends();
        }

        /** Whether the answer so far is whole and nothing can follow. */
        public boolean mustEnd() {
            return state.ends() && state.count() == 0;
        }
    }
}
