package org.waterspout.model.text;

import java.util.Objects;

/**
 * One turn of a conversation.
 *
 * @param role    who speaks: {@code system}, {@code user}, {@code assistant}, or another that stands in the model's template
 * @param content what is said
 */
public record ChatMessage(String role, String content) {

    public ChatMessage {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
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
}
