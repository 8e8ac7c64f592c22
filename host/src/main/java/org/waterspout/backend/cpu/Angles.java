package org.waterspout.backend.cpu;

import org.waterspout.graph.RopeTable;

/** Sines and cosines of one {@link RopeTable} for the rows of a step, computed once for all layers. */
final class Angles {

    private final double[] frequencies;
    private final double[] longFrequencies;
    private final int border;
    private final double magnitude;
    /** As activations are laid out: [rows, pairs], or [panels][pairs][lanes]. */
    final float[] sines;
    final float[] cosines;

    Angles(RopeTable table, int rows) {
        frequencies = table.frequencies();
        longFrequencies = table.longFrequencies();
        border = table.border();
        magnitude = table.magnitude();
        sines = new float[Math.multiplyExact(rows, frequencies.length)];
        cosines = new float[sines.length];
    }

    int pairs() {
        return frequencies.length;
    }

    /** The longest sequence that has the usual frequencies. */
    int border() {
        return border;
    }

    /**
     * Fills in one row: pair i at {@code at + i * stride}.
     *
     * @param beyond whether its sequence is longer than the border
     */
    void turn(int position, boolean beyond, int at, int stride) {
        double[] chosen = beyond ? longFrequencies : frequencies;
        for (int i = 0; i < chosen.length; i++) {
            double angle = position * chosen[i];
            sines[at + i * stride] = (float) (magnitude * Math.sin(angle));
            cosines[at + i * stride] = (float) (magnitude * Math.cos(angle));
        }
    }
}
