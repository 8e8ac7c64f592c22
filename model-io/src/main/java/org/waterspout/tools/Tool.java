package org.waterspout.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * A function that a model may ask its caller to call. Its definition is what the model's chat template gets, as Transformers hands it
 * over: {@code {"type": "function", "function": {"name", "description", "parameters"}}}, with the order of its keys.
 */
public final class Tool {

    private static final int MAX_CHARACTERS = 1 << 20;

    private final String name;
    private final String description;
    private final String parameters;
    private final String definition;

    private Tool(ObjectNode node) {
        JsonNode function = node.path("function");
        name = text(function.path("name"), "a tool's name");
        if (name.isBlank() || name.codePoints().anyMatch(Character::isISOControl)) {
            throw new InvalidRequestException("a tool's name is " + Quoted.of(name) + ": give it one of letters, digits, _ and -");
        }
        description = function.has("description") ? text(function.get("description"), "the description of the tool " + Quoted.of(name))
                : "";
        if (function.has("parameters") && !function.get("parameters").isObject()) {
            throw new InvalidRequestException("the parameters of the tool " + Quoted.of(name)
                    + " are no JSON schema: give an object such as {\"type\": \"object\", \"properties\": {}}");
        }
        parameters = function.has("parameters") ? function.get("parameters").toString() : "{}";
        definition = node.toString();
    }

    /**
     * @param name        what the model calls it
     * @param description what it does; empty for none
     * @param parameters  a JSON schema of the object with its arguments, such as
     *                    {@code {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
     * @throws InvalidRequestException for an empty name, or parameters that are no JSON object
     */
    public static Tool of(String name, String description, String parameters) {
        ObjectNode node = ToolJson.object().put("type", "function");
        ObjectNode function = node.putObject("function").put("name", name);
        if (!description.isEmpty()) {
            function.put("description", description);
        }
        function.set("parameters", ToolJson.read("the parameters of the tool " + Quoted.of(name), checked(parameters)));
        return new Tool(node);
    }

    /**
     * The tools of a JSON text: a list of definitions, or a single one. Further keys of a definition reach the chat template, too.
     *
     * @throws InvalidRequestException where it is no JSON, or another form than the one above
     */
    public static List<Tool> list(String json) {
        JsonNode all = ToolJson.read("the list of tools", checked(json));
        List<Tool> tools = new ArrayList<>();
        for (JsonNode one : all.isObject() ? List.of(all) : all) {
            if (!one.isObject() || !one.path("type").asText().equals("function") || !one.path("function").isObject()) {
                throw new InvalidRequestException("a tool is written otherwise than {\"type\": \"function\", \"function\": {\"name\": ...,"
                        + " \"description\": ..., \"parameters\": ...}}: " + Quoted.of(one.toString()));
            }
            tools.add(new Tool((ObjectNode) one));
        }
        if (tools.isEmpty()) {
            throw new InvalidRequestException("the list of tools is empty: give one at least");
        }
        return List.copyOf(tools);
    }

    private static String checked(String json) {
        if (json.length() > MAX_CHARACTERS) {
            throw new InvalidRequestException("tools of " + json.length() + " characters are given; they may have " + MAX_CHARACTERS);
        }
        return json;
    }

    private static String text(JsonNode node, String what) {
        if (!node.isTextual()) {
            throw new InvalidRequestException(what + " is missing, or no text: give one");
        }
        return node.textValue();
    }

    public String name() {
        return name;
    }

    /** What it does; empty where nothing is said. */
    public String description() {
        return description;
    }

    /** The JSON schema of the object with its arguments. */
    public String parameters() {
        return parameters;
    }

    /** All that is known of it, as JSON. */
    public String definition() {
        return definition;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tool tool && definition.equals(tool.definition);
    }

    @Override
    public int hashCode() {
        return definition.hashCode();
    }

    @Override
    public String toString() {
        return definition;
    }
}
