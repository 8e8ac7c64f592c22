package org.waterspout.backend.cpu;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.graph.Graph;
import org.waterspout.graph.RelativeBias;

/**
 * Biases of attention by distance, one number for each, so that neighbouring rows find theirs side by side: {@code of(bias)[head]}
 * holds at {@link #at} the bias of a row that is so many positions behind the key. Beyond the longest distance there are zeros for
 * scores that are hidden afterwards.
 */
final class Biases {

    /** Positions of a block and of a panel that may lie beyond a sequence's ends, on either side. */
    private static final int MARGIN = CpuKernels.BLOCK + 32;

    private final int positions;
    private final Map<RelativeBias, float[][]> tables = new HashMap<>();

    Biases(Graph graph, int positions) {
        this.positions = positions;
        biases(graph).forEach(bias -> tables.computeIfAbsent(bias, this::table));
    }

    static long bytes(Graph graph, int positions) {
        return biases(graph).mapToLong(bias -> (long) Float.BYTES * bias.table().columns() * (2L * (positions + MARGIN) - 1)).sum();
    }

    private static Stream<RelativeBias> biases(Graph graph) {
        return graph.attends().flatMap(attends -> attends.bias().stream()).distinct();
    }

    private float[][] table(RelativeBias bias) {
        float[][] byDistance = bias.biases(positions);
        float[][] table = new float[byDistance.length][2 * (positions + MARGIN) - 1];
        for (int head = 0; head < table.length; head++) {
            for (int behind = 1 - positions; behind < positions; behind++) {
                table[head][at(behind)] = byDistance[head][positions - 1 - behind];
            }
        }
        return table;
    }

    float[][] of(RelativeBias bias) {
        return tables.get(bias);
    }

    /** Where the bias of a row lies that is {@code behind} positions behind the key, negative for one before it. */
    int at(int behind) {
        return behind + positions - 1 + MARGIN;
    }
}
