package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.server.json.Fields;
import org.waterspout.server.json.Refusal;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolChoice;
import org.waterspout.tools.ToolUse;

/** Reads the tools that an answer may call, and whether it has to. */
final class Tools {

    private Tools() {
    }

    static Optional<ToolUse> read(Fields body) {
        List<JsonNode> list = body.list("tools").orElse(List.of());
        Optional<JsonNode> choice = body.value("tool_choice");
        if (list.isEmpty()) {
            choice.filter(value -> !value.asText().equals("none") && !value.asText().equals("auto")).ifPresent(_ -> {
                throw body.refusal("tool_choice", "says that a tool is called, and there are no tools: give them, too");
            });
            return Optional.empty();
        }
        ToolChoice chosen = choice.map(value -> choice(body, value)).orElse(ToolChoice.AUTO);
        boolean forced = chosen == ToolChoice.REQUIRED || chosen instanceof ToolChoice.Named;
        List<Tool> tools = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            tools.add(tool(Fields.of(list.get(i), "tools[" + i + "]"), forced));
        }
        try {
            return Optional.of(ToolUse.of(tools).withChoice(chosen));
        } catch (InvalidRequestException wrong) {
            throw Refusal.parameter(choice.isPresent() && chosen instanceof ToolChoice.Named ? "tool_choice" : "tools", wrong.getMessage());
        }
    }

    private static Tool tool(Fields tool, boolean forced) {
        String type = tool.requiredText("type");
        if (!type.equals("function")) {
            throw tool.refusal("type", "is " + Quoted.of(type) + "; tools are functions: say function");
        }
        Fields function = tool.object("function").orElseThrow(() -> tool.refusal("function", "is missing"));
        String name = function.requiredText("name");
        String description = function.text("description").orElse("");
        Optional<Fields> parameters = function.object("parameters");
        String schema = parameters.isPresent() ? function.value("parameters").orElseThrow().toString() : "{\"type\":\"object\"}";
        if (function.flag("strict", false) && !forced) {
            throw function.refusal("strict", "is true: arguments are held to the schema only where tool_choice is required or names the"
                    + " tool; say so, or leave strict out");
        }
        function.end();
        tool.end();
        try {
            return Tool.of(name, description, schema);
        } catch (InvalidRequestException wrong) {
            throw Refusal.parameter(function.name("name"), wrong.getMessage());
        }
    }

    private static ToolChoice choice(Fields body, JsonNode value) {
        if (value.isTextual()) {
            return switch (value.textValue()) {
                case "auto" -> ToolChoice.AUTO;
                case "none" -> ToolChoice.NONE;
                case "required" -> ToolChoice.REQUIRED;
                default -> throw body.refusal("tool_choice", "is " + Quoted.of(value.textValue())
                        + "; it may be none, auto, required or an object that names a function");
            };
        }
        Fields choice = Fields.of(value, "tool_choice");
        String type = choice.requiredText("type");
        if (!type.equals("function")) {
            throw choice.refusal("type", "is " + Quoted.of(type) + "; it may be function");
        }
        Fields function = choice.object("function").orElseThrow(() -> choice.refusal("function", "is missing"));
        String name = function.requiredText("name");
        function.end();
        choice.end();
        return ToolChoice.named(name);
    }
}
