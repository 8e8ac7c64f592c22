package org.waterspout.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.util.RawValue;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolCall;
import org.waterspout.tools.ToolCallFormat;
import org.waterspout.tools.ToolChoice;
import org.waterspout.tools.ToolUse;
import picocli.CommandLine.Option;

/** The options that say which tools an answer may call. */
final class ToolOptions {

    @Option(names = "--tools", paramLabel = "FILE",
            description = "Tools that the model may call: a JSON list of {\"type\": \"function\", \"function\": {\"name\", \"description\","
                    + " \"parameters\"}}. A call is printed as a line of JSON.")
    private Optional<Path> file = Optional.empty();

    @Option(names = "--tool-choice", paramLabel = "auto|none|required|NAME",
            description = "Whether a tool is called; required, or the name of one: with arguments that fit its schema. Default: auto.")
    private Optional<String> choice = Optional.empty();

    @Option(names = "--tool-format", paramLabel = "FORMAT",
            description = "How the model writes calls: ${COMPLETION-CANDIDATES}. Default: as its chat template shows.")
    private Optional<ToolCallFormat> format = Optional.empty();

    /** @throws InvalidRequestException for a file that holds no tools, or options without tools */
    Optional<ToolUse> use() {
        if (file.isEmpty() && (choice.isPresent() || format.isPresent())) {
            throw new InvalidRequestException(
                    "--tool-choice and --tool-format say how tools are called, and there are none: give --tools, too");
        }
        return file.map(path -> new ToolUse(Tool.list(TextInput.read(path)), choice.map(ToolOptions::choice).orElse(ToolChoice.AUTO),
                format));
    }

    private static ToolChoice choice(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "auto" -> ToolChoice.AUTO;
            case "none" -> ToolChoice.NONE;
            case "required" -> ToolChoice.REQUIRED;
            default -> ToolChoice.named(text);
        };
    }

    /** A call as one line of JSON. */
    static String line(ToolCall call) {
        return JsonNodeFactory.instance.objectNode().put("name", call.name()).putRawValue("arguments", new RawValue(call.arguments()))
                .toString();
    }

    /** A call as a part of a JSON object. */
    static Map<String, Object> object(ToolCall call) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("id", call.id());
        object.put("name", call.name());
        object.put("arguments", new RawValue(call.arguments()));
        return object;
    }
}
