package org.waterspout.backend.cpu.cache;

import java.util.stream.Stream;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Kept;

/** The recurrent states of every layer and sequence. A sequence that begins at position 0 begins with zeros. */
public final class States {

    /** [layer][sequence][width]; a layer without a state has none. */
    private final float[][][] states;

    States(Graph graph, int sequences) {
        states = new float[layers(graph)][][];
        of(graph).forEach(state -> states[state.layer()] = new float[sequences][state.width()]);
    }

    private static Stream<Kept.State> of(Graph graph) {
        return graph.kept().filter(Kept.State.class::isInstance).map(Kept.State.class::cast);
    }

    private static int layers(Graph graph) {
        return of(graph).mapToInt(state -> state.layer() + 1).max().orElse(0);
    }

    static long bytes(Graph graph, int sequences) {
        return of(graph).mapToLong(state -> (long) Float.BYTES * state.width() * sequences).sum();
    }

    /** Whether there are any, so that a sequence cannot go back but to its beginning. */
    boolean present() {
        return states.length > 0;
    }

    public float[] of(int layer, int sequence) {
        return states[layer][sequence];
    }

    /** Sequence i goes on where {@code parents[i]} stood. The first child of a parent gets its array, the others copies. */
    public void reorder(int[] parents) {
        for (float[][] state : states) {
            if (state == null) {
                continue;
            }
            float[][] before = state.clone();
            boolean[] given = new boolean[state.length];
            for (int i = parents.length; i < state.length; i++) {
                given[i] = true; // keeps its own
            }
            for (int i = 0; i < parents.length; i++) {
                state[i] = given[parents[i]] ? before[parents[i]].clone() : before[parents[i]];
                given[parents[i]] = true;
            }
        }
    }
}
