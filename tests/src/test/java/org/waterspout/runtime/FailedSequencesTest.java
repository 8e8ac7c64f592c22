package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.tornado.BlocksOfLength;
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
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.tests.TestBackend;

/** What a failed or cancelled sequence left in its slot and in blocks that it shared misleads nobody. */
@Tag("slow")
@Tag(TestBackend.ON_DEVICES)
class FailedSequencesTest {

    private enum Fault { NONE, STEP_FAILS, LOGITS_ARE_NO_NUMBERS }

    private static final List<Fault> FAULTS = List.of(Fault.STEP_FAILS, Fault.LOGITS_ARE_NO_NUMBERS);

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
        void run(FailingPlan plan, Decoder decoder, int block);
    }

    /** On a device, blocks of an odd length. */
    private static int block(String backend) {
        return backend.equals("cpu") ? 64 : 21;
    }

    /** @param name of the case */
    private static Stream<DynamicTest> onEach(String name, Check check) {
        return TestBackend.all().stream().filter(backend -> !backend.name().equals("reference")).map(backend -> DynamicTest.dynamicTest(
                backend.name() + name, () -> {
                    assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                    run(backend, check);
                }));
    }

    /** In five blocks, one sequence that can fill them. */
    private static void run(TestBackend where, Check check) {
        int block = block(where.name());
        try (ModelFile file = DemonstrationModel.open(); Backend backend = where.open().get()) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), 5 * block);
            PlanOptions options = new PlanOptions(5 * block, 1, block, false);
            FailingPlan plan = new FailingPlan(backend instanceof CpuBackend ? backend.prepare(graph, options)
                    : BlocksOfLength.prepare(backend, graph, options, 5, block));
            try (Decoder decoder = new Decoder(plan)) {
                check.run(plan, decoder, block);
            }
        }
    }

    /** It shares a kept block, goes on from it and fails; who comes then shares the kept block, and nothing of what failed. */
    @TestFactory
    Stream<DynamicTest> whatFailedIsSharedWithNobody() {
        return FAULTS.stream().flatMap(fault -> onEach(", " + fault, (plan, decoder, block) -> {
            int[] first = prompt(1, 2 * block - 8);
            int[] second = Arrays.copyOf(first, 3 * block + 8);
            System.arraycopy(prompt(2, block + 16), 0, second, first.length, block + 16);
            int[] expected = complete(decoder, second).tokens();
            int[] expectedFirst = complete(decoder, first).tokens();
            complete(decoder, prompt(3, block + 6));
            decoder.logits(prompt(4, 5 * block), false); // takes what memory there is
            assertEquals(0, complete(decoder, first).reusedTokens());
            complete(decoder, prompt(3, block + 6));
            plan.fault = fault;
            assertThrows(WaterspoutException.class, () -> complete(decoder, second));
            plan.fault = Fault.NONE;
            Completion again = complete(decoder, second);
            assertEquals(block, again.reusedTokens(), "the block that was kept before");
            assertArrayEquals(expected, again.tokens());
            Completion other = complete(decoder, first);
            assertArrayEquals(expectedFirst, other.tokens());
        }));
    }

    /** A whole prompt that was computed wrongly; whoever asks for it again gets nothing of it, not even when its slot was taken since. */
    @TestFactory
    Stream<DynamicTest> nothingIsKeptOfWhatFailed() {
        return FAULTS.stream().flatMap(fault -> onEach(", " + fault, (plan, decoder, block) -> {
            int[] prompt = prompt(1, 2 * block + block / 3);
            plan.fault = fault;
            assertThrows(WaterspoutException.class, () -> complete(decoder, prompt));
            plan.fault = Fault.NONE;
            complete(decoder, prompt(3, block + 6));
            Completion completion = complete(decoder, prompt);
            assertEquals(0, completion.reusedTokens());
            complete(decoder, prompt(3, block + 6));
            Completion again = complete(decoder, prompt);
            assertEquals(2 * block, again.reusedTokens());
            assertArrayEquals(completion.tokens(), again.tokens());
        }));
    }

    /** What was computed before is right, and is kept. */
    @TestFactory
    Stream<DynamicTest> whatWasCancelledCanBeShared() {
        return onEach("", (_, decoder, block) -> {
            int[] prompt = prompt(1, 2 * block + block / 3);
            int[] expected = complete(decoder, prompt).tokens();
            decoder.logits(prompt(4, 5 * block), false);
            Call<GenerationEvent> call = submit(decoder, prompt, 5 * block - prompt.length);
            call.next(); // the first token
            call.cancel();
            assertEquals(FinishReason.CANCELLED, completion(call).finishReason());
            complete(decoder, prompt(3, block + 6));
            Completion again = complete(decoder, prompt);
            assertEquals(2 * block, again.reusedTokens());
            assertArrayEquals(expected, again.tokens());
        });
    }
}
