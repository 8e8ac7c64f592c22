package org.waterspout.backend.tornado;

import java.util.List;
import java.util.Objects;
import org.waterspout.graph.RopeTable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Cosines and sines of rotary tables, [tables, contextLength, pairs, 2], times each table's magnitude: made in double precision, because
 * a float cannot hold position times frequency well enough.
 */
final class AngleTable implements Constant {

    private final List<RopeTable> tables;
    private final int contextLength;
    private FloatArray angles;

    /** @param tables all of one rotated width */
    AngleTable(List<RopeTable> tables, int contextLength) {
        this.tables = List.copyOf(tables);
        this.contextLength = contextLength;
    }

    int indexOf(RopeTable table) {
        return tables.indexOf(table);
    }

    FloatArray angles() {
        return Objects.requireNonNull(angles, name());
    }

    boolean sameAs(AngleTable other) {
        return contextLength == other.contextLength && tables.equals(other.tables);
    }

    @Override
    public String name() {
        return "rotary angles";
    }

    @Override
    public long elements() {
        return (long) tables.size() * contextLength * tables.getFirst().rotatedWidth();
    }

    @Override
    public List<Long> bytes() {
        return List.of(Float.BYTES * elements());
    }

    @Override
    public void load() {
        angles = new FloatArray(Math.toIntExact(elements()));
        int index = 0;
        for (RopeTable table : tables) {
            double[] frequencies = table.frequencies();
            for (int position = 0; position < contextLength; position++) {
                for (double frequency : frequencies) {
                    angles.set(index++, (float) (Math.cos(position * frequency) * table.magnitude()));
                    angles.set(index++, (float) (Math.sin(position * frequency) * table.magnitude()));
                }
            }
        }
    }

    @Override
    public List<Object> arrays() {
        return List.of(angles());
    }
}
