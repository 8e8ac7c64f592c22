package org.waterspout.backend.tornado.buffers;

import java.util.List;
import org.waterspout.backend.Batch;
import org.waterspout.backend.tornado.buffers.DeviceBuffer.Life;
import org.waterspout.graph.RopeTable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Cosines and sines of the rows of a step, [rows, tables, pairs, 2], where the frequencies change with every length of a sequence: made on
 * the host for each step, in double precision as in {@link AngleTable}.
 */
public final class RowAngles implements Angles {

    private final List<RopeTable> tables;
    private final int pairs;
    private final Feed feed;
    private final View device;

    /** @param tables all of one rotated width */
    public RowAngles(List<RopeTable> tables, int rows) {
        this.tables = List.copyOf(tables);
        this.pairs = tables.getFirst().rotatedWidth() / 2;
        if (tables.stream().anyMatch(table -> table.rotatedWidth() != 2 * pairs)) {
            throw new IllegalArgumentException("rotary tables of one graph with different widths: " + tables);
        }
        int width = Math.multiplyExact(tables.size(), 2 * pairs);
        this.feed = Feed.floats("rotary angles", (long) rows * width);
        this.device = View.whole(new DeviceBuffer("rotary angles", (long) rows * width, Life.PLAN), width);
    }

    /** What {@link #set} fills in. */
    public Feed feed() {
        return feed;
    }

    /** What kernels read, to be copied from the feed. */
    public View device() {
        return device;
    }

    public int tables() {
        return tables.size();
    }

    /** Fills in the rows of {@code batch}. */
    public void set(Batch batch) {
        FloatArray angles = feed.floats();
        int[] lengths = batch.turnedLengths();
        int index = 0;
        for (int row = 0; row < batch.rows(); row++) {
            int position = batch.positions()[row];
            for (RopeTable table : tables) {
                for (double frequency : table.frequencies(lengths[row])) {
                    angles.set(index++, (float) (Math.cos(position * frequency) * table.magnitude()));
                    angles.set(index++, (float) (Math.sin(position * frequency) * table.magnitude()));
                }
            }
        }
    }

    @Override
    public int indexOf(RopeTable table) {
        return tables.indexOf(table);
    }

    @Override
    public int positions() {
        return 1;
    }

    @Override
    public FloatArray angles() {
        return device.buffer().array();
    }

    @Override
    public List<Constant> constants() {
        return List.of();
    }

    @Override
    public List<DeviceBuffer> buffers() {
        return List.of(device.buffer());
    }
}
