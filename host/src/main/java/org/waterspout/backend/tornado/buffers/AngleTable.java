package org.waterspout.backend.tornado.buffers;

import java.util.List;
import java.util.Objects;
import org.waterspout.graph.RopeTable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Cosines and sines of rotary tables, [tables, sets, contextLength, pairs, 2]: a second set where one of the tables has frequencies of its
 * own for long sequences. They are times each table's magnitude: made in double precision, because
 * a float cannot hold position times frequency well enough.
 */
final class AngleTable implements Constant, Angles {

    private final List<RopeTable> tables;
    private final int contextLength;
    private FloatArray angles;

    /** @param tables all of one rotated width */
    AngleTable(List<RopeTable> tables, int contextLength) {
        this.tables = List.copyOf(tables);
        this.contextLength = contextLength;
    }

    /** The number of the table's first set. */
    @Override
    public int indexOf(RopeTable table) {
        return sets() * tables.indexOf(table);
    }

    @Override
    public int positions() {
        return contextLength;
    }

    @Override
    public List<Constant> constants() {
        return List.of(this);
    }

    @Override
    public List<DeviceBuffer> buffers() {
        return List.of();
    }

    private int sets() {
        return tables.stream().anyMatch(table -> table.border() != RopeTable.NONE) ? 2 : 1;
    }

    @Override
    public FloatArray angles() {
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
        return (long) tables.size() * sets() * contextLength * tables.getFirst().rotatedWidth();
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
            for (double[] frequencies : List.of(table.frequencies(), table.longFrequencies()).subList(0, sets())) {
                for (int position = 0; position < contextLength; position++) {
                    for (double frequency : frequencies) {
                        angles.set(index++, (float) (Math.cos(position * frequency) * table.magnitude()));
                        angles.set(index++, (float) (Math.sin(position * frequency) * table.magnitude()));
                    }
                }
            }
        }
    }

    @Override
    public List<Object> arrays() {
        return List.of(angles());
    }
}
