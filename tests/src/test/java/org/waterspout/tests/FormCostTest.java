package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.constrain.Constraint;
import org.waterspout.constrain.Constraints;
import org.waterspout.model.ModelFile;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.text.Tokenizer;

/**
 * What it costs to restrict a token to a form, with SmolLM2's vocabulary of 49,152, in answers of a form of which nothing is known yet. A
 * step of the model takes 18 ms on the machine of docs/benchmarks.md, and the grammar is to take less than a tenth of it.
 */
@Tag("slow")
class FormCostTest {

    private static final int ROUNDS = 12;
    /** A tenth of a step. */
    private static final double MAX_MILLIS = 1.8;
    /** Of a single form: some were measured at 1.7. */
    private static final double MAX_MILLIS_OF_A_FORM = 4;

    @Test
    void aTokenCostsLessThanATenthOfAStep() {
        Optional<Path> path = RealModel.find();
        assumeTrue(path.isPresent(), RealModel.MISSING);
        try (ModelFile file = ModelFiles.open(path.get()); Tokenizer tokenizer = Tokenizer.of(file)) {
            List<Long> all = new ArrayList<>();
            Constraints constraints = FormAnswers.constraints(tokenizer);
            for (FormAnswers form : FormAnswers.values()) {
                List<Long> cold = new ArrayList<>();
                List<Long> warm = new ArrayList<>();
                int[] answer = form.answer(tokenizer);
                for (int round = 0; round < ROUNDS; round++) {
                    Constraint constraint = constraints.of(form.form(round));
                    boolean counts = round >= ROUNDS / 2; // the first rounds compile the code
                    FormAnswers.walk(constraint, answer, counts ? Optional.of(cold) : Optional.empty());
                    FormAnswers.walk(constraint, answer, counts ? Optional.of(warm) : Optional.empty());
                }
                String figures = "%s: %d tokens, new: mean %.3f, median %.3f, largest %.1f ms; known: mean %.4f ms".formatted(
                        form, answer.length, mean(cold), quantile(cold, 0.5), quantile(cold, 1), mean(warm));
                System.out.println(figures);
                assertTrue(mean(cold) < MAX_MILLIS_OF_A_FORM && mean(warm) < MAX_MILLIS / 10, figures);
                all.addAll(cold);
            }
            assertTrue(mean(all) < MAX_MILLIS, "a token costs %.3f ms".formatted(mean(all)));
        }
    }

    private static double mean(List<Long> nanos) {
        return nanos.stream().mapToLong(Long::longValue).average().orElseThrow() / 1e6;
    }

    private static double quantile(List<Long> nanos, double share) {
        Collections.sort(nanos);
        return nanos.get((int) Math.min(nanos.size() - 1, share * nanos.size())) / 1e6;
    }
}
