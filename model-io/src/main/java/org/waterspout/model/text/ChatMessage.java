package org.waterspout.model.text;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.waterspout.tools.ToolCall;

/**
 * One turn of a conversation.
 *
 * @param role      who speaks: {@code system}, {@code user}, {@code assistant}, {@code tool}, or another that stands in the model's
 *                  template
 * @param content   what is said
 * @param toolCalls the calls that an assistant asks for
 * @param answers   the call that a tool's message is the result of
 */
public record ChatMessage(String role, String content, List<ToolCall> toolCalls, Optional<ToolCall> answers) {

    public ChatMessage {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
        toolCalls = List.copyOf(toolCalls);
    }

    public ChatMessage(String role, String content) {
        this(role, content, List.of(), Optional.empty());
    }

    public static ChatMessage system(String content) {
        return new ChatMessage("system", content);
    }

    public static ChatMessage user(String content) {
        return new ChatMessage("user", content);
    }

    public static ChatMessage assistant(String content) {
        return new ChatMessage("assistant", content);
    }

    /** An answer that calls tools. */
    public static ChatMessage assistant(String content, List<ToolCall> toolCalls) {
        return new ChatMessage("assistant", content, toolCalls, Optional.empty());
    }

    /** What a call gave. */
    public static ChatMessage tool(ToolCall answered, String content) {
        return new ChatMessage("tool", content, List.of(), Optional.of(answered));
    }
}
