package org.waterspout.backend.cpu;

import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;

/** The recurrent states of every layer and sequence. A sequence that begins at position 0 begins with zeros. */
final class States {

    /** [layer][sequence][width]; a layer without a state has none. */
    private final float[][][] states;

    States(Graph graph, int sequences) {
        states = new float[layers(graph)][][];
        graph.plainOps().forEach(op -> {
            if (op instanceof Op.Recurrence recurrence) {
                states[recurrence.layer()] = new float[sequences][recurrence.output().width()];
            }
        });
    }

    private static int layers(Graph graph) {
        return graph.plainOps().mapToInt(op -> op instanceof Op.Recurrence recurrence ? recurrence.layer() + 1 : 0).max().orElse(0);
    }

    static long bytes(Graph graph, int sequences) {
        return graph.plainOps()
                .mapToLong(op -> op instanceof Op.Recurrence recurrence ? (long) Float.BYTES * recurrence.output().width() * sequences : 0)
                .sum();
    }

    /** Whether there are any, so that a sequence cannot go back but to its beginning. */
    boolean present() {
        return states.length > 0;
    }

    float[] of(int layer, int sequence) {
        return states[layer][sequence];
    }

    /** Sequence i goes on where {@code parents[i]} stood. The first child of a parent gets its array, the others copies. */
    void reorder(int[] parents) {
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
