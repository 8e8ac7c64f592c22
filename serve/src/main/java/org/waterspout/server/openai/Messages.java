package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.model.text.ChatMessage;
import org.waterspout.server.json.Fields;
import org.waterspout.server.json.Refusal;
import org.waterspout.tools.ToolCall;

/** Reads the conversation of a chat. */
final class Messages {

    private final List<ChatMessage> messages = new ArrayList<>();
    /** Calls of tools so far, by their ids. */
    private final Map<String, ToolCall> calls = new HashMap<>();

    private Messages() {
    }

    static List<ChatMessage> read(Fields body) {
        List<JsonNode> list = body.list("messages").orElseThrow(() -> body.refusal("messages", "is missing: give a list of messages"));
        if (list.isEmpty()) {
            throw body.refusal("messages", "is empty: give one message at least");
        }
        Messages all = new Messages();
        for (int i = 0; i < list.size(); i++) {
            all.read(Fields.of(list.get(i), "messages[" + i + "]"), i);
        }
        return all.messages;
    }

    private void read(Fields message, int index) {
        String role = message.requiredText("role");
        switch (role) {
            case "system", "developer" -> messages.add(ChatMessage.system(requiredContent(message)));
            case "user" -> messages.add(ChatMessage.user(requiredContent(message)));
            case "assistant" -> messages.add(assistant(message));
            case "tool" -> messages.add(tool(message));
            default -> throw message.refusal("role", "is " + Quoted.of(role) + "; it may be system, developer, user, assistant or tool");
        }
        if (!role.equals("tool")) {
            message.only("name", _ -> false, "would be part of the prompt, and chat templates have no place for it: write it into the"
                    + " content, or leave it out");
        }
        message.end();
    }

    private static String requiredContent(Fields message) {
        return content(message).orElseThrow(() -> message.refusal("content", "is missing: give a string"));
    }

    /** A text, or a list of parts that are texts, which stand below each other. */
    private static Optional<String> content(Fields message) {
        Optional<JsonNode> content = message.value("content");
        if (content.isEmpty() || content.get().isTextual()) {
            return content.map(JsonNode::textValue);
        }
        List<String> texts = new ArrayList<>();
        List<JsonNode> parts = message.list("content").orElseThrow();
        for (int i = 0; i < parts.size(); i++) {
            Fields part = Fields.of(parts.get(i), message.name("content[" + i + "]"));
            String type = part.requiredText("type");
            switch (type) {
                case "text" -> texts.add(part.requiredText("text"));
                case "image_url" -> throw part.refusal("type", "is image_url: the model reads no pictures; send text");
                case "input_audio" -> throw part.refusal("type", "is input_audio: the model hears no sound; send text");
                case "file" -> throw part.refusal("type", "is file: the model reads no files; send their text");
                default -> throw part.refusal("type", "is " + Quoted.of(type) + "; it may be text");
            }
            part.end();
        }
        return Optional.of(String.join("\n", texts));
    }

    private ChatMessage assistant(Fields message) {
        Optional<String> content = content(message);
        List<ToolCall> called = new ArrayList<>();
        List<JsonNode> list = message.list("tool_calls").orElse(List.of());
        for (int i = 0; i < list.size(); i++) {
            called.add(call(Fields.of(list.get(i), message.name("tool_calls[" + i + "]"))));
        }
        if (content.isEmpty() && called.isEmpty()) {
            throw message.refusal("content", "is missing: give a string, or tool_calls");
        }
        // what answers have and requests send back
        message.only("refusal", _ -> false, "is not built: write it as content");
        message.only("audio", _ -> false, "is not built: send text");
        message.only("function_call", _ -> false, "is not built: send tool_calls");
        message.only("annotations", value -> value.isArray() && value.isEmpty(), "is not built: leave it out");
        return ChatMessage.assistant(content.orElse(""), called);
    }

    private ToolCall call(Fields call) {
        String id = call.requiredText("id");
        call.only("type", value -> value.asText().equals("function"), "must be function");
        call.only("index", JsonNode::isIntegralNumber, "must be a whole number"); // as streams have it
        Fields function = call.object("function").orElseThrow(() -> call.refusal("function", "is missing"));
        String name = function.requiredText("name");
        String arguments = function.requiredText("arguments");
        function.end();
        call.end();
        try {
            ToolCall made = new ToolCall(id, name, arguments.isEmpty() ? "{}" : arguments);
            if (calls.put(id, made) != null) {
                throw call.refusal("id", "is " + Quoted.of(id) + ", as that of another call: give each an id of its own");
            }
            return made;
        } catch (InvalidRequestException wrong) {
            throw Refusal.parameter(function.name("arguments"), wrong.getMessage());
        }
    }

    private ChatMessage tool(Fields message) {
        String id = message.requiredText("tool_call_id");
        ToolCall answered = calls.get(id);
        if (answered == null) {
            throw message.refusal("tool_call_id", "is " + Quoted.of(id) + ", and no message of the assistant before has a call with this"
                    + " id");
        }
        message.only("name", value -> value.asText().equals(answered.name()), "must be the name of the tool that was called, "
                + Quoted.of(answered.name()));
        return ChatMessage.tool(answered, requiredContent(message));
    }
}
