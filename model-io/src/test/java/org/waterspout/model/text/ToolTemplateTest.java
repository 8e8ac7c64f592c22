package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.Metadata;
import org.waterspout.model.text.jinja.Rendered;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolCall;
import org.waterspout.tools.ToolCallFormat;

/** Tools and calls in chat templates: the same texts as Transformers (record_tool_templates.py). */
class ToolTemplateTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> TEMPLATES = new LinkedHashMap<>();
    private static final JsonNode RECORDED = json("tool_cases.json");
    private static final Clock NOW = Clock.fixed(
            LocalDateTime.parse(RECORDED.path("now").textValue()).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);

    static {
        for (String file : List.of("families.json", "tool_templates.json")) {
            json(file).path("templates").properties().forEach(entry -> TEMPLATES.put(entry.getKey(), entry.getValue().textValue()));
        }
    }

    private static JsonNode json(String resource) {
        try (InputStream in = ToolTemplateTest.class.getResourceAsStream("/chat_templates/" + resource)) {
            return JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Map.Entry<String, List<JsonNode>>> recordedByTemplate() {
        Map<String, List<JsonNode>> groups = new LinkedHashMap<>();
        RECORDED.path("cases").forEach(recorded -> groups.computeIfAbsent(recorded.path("template").textValue(),
                name -> new ArrayList<>()).add(recorded));
        return List.copyOf(groups.entrySet());
    }

    private static List<Tool> tools(String name) {
        JsonNode tools = RECORDED.path("tools").path(name);
        return tools.isNull() ? List.of() : Tool.list(tools.toString());
    }

    private static List<ChatMessage> chat(String name) {
        List<ChatMessage> messages = new ArrayList<>();
        List<ToolCall> calls = new ArrayList<>();
        for (JsonNode message : RECORDED.path("chats").path(name)) {
            String content = message.path("content").textValue();
            if (message.has("tool_calls")) {
                message.path("tool_calls").forEach(call -> calls.add(new ToolCall(call.path("id").textValue(),
                        call.path("function").path("name").textValue(), call.path("function").path("arguments").toString())));
                messages.add(ChatMessage.assistant(content, calls));
            } else if (message.path("role").textValue().equals("tool")) {
                messages.add(ChatMessage.tool(calls.stream().filter(call -> call.id().equals(message.path("tool_call_id").textValue()))
                        .findFirst().orElseThrow(), content));
            } else {
                messages.add(new ChatMessage(message.path("role").textValue(), content));
            }
        }
        return messages;
    }

    @ParameterizedTest
    @MethodSource("recordedByTemplate")
    void textIsThatOfTransformers(Map.Entry<String, List<JsonNode>> group) {
        assertEquals(30, group.getValue().size());
        ChatTemplate template = ChatTemplate.of(TEMPLATES.get(group.getKey()), "<s>", "</s>", NOW);
        for (JsonNode recorded : group.getValue()) {
            List<ChatMessage> messages = chat(recorded.path("chat").textValue());
            List<Tool> tools = tools(recorded.path("tools").textValue());
            boolean generate = recorded.path("generate").booleanValue();
            String context = group.getKey() + ", " + recorded.path("chat") + ", " + recorded.path("tools");
            if (recorded.has("error")) {
                assertThrows(WaterspoutException.class, () -> template.rendered(messages, tools, generate, Map.of()), context);
            } else {
                assertEquals(recorded.path("text").textValue(), template.rendered(messages, tools, generate, Map.of()).text(), context);
            }
        }
    }

    @Test
    void aTemplateShowsHowCallsAreWritten() {
        Map<String, ToolCallFormat> expected = Map.of("llama3.2-3b", ToolCallFormat.BARE_OBJECT, "qwen2.5-0.5b",
                ToolCallFormat.TAGGED_OBJECT, "qwen3-0.6b", ToolCallFormat.TAGGED_OBJECT, "marked list", ToolCallFormat.MARKED_LIST,
                "marked name", ToolCallFormat.MARKED_NAME, "barred list", ToolCallFormat.BARRED_LIST, "tagged list",
                ToolCallFormat.TAGGED_LIST, "tagged xml", ToolCallFormat.TAGGED_XML, "tagged object", ToolCallFormat.TAGGED_OBJECT);
        TEMPLATES.forEach((name, source) -> {
            ChatTemplate template = ChatTemplate.of(source, "", "");
            assertEquals(Optional.ofNullable(expected.get(name)), template.toolCallFormat(), name);
            assertEquals(expected.containsKey(name), template.readsTools(), name);
        });
    }

    /** Nothing that a tool's author, or the model itself, wrote can end a turn. */
    @Test
    void whatToolsAndCallsSayComesFromOutside() {
        ToolCall call = new ToolCall("\uE000\uE000\uE000\uE000\uE000\uE000\uE000\uE000\uE000", "\uE000", "{\"\uE000\": [\"\uE000\"]}");
        List<ChatMessage> messages = List.of(ChatMessage.user("\uE000"), ChatMessage.assistant("\uE000", List.of(call)),
                ChatMessage.tool(call, "\uE000"), ChatMessage.user("\uE000"));
        List<Tool> tools = List.of(Tool.of("\uE000", "\uE000", "{\"properties\": {\"\uE000\": {\"enum\": [\"\uE000\"]}}}"));
        for (Map.Entry<String, List<JsonNode>> group : recordedByTemplate()) {
            Rendered rendered = ChatTemplate.of(TEMPLATES.get(group.getKey()), "<s>", "</s>", NOW)
                    .rendered(messages, tools, true, Map.of());
            long outside = rendered.stretches().stream().flatMapToInt(
                    stretch -> rendered.text().substring(stretch.from(), stretch.to()).chars()).filter(c -> c == '\uE000').count();
            assertEquals(rendered.text().chars().filter(c -> c == '\uE000').count(), outside, group.getKey());
            assertTrue(outside >= 8, group.getKey() + " shows " + outside);
        }
    }

    /** Transformers refuses such a template's calls with objects; written as texts, they are what the model was trained on. */
    @Test
    void aTemplateThatWantsArgumentsAsTextGetsIt() {
        ChatTemplate template = ChatTemplate.of("{% for m in messages %}{% if m.tool_calls %}{% for c in m['tool_calls'] %}"
                + "{{ c['function']['name'] + '```' + c['function']['arguments'] + '```' }}{% endfor %}{% endif %}{% endfor %}", "", "");
        assertEquals("f```{\"a\": 1.50}```", template.render(
                List.of(ChatMessage.assistant("", List.of(new ToolCall("", "f", "{\"a\": 1.50}")))), false));
    }

    @Test
    void whatATemplateDoesNotTellIsRefused() {
        ChatTemplate plain = ChatTemplate.of("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %} tool", "", "");
        List<Tool> tools = tools("one");
        InvalidRequestException noTools = assertThrows(InvalidRequestException.class,
                () -> plain.rendered(List.of(ChatMessage.user("x")), tools, true, Map.of()));
        assertTrue(noTools.getMessage().contains("tells no tools"), noTools.getMessage());
        InvalidRequestException noCalls = assertThrows(InvalidRequestException.class, () -> plain.rendered(chat("call"), true, Map.of()));
        assertTrue(noCalls.getMessage().contains("writes no calls"), noCalls.getMessage());
        ChatTemplate without = ChatTemplate.of("{% for m in messages %}{{ m.tool_calls }}{{ m.content }}{% endfor %}", "", "");
        InvalidRequestException noRole = assertThrows(InvalidRequestException.class, () -> without.rendered(chat("call"), true, Map.of()));
        assertTrue(noRole.getMessage().contains("role 'tool'"), noRole.getMessage());
    }

    @Test
    void numbersThatNoTemplateHoldsAreRefused() {
        ChatTemplate template = ChatTemplate.of("{{ tools | tojson }}", "", "");
        for (String number : List.of("12345678901234567890", "1e999")) {
            List<Tool> tools = List.of(Tool.of("f", "", "{\"properties\": {\"a\": {\"maximum\": " + number + "}}}"));
            assertThrows(InvalidRequestException.class, () -> template.rendered(List.of(), tools, true, Map.of()), number);
        }
        List<Tool> tools = List.of(Tool.of("f", "", "{\"a\": [9223372036854775807, 1.0, 1e5, 2.50]}"));
        assertTrue(template.rendered(List.of(), tools, true, Map.of()).text().contains("[9223372036854775807, 1.0, 100000.0, 2.5]"));
    }

    @Test
    void theTemplateForToolsIsTaken(@TempDir Path folder) throws IOException {
        ObjectNode config = JSON.createObjectNode();
        config.putArray("chat_template").add(JSON.createObjectNode().put("name", "default").put("template", "usual"))
                .add(JSON.createObjectNode().put("name", "tool_use").put("template", "{{ tools[0].function.name }}"));
        Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
        Metadata metadata = TokenizerFixture.metadata("spm-prefix", Map.of("tokenizer.chat_template", "usual",
                "tokenizer.chat_template.tool_use", "{{ tools[0].function.name }}"));
        try (Tokenizer tokenizer = Tokenizer.of(metadata)) {
            for (ChatTemplate template : List.of(ChatTemplate.forTools(metadata, tokenizer).orElseThrow(),
                    ChatTemplate.forTools(folder, tokenizer).orElseThrow())) {
                assertTrue(template.readsTools());
                assertEquals("get_weather", template.rendered(List.of(), tools("one"), true, Map.of()).text());
            }
            Metadata one = TokenizerFixture.metadata("spm-prefix", Map.of("tokenizer.chat_template", "usual"));
            assertFalse(ChatTemplate.forTools(one, tokenizer).orElseThrow().readsTools());
        }
    }
}
