package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.StepObserver;

/** A plan that keeps what it gives and then says what a test wants to be chosen, so that the engine goes along a sequence that is known. */
final class ForcedPlan extends WatchedPlan {

    /** What a row gave. */
    record Row(int sequence, int position, int token, float[] logits) {
    }

    /** Changes the logits of a row. */
    interface Choice {
        void force(Row row, float[] logits, int at);
    }

    private final Choice choice;
    private final List<Row> rows = new ArrayList<>();

    ForcedPlan(Plan plan, Choice choice) {
        super(plan);
        this.choice = choice;
    }

    List<Row> rows() {
        return List.copyOf(rows);
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        super.step(batch, output, observer);
        int width = graph().output().width();
        for (int i = 0; i < batch.outputRows().length; i++) {
            int row = batch.outputRows()[i];
            Row made = new Row(batch.sequences()[row], batch.positions()[row], batch.tokens()[row],
                    Arrays.copyOfRange(output, i * width, (i + 1) * width));
            rows.add(made);
            choice.force(made, output, i * width);
        }
    }
}
