package org.waterspout.backend.tornado.buffers;

import java.util.List;
import java.util.Objects;
import org.waterspout.graph.RelativeBias;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Biases by distance, spread out: [tables, heads, 2 * positions - 1]. Layers that share a bias share its table. */
public final class BiasTable implements Constant {

    private final List<RelativeBias> tables;
    private final int positions;
    private FloatArray biases;

    /** @param tables all of one number of heads */
    BiasTable(List<RelativeBias> tables, int positions) {
        this.tables = List.copyOf(tables);
        this.positions = positions;
    }

    public int indexOf(RelativeBias table) {
        return tables.indexOf(table);
    }

    public FloatArray biases() {
        return Objects.requireNonNull(biases, name());
    }

    boolean sameAs(BiasTable other) {
        return positions == other.positions && tables.equals(other.tables);
    }

    @Override
    public String name() {
        return "biases by distance";
    }

    @Override
    public long elements() {
        return (long) tables.size() * tables.getFirst().table().columns() * (2L * positions - 1);
    }

    @Override
    public List<Long> bytes() {
        return List.of(Float.BYTES * elements());
    }

    @Override
    public void load() {
        biases = new FloatArray(Math.toIntExact(elements()));
        int index = 0;
        for (RelativeBias table : tables) {
            for (float[] head : table.biases(positions)) {
                for (float bias : head) {
                    biases.set(index++, bias);
                }
            }
        }
    }

    @Override
    public List<Object> arrays() {
        return List.of(biases());
    }
}
