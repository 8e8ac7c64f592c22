package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.DraftModel;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.Sharing;
import org.waterspout.generate.Speculation;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.gguf.GgufValueType;
import org.waterspout.model.gguf.GgufWriter;
import org.waterspout.model.load.DemonstrationModel;

/** A draft model beside a model: what it is loaded with, and what is refused. */
class DraftModelTest {

    private static final LoadOptions OPTIONS = LoadOptions.DEFAULT.withThreads(2);
    private static final String TOKENS = "tokenizer.ggml.tokens";

    @TempDir
    private Path folder;
    private Path same;

    @BeforeEach
    void writeDemonstration() {
        same = written("same.gguf", UnaryOperator.identity());
    }

    /** The demonstration model with a change. */
    private Path written(String name, UnaryOperator<ChangedFile> change) {
        Path path = folder.resolve(name);
        try (ModelFile file = DemonstrationModel.open()) {
            write(change.apply(ChangedFile.of(file)), path);
        }
        return path;
    }

    private static void write(ModelFile file, Path path) {
        GgufWriter writer = new GgufWriter();
        file.metadata().values().forEach((key, value) -> {
            switch (value) {
                case String text -> writer.put(key, GgufValueType.STRING, text);
                case Boolean flag -> writer.put(key, GgufValueType.BOOL, flag);
                case Long number -> writer.put(key, GgufValueType.UINT32, number);
                case Double number -> writer.put(key, GgufValueType.FLOAT64, number);
                case List<?> list when list.getFirst() instanceof String -> writer.putArray(key, GgufValueType.STRING, list);
                case List<?> list -> writer.putArray(key, GgufValueType.INT32, list);
                default -> throw new AssertionError(key + " is " + value);
            }
        });
        file.tensors().values().forEach(writer::tensor);
        writer.write(path);
    }

    private static List<Object> tokens(ChangedFile file) {
        return new ArrayList<>((List<?>) file.metadata().values().get(TOKENS));
    }

    /** Rows without a text fill the table up, as in the larger models of a family. */
    private static ChangedFile padded(ChangedFile file) {
        List<Object> tokens = tokens(file);
        List<Object> types = new ArrayList<>((List<?>) file.metadata().values().get("tokenizer.ggml.token_type"));
        Tensor table = file.tensors().get("token_embd.weight");
        byte[] bytes = table.data().toArray(ValueLayout.JAVA_BYTE);
        int more = 32;
        for (int i = 0; i < more; i++) {
            tokens.add("[PAD" + tokens.size() + "]");
            types.add(5L);
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>(file.tensors());
        tensors.put("token_embd.weight", RandomTensors.stored("token_embd.weight", table.type(), List.of(tokens.size(), 256),
                Arrays.copyOf(bytes, bytes.length / (tokens.size() - more) * tokens.size())));
        Map<String, Object> values = new LinkedHashMap<>(file.metadata().values());
        values.put(TOKENS, tokens);
        values.put("tokenizer.ggml.token_type", types);
        values.computeIfPresent("llama.vocab_size", (_, _) -> (long) tokens.size());
        return new ChangedFile(file.file(), new Metadata(values), tensors);
    }

    @Test
    void formsLogProbabilitiesAndSharingStayAsTheyAre() {
        String prompt = "It is a truth universally acknowledged, that";
        try (LanguageModel model = LanguageModel.demonstration(OPTIONS, new DraftModel(same, OPTIONS));
                LanguageModel alone = LanguageModel.demonstration(OPTIONS)) {
            assertEquals(2 * alone.memory().cache(), model.memory().cache());
            GenerationRequest base = GenerationRequest.of(new Prompt.Raw(prompt)).withMaxTokens(40);
            int accepted = 0;
            for (GenerationRequest request : List.of(base, base.withForm(AnswerForm.regex("( rose, the| lily, the){4,9}\\.")),
                    base.withSampling(Sampling.GREEDY.withTemperature(0.6f).withSeed(3)), base.withSharing(Sharing.ALL))) {
                Completion plain = complete(model, request.withLogProbabilities(LogProbabilities.top(2)));
                Completion found = complete(model, request.withLogProbabilities(LogProbabilities.top(2))
                        .withSpeculation(Speculation.draft()));
                assertEquals(plain.text(), found.text());
                assertArrayEquals(plain.tokens(), found.tokens());
                assertEquals(plain.logProbabilities(), found.logProbabilities());
                assertEquals(plain.finishReason(), found.finishReason());
                accepted += found.acceptedTokens();
            }
            assertTrue(accepted > 50, accepted + " accepted");
            assertEquals(0, complete(model, base).proposedTokens());
        }
        assertNoThreadIsLeft();
    }

    private static Completion complete(LanguageModel model, GenerationRequest request) {
        try (Generation generation = model.generate(request)) {
            return generation.complete();
        }
    }

    /** Either may have rows that fill its table; what the other lacks is not proposed, and nothing behind it. */
    @Test
    void aTableThatIsFilledUpIsNoOtherVocabulary() {
        Path padded = written("padded.gguf", DraftModelTest::padded);
        GenerationRequest request = GenerationRequest.of(new Prompt.Raw("She was")).withMaxTokens(20);
        GenerationRequest beyond = GenerationRequest.of(new Prompt.Tokens(new int[] {500, 2050, 600})).withMaxTokens(5);
        Completion plain;
        try (LanguageModel model = LanguageModel.load(same, OPTIONS, new DraftModel(padded, OPTIONS))) {
            plain = complete(model, request);
            Completion found = complete(model, request.withSpeculation(Speculation.draft()));
            assertArrayEquals(plain.tokens(), found.tokens());
            assertTrue(found.acceptedTokens() > 10);
        }
        try (LanguageModel model = LanguageModel.load(padded, OPTIONS, new DraftModel(same, OPTIONS))) {
            Completion found = complete(model, request.withSpeculation(Speculation.draft()));
            assertArrayEquals(plain.tokens(), found.tokens());
            assertTrue(found.acceptedTokens() > 10);
            int[] tokens = complete(model, beyond).tokens();
            Completion without = complete(model, beyond.withSpeculation(Speculation.draft()));
            assertArrayEquals(tokens, without.tokens());
            assertEquals(0, without.proposedTokens());
        }
    }

    /** Where its options say no context, the draft has the model's, also beyond what is set up unasked; stated ones hold. */
    @Test
    void theContextIsTheModelsUnlessOneIsStated() {
        long alone;
        try (LanguageModel model = LanguageModel.load(same, OPTIONS.withContextLength(100))) {
            alone = model.memory().cache();
        }
        for (int stated : new int[] {0, 50}) {
            try (LanguageModel model = LanguageModel.load(same, OPTIONS.withContextLength(100),
                    new DraftModel(same, OPTIONS.withContextLength(stated)))) {
                assertEquals(stated == 0, model.memory().cache() == 2 * alone);
                int[] prompt = model.tokens(new Prompt.Raw("It was so "));
                int[] beyond = Arrays.copyOf(prompt, 60);
                Arrays.fill(beyond, prompt.length, 60, 900);
                GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(beyond)).withMaxTokens(30);
                Completion found = complete(model, request.withSpeculation(Speculation.draft()));
                assertArrayEquals(complete(model, request).tokens(), found.tokens());
                assertEquals(stated == 0, found.proposedTokens() > 0);
            }
        }
    }

    /** Each names the reason in one line, and gives back what the model took. */
    @Test
    void whatCannotProposeIsRefused() {
        assertRefused(FamilyModel.path("llama"), "has another vocabulary than Austen demonstration model: it has ", " tokens, not 2048");
        assertRefused(written("swapped.gguf", file -> {
            List<Object> tokens = tokens(file);
            Collections.swap(tokens, 1500, 1501);
            return file.key(TOKENS, tokens);
        }), "has another vocabulary", "its token 1500 is ", "name a draft model of the same family");
        assertRefused(written("end.gguf", file -> file.key("tokenizer.ggml.eos_token_id", 7L)),
                "its token 7 ends a text, not token 0");
        Path translator = folder.resolve("dates.gguf");
        Path classifier = folder.resolve("spam.gguf");
        for (Path path : List.of(translator, classifier)) {
            try (ModelFile file = DemonstrationModel.open(path.getFileName())) {
                write(file, path);
            }
        }
        assertRefused(translator, "is an encoder-decoder, which continues no text: name a decoder");
        assertRefused(classifier, "is an encoder, which continues no text: name a decoder");
        assertThrows(ModelNotFoundException.class, () -> load(folder.resolve("absent.gguf")));
        assertNoThreadIsLeft();
        try (LanguageModel model = LanguageModel.demonstration(OPTIONS)) {
            String message = assertThrows(InvalidRequestException.class, () -> model.generate(
                    GenerationRequest.of("any").withSpeculation(Speculation.draft()))).getMessage();
            assertTrue(message.contains("load it with a draft model"), message);
        }
        assertThrows(InvalidRequestException.class, () -> new Speculation.Draft(0));
    }

    private static LanguageModel load(Path draft) {
        return LanguageModel.demonstration(OPTIONS, new DraftModel(draft, LoadOptions.DEFAULT.withThreads(3)));
    }

    private static void assertRefused(Path draft, String... reasons) {
        String message = assertThrows(InvalidRequestException.class, () -> load(draft)).getMessage();
        assertTrue(message.startsWith("the draft model ") && message.lines().count() == 1, message);
        for (String reason : reasons) {
            assertTrue(message.contains(reason), message);
        }
    }

    /** Of the backends of both models. */
    private static void assertNoThreadIsLeft() {
        assertFalse(Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().startsWith("waterspout-")));
    }
}
