package org.waterspout.backend.cpu;

import org.waterspout.graph.RopeTable;

/** Sines and cosines of one {@link RopeTable} for the rows of a step, computed once for all layers. */
final class Angles {

    private final double[] frequencies;
    private final double magnitude;
    /** As activations are laid out: [rows, pairs], or [panels][pairs][lanes]. */
    final float[] sines;
    final float[] cosines;

    Angles(RopeTable table, int rows) {
        frequencies = table.frequencies();
        magnitude = table.magnitude();
        sines = new float[Math.multiplyExact(rows, frequencies.length)];
        cosines = new float[sines.length];
    }

    int pairs() {
        return frequencies.length;
    }

    /** Fills in one row: pair i at {@code at + i * stride}. */
    void turn(int position, int at, int stride) {
        for (int i = 0; i < frequencies.length; i++) {
            double angle = position * frequencies[i];
            sines[at + i * stride] = (float) (magnitude * Math.sin(angle));
            cosines[at + i * stride] = (float) (magnitude * Math.cos(angle));
        }
    }
}
