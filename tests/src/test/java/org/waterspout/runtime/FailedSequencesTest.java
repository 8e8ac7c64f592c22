package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.error.DeviceException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;

/** What a failed or cancelled sequence left in its slot and in blocks that it shared misleads nobody. */
class FailedSequencesTest {

    private enum Fault { NONE, STEP_FAILS, LOGITS_ARE_NO_NUMBERS }

    /** While it is told to, computes other tokens than it is given, and then fails. */
    private static final class FailingPlan extends WatchedPlan {
        private volatile Fault fault = Fault.NONE;

        FailingPlan(Plan plan) {
            super(plan);
        }

        @Override
        public void step(Batch batch, float[] output, StepObserver observer) {
            if (fault == Fault.NONE) {
                super.step(batch, output, observer);
                return;
            }
            int[] wrong = Arrays.stream(batch.tokens()).map(token -> token ^ 1).toArray();
            super.step(new Batch(wrong, batch.positions(), batch.sequences(), batch.outputRows()).withPhase(batch.phase()), output,
                    observer);
            if (fault == Fault.STEP_FAILS) {
                throw new DeviceException("lost");
            }
            Arrays.fill(output, Float.NaN);
        }
    }

    private static int[] prompt(int seed, int length) {
        return new SplittableRandom(seed).ints(length, 10, 250).toArray();
    }

    private static Call<GenerationEvent> submit(Decoder decoder, int[] prompt, int tokens) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(tokens)
                .withLogProbabilities(LogProbabilities.top(0)); // so that each token is told
        return decoder.generate(Optional.empty(), Set.of(), request, 1, GenerationConfig.GREEDY.withTokens(0, tokens), Optional.empty(),
                Optional::empty, prompt, RequestOptions.DEFAULT).getFirst();
    }

    private static Completion completion(Call<GenerationEvent> call) {
        while (true) {
            if (call.next().orElseThrow() instanceof GenerationEvent.Finished finished) {
                return finished.completion();
            }
        }
    }

    private static Completion complete(Decoder decoder, int[] prompt) {
        return completion(submit(decoder, prompt, 12));
    }

    private interface Check {
        void run(FailingPlan plan, Decoder decoder);
    }

    private static void withDecoder(Check check) {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new CpuBackend(BackendOptions.DEFAULT)) {
            FailingPlan plan = new FailingPlan(backend.prepare(GraphBuilder.build(file, Architecture.of(file), 320),
                    new PlanOptions(320, 1, 64, false)));
            try (Decoder decoder = new Decoder(plan)) {
                check.run(plan, decoder);
            }
        }
    }

    /** It shares a kept block, goes on from it and fails; who comes then shares the kept block, and nothing of what failed. */
    @ParameterizedTest
    @EnumSource(names = {"STEP_FAILS", "LOGITS_ARE_NO_NUMBERS"})
    void whatFailedIsSharedWithNobody(Fault fault) {
        withDecoder((plan, decoder) -> {
            int[] first = prompt(1, 120);
            int[] second = Arrays.copyOf(first, 200);
            System.arraycopy(prompt(2, 80), 0, second, 120, 80);
            int[] expected = complete(decoder, second).tokens();
            int[] expectedFirst = complete(decoder, first).tokens();
            complete(decoder, prompt(3, 70));
            decoder.logits(prompt(4, 320), false); // takes what memory there is
            assertEquals(0, complete(decoder, first).reusedTokens());
            complete(decoder, prompt(3, 70));
            plan.fault = fault;
            assertThrows(WaterspoutException.class, () -> complete(decoder, second));
            plan.fault = Fault.NONE;
            Completion again = complete(decoder, second);
            assertEquals(64, again.reusedTokens(), "the block that was kept before");
            assertArrayEquals(expected, again.tokens());
            Completion other = complete(decoder, first);
            assertArrayEquals(expectedFirst, other.tokens());
        });
    }

    /** A whole prompt that was computed wrongly; whoever asks for it again gets nothing of it, not even when its slot was taken since. */
    @ParameterizedTest
    @EnumSource(names = {"STEP_FAILS", "LOGITS_ARE_NO_NUMBERS"})
    void nothingIsKeptOfWhatFailed(Fault fault) {
        withDecoder((plan, decoder) -> {
            int[] prompt = prompt(1, 150);
            plan.fault = fault;
            assertThrows(WaterspoutException.class, () -> complete(decoder, prompt));
            plan.fault = Fault.NONE;
            complete(decoder, prompt(3, 70));
            Completion completion = complete(decoder, prompt);
            assertEquals(0, completion.reusedTokens());
            complete(decoder, prompt(3, 70));
            Completion again = complete(decoder, prompt);
            assertEquals(128, again.reusedTokens());
            assertArrayEquals(completion.tokens(), again.tokens());
        });
    }

    /** What was computed before is right, and is kept. */
    @Test
    void whatWasCancelledCanBeShared() {
        withDecoder((_, decoder) -> {
            int[] prompt = prompt(1, 150);
            int[] expected = complete(decoder, prompt).tokens();
            decoder.logits(prompt(4, 320), false);
            Call<GenerationEvent> call = submit(decoder, prompt, 170);
            call.next(); // the first token
            call.cancel();
            assertEquals(FinishReason.CANCELLED, completion(call).finishReason());
            complete(decoder, prompt(3, 70));
            Completion again = complete(decoder, prompt);
            assertEquals(128, again.reusedTokens());
            assertArrayEquals(expected, again.tokens());
        });
    }
}
