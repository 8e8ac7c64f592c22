package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.waterspout.generate.TokenLogProbability;
import org.waterspout.server.json.JsonBody;

/** Answers as text. */
final class CompletionShape implements Shape {

    private static final int CONTINUES = 0x80;
    private static final int CONTINUES_MASK = 0xc0;

    private final Heading heading;
    private final int top;
    private final TokenTexts texts;
    /** Characters that the tokens so far began, of each choice. */
    private final Map<Integer, Integer> characters = new ConcurrentHashMap<>();

    CompletionShape(Asked asked) {
        this.heading = Heading.of("cmpl-", asked.served());
        this.top = asked.top().orElse(-1);
        this.texts = new TokenTexts(asked.model());
    }

    @Override
    public ObjectNode head(boolean event) {
        return heading.object("text_completion");
    }

    @Override
    public ObjectNode part(Choice choice, Choice.Piece piece, boolean first) {
        return choice(choice, piece.text(), piece.tokens(), null);
    }

    @Override
    public ObjectNode last(Choice choice, boolean first) {
        return choice(choice, "", List.of(), choice.finishReason());
    }

    @Override
    public ObjectNode whole(Choice choice, List<Choice.Piece> pieces) {
        StringBuilder text = new StringBuilder();
        pieces.forEach(piece -> text.append(piece.text()));
        return choice(choice, text.toString(), pieces.stream().flatMap(piece -> piece.tokens().stream()).toList(), choice.finishReason());
    }

    private ObjectNode choice(Choice choice, String text, List<TokenLogProbability> tokens, String finishReason) {
        ObjectNode object = JsonBody.object().put("index", choice.index()).put("text", text);
        if (top >= 0 && !(tokens.isEmpty() && finishReason != null && text.isEmpty())) {
            object.set("logprobs", logProbabilities(choice, tokens));
        } else {
            object.putNull("logprobs");
        }
        return object.put("finish_reason", finishReason);
    }

    /** {@code {"tokens", "token_logprobs", "top_logprobs", "text_offset"}}, offsets in characters of the answer. */
    private ObjectNode logProbabilities(Choice choice, List<TokenLogProbability> tokens) {
        ObjectNode object = JsonBody.object();
        ArrayNode names = object.putArray("tokens");
        ArrayNode numbers = object.putArray("token_logprobs");
        ArrayNode tops = top > 0 ? object.putArray("top_logprobs") : object.putNull("top_logprobs").arrayNode();
        ArrayNode offsets = object.putArray("text_offset");
        for (TokenLogProbability token : tokens) {
            names.add(texts.text(token.id()));
            numbers.add(token.logProbability());
            ObjectNode likely = JsonBody.object();
            token.top().forEach(one -> {
                if (!likely.has(texts.text(one.id()))) { // two tokens may be parts of characters, which look the same
                    likely.put(texts.text(one.id()), one.logProbability());
                }
            });
            tops.add(likely);
            offsets.add(offset(choice, texts.bytes(token.id())));
        }
        return object;
    }

    private int offset(Choice choice, byte[] bytes) {
        int begun = 0;
        for (byte one : bytes) {
            begun += (one & CONTINUES_MASK) == CONTINUES ? 0 : 1;
        }
        int before = characters.getOrDefault(choice.index(), 0);
        characters.put(choice.index(), before + begun);
        boolean within = bytes.length > 0 && (bytes[0] & CONTINUES_MASK) == CONTINUES;
        return within ? Math.max(0, before - 1) : before;
    }
}
