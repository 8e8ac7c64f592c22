package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
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
import org.waterspout.server.model.ModelTable;
import org.waterspout.server.model.ServedModel;
import org.waterspout.server.route.RequestTimeout;
import org.waterspout.tools.ToolUse;

/** Reads the body of a request for a chat's next message. */
final class ChatFields {

    private static final int MAX_TOP = 20;

    private ChatFields() {
    }

    static Asked read(Request request, ModelTable models) {
        Fields body = JsonBody.read(request.body());
        ServedModel served = models.find(body.requiredText("model"));
        LanguageModel model = served.as(LanguageModel.class, "writes text");
        GenerationRequest asked = GenerationRequest.of(new Prompt.Conversation(Messages.read(body)));
        asked = CommonFields.withTokens(CommonFields.withStops(asked, body), model, maxTokens(body));
        Optional<Sampling> sampling = CommonFields.sampling(body, model);
        asked = sampling.isPresent() ? asked.withSampling(sampling.get()) : asked;
        Optional<Integer> top = top(body);
        asked = top.isPresent() ? asked.withLogProbabilities(LogProbabilities.top(top.get())) : asked;
        Optional<ToolUse> tools = Tools.read(body);
        boolean oneCall = !body.flag("parallel_tool_calls", true);
        asked = tools.isPresent() ? asked.withTools(tools.get()) : asked;
        var form = ResponseFormat.read(body);
        asked = form.isPresent() ? asked.withForm(form.get()) : asked;
        int answers = CommonFields.answers(body);
        boolean stream = CommonFields.stream(body);
        boolean usage = CommonFields.usage(body, stream);
        readWhatChangesNothing(body);
        refuseWhatIsNotBuilt(body);
        body.end();
        return new Asked(served, model, List.of(asked), answers, stream, usage, oneCall, top, RequestTimeout.options(request));
    }

    private static Optional<Integer> maxTokens(Fields body) {
        Optional<Integer> old = body.integer("max_tokens", 1, Integer.MAX_VALUE);
        Optional<Integer> now = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        if (old.isPresent() && now.isPresent() && !old.equals(now)) {
            throw body.refusal("max_tokens", "is " + old.get() + " and max_completion_tokens " + now.get() + ": give one of them");
        }
        return now.or(() -> old);
    }

    private static Optional<Integer> top(Fields body) {
        Optional<Integer> top = body.integer("top_logprobs", 0, MAX_TOP);
        if (body.flag("logprobs", false)) {
            return Optional.of(top.orElse(0));
        }
        top.filter(number -> number > 0).ifPresent(_ -> {
            throw body.refusal("top_logprobs", "needs logprobs: say that it is true, too");
        });
        return Optional.empty();
    }

    /** Who asks, and values that say what is so anyway. */
    private static void readWhatChangesNothing(Fields body) {
        CommonFields.readWhoAsks(body);
        body.text("safety_identifier");
        body.text("prompt_cache_key");
        body.only("store", value -> value.isBoolean() && !value.booleanValue(), "must be false: answers are not stored");
        body.only("service_tier", value -> value.asText().equals("auto") || value.asText().equals("default"),
                "must be auto or default: there is one");
        body.only("modalities", value -> value.isArray() && value.size() == 1 && value.get(0).asText().equals("text"),
                "must be [\"text\"]: models write text");
    }

    private static void refuseWhatIsNotBuilt(Fields body) {
        for (String field : List.of("audio", "prediction", "reasoning_effort", "verbosity", "web_search_options", "prompt_cache_retention",
                "metadata", "moderation")) {
            body.only(field, JsonNode::isNull, "is not built: leave it out");
        }
        body.only("functions", JsonNode::isNull, "is not built: say tools");
        body.only("function_call", JsonNode::isNull, "is not built: say tool_choice");
    }
}
