package org.waterspout.backend.cpu;

import org.waterspout.graph.RopeTable;

/** Sines and cosines of one {@link RopeTable} for the rows of a step, computed once for all layers. */
final class RopeAngles {

    private final RopeTable table;
    private final int pairs;
    /** As activations are laid out: [rows, pairs], or [panels][pairs][lanes]. */
    final float[] sines;
    final float[] cosines;

    RopeAngles(RopeTable table, int rows) {
        this.table = table;
        pairs = table.rotatedWidth() / 2;
        sines = new float[Math.multiplyExact(rows, pairs)];
        cosines = new float[sines.length];
    }

    int pairs() {
        return pairs;
    }

    /**
     * Fills in one row: pair i at {@code at + i * stride}.
     *
     * @param length of its sequence, by which it is turned
     */
    void turn(int position, int length, int at, int stride) {
        double[] frequencies = table.frequencies(length);
        for (int i = 0; i < pairs; i++) {
            double angle = position * frequencies[i];
            sines[at + i * stride] = (float) (table.magnitude() * Math.sin(angle));
            cosines[at + i * stride] = (float) (table.magnitude() * Math.cos(angle));
        }
    }
}
