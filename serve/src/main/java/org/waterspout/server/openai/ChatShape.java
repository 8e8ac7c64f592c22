package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.waterspout.generate.TokenLogProbability;
import org.waterspout.server.json.JsonBody;
import org.waterspout.tools.ToolCall;

/** Answers as messages of a chat. */
final class ChatShape implements Shape {

    private final Heading heading;
    private final boolean logProbabilities;
    private final TokenTexts texts;
    /** Calls told so far, of each choice. */
    private final Map<Integer, Integer> calls = new ConcurrentHashMap<>();

    ChatShape(Asked asked) {
        this.heading = Heading.of("chatcmpl-", asked.served());
        this.logProbabilities = asked.top().isPresent();
        this.texts = new TokenTexts(asked.model());
    }

    @Override
    public ObjectNode head(boolean event) {
        return heading.object(event ? "chat.completion.chunk" : "chat.completion");
    }

    @Override
    public ObjectNode part(Choice choice, Choice.Piece piece, boolean first) {
        ObjectNode delta = delta(first);
        if (piece.call().isPresent()) {
            int number = calls.merge(choice.index(), 1, Integer::sum) - 1;
            ObjectNode call = JsonBody.object().put("index", number);
            call.setAll(call(piece.call().get()));
            delta.putArray("tool_calls").add(call);
        } else {
            delta.put("content", piece.text());
        }
        return choice(choice, "delta", delta, piece.tokens(), null);
    }

    @Override
    public ObjectNode last(Choice choice, boolean first) {
        return choice(choice, "delta", delta(first), List.of(), choice.finishReason());
    }

    private static ObjectNode delta(boolean first) {
        return first ? JsonBody.object().put("role", "assistant").put("content", "") : JsonBody.object();
    }

    @Override
    public ObjectNode whole(Choice choice, List<Choice.Piece> pieces) {
        ObjectNode message = JsonBody.object().put("role", "assistant");
        StringBuilder text = new StringBuilder();
        ArrayNode called = JsonBody.object().arrayNode();
        for (Choice.Piece piece : pieces) {
            text.append(piece.text());
            piece.call().ifPresent(call -> called.add(call(call)));
        }
        message.put("content", text.isEmpty() && !called.isEmpty() ? null : text.toString()).putNull("refusal");
        if (!called.isEmpty()) {
            message.set("tool_calls", called);
        }
        return choice(choice, "message", message, pieces.stream().flatMap(piece -> piece.tokens().stream()).toList(),
                choice.finishReason());
    }

    private ObjectNode choice(Choice choice, String name, ObjectNode content, List<TokenLogProbability> tokens, String finishReason) {
        ObjectNode object = JsonBody.object().put("index", choice.index());
        object.set(name, content);
        if (logProbabilities && !(tokens.isEmpty() && name.equals("delta"))) {
            object.set("logprobs", texts.ofChat(tokens));
        } else {
            object.putNull("logprobs");
        }
        return object.put("finish_reason", finishReason);
    }

    private static ObjectNode call(ToolCall call) {
        ObjectNode object = JsonBody.object().put("id", call.id()).put("type", "function");
        object.putObject("function").put("name", call.name()).put("arguments", call.arguments());
        return object;
    }
}
