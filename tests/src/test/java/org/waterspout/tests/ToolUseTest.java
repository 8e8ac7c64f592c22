package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.LanguageModel;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.model.text.ChatMessage;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolCall;
import org.waterspout.tools.ToolCallFormat;
import org.waterspout.tools.ToolChoice;
import org.waterspout.tools.ToolUse;

/** Tiny random models that have to call tools, through chat templates with and without tools. */
class ToolUseTest {

    private static final String TEMPLATE = "{% for t in tools or [] %}{{ t.function.name }}: {{ t.function.parameters | tojson }}{%"
            + " endfor %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% for c in m.tool_calls or [] %}<|tool_call|>"
            + "{{ [c.function] | tojson }}{% endfor %}{% if m.role == 'tool' %}{{ m.tool_call_id }}{% endif %}<|im_end|>{% endfor %}"
            + "<|im_start|>assistant\n";
    private static final List<String> MARKS = List.of("<|tool_call|>", "<|/tool_call|>");
    private static final Tool ROOM = Tool.of("room", "a room", """
            {"type": "object", "properties": {"number": {"type": "integer", "minimum": 1, "maximum": 99},
             "side": {"enum": ["north", "south"]}}, "required": ["number", "side"]}""");
    private static final Tool NOTHING = Tool.of("nothing", "", "{}");
    private static final ToolUse USE = ToolUse.of(List.of(ROOM, NOTHING));

    private static GenerationRequest request(ToolUse use, int seed, ChatMessage... messages) {
        return GenerationRequest.of(new Prompt.Conversation(List.of(messages))).withTools(use).withMaxTokens(200)
                .withSampling(Sampling.GREEDY.withTemperature(1).withSeed(seed));
    }

    @Test
    void anAnswerThatHasToCallCalls(@TempDir Path folder) throws IOException {
        try (LanguageModel model = LanguageModel.load(ChatModel.gguf(folder, TEMPLATE, MARKS))) {
            int[] seen = new int[2];
            for (int seed = 1; seed <= 20; seed++) {
                Completion completion = model.generate(request(USE.withChoice(ToolChoice.REQUIRED), seed, ChatMessage.user("hi")))
                        .complete();
                assertEquals(FinishReason.TOOL_CALLS, completion.finishReason(), completion.text());
                assertEquals("", completion.text());
                ToolCall call = completion.toolCalls().getFirst();
                assertEquals(1, completion.toolCalls().size());
                seen[call.name().equals("room") ? 0 : 1]++;
                checkArguments(call);
            }
            assertTrue(seen[0] > 0 && seen[1] > 0, Arrays.toString(seen));
            Completion named = model.generate(request(USE.withChoice(ToolChoice.named("nothing")), 1, ChatMessage.user("hi"))).complete();
            assertEquals("nothing", named.toolCalls().getFirst().name());
            ToolCall call = named.toolCalls().getFirst();
            Completion next = model.generate(request(USE.withChoice(ToolChoice.named("room")), 2, ChatMessage.user("hi"),
                    ChatMessage.assistant("", List.of(call)), ChatMessage.tool(call, "done"))).complete();
            checkArguments(next.toolCalls().getFirst());
            assertTrue(!next.toolCalls().getFirst().id().equals(call.id()));
            Completion none = model.generate(request(USE.withChoice(ToolChoice.NONE), 1, ChatMessage.user("hi"))).complete();
            assertTrue(none.toolCalls().isEmpty() && none.finishReason() != FinishReason.TOOL_CALLS);
        }
    }

    private static void checkArguments(ToolCall call) throws IOException {
        JsonNode arguments = new ObjectMapper().readTree(call.arguments());
        if (call.name().equals("room")) {
            int number = arguments.path("number").intValue();
            assertTrue(number >= 1 && number <= 99 && List.of("north", "south").contains(arguments.path("side").textValue()),
                    call.arguments());
            assertEquals(2, arguments.size());
        } else {
            assertEquals("{}", call.arguments());
        }
    }

    /** The mark that begins the call is the control token, behind what the template writes. */
    @Test
    void thePromptTellsTheTools(@TempDir Path folder) throws IOException {
        try (LanguageModel model = LanguageModel.load(ChatModel.gguf(folder, TEMPLATE, MARKS))) {
            Completion auto = model.generate(request(USE, 1, ChatMessage.user("hi")).withMaxTokens(0)).complete();
            Completion forced = model.generate(request(USE.withChoice(ToolChoice.REQUIRED), 1, ChatMessage.user("hi")).withMaxTokens(0))
                    .complete();
            assertEquals(auto.promptTokens() + 1, forced.promptTokens());
            int[] plain = model.tokens(new Prompt.Conversation(List.of(ChatMessage.user("hi"))));
            int[] told = model.tokenizer()
                    .encode("room: {\"type\": \"object\", \"properties\": {\"number\": {\"type\": \"integer\", \"minimum\": 1,"
                    + " \"maximum\": 99}, \"side\": {\"enum\": [\"north\", \"south\"]}}, \"required\": [\"number\", \"side\"]}nothing: {}",
                    false);
            assertEquals(plain.length + told.length, auto.promptTokens());
            assertArrayEquals(new int[] {model.tokenizer().id("<|tool_call|>").orElseThrow()},
                    model.tokenizer().encode("<|tool_call|>", true));
        }
    }

    /** Its template tells no tools, so the system message does, in the words of its model card. */
    @Test
    @Tag("slow")
    void aRealModelCallsTheToolThatHelps() throws IOException {
        Optional<Path> path = RealModel.find();
        assumeTrue(path.isPresent(), RealModel.MISSING);
        List<Tool> tools = List.of(Tool.of("get_weather", "Get the current weather of a city.", """
                {"type": "object", "properties": {"city": {"type": "string", "maxLength": 40}, "unit": {"enum": ["celsius", "fahrenheit"]}},
                 "required": ["city", "unit"]}"""), Tool.of("add", "Add two numbers.", """
                {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]}"""));
        ToolUse use = ToolUse.of(tools).withFormat(ToolCallFormat.TAGGED_LIST).withChoice(ToolChoice.REQUIRED);
        ChatMessage system = ChatMessage.system("You have access to the following tools:\n<tools>" + tools
                + "</tools>\nThe output MUST strictly adhere to the following format: <tool_call>[{\"name\": \"func_name\","
                + " \"arguments\": {\"argument\": \"value\"}}]</tool_call>");
        try (LanguageModel model = LanguageModel.load(path.get())) {
            GenerationRequest request = GenerationRequest.of(new Prompt.Conversation(List.of(system,
                    ChatMessage.user("What is the weather in Paris in celsius?")))).withTools(use).withSampling(Sampling.GREEDY)
                    .withMaxTokens(100);
            Completion completion = model.generate(request).complete();
            assertEquals(FinishReason.TOOL_CALLS, completion.finishReason());
            ToolCall call = completion.toolCalls().getFirst();
            JsonNode arguments = new ObjectMapper().readTree(call.arguments());
            assertEquals("get_weather Paris celsius", call.name() + " " + arguments.path("city").asText() + " "
                    + arguments.path("unit").asText());
        }
    }

    @Test
    void whatCannotBeToldOrForcedIsRefused(@TempDir Path folder) throws IOException {
        refuses(folder.resolve("a"), ChatModel.TEMPLATE, USE, InvalidRequestException.class, "tells no tools");
        refuses(folder.resolve("b"), "{{ tools }}" + ChatModel.TEMPLATE, USE, UnsupportedModelException.class, "no format of calls");
        refuses(folder.resolve("c"), "{{ tools }}<tool_call>" + ChatModel.TEMPLATE + "<think>\n", USE.withChoice(ToolChoice.REQUIRED),
                UnsupportedModelException.class, "<think>");
        refuses(folder.resolve("d"), "{{ tools }}<function=<parameter=" + ChatModel.TEMPLATE, USE.withChoice(ToolChoice.REQUIRED),
                UnsupportedModelException.class, "XML");
        refuses(folder.resolve("e"), TEMPLATE, ToolUse.of(List.of(Tool.of("f", "", "{\"not\": {}}"))).withChoice(ToolChoice.REQUIRED),
                InvalidRequestException.class, "'not'");
        GenerationRequest request = request(USE, 1, ChatMessage.user("hi"));
        assertThrows(InvalidRequestException.class, () -> request.withForm(AnswerForm.json()));
        assertThrows(InvalidRequestException.class, () -> request.withTools(USE.withChoice(ToolChoice.REQUIRED)).withIgnoreEnd(true));
    }

    private static void refuses(Path folder, String template, ToolUse use, Class<? extends WaterspoutException> kind, String why)
            throws IOException {
        Files.createDirectory(folder);
        try (LanguageModel model = LanguageModel.load(ChatModel.gguf(folder, template, MARKS))) {
            WaterspoutException thrown = assertThrows(kind, () -> model.generate(request(use, 1, ChatMessage.user("hi"))), why);
            assertTrue(thrown.getMessage().contains(why), thrown.getMessage());
            if (use.choice() == ToolChoice.AUTO) {
                assertEquals(FinishReason.MAX_TOKENS, model.generate(request(
                        use.withFormat(ToolCallFormat.BARRED_LIST), 1, ChatMessage.user("hi")).withMaxTokens(0)).complete().finishReason());
            }
        }
    }
}
