package org.waterspout.tools;

import com.fasterxml.jackson.databind.JsonNode;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * A call that a model asks for.
 *
 * @param id        tells calls of a conversation apart: nine letters and digits, as some chat templates demand, where the model gives none;
 *                  empty for none
 * @param name      of the tool
 * @param arguments a JSON object
 */
public record ToolCall(String id, String name, String arguments) {

    /** @throws InvalidRequestException for an empty name, or arguments that are no JSON object */
    public ToolCall {
        if (name.isBlank()) {
            throw new InvalidRequestException("a call has no name of a tool: give it one");
        }
        JsonNode read = ToolJson.read("the arguments of a call of " + Quoted.of(name), arguments);
        if (!read.isObject()) {
            throw new InvalidRequestException("the arguments of a call of " + Quoted.of(name)
                    + " are no JSON object: write {\"name\": value}");
        }
    }
}
