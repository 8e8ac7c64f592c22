package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.tornado.TornadoDevices;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.model.text.ChatMessage;

/** Questions to a real model through its chat template: each backend's greedy answers, judged by the backend it is measured against. */
@Tag("slow")
class RealModelTest {

    private static final int CONTEXT = 128;
    private static final String QUESTION = "What is the capital of France?";
    private static final List<String> QUESTIONS = List.of(QUESTION, "Why is the sky blue?", "Name three colours.");

    /**
     * Logits within which the judge leaves the choice open; no token was behind. The largest are about 25 here, and of two, each was seen
     * to differ by 1.1e-5 of that.
     */
    private static final Agreement AGREEMENT = new Agreement(1.6e-3f);

    private Path path;

    @BeforeEach
    void find() {
        path = RealModel.find().orElse(null);
        assumeTrue(path != null, RealModel.MISSING);
    }

    @Test
    void theCpuAnswersAsTheReferenceDoes() {
        try (LanguageModel cpu = load("cpu"); LanguageModel reference = load("reference")) {
            Completion answer = answer(cpu, QUESTION, 8);
            assertTrue(answer.text().contains("Paris"), answer.text());
            AGREEMENT.check(reference, prompt(cpu, QUESTION), answer.tokens());
        }
    }

    @Test
    void tokensOneByOneAreThoseOfAPromptTakenWhole() {
        try (LanguageModel cpu = load("cpu")) {
            for (String question : QUESTIONS) {
                AGREEMENT.check(cpu, prompt(cpu, question), answer(cpu, question, 24).tokens());
            }
        }
    }

    @Test
    @Tag("tornadovm")
    void theDeviceAnswersAsTheCpuDoes() {
        assumeTrue(TornadoDevices.sdkPresent(), "tornado skipped: this JVM was started without a TornadoVM SDK");
        try (LanguageModel device = load("tornado"); LanguageModel cpu = load("cpu")) {
            for (String question : QUESTIONS) {
                Completion answer = answer(device, question, 16);
                AGREEMENT.check(cpu, prompt(cpu, question), answer.tokens());
            }
        }
    }

    private LanguageModel load(String backend) {
        return LanguageModel.load(path, LoadOptions.DEFAULT.withBackend(backend).withContextLength(CONTEXT).withBatchRows(64));
    }

    private static int[] prompt(LanguageModel model, String question) {
        return model.tokens(new Prompt.Conversation(List.of(ChatMessage.user(question))));
    }

    private static Completion answer(LanguageModel model, String question, int tokens) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Conversation(List.of(ChatMessage.user(question))));
        try (Generation generation = model.generate(request.withMaxTokens(tokens))) {
            return generation.complete();
        }
    }
}
