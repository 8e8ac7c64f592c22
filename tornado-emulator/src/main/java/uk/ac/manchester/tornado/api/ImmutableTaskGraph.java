package uk.ac.manchester.tornado.api;

import org.waterspout.emulator.GraphDescription;

/** A task graph that no longer changes, ready for an execution plan. */
public class ImmutableTaskGraph {
    private final GraphDescription description;

    ImmutableTaskGraph(GraphDescription description) {
        this.description = description;
    }

    GraphDescription description() {
        return description;
    }
}
