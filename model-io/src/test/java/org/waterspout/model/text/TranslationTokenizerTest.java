package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;

class TranslationTokenizerTest {

    private static TranslationTokenizer open(String name) {
        return TranslationTokenizer.of(TokenizerFixture.path("encoders/" + name));
    }

    @ParameterizedTest
    @CsvSource({"m2m100,en,pt,100", "nllb,eng_Latn,por_Latn,202", "nllb-json,eng_Latn,por_Latn,202", "mbart,en_XX,ro_RO,25",
            "mbart50,en_XX,pt_XX,52"})
    void languageTokensStandWhereTransformersPutsThem(String name, String from, String to, int languages) {
        JsonNode recorded = EncoderTokenizerTest.cases(name).path("languages");
        try (TranslationTokenizer tokenizer = open(name)) {
            assertEquals(languages, tokenizer.languages().size());
            assertTrue(tokenizer.namesSourceLanguage());
            for (String language : List.of(from, to)) {
                assertTrue(tokenizer.languages().contains(language));
                assertArrayEquals(TokenizerFixture.tokens(recorded.path(language).path("source")),
                        tokenizer.encodeSource("hello world", Optional.of(language), Optional.of(to)).tokens(), language);
                assertEquals(OptionalInt.of(recorded.path(language).path("token").intValue()), tokenizer.firstTargetToken(language));
            }
            assertArrayEquals(TokenizerFixture.tokens(recorded.path(from).path("source")),
                    tokenizer.encodeSource("hello world", Optional.empty(), Optional.empty()).tokens());
            String refused = assertThrows(InvalidRequestException.class, () -> tokenizer.firstTargetToken("tlh")).getMessage();
            assertTrue(refused.contains("tlh") && refused.contains(from), refused);
            assertThrows(InvalidRequestException.class,
                    () -> tokenizer.encodeSource("a", Optional.of(from), Optional.of("tlh")));
        }
    }

    @Test
    void languagesAreKnownByTheirIsoCodesToo() {
        try (TranslationTokenizer nllb = open("nllb"); TranslationTokenizer mbart = open("mbart50")) {
            assertEquals(nllb.firstTargetToken("por_Latn"), nllb.firstTargetToken("pt"));
            assertEquals(nllb.firstTargetToken("por_Latn"), nllb.firstTargetToken("por"));
            assertEquals(nllb.firstTargetToken("arb_Arab"), nllb.firstTargetToken("ar"));
            assertEquals(mbart.firstTargetToken("ar_AR"), mbart.firstTargetToken("ar"));
            assertEquals(mbart.firstTargetToken("pt_XX"), mbart.firstTargetToken("pt"));
            String ambiguous = assertThrows(InvalidRequestException.class, () -> nllb.firstTargetToken("zh")).getMessage();
            assertTrue(ambiguous.contains("zho_Hans") && ambiguous.contains("zho_Hant"), ambiguous);
        }
    }

    @Test
    void opusModelsNameTheTargetLanguageInTheSource() {
        JsonNode recorded = EncoderTokenizerTest.cases("marian");
        try (TranslationTokenizer tokenizer = open("marian")) {
            assertEquals(List.of("por", "fra"), tokenizer.languages());
            assertFalse(tokenizer.namesSourceLanguage());
            int compared = 0;
            for (int i = 0; i < recorded.path("cases").size(); i++) {
                String text = EncoderTokenizerTest.TEXTS.path("texts").get(i).textValue();
                assertArrayEquals(TokenizerFixture.tokens(recorded.path("cases").get(i).path("tokens")),
                        tokenizer.encodeSource(text, Optional.empty(), Optional.empty()).tokens(), text);
                compared += text.startsWith(">>por<<") ? 1 : 0;
            }
            assertEquals(1, compared, "texts that begin with a language");
            assertArrayEquals(tokenizer.encodeSource(">>por<< hello", Optional.empty(), Optional.empty()).tokens(),
                    tokenizer.encodeSource("hello", Optional.of("en"), Optional.of("por")).tokens());
            assertArrayEquals(tokenizer.encodeSource("hello", Optional.empty(), Optional.of("por")).tokens(),
                    tokenizer.encodeSource("hello", Optional.empty(), Optional.of("pt")).tokens());
            Encoding written = tokenizer.encodeSource(">>por<< hello", Optional.empty(), Optional.empty());
            assertEquals(8, written.starts()[1]);
            assertEquals(OptionalInt.empty(), tokenizer.firstTargetToken("por"));
            for (int i = 0; i < recorded.path("target").size(); i++) {
                String text = EncoderTokenizerTest.TEXTS.path("texts").get(i).textValue();
                if (!text.startsWith(">>")) {
                    assertArrayEquals(TokenizerFixture.tokens(recorded.path("target").get(i)),
                            tokenizer.target().encode(text).tokens(), text);
                }
            }
        }
    }

    @Test
    void oneSentencePieceModelServesBothLanguagesAndTwoOneEach(@TempDir Path folder) throws Exception {
        Path model = TokenizerFixture.path("encoders/unigram-nfkc/spiece.model");
        Files.copy(model, folder.resolve("vocab.enpt.spm"));
        try (TranslationTokenizer one = TranslationTokenizer.of(folder)) {
            assertSame(one.source(), one.target());
            assertEquals(List.of(), one.languages());
            int[] tokens = one.encodeSource("hello world", Optional.empty(), Optional.empty()).tokens();
            assertEquals(0, tokens[tokens.length - 1], "the end token");
            assertEquals("hello world", one.decodeTarget(tokens));
        }
        Files.move(folder.resolve("vocab.enpt.spm"), folder.resolve("trgvocab.enpt.spm"));
        Files.copy(TokenizerFixture.path("encoders/unigram-rules/spiece.model"), folder.resolve("srcvocab.enpt.spm"));
        try (TranslationTokenizer two = TranslationTokenizer.of(folder);
                Tokenizer source = Tokenizer.of(folder.resolve("srcvocab.enpt.spm"))) {
            assertArrayEquals(source.encode("hello world", false), two.source().encode("hello world", false));
            assertEquals(OptionalInt.of(0), two.target().eos());
        }
    }

    @Test
    void aListWithoutItsNeedsIsRefused(@TempDir Path folder) throws Exception {
        for (String name : List.of("source.spm", "target.spm")) {
            Files.copy(TokenizerFixture.path("encoders/marian/" + name), folder.resolve(name));
        }
        for (String list : List.of("{\"a\":0}", "{\"</s>\":0,\"<unk>\":-4}", "{\"</s>\":0,\"<unk>\":99999999999}", "[]", "")) {
            Files.writeString(folder.resolve("vocab.json"), list);
            assertThrows(ModelFormatException.class, () -> TranslationTokenizer.of(folder).close(), list);
        }
    }
}
