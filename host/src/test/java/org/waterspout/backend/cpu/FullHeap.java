package org.waterspout.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.HostMemory;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;

/** A process whose heap is full, of garbage and then of what is in use, and which prepares a model in both. */
public final class FullHeap {

    private static final int PIECE = 4 << 20;

    private FullHeap() {
    }

    /** Prints what came of it. */
    public static void main(String[] arguments) {
        Graph graph = SmallModel.graph(64, true);
        try (CpuBackend cpu = new CpuBackend(new BackendOptions(1, Optional.empty()))) {
            int rows = 1024;
            while (needed(cpu, graph, rows) < 60L << 20) {
                rows += 1024;
            }
            PlanOptions options = new PlanOptions(64, 1, rows, false);
            List<byte[]> pieces = filled(needed(cpu, graph, rows));
            if (HostMemory.now().heap() >= needed(cpu, graph, rows)) {
                throw new IllegalStateException("the heap is not full");
            }
            pieces.clear();
            try (Plan plan = cpu.prepare(graph, options)) {
                System.out.println("garbage: prepared for " + plan.options().maxRows() + " rows");
            }
            pieces.addAll(filled(needed(cpu, graph, rows)));
            try (Plan plan = cpu.prepare(graph, options)) {
                System.out.println("in use: prepared for " + plan.options().maxRows() + " rows beside " + pieces.size() + " pieces");
            } catch (OutOfMemoryException refused) {
                System.out.println("in use: refused, beside " + pieces.size() + " pieces: " + refused.getMessage());
            }
        }
    }

    private static long needed(CpuBackend cpu, Graph graph, int rows) {
        return cpu.estimate(graph, new PlanOptions(64, 1, rows, false)).activations();
    }

    /** So much that {@code needed} bytes do not fit beside it, after a collection either. */
    private static List<byte[]> filled(long needed) {
        System.gc();
        List<byte[]> pieces = new ArrayList<>();
        while (HostMemory.now().heap() > needed - 2 * PIECE) {
            pieces.add(new byte[PIECE]);
        }
        return pieces;
    }
}
