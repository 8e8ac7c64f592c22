package org.waterspout.backend.tornado;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.waterspout.backend.Batch;
import org.waterspout.backend.tornado.buffers.RowAngles;
import org.waterspout.kernels.StepLayout;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The rows of a batch as ints of the {@link StepLayout} buffer. */
final class StepRows {

    private final IntArray step;
    private final int border;
    private final int contextLength;
    private final int sourceLength;
    private final int rowTables;

    /**
     * @param border    of the sequences' lengths, {@link org.waterspout.graph.RopeTable#border(org.waterspout.graph.Graph)}
     * @param rowTables tables of {@link RowAngles}; 0 where angles are not a step's
     */
    StepRows(IntArray step, int border, int contextLength, int sourceLength, int rowTables) {
        this.step = step;
        this.border = border;
        this.contextLength = contextLength;
        this.sourceLength = sourceLength;
        this.rowTables = rowTables;
    }

    private static int at(int row) {
        return StepLayout.HEADER + row * StepLayout.ROW;
    }

    /** What every step says of its rows, those of sources among them. */
    void write(Batch batch) {
        int[] last = new int[1 + Arrays.stream(batch.sequences()).max().orElse(0)];
        int[] lengths = batch.turnedLengths();
        for (int row = batch.rows() - 1; row >= 0; row--) {
            int sequence = batch.sequences()[row];
            int position = batch.positions()[row];
            // stored as row + 1, so that 0 stands for none
            int next = last[sequence] - 1;
            int at = at(row);
            step.set(at + StepLayout.TOKEN, batch.tokens()[row]);
            step.set(at + StepLayout.POSITION, position);
            int inSets = lengths[row] > border ? contextLength + position : position;
            step.set(at + StepLayout.TURN, rowTables > 0 ? row * rowTables : inSets);
            step.set(at + StepLayout.SEQUENCE, sequence);
            step.set(at + StepLayout.PLACE, sequence * sourceLength + position);
            step.set(at + StepLayout.TYPE, batch.type(row));
            step.set(at + StepLayout.LENGTH, next < 0 ? position + 1 : step.get(at(next) + StepLayout.LENGTH));
            step.set(at + StepLayout.NEXT, next);
            last[sequence] = row + 1;
        }
    }

    /** Where keys and values of a step that is not of sources go. */
    void writePlaces(int[] places) {
        for (int row = 0; row < places.length; row++) {
            step.set(at(row) + StepLayout.PLACE, places[row]);
        }
    }

    /** Where each sequence's state comes from and goes to. */
    void writeStates(Batch batch, AncestorTable places) {
        int[] from = Arrays.stream(batch.sequences()).map(places::state).toArray();
        places.moveStates(batch);
        boolean[] met = new boolean[1 + Arrays.stream(batch.sequences()).max().orElse(0)];
        for (int row = 0; row < batch.rows(); row++) {
            int sequence = batch.sequences()[row];
            step.set(at(row) + StepLayout.STATE_FROM, from[row]);
            step.set(at(row) + StepLayout.STATE_TO, met[sequence] ? -1 : places.state(sequence));
            met[sequence] = true;
        }
    }

    /** @param lengths positions of each source */
    void writeSources(Batch batch, IntUnaryOperator lengths) {
        for (int row = 0; row < batch.rows(); row++) {
            step.set(at(row) + StepLayout.SOURCE, batch.source(row));
            step.set(at(row) + StepLayout.SOURCE_LENGTH, lengths.applyAsInt(batch.source(row)));
        }
    }

    /** Output rows {@code start} to {@code start + count} as rows 0 to {@code count}. */
    void writeSelected(Batch batch, int start, int count) {
        for (int row = 0; row < count; row++) {
            int output = start + row;
            step.set(at(row) + StepLayout.SELECTED, batch.outputRows()[output]);
            step.set(at(row) + StepLayout.MEAN_FROM, output == 0 ? 0 : batch.outputRows()[output - 1] + 1);
        }
    }
}
