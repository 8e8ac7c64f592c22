package org.waterspout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolCall;
import org.waterspout.tools.ToolCallFormat;
import org.waterspout.tools.ToolChoice;
import org.waterspout.tools.ToolUse;

/**
 * The demonstration model, which knows English prose and no tools, has to call some, in each format; networknt's validator reads the
 * arguments.
 */
class ForcedCallsTest {

    private static final List<Tool> TOOLS = List.of(
            Tool.of("book", "Books a table.", """
                    {"$defs": {"time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5]0$"}}, "type": "object",
                     "properties": {"guests": {"type": "integer", "minimum": 1, "maximum": 12}, "at": {"$ref": "#/$defs/time"},
                     "name": {"type": "string", "minLength": 1, "maxLength": 12}, "outside": {"type": "boolean"}},
                     "required": ["guests", "at", "name"]}"""),
            Tool.of("rate/2", "", """
                    {"type": "object", "properties": {"stars": {"enum": [1, 2, 3]}, "why": {"type": "array", "items":
                     {"anyOf": [{"const": "food"}, {"const": "people"}]}, "minItems": 1, "maxItems": 2}}, "required": ["stars", "why"]}"""),
            Tool.of("leave", "", "{}"));
    private static final List<ToolCallFormat> FORMATS = List.of(ToolCallFormat.TAGGED_OBJECT, ToolCallFormat.TAGGED_LIST,
            ToolCallFormat.BARRED_LIST, ToolCallFormat.MARKED_LIST, ToolCallFormat.BARE_OBJECT, ToolCallFormat.FUNCTOOLS_LIST);

    private static LanguageModel model;

    @BeforeAll
    static void load() {
        model = LanguageModel.demonstration(LoadOptions.DEFAULT);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ToolCall call(ToolUse use, int seed) throws IOException {
        Sampling sampling = seed == 0 ? Sampling.GREEDY : Sampling.GREEDY.withTemperature(1).withSeed(seed);
        Completion completion = model.generate(GenerationRequest.of(new Prompt.Raw("They went to eat.")).withMaxTokens(250)
                .withSampling(sampling).withTools(use)).complete();
        assertEquals(FinishReason.TOOL_CALLS, completion.finishReason(), completion.text() + completion.toolCallFaults());
        assertEquals("", completion.text());
        assertEquals(1, completion.toolCalls().size());
        ToolCall call = completion.toolCalls().getFirst();
        Tool tool = TOOLS.stream().filter(one -> one.name().equals(call.name())).findFirst().orElseThrow();
        JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(tool.parameters());
        JsonNode arguments = new ObjectMapper().readTree(call.arguments());
        assertTrue(schema.validate(arguments).isEmpty(), call + " " + schema.validate(arguments));
        return call;
    }

    @Tag("slow")
    @Test
    void argumentsFitTheToolsSchema() throws IOException {
        Set<String> names = new HashSet<>();
        for (ToolCallFormat format : FORMATS) {
            for (int seed = 0; seed < 5; seed++) {
                // the model likes the last of them best
                names.add(call(ToolUse.of(TOOLS.subList(0, seed % 3 + 1)).withFormat(format).withChoice(ToolChoice.REQUIRED), seed).name());
            }
        }
        assertEquals(Set.of("book", "rate/2", "leave"), names);
    }

    @Test
    void theNamedToolIsCalled() throws IOException {
        for (ToolCallFormat format : FORMATS) {
            assertEquals("rate/2", call(ToolUse.of(TOOLS).withFormat(format).withChoice(ToolChoice.named("rate/2")), 3).name(),
                    format.name());
        }
        assertEquals("book", call(ToolUse.of(TOOLS).withFormat(ToolCallFormat.MARKED_NAME).withChoice(ToolChoice.named("book")), 4).name());
    }
}
