package org.waterspout.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import org.waterspout.model.load.DemonstrationModel;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.text.Tokenizer;

class DemonstrationModelNamesTest {

    @TestFactory
    Stream<DynamicTest> everyNameOpensAModelThatIsDescribed() {
        return DemonstrationModel.names().stream().map(name -> DynamicTest.dynamicTest(name.toString(), () -> {
            try (ModelFile file = DemonstrationModel.open(name)) {
                Architecture architecture = Architecture.of(file);
                assertEquals(name.equals(DemonstrationModel.NAME), architecture.decoder().isPresent() && architecture.encoder().isEmpty());
                assertEquals(name.equals(DemonstrationModel.TRANSLATOR),
                        architecture.decoder().isPresent() && architecture.encoder().isPresent());
                assertEquals(name.equals(DemonstrationModel.CLASSIFIER), architecture.head().isPresent());
            }
        }));
    }

    @Test
    void digitsOfDatesAreATokenEach() {
        try (ModelFile file = DemonstrationModel.open(DemonstrationModel.TRANSLATOR); Tokenizer tokenizer = Tokenizer.of(file.metadata())) {
            assertEquals(List.of("1", "9", "9", "8", "-", "0", "3", "-", "0", "3"),
                    Arrays.stream(tokenizer.encode("1998-03-03", false)).mapToObj(tokenizer::piece).toList());
            int[] source = tokenizer.encodePrompt("1998", false);
            assertEquals(5, source.length);
            assertTrue(tokenizer.endTokens().contains(source[4]), "a source ends with the end token");
        }
    }

    @Test
    void theClassifierNamesItsLabels() {
        try (ModelFile file = DemonstrationModel.open(DemonstrationModel.CLASSIFIER); Tokenizer tokenizer = Tokenizer.of(file.metadata())) {
            assertEquals(List.of("mail", "spam"), Architecture.of(file).head().orElseThrow().labels());
            int[] tokens = tokenizer.encodePrompt("a", false);
            assertEquals(List.of("[CLS]", "[SEP]"), List.of(tokenizer.piece(tokens[0]), tokenizer.piece(tokens[tokens.length - 1])));
        }
    }

    @Test
    void anotherNameIsRefusedWithTheNamesThereAre() {
        String message = assertThrows(ModelNotFoundException.class, () -> DemonstrationModel.open(Path.of("none.gguf"))).getMessage();
        DemonstrationModel.names().forEach(name -> assertTrue(message.contains(name.toString()), message));
        assertFalse(message.contains("\n"));
    }
}
