package org.waterspout.backend.tornado.launches;

import java.util.List;
import java.util.Optional;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.graph.Op;

/**
 * Operations that run together and, where they are a layer, again for every layer of the same form.
 *
 * @param rows   which rows its operations have
 * @param slots  for each repeat, the step slots: what differs from layer to layer
 * @param stages what becomes task graphs, in order; one, or one an operation when observed
 */
public record Section(Rows rows, List<List<Integer>> slots, List<Stage> stages) {

    /** Rows that operations work on. */
    public enum Rows {
        /** The batch's. */
        ALL,
        /** Those whose output is asked for, a chunk at a time. */
        SELECTED
    }

    /**
     * One task graph.
     *
     * @param observed the operation it is, when observed
     */
    public record Stage(String name, List<Launch> launches, Optional<Observed> observed) {
    }

    /**
     * An operation whose values can be read after it ran.
     *
     * @param repeats the operation in each repeat of the section
     * @param inputs  where its inputs lie, in the order of {@link Op#inputs}
     * @param outputs where its outputs lie
     */
    public record Observed(List<Op> repeats, List<View> inputs, List<View> outputs) {
    }
}
