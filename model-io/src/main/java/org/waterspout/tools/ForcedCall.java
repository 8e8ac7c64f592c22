package org.waterspout.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;

/**
 * How an answer is made that is one call: it begins with a mark, and goes on with JSON of a schema.
 *
 * @param opening what the answer begins with; its control tokens count as such. Empty for nothing
 * @param schema  a JSON schema of the rest
 */
public record ForcedCall(String opening, String schema) {

    /** Their values are no schemas, so that a {@code $ref} in them is none. */
    private static final Set<String> VALUES = Set.of("enum", "const", "default", "examples");

    /**
     * A call of one of the tools that may be called. An object of arguments has no properties that its schema does not name, unless it says
     * {@code additionalProperties}.
     *
     * @throws UnsupportedModelException for a format that is not JSON behind one mark
     * @throws InvalidRequestException   where the choice is to be narrower
     */
    public static ForcedCall of(ToolUse use, ToolCallFormat format) {
        List<Tool> tools = use.callable();
        return switch (format.payload()) {
            case XML -> throw new UnsupportedModelException(
                    "the model writes calls as XML, which an answer cannot be made to be: let the model decide whether it calls a tool");
            case NAME_AND_ARGUMENTS -> {
                if (tools.size() != 1) {
                    throw new InvalidRequestException(
                            "the model writes a tool's name before its mark for arguments, so that an answer can be"
                            + " made to call one tool only: say which");
                }
                yield new ForcedCall(format.opening() + tools.getFirst().name() + "[ARGS]", root(tools, arguments(tools.getFirst())));
            }
            case OBJECT -> new ForcedCall(format.isBare() ? "" : format.opening() + "\n", root(tools, anyOf(tools, format)));
            case LIST -> {
                ObjectNode list = ToolJson.object().put("type", "array").put("minItems", 1).put("maxItems", 1);
                list.set("items", anyOf(tools, format));
                yield new ForcedCall(format.opening().replaceFirst("\\[$", ""), root(tools, list));
            }
        };
    }

    private static ObjectNode anyOf(List<Tool> tools, ToolCallFormat format) {
        ObjectNode any = ToolJson.object();
        ArrayNode calls = any.putArray("anyOf");
        for (Tool tool : tools) {
            ObjectNode call = calls.addObject().put("type", "object").put("additionalProperties", false);
            ObjectNode properties = call.putObject("properties");
            properties.putObject("name").put("const", tool.name());
            properties.set(format.argumentsKey(), arguments(tool));
            call.putArray("required").add("name").add(format.argumentsKey());
        }
        return any;
    }

    private static ObjectNode arguments(Tool tool) {
        return ToolJson.object().put("$ref", pointer(tool));
    }

    private static String pointer(Tool tool) {
        return "#/$defs/" + tool.name().replace("~", "~0").replace("/", "~1").replace("%", "%25");
    }

    /** The schema with the parameters of each tool beside it. */
    private static String root(List<Tool> tools, ObjectNode schema) {
        ObjectNode definitions = schema.putObject("$defs");
        for (Tool tool : tools) {
            ObjectNode parameters = (ObjectNode) ToolJson.read("parameters", tool.parameters());
            redirect(parameters, pointer(tool));
            if (!parameters.has("type")) {
                parameters.put("type", "object");
            }
            boolean plain = !parameters.has("$ref") && !parameters.has("allOf") && !parameters.has("anyOf") && !parameters.has("oneOf");
            if (plain && !parameters.has("additionalProperties")) {
                parameters.put("additionalProperties", false);
            }
            parameters.remove(List.of("$schema", "$id"));
            definitions.set(tool.name(), parameters);
        }
        return schema.toString();
    }

    /** References within a tool's own schema lead to where it stands now. */
    private static void redirect(JsonNode node, String root) {
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> entry : List.copyOf(object.properties())) {
                if (entry.getKey().equals("$ref") && entry.getValue().asText().startsWith("#")) {
                    object.put("$ref", root + entry.getValue().asText().substring(1));
                } else if (!VALUES.contains(entry.getKey()) || entry.getValue().isObject() && entry.getValue().has("type")) {
                    redirect(entry.getValue(), root);
                }
            }
        } else {
            node.forEach(element -> redirect(element, root));
        }
    }
}
