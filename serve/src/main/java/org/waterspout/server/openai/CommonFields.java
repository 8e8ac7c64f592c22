package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.waterspout.LanguageModel;
import org.waterspout.error.Quoted;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Sampling;
import org.waterspout.server.json.Fields;

/** What requests for text have in common. */
final class CommonFields {

    /** Answers to one prompt, as OpenAI bounds them. */
    static final int MAX_ANSWERS = 128;

    private CommonFields() {
    }

    /** Who asks, and where the answer may be kept: checked, and without any effect on the answer. */
    static void readWhoAsks(Fields body) {
        body.text("user");
    }

    static boolean stream(Fields body) {
        return body.flag("stream", false);
    }

    /** Whether the stream tells the numbers of tokens. */
    static boolean usage(Fields body, boolean stream) {
        Optional<Fields> options = body.object("stream_options");
        if (options.isEmpty()) {
            return false;
        }
        if (!stream) {
            throw body.refusal("stream_options", "is for streams: ask for one with stream, or leave it out");
        }
        boolean usage = options.get().flag("include_usage", false);
        options.get().only("include_obfuscation", value -> value.isBoolean() && !value.booleanValue(),
                "is not built: leave it out, or say false");
        options.get().end();
        return usage;
    }

    /**
     * How tokens are chosen: what the request says goes before what the model's file says; where neither says anything, they are drawn at
     * temperature 1.
     *
     * @return empty where the request says nothing and the file asks for a search with a beam
     */
    static Optional<Sampling> sampling(Fields body, LanguageModel model) {
        Optional<Double> temperature = body.number("temperature", 0, 2);
        Optional<Double> topP = body.number("top_p", 0, 1);
        Optional<Double> presence = body.number("presence_penalty", -2, 2);
        Optional<Double> frequency = body.number("frequency_penalty", -2, 2);
        Optional<Long> seed = body.whole("seed");
        Map<Integer, Float> bias = bias(body, model.vocabulary());
        boolean silent = temperature.isEmpty() && topP.isEmpty() && presence.isEmpty() && frequency.isEmpty() && seed.isEmpty()
                && bias.isEmpty();
        if (silent && model.beams() > 1) {
            return Optional.empty();
        }
        Sampling otherwise = Sampling.GREEDY.withTemperature(1);
        Sampling base = temperature.filter(value -> value == 0).isPresent() ? otherwise : model.sampling(otherwise);
        Sampling sampling = base.withTemperature(temperature.map(Double::floatValue).orElse(base.temperature()))
                .withTopP(topP.map(value -> Math.max(value.floatValue(), Float.MIN_VALUE)).orElse(base.topP()))
                .withPenalties(base.repetitionPenalty(), presence.orElse(0.0).floatValue(), frequency.orElse(0.0).floatValue())
                .withLogitBias(bias);
        return Optional.of(seed.map(sampling::withSeed).orElse(sampling));
    }

    private static Map<Integer, Float> bias(Fields body, int vocabulary) {
        Map<Integer, Float> all = new HashMap<>();
        for (Map.Entry<String, JsonNode> member : body.members("logit_bias")) {
            String token = member.getKey();
            if (!token.matches("[0-9]{1,9}") || Integer.parseInt(token) >= vocabulary) {
                throw body.refusal("logit_bias", "names the token " + Quoted.of(token)
                        + "; the model's are 0 to " + (vocabulary - 1));
            }
            JsonNode value = member.getValue();
            if (!value.isNumber() || Math.abs(value.doubleValue()) > 100) {
                throw body.refusal("logit_bias", "must have numbers from -100 to 100");
            }
            if (all.put(Integer.parseInt(token), (float) value.doubleValue()) != null) {
                throw body.refusal("logit_bias", "names the token " + Integer.parseInt(token) + " twice");
            }
        }
        return all;
    }

    static int answers(Fields body) {
        return body.integer("n", 1, MAX_ANSWERS).orElse(1);
    }

    static GenerationRequest withStops(GenerationRequest request, Fields body) {
        List<String> stops = body.texts("stop").orElse(List.of());
        if (stops.contains("")) {
            throw body.refusal("stop", "has an empty string: leave that out");
        }
        return request.withStopStrings(stops);
    }

    /** Where the request says nothing: as many tokens as the model's file says, else as many as the context holds. */
    static GenerationRequest withTokens(GenerationRequest request, LanguageModel model, Optional<Integer> asked) {
        boolean stated = model.file().metadata().has("generation.max_new_tokens") || model.file().metadata().has("generation.max_length");
        return asked.isEmpty() && stated ? request : request.withMaxTokens(asked.orElse(model.contextLength()));
    }
}
