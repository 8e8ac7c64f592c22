package org.waterspout.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.encode.Sequence;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.runtime.Encoder;
import org.waterspout.tests.TaskModel;

/** A request that is refused waits for no compiler, where the model was loaded without warming up. */
class WarmUpTest {

    private static final LoadOptions OPTIONS = LoadOptions.DEFAULT.withBackend(TornadoDevices.backendName()).withContextLength(8)
            .withBatchRows(8);

    private static boolean isWarm(Plan plan) {
        return ((TornadoPlan) plan).isWarm();
    }

    @Test
    @Tag("tornadovm")
    void aPromptTooLongIsRefusedBeforeAnythingIsCompiled() {
        try (LanguageModel model = LanguageModel.demonstration(OPTIONS.withWarmUp(false))) {
            assertThrows(InvalidRequestException.class,
                    () -> model.generate(GenerationRequest.of(new Prompt.Raw("It is a truth universally acknowledged, that"))));
            assertThrows(InvalidRequestException.class, () -> model.logits(new int[9], false));
            assertThrows(InvalidRequestException.class, () -> model.logits(new int[] {model.vocabulary()}, false));
            assertFalse(isWarm(model.plan()));
            float[] logits = model.logits(new int[] {1, 2, 3}, true);
            assertTrue(isWarm(model.plan()));
            try (LanguageModel ready = LanguageModel.demonstration(OPTIONS)) {
                assertTrue(isWarm(ready.plan()));
                assertArrayEquals(ready.logits(new int[] {1, 2, 3}, true), logits);
            }
        }
    }

    @Test
    void aModelCanBeWarmedUpLaterAndClosedCold() {
        LanguageModel cold = LanguageModel.demonstration(OPTIONS.withWarmUp(false));
        cold.close();
        assertThrows(ClosedException.class, cold::warmUp);
        try (LanguageModel model = LanguageModel.demonstration(OPTIONS.withWarmUp(false))) {
            model.warmUp();
            model.warmUp();
            assertTrue(isWarm(model.plan()));
        }
    }

    @Test
    void aSourceTooLongIsRefusedBeforeAnythingIsCompiled() {
        TranslationOptions whole = TranslationOptions.DEFAULT.withSplitting(TranslationOptions.Splitting.NEVER);
        try (Translator translator = Translator.demonstration(OPTIONS.withContextLength(24).withWarmUp(false))) {
            assertThrows(InvalidRequestException.class, () -> translator.translate("the third of May ".repeat(20), whole));
            assertFalse(isWarm(translator.plan()));
            translator.translate("three", whole);
            assertTrue(isWarm(translator.plan()));
        }
    }

    @Test
    void aTextTooLongForAnEncoderIsRefusedBeforeAnythingIsCompiled() {
        try (ModelFile file = ModelFiles.open(TaskModel.of("embedder").folder());
                TornadoBackend backend = new TornadoBackend(BackendOptions.DEFAULT);
                Encoder engine = Encoder.prepare(file, Architecture.of(file), Target.HIDDEN, backend, new PlanOptions(8, 2, 8, false))) {
            assertThrows(InvalidRequestException.class, () -> engine.run(List.of(Sequence.of(new int[9], new int[9]))));
            assertFalse(isWarm(engine.engine().plan()));
            engine.run(List.of(Sequence.of(new int[8], new int[8])));
            assertTrue(isWarm(engine.engine().plan()));
        }
    }
}
