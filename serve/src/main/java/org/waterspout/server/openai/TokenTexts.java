package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.waterspout.LanguageModel;
import org.waterspout.generate.TokenLogProbability;
import org.waterspout.server.json.JsonBody;

/** Tokens with their log-probabilities, as OpenAI writes them for chats and for texts. */
final class TokenTexts {

    private final LanguageModel model;

    TokenTexts(LanguageModel model) {
        this.model = model;
    }

    byte[] bytes(int token) {
        return model.readsText() ? model.tokenizer().bytes(token) : new byte[0];
    }

    /** What a part of a character is written as is up to the JDK: the bytes are beside it. */
    String text(int token) {
        return new String(bytes(token), StandardCharsets.UTF_8);
    }

    /** {@code {"content": [{"token", "logprob", "bytes", "top_logprobs"}], "refusal": null}}. */
    ObjectNode ofChat(List<TokenLogProbability> tokens) {
        ObjectNode object = JsonBody.object();
        ArrayNode content = object.putArray("content");
        for (TokenLogProbability token : tokens) {
            ObjectNode row = row(token.id(), token.logProbability());
            ArrayNode top = row.putArray("top_logprobs");
            token.top().forEach(one -> top.add(row(one.id(), one.logProbability())));
            content.add(row);
        }
        return object.putNull("refusal");
    }

    private ObjectNode row(int token, double logProbability) {
        ObjectNode row = JsonBody.object().put("token", text(token)).put("logprob", logProbability);
        ArrayNode bytes = row.putArray("bytes");
        for (byte one : bytes(token)) {
            bytes.add(one & 0xff);
        }
        return row;
    }
}
