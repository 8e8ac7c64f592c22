package org.waterspout.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;

class ToolTest {

    private static final Tool WEATHER = Tool.of("weather", "Of a \"place\".",
            "{\"type\": \"object\", \"properties\": {\"b\": {\"maximum\": 1.50}}}");

    @Test
    void definitionsAreAsTransformersHasThem() {
        assertEquals("{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"Of a \\\"place\\\".\",\"parameters\":"
                + "{\"type\":\"object\",\"properties\":{\"b\":{\"maximum\":1.50}}}}}", WEATHER.definition());
        List<Tool> read = Tool.list("[" + WEATHER.definition()
                + ", {\"function\": {\"parameters\": {}, \"name\": \"x\"}, \"type\": \"function\"}]");
        assertEquals(WEATHER, read.getFirst());
        assertEquals("{\"function\":{\"parameters\":{},\"name\":\"x\"},\"type\":\"function\"}", read.getLast().definition());
        assertEquals("", read.getLast().description());
        assertEquals("{}", Tool.list("{\"type\": \"function\", \"function\": {\"name\": \"y\"}}").getFirst().parameters());
    }

    @Test
    void mistakesAreRefused() {
        for (String wrong : List.of("", "[]", "1", "[1]", "[{\"name\": \"x\"}]", "{\"type\": \"function\"}", "{\"a\": 1, \"a\": 2}",
                "[" .repeat(5_000), "{\"type\": \"function\", \"function\": {\"name\": \"\"}}",
                "{\"type\": \"function\", \"function\": {\"name\": \"x\","
                        + " \"parameters\": []}}", "{\"type\": \"function\", \"function\": {\"name\": \"x\", \"description\": null}}")) {
            InvalidRequestException thrown = assertThrows(InvalidRequestException.class, () -> Tool.list(wrong), wrong);
            assertTrue(thrown.getMessage().lines().count() == 1 && !thrown.getMessage().contains("StreamRead"), thrown.getMessage());
        }
        assertThrows(InvalidRequestException.class, () -> Tool.of("x", "", "true"));
        assertThrows(InvalidRequestException.class, () -> ToolUse.of(List.of()));
        assertThrows(InvalidRequestException.class, () -> ToolUse.of(List.of(WEATHER, WEATHER)));
        assertThrows(InvalidRequestException.class, () -> ToolUse.of(List.of(WEATHER)).withChoice(ToolChoice.named("other")));
        assertThrows(InvalidRequestException.class, () -> new ToolCall("", "x", "[]"));
        assertThrows(InvalidRequestException.class, () -> new ToolCall("", " ", "{}"));
    }

    @Test
    void aForcedCallIsWrittenInTheModelsFormat() {
        ToolUse use = ToolUse.of(List.of(WEATHER, Tool.of("a/b", "", "{\"$defs\": {\"n\": {\"type\": \"null\"}}, \"properties\": {\"x\":"
                + " {\"$ref\": \"#/$defs/n\"}, \"$ref\": {\"enum\": [{\"$ref\": \"#\"}]}}, \"additionalProperties\": true}")))
                .withChoice(ToolChoice.REQUIRED);
        ForcedCall tagged = ForcedCall.of(use, ToolCallFormat.TAGGED_OBJECT);
        assertEquals("<tool_call>\n", tagged.opening());
        assertTrue(tagged.schema().contains("\"name\":{\"const\":\"weather\"},\"arguments\":{\"$ref\":\"#/$defs/weather\"}"),
                tagged.schema());
        assertTrue(tagged.schema().contains("\"$ref\":\"#/$defs/a~1b/$defs/n\"") && tagged.schema().contains("[{\"$ref\":\"#\"}]"),
                tagged.schema());
        assertTrue(ForcedCall.of(use, ToolCallFormat.BARE_OBJECT).schema().contains("\"parameters\":{\"$ref\""));
        assertEquals("", ForcedCall.of(use, ToolCallFormat.BARE_OBJECT).opening());
        assertEquals("[TOOL_CALLS]", ForcedCall.of(use, ToolCallFormat.MARKED_LIST).opening());
        assertEquals("functools", ForcedCall.of(use, ToolCallFormat.FUNCTOOLS_LIST).opening());
        assertThrows(InvalidRequestException.class, () -> ForcedCall.of(use, ToolCallFormat.MARKED_NAME));
        assertEquals("[TOOL_CALLS]weather[ARGS]", ForcedCall.of(use.withChoice(ToolChoice.named("weather")), ToolCallFormat.MARKED_NAME)
                .opening());
        assertThrows(UnsupportedModelException.class, () -> ForcedCall.of(use, ToolCallFormat.TAGGED_XML));
        assertEquals(Optional.empty(), ToolCallFormat.of("{{ messages }}"));
    }
}
