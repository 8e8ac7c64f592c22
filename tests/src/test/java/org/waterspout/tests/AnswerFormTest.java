package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Sampling;

/** Answers of the demonstration model, which knows English prose, in forms that prose never has. */
class AnswerFormTest {

    private static LanguageModel model;

    @BeforeAll
    static void load() {
        model = LanguageModel.demonstration(LoadOptions.DEFAULT);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Completion answer(AnswerForm form, int seed) {
        Sampling sampling = seed == 0 ? Sampling.GREEDY : Sampling.GREEDY.withTemperature(1).withSeed(seed);
        try (Generation generation = model.generate(GenerationRequest.of("She was").withMaxTokens(200).withSampling(sampling)
                .withForm(form))) {
            return generation.complete();
        }
    }

    @Test
    void answersAreOfTheForm() throws Exception {
        AnswerForm schema = AnswerForm.jsonSchema("""
                {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, \
                "maximum": 130}},
                 "required": ["name", "age"], "additionalProperties": false}""");
        for (int seed = 0; seed < 6; seed++) {
            Completion json = answer(schema, seed);
            assertEquals(FinishReason.END, json.finishReason(), json.text());
            int age = new ObjectMapper().readTree(json.text()).path("age").intValue();
            assertTrue(age >= 0 && age <= 130 && json.text().contains("\"name\":"), json.text());
            Completion date = answer(AnswerForm.regex("\\d{4}-(0[1-9]|1[0-2]), [A-Z][a-z]{3,9}\\."), seed);
            assertTrue(date.text().matches("\\d{4}-(0[1-9]|1[0-2]), [A-Z][a-z]{3,9}\\."), date.text());
            assertEquals(FinishReason.END, date.finishReason());
            Completion choice = answer(AnswerForm.choices(List.of("yes \u2714", "no", "not at all")), seed);
            assertTrue(List.of("yes \u2714", "no", "not at all").contains(choice.text()), choice.text());
            Completion nested = answer(AnswerForm.grammar("root ::= \"(\" (root | [a-z]{1,3}) \")\""), seed);
            assertTrue(nested.finishReason() != FinishReason.END || nested.text().matches("\\(+[a-z]{1,3}\\)+"), nested.text());
        }
    }

    @Test
    void aFreeAnswerIsNotChangedByFormsThatWereAsked() {
        GenerationRequest free = GenerationRequest.of("She was").withMaxTokens(8).withSampling(Sampling.GREEDY);
        String before = model.generate(free).complete().text();
        answer(AnswerForm.json(), 1);
        assertEquals(before, model.generate(free).complete().text());
        String anything = model.generate(free.withForm(AnswerForm.grammar("root ::= .*"))).complete().text();
        assertEquals(before, anything);
    }

    @Test
    void mistakesAreRefused() {
        GenerationRequest request = GenerationRequest.of("She was").withForm(AnswerForm.json());
        assertThrows(InvalidRequestException.class, () -> request.withIgnoreEnd(true));
        Sampling all = Sampling.GREEDY.withLogitBias(IntStream.range(0, model.vocabulary()).boxed().collect(
                java.util.stream.Collectors.toMap(token -> token, token -> Float.NEGATIVE_INFINITY)));
        assertThrows(InvalidRequestException.class, () -> model.generate(request.withSampling(all)).complete());
    }
}
