package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.List;
import org.waterspout.backend.Plan;

/** Puts whole sequences of any callers into a step, as many as its rows hold: one behind the other, without padding. */
final class EncoderScheduler implements Scheduler {

    private final Plan plan;
    private final EncoderBatches rows;
    private final List<EncodingTask> chosen = new ArrayList<>();

    EncoderScheduler(Plan plan, EncoderBatches rows) {
        this.plan = plan;
        this.rows = rows;
    }

    @Override
    public void admit(Waiting waiting) {
        int[] taken = {0};
        waiting.begin(task -> {
            EncodingTask encoding = (EncodingTask) task;
            int length = encoding.sequence().length();
            boolean fits = chosen.size() < plan.options().maxSequences() && taken[0] + length <= plan.options().maxRows();
            if (fits) {
                taken[0] += length;
                chosen.add(encoding);
            }
            return fits;
        });
    }

    @Override
    public void step(Waiting waiting) {
        if (chosen.isEmpty()) {
            return;
        }
        try {
            float[] output = rows.run(chosen.stream().map(EncodingTask::sequence).toList());
            int at = 0;
            for (EncodingTask task : chosen) {
                int count = rows.numbers(task.sequence());
                take(task, output, at);
                at += count;
            }
        } catch (RuntimeException | Error failure) {
            chosen.forEach(task -> task.fail(Failures.of(failure)));
        } finally {
            chosen.clear();
        }
    }

    private void take(EncodingTask task, float[] output, int at) {
        try {
            task.take(rows.result(task.sequence(), output, at));
        } catch (RuntimeException notFinite) {
            task.fail(notFinite);
        }
    }

    @Override
    public boolean isIdle() {
        return chosen.isEmpty();
    }

    @Override
    public void removeEnded() {
        chosen.removeIf(task -> task.done() || task.call().ended());
    }
}
