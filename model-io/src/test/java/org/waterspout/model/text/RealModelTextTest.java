package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.model.ModelFile;
import org.waterspout.model.load.ModelFiles;

/** A published vocabulary and template, wherever the file is found. */
class RealModelTextTest {

    /** The folders of WATERSPOUT_MODELS, and shared/models beside the repository. */
    private static Path model(String name) {
        String folders = System.getenv().getOrDefault("WATERSPOUT_MODELS", "");
        return Stream.concat(Stream.of(folders.split(File.pathSeparator)).filter(folder -> !folder.isEmpty()),
                        Stream.of("../../shared/models", "../shared/models"))
                .map(folder -> Path.of(folder, name)).filter(Files::isRegularFile).findFirst()
                .orElseGet(() -> {
                    String skipped = "skipped: " + name + " is neither in WATERSPOUT_MODELS nor in ../shared/models";
                    System.out.println(skipped);
                    return Assumptions.abort(skipped);
                });
    }

    @Test
    void tokensAreThoseOfLlamaCpp() {
        JsonNode fixture = TokenizerFixture.json("smollm2.json");
        List<String> texts = TokenizerFixture.texts();
        try (ModelFile file = ModelFiles.open(model(fixture.path("file").textValue()));
                Tokenizer tokenizer = Tokenizer.of(file.metadata())) {
            for (int i = 0; i < texts.size(); i++) {
                JsonNode recorded = fixture.path("cases").get(i);
                String text = texts.get(i);
                int[] plain = TokenizerFixture.tokens(recorded.path("llama_cpp"));
                assertArrayEquals(plain, tokenizer.encode(text, false), text);
                assertArrayEquals(recorded.has("llama_cpp_special")
                        ? TokenizerFixture.tokens(recorded.path("llama_cpp_special")) : plain, tokenizer.encode(text, true), text);
                assertArrayEquals(plain, tokenizer.encodePrompt(text, false), text);
                assertEquals(text, tokenizer.decode(plain, true));
            }
            assertEquals(49152, tokenizer.vocabularySize());
            assertEquals(OptionalInt.of(fixture.path("bos").intValue()), tokenizer.bos());
            assertEquals(OptionalInt.of(fixture.path("eos").intValue()), tokenizer.eos());
            TreeSet<Integer> end = new TreeSet<>();
            fixture.path("end").forEach(token -> end.add(token.intValue()));
            assertEquals(end, new TreeSet<>(tokenizer.endTokens()));
        }
    }

    @Test
    void theChatBecomesTheModelsTokens() {
        try (ModelFile file = ModelFiles.open(model("SmolLM2-135M-Instruct.Q4_1.gguf"));
                Tokenizer tokenizer = Tokenizer.of(file.metadata())) {
            ChatTemplate template = ChatTemplate.of(file.metadata(), tokenizer).orElseThrow();
            String text = template.render(List.of(ChatMessage.user("Hi")), true);
            assertEquals("""
                    <|im_start|>system
                    You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
                    <|im_start|>user
                    Hi<|im_end|>
                    <|im_start|>assistant
                    """, text);
            int[] tokens = tokenizer.encodePrompt(text, true);
            assertEquals(1, tokens[0]);
            assertEquals(text, tokenizer.decode(tokens, true));
            assertFalse(tokenizer.decode(tokens, false).contains("<|im_"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"enpt", "pten"})
    void firefoxVocabulariesCutAsSentencePieceDoes(String pair) {
        JsonNode cases = TokenizerFixture.json("encoders/firefox-" + pair + ".json").path("cases");
        try (Tokenizer tokenizer = Tokenizer.of(model("firefox-" + pair + "/vocab." + pair + ".spm"))) {
            for (JsonNode recorded : cases) {
                String text = recorded.path("text").textValue();
                int[] tokens = TokenizerFixture.tokens(recorded.path("tokens"));
                assertArrayEquals(tokens, tokenizer.encode(text, false), text);
                Encoding encoding = tokenizer.encode(text);
                assertArrayEquals(tokens, encoding.slice(0, tokens.length).tokens(), text);
                assertEquals(tokens.length + 1, encoding.length());
                assertEquals(0, encoding.tokens()[tokens.length], "the end token");
            }
            assertEquals(32000, tokenizer.vocabularySize());
            assertEquals(OptionalInt.of(0), tokenizer.eos());
            assertEquals(OptionalInt.of(1), tokenizer.unknown());
            assertEquals(OptionalInt.empty(), tokenizer.bos());
            assertEquals("Hello, world!", tokenizer.decode(tokenizer.encode("  Hello,  world! ", false), false));
        }
    }

    @Test
    void anOpenModelHasItsTokenizersBesideIt() {
        try (ModelFile file = ModelFiles.open(model("firefox-enpt/model.enpt.intgemm.alphas.bin"));
                TranslationTokenizer both = TranslationTokenizer.of(file); Tokenizer one = Tokenizer.of(file)) {
            int[] tokens = both.encodeSource("Hello, world!", Optional.empty(), Optional.empty()).tokens();
            assertArrayEquals(tokens, one.encode("Hello, world!").tokens());
            assertEquals("Hello, world!", both.decodeTarget(tokens));
            assertEquals(List.of(), both.languages());
        }
    }
}
