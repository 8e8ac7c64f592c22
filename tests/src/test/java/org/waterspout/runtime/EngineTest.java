package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.error.DeviceException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;

/** What an engine does when the plan fails, and when it is not warm. */
class EngineTest {

    private static final int[] TOKENS = {5, 6, 7};

    /** Fails as often as it is told to. */
    private static final class FailingPlan extends WatchedPlan {
        private int coldFailures;
        private boolean warm;
        private Throwable failure;

        FailingPlan(Plan plan) {
            super(plan);
        }

        @Override
        public void warmUp() {
            if (coldFailures-- > 0) {
                throw new DeviceException("the driver is not there yet");
            }
            warm = true;
        }

        @Override
        public void step(Batch batch, float[] output, StepObserver observer) {
            assertTrue(warm, "the first request's times would hold the compiler's");
            switch (failure) {
                case RuntimeException known -> throw known;
                case Error other -> throw other;
                case null, default -> super.step(batch, output, observer);
            }
        }
    }

    private interface Check {
        void run(FailingPlan plan, Decoder decoder);
    }

    private static void withDecoder(Check check) {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new CpuBackend(BackendOptions.DEFAULT)) {
            FailingPlan plan = new FailingPlan(backend.prepare(GraphBuilder.build(file, Architecture.of(file), 16),
                    new PlanOptions(16, 2, 8, false)));
            try (Decoder decoder = new Decoder(plan)) {
                check.run(plan, decoder);
            }
        }
    }

    @Test
    void aPlanIsWarmBeforeTheFirstRequestBegins() {
        withDecoder((_, decoder) -> assertEquals(decoder.vocabulary(), decoder.logits(TOKENS, false).length));
    }

    @Test
    void aPlanThatCannotBeWarmedIsTriedAgainWithTheNextRequest() {
        withDecoder((plan, decoder) -> {
            plan.coldFailures = 2;
            assertThrows(DeviceException.class, () -> decoder.engine().warmUp());
            assertThrows(DeviceException.class, () -> decoder.logits(TOKENS, false));
            assertEquals(decoder.vocabulary(), decoder.logits(TOKENS, false).length);
            decoder.engine().warmUp();
        });
    }

    @Test
    void aStepThatFailsEndsItsRequestAndTheEngineGoesOn() {
        withDecoder((plan, decoder) -> {
            record Case(Throwable failure, Class<? extends RuntimeException> expected) {
            }
            for (Case one : List.of(new Case(new DeviceException("lost"), DeviceException.class),
                    new Case(new InternalError("a fault occurred in an unsafe memory access operation"), ModelFormatException.class),
                    new Case(new OutOfMemoryError("Java heap space"), OutOfMemoryException.class),
                    new Case(new AssertionError("of a library"), DeviceException.class),
                    new Case(new OutOfMemoryException("no memory is left for keys and values"), OutOfMemoryException.class))) {
                plan.failure = one.failure();
                assertThrows(one.expected(), () -> decoder.logits(TOKENS, false));
                plan.failure = null;
                assertEquals(decoder.vocabulary(), decoder.logits(TOKENS, false).length, "after " + one.failure());
            }
        });
    }
}
