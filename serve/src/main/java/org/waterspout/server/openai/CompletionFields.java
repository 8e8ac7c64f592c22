package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.LanguageModel;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.server.http.Request;
import org.waterspout.server.json.Fields;
import org.waterspout.server.json.JsonBody;
import org.waterspout.server.json.Refusal;
import org.waterspout.server.model.ModelTable;
import org.waterspout.server.model.ServedModel;
import org.waterspout.server.route.RequestTimeout;

/** Reads the body of a request for texts that go on. */
final class CompletionFields {

    private static final int MAX_TOP = 5;
    /** OpenAI's default here. */
    private static final int DEFAULT_TOKENS = 16;
    private static final String FORMS = "must be a string, a list of strings, a list of token ids, or a list of such lists";

    private CompletionFields() {
    }

    static Asked read(Request request, ModelTable models) {
        Fields body = JsonBody.read(request.body());
        ServedModel served = models.find(body.requiredText("model"));
        LanguageModel model = served.as(LanguageModel.class, "writes text");
        List<Prompt> prompts = prompts(body);
        int tokens = body.integer("max_tokens", 0, Integer.MAX_VALUE).orElse(DEFAULT_TOKENS);
        Optional<Sampling> sampling = CommonFields.sampling(body, model);
        Optional<Integer> top = body.integer("logprobs", 0, MAX_TOP);
        List<GenerationRequest> requests = new ArrayList<>();
        for (Prompt prompt : prompts) {
            GenerationRequest asked = CommonFields.withStops(GenerationRequest.of(prompt).withMaxTokens(tokens), body);
            asked = sampling.isPresent() ? asked.withSampling(sampling.get()) : asked;
            requests.add(top.isPresent() ? asked.withLogProbabilities(LogProbabilities.top(top.get())) : asked);
        }
        int answers = CommonFields.answers(body);
        if (prompts.size() * answers > CommonFields.MAX_ANSWERS) {
            throw body.refusal("prompt", "has " + prompts.size() + " prompts, of " + answers + " answers each; at most "
                    + CommonFields.MAX_ANSWERS + " answers may be asked for at one time");
        }
        boolean stream = CommonFields.stream(body);
        boolean usage = CommonFields.usage(body, stream);
        CommonFields.readWhoAsks(body);
        body.only("echo", value -> value.isBoolean() && !value.booleanValue(), "is not built: leave it out");
        body.only("best_of", value -> value.isIntegralNumber() && value.intValue() == 1 && answers == 1,
                "is not built: leave it out, and say n for several answers");
        body.only("suffix", JsonNode::isNull, "is not built: leave it out");
        body.end();
        return new Asked(served, model, requests, answers, stream, usage, false, top, RequestTimeout.options(request));
    }

    private static List<Prompt> prompts(Fields body) {
        JsonNode prompt = body.value("prompt").orElseThrow(() -> body.refusal("prompt", "is missing: give it, a string"));
        if (prompt.isTextual()) {
            return List.of(new Prompt.Raw(prompt.textValue()));
        }
        if (!prompt.isArray() || prompt.isEmpty() || prompt.size() > CommonFields.MAX_ANSWERS && !prompt.get(0).isNumber()) {
            throw body.refusal("prompt", FORMS + ", and not be empty or of more than " + CommonFields.MAX_ANSWERS);
        }
        if (prompt.get(0).isNumber()) {
            return List.of(tokens(prompt));
        }
        List<Prompt> all = new ArrayList<>();
        prompt.forEach(one -> all.add(one.isTextual() ? new Prompt.Raw(one.textValue()) : tokens(one)));
        return all;
    }

    private static Prompt tokens(JsonNode list) {
        if (!list.isArray()) {
            throw Refusal.parameter("prompt", "prompt " + FORMS);
        }
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!list.get(i).isIntegralNumber() || !list.get(i).canConvertToInt()) {
                throw Refusal.parameter("prompt", "prompt " + FORMS);
            }
            ids[i] = list.get(i).intValue();
        }
        return new Prompt.Tokens(ids);
    }
}
