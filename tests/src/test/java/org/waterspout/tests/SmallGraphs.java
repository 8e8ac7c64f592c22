package org.waterspout.tests;

import org.waterspout.graph.Graph;

/** Graphs of one operation for tests in other packages. */
public final class SmallGraphs {

    private SmallGraphs() {
    }

    /** A product of numbers with a constant. */
    public static Graph scale() {
        return named("Scale 13");
    }

    /** Attention of one head of 16, with a cache. */
    public static Graph attention() {
        return named("Attention 1/1 heads of 16");
    }

    private static Graph named(String name) {
        return OpCases.all().stream().filter(opCase -> opCase.name().equals(name)).findFirst().orElseThrow().graph();
    }
}
