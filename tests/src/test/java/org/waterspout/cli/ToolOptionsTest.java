package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.tests.ChatModel;

/** {@code run --tools} with a tiny random model whose chat template tells tools. */
class ToolOptionsTest {

    private static final String TEMPLATE = "{% for t in tools %}{{ t.function.name }}{% endfor %}{% for m in messages %}<|im_start|>"
            + "{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}<|im_start|>assistant\n{# <|tool_call|> #}";
    private static final String TOOLS = """
            [{"type": "function", "function": {"name": "room", "description": "a room", "parameters": {"type": "object", "properties":
             {"number": {"type": "integer", "minimum": 1, "maximum": 99}}, "required": ["number"]}}}]""";

    @Test
    void callsArePrinted(@TempDir Path folder) throws IOException {
        String model = ChatModel.gguf(folder, TEMPLATE, List.of("<|tool_call|>", "<|/tool_call|>")).toString();
        String tools = Files.writeString(folder.resolve("tools.json"), TOOLS).toString();
        JsonNode json = CommandRun.of("run", "-m", model, "--json", "--tools", tools, "--tool-choice", "required", "-n", "200",
                "--temperature", "0", "hi").json();
        assertEquals("tool_calls", json.path("finish_reason").textValue());
        assertEquals("room", json.path("tool_calls").path(0).path("name").textValue());
        int number = json.path("tool_calls").path(0).path("arguments").path("number").intValue();
        assertTrue(number >= 1 && number <= 99, json.toString());
        CommandRun lines = CommandRun.of("run", "-m", model, "--tools", tools, "--tool-choice", "room", "-n", "200", "--temperature", "0",
                "hi");
        assertEquals(new ObjectMapper().readTree("{\"name\": \"room\", \"arguments\": {\"number\": " + number + "}}"),
                new ObjectMapper().readTree(lines.out()), lines.err());
        assertEquals(1, lines.out().lines().count());
    }

    @Test
    void wrongOptionsAreRefused(@TempDir Path folder) throws IOException {
        String model = ChatModel.gguf(folder, ChatModel.TEMPLATE, List.of("<|tool_call|>")).toString();
        String tools = Files.writeString(folder.resolve("tools.json"), TOOLS).toString();
        for (List<String> wrong : List.of(List.of("--tools", tools), List.of("--tools", folder.resolve("none.json").toString()),
                List.of("--tool-choice", "none"), List.of("--tools", tools, "--tool-choice", "other"),
                List.of("--tools", tools, "--tool-format", "LIST"))) {
            List<String> command = new java.util.ArrayList<>(List.of("run", "-m", model));
            command.addAll(wrong);
            command.add("hi");
            CommandRun run = CommandRun.of(command.toArray(String[]::new));
            assertEquals(2, run.exitCode(), wrong + run.err());
        }
    }
}
