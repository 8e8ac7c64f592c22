package org.waterspout.backend.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;

/** Batches of {@link SmallModel}'s tokens, drawn with a seed. */
final class SeededBatches {

    /** Positions that the mixed batches need. */
    static final int CONTEXT = 300;

    final Random random;

    SeededBatches(long seed) {
        random = new Random(seed);
    }

    /** @param wanted rows whose outputs are wanted */
    Batch batch(int sequence, int position, int rows, int... wanted) {
        int[] positions = new int[rows];
        int[] sequences = new int[rows];
        for (int row = 0; row < rows; row++) {
            positions[row] = position + row;
            sequences[row] = sequence;
        }
        return new Batch(random.ints(rows, 0, SmallModel.VOCABULARY).toArray(), positions, sequences, wanted);
    }

    /** Two batches as one, sequence after sequence. */
    private static Batch join(Batch a, Batch b) {
        return new Batch(join(a.tokens(), b.tokens()), join(a.positions(), b.positions()), join(a.sequences(), b.sequences()),
                new int[] {0, a.rows(), a.rows() + b.rows() - 1});
    }

    private static int[] join(int[] a, int[] b) {
        int[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    /** For three sequences: prompts, single tokens, pieces, and several sequences in one step; of at most 129 rows. */
    List<Batch> mixed() {
        List<Batch> batches = new ArrayList<>();
        batches.add(batch(0, 0, 100, 99)); // panels, blocks and a window
        for (int i = 0; i < 3; i++) {
            batches.add(batch(0, 100 + i, 1, 0));
        }
        batches.add(batch(0, 103, 8, 0, 3, 7));
        batches.add(batch(1, 0, 9, 8));
        batches.add(batch(2, 0, 37, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 36)); // more output rows than are computed row by row
        batches.add(join(batch(0, 111, 1), batch(1, 9, 30))); // sequences that share a panel
        batches.add(join(batch(1, 39, 2), batch(2, 37, 2)));
        batches.add(batch(0, 50, 1, 0)); // again from an earlier position
        batches.add(batch(0, 51, 129, 128));
        batches.add(batch(0, 180, 1)); // nothing wanted
        return batches;
    }

    /** @param select whether outputs are of the wanted rows only */
    static List<float[]> run(Plan plan, List<Batch> batches, boolean select) {
        List<float[]> outputs = new ArrayList<>();
        for (Batch batch : batches) {
            int rows = select ? batch.outputRows().length : batch.rows();
            float[] output = new float[rows * plan.graph().output().width()];
            plan.step(batch, output);
            outputs.add(output);
        }
        return outputs;
    }
}
