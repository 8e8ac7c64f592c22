package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.waterspout.error.InvalidRequestException;

/**
 * Finds the state behind a state and a byte. A rule that is called at one place from several others is one set of {@link Returns}, so that
 * the work at a byte grows with the size of the grammar and not with the number of ways to read an answer. For one thread at a time.
 */
final class Transitions {

    /** Steps of work for one byte: some tens of milliseconds. */
    private static final int MAX_STEPS = 1_000_000;

    private static final Comparator<Return> ORDER = Comparator.comparingInt(Return::position).thenComparingLong(one -> one.outer.number());

    private final Automaton automaton;
    private final Map<State, State> states = new HashMap<>();
    private final Map<Returns, Returns> known = new HashMap<>();
    private long numbers;

    // What follows belongs to the byte at hand.
    /** [positions] Where the rule returns to; null where no answer is. */
    private final Returns[] at;
    private int[] touched = new int[64];
    private int touchedCount;
    private int[] open = new int[64];
    private int openCount;
    /** Rules called, those first that may begin with others. */
    private final PriorityQueue<Integer> called;
    /** [rules] Edges that call the rule; null where none does. */
    private final EdgeList[] calls;
    private boolean ends;
    private int steps;

    /** A growing list of edges. */
    private static final class EdgeList {
        private int[] edges = new int[4];
        private int[] sources = new int[4];
        private int count;

        void add(int edge, int source) {
            if (count == edges.length) {
                edges = Arrays.copyOf(edges, 2 * count);
                sources = Arrays.copyOf(sources, 2 * count);
            }
            edges[count] = edge;
            sources[count++] = source;
        }
    }

    Transitions(Automaton automaton) {
        this.automaton = automaton;
        at = new Returns[automaton.positions()];
        calls = new EdgeList[automaton.rules()];
        called = new PriorityQueue<>((a, b) -> Integer.compare(automaton.order(a), automaton.order(b)));
    }

    /** States that are kept. */
    int size() {
        return states.size();
    }

    /** Forgets all states; those that somebody still holds stay right. */
    void clear() {
        states.clear();
        known.clear();
    }

    State start() {
        begin();
        add(automaton.start(automaton.root()), Returns.ROOT);
        return close();
    }

    /** The state behind {@code state} and a byte of the class; {@link State#DEAD} where there is none. */
    State after(State state, int byteClass) {
        int value = automaton.representative(byteClass);
        begin();
        for (int i = 0; i < state.count(); i++) {
            int position = state.position(i);
            for (int edge = automaton.firstEdge(position); edge < automaton.endEdge(position); edge++) {
                int id = automaton.edge(edge);
                if (automaton.kind(id) == GrammarGraph.BYTES && automaton.takes(id, value)) {
                    add(automaton.to(id), state.returns(i));
                }
            }
        }
        return close();
    }

    private void begin() {
        for (int i = 0; i < touchedCount; i++) {
            at[touched[i]] = null;
        }
        touchedCount = 0;
        openCount = 0;
        called.clear();
        Arrays.fill(calls, null);
        ends = false;
        steps = 0;
    }

    private void step(int count) {
        steps += count;
        if (steps > MAX_STEPS) {
            throw new InvalidRequestException("the form asked for can be read in too many ways at once: write it so that it is clear sooner"
                    + " which alternative an answer takes");
        }
    }

    private void add(int position, Returns returns) {
        Returns before = at[position];
        if (before == returns) {
            return;
        }
        Returns all = before == null ? returns : union(before, returns);
        if (all == before) {
            return;
        }
        if (before == null) {
            if (touchedCount == touched.length) {
                touched = Arrays.copyOf(touched, 2 * touchedCount);
            }
            touched[touchedCount++] = position;
        }
        at[position] = all;
        if (openCount == open.length) {
            open = Arrays.copyOf(open, 2 * openCount);
        }
        open[openCount++] = position;
    }

    /** First all rules that are done return, then rules are called, each when all who call it here are known. */
    private State close() {
        spread(true);
        for (int i = 0; i < touchedCount; i++) {
            noteCalls(touched[i]);
        }
        while (!called.isEmpty()) {
            int rule = called.poll();
            add(automaton.start(rule), returnsOf(calls[rule]));
            for (int position : spread(false)) {
                noteCalls(position);
            }
        }
        return state();
    }

    /**
     * Goes on over what takes no byte.
     *
     * @param old whether these rules were called before the byte at hand, so that one that is done has taken something. One that is called
     *            here and done here is passed over by its caller
     * @return where rules called here got to; a place may occur twice
     */
    private int[] spread(boolean old) {
        int[] reached = new int[8];
        int count = 0;
        while (openCount > 0) {
            int position = open[--openCount];
            Returns returns = at[position];
            if (!old) {
                if (count == reached.length) {
                    reached = Arrays.copyOf(reached, 2 * count);
                }
                reached[count++] = position;
            }
            step(1 + returns.count());
            for (int i = automaton.firstEdge(position); i < automaton.endEdge(position); i++) {
                int edge = automaton.edge(i);
                int kind = automaton.kind(edge);
                if (kind == GrammarGraph.NOTHING || kind == GrammarGraph.CALL && automaton.isNullable(automaton.calledRule(edge))) {
                    add(automaton.to(edge), returns);
                }
            }
            if (old && automaton.isEnd(position)) {
                ends |= returns.ends();
                for (int i = 0; i < returns.count(); i++) {
                    add(returns.position(i), returns.returns(i));
                }
            }
        }
        return Arrays.copyOf(reached, count);
    }

    private void noteCalls(int position) {
        for (int i = automaton.firstEdge(position); i < automaton.endEdge(position); i++) {
            int edge = automaton.edge(i);
            if (automaton.kind(edge) == GrammarGraph.CALL) {
                int rule = automaton.calledRule(edge);
                if (calls[rule] == null) {
                    calls[rule] = new EdgeList();
                    called.add(rule);
                }
                calls[rule].add(edge, position);
            }
        }
    }

    /** A call at the end of a rule returns to where that rule does. */
    private Returns returnsOf(EdgeList callers) {
        Draft draft = new Draft();
        for (int i = 0; i < callers.count; i++) {
            int back = automaton.to(callers.edges[i]);
            Returns outer = at[callers.sources[i]];
            if (automaton.onlyEnds(back)) {
                draft.addAll(outer);
            } else {
                draft.add(back, outer);
            }
        }
        return draft.returns();
    }

    private Returns union(Returns one, Returns other) {
        Draft draft = new Draft();
        draft.addAll(one);
        draft.addAll(other);
        return draft.returns();
    }

    /** One of the returns. */
    private record Return(int position, Returns outer) { }

    /** Returns that are being collected. */
    private final class Draft {
        private final List<Return> all = new ArrayList<>();
        private boolean ending;

        void add(int position, Returns outer) {
            step(1);
            all.add(new Return(position, outer));
        }

        void addAll(Returns returns) {
            ending |= returns.ends();
            for (int i = 0; i < returns.count(); i++) {
                add(returns.position(i), returns.returns(i));
            }
        }

        Returns returns() {
            all.sort(ORDER);
            int count = 0;
            int[] positions = new int[all.size()];
            Returns[] outer = new Returns[all.size()];
            for (Return one : all) {
                if (count == 0 || positions[count - 1] != one.position || outer[count - 1] != one.outer) {
                    positions[count] = one.position;
                    outer[count++] = one.outer;
                }
            }
            if (count == 0 && ending) {
                return Returns.ROOT;
            }
            Returns found = new Returns(numbers + 1, ending, Arrays.copyOf(positions, count), Arrays.copyOf(outer, count));
            Returns kept = known.putIfAbsent(found, found);
            if (kept == null) {
                numbers++;
                return found;
            }
            return kept;
        }
    }

    private State state() {
        int[] waiting = new int[touchedCount];
        int count = 0;
        for (int i = 0; i < touchedCount; i++) {
            if (waitsForByte(touched[i])) {
                waiting[count++] = touched[i];
            }
        }
        if (count == 0 && !ends) {
            return State.DEAD;
        }
        waiting = Arrays.copyOf(waiting, count);
        Arrays.sort(waiting);
        Returns[] returns = new Returns[count];
        for (int i = 0; i < count; i++) {
            returns[i] = at[waiting[i]];
        }
        State found = new State(waiting, returns, ends, automaton.classCount());
        State kept = states.putIfAbsent(found, found);
        return kept == null ? found : kept;
    }

    private boolean waitsForByte(int position) {
        for (int i = automaton.firstEdge(position); i < automaton.endEdge(position); i++) {
            if (automaton.kind(automaton.edge(i)) == GrammarGraph.BYTES) {
                return true;
            }
        }
        return false;
    }
}
