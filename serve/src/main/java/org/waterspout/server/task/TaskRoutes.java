package org.waterspout.server.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.Classifier;
import org.waterspout.QuestionAnswerer;
import org.waterspout.Reranker;
import org.waterspout.Translation;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.generate.RequestOptions;
import org.waterspout.server.http.Request;
import org.waterspout.server.http.Response;
import org.waterspout.server.json.Fields;
import org.waterspout.server.json.JsonBody;
import org.waterspout.server.model.Admission;
import org.waterspout.server.model.ModelTable;
import org.waterspout.server.model.ServedModel;
import org.waterspout.server.route.Provenance;
import org.waterspout.server.route.RequestTimeout;
import org.waterspout.server.route.Route;

/**
 * What models do that OpenAI's interface has no name for: ranking documents (in the shape that Cohere and Jina share), labelling texts and
 * their words, finding answers in texts, translating. Offsets count code points.
 */
public final class TaskRoutes {

    /** Texts, documents or questions of a request. */
    private static final int MAX_TEXTS = 2048;

    private final ModelTable models;

    public TaskRoutes(ModelTable models) {
        this.models = models;
    }

    public List<Route> routes() {
        return List.of(Route.post("/v1/rerank", this::rerank), Route.post("/v1/classify", this::classify),
                Route.post("/v1/answer", this::answer), Route.post("/v1/translate", this::translate));
    }

    /** What a model makes of a request whose parameters were read. */
    private interface Work {

        void into(ObjectNode answer, RequestOptions options);
    }

    private static Response response(Request request, ServedModel served, Work work) {
        RequestOptions options = RequestTimeout.options(request);
        ObjectNode answer = JsonBody.object().put("model", served.id());
        try (Admission.Ticket _ = served.admission().enter(1)) {
            work.into(answer, options);
        }
        return Provenance.told(Response.json(200, JsonBody.bytes(answer)), served);
    }

    private Response rerank(Request request) {
        Fields body = JsonBody.read(request.body());
        ServedModel served = models.find(body.requiredText("model"));
        Reranker model = served.as(Reranker.class, "ranks documents");
        String query = body.requiredText("query");
        List<String> documents = documents(body);
        int top = body.integer("top_n", 1, Integer.MAX_VALUE).orElse(documents.size());
        boolean returned = body.flag("return_documents", false);
        boolean truncate = body.flag("truncate", false);
        body.end();
        return response(request, served, (answer, options) -> {
            ArrayNode results = answer.putArray("results");
            model.rank(query, documents, truncate, options).stream().limit(top).forEach(ranked -> {
                ObjectNode result = results.addObject().put("index", ranked.index()).put("relevance_score", ranked.score())
                        .put("truncated", ranked.truncated());
                if (returned) {
                    result.putObject("document").put("text", documents.get(ranked.index()));
                }
            });
        });
    }

    /** Strings, or objects with a text. */
    private static List<String> documents(Fields body) {
        List<JsonNode> given = body.list("documents").orElseThrow(() ->
                body.refusal("documents", "is missing: give a list of strings"));
        body.requireCount("documents", given, MAX_TEXTS);
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            if (given.get(i).isTextual()) {
                documents.add(given.get(i).textValue());
            } else {
                Fields document = Fields.of(given.get(i), body.name("documents[" + i + "]"));
                documents.add(document.requiredText("text"));
                document.end();
            }
        }
        return documents;
    }

    private Response classify(Request request) {
        Fields body = JsonBody.read(request.body());
        ServedModel served = models.find(body.requiredText("model"));
        Classifier model = served.as(Classifier.class, "labels texts");
        if (model.readsImages()) {
            throw body.refusal("model", "is one that labels images; name one that labels texts");
        }
        List<String> texts = body.requiredTexts("input", MAX_TEXTS);
        boolean truncate = body.flag("truncate", false);
        Optional<Integer> top = model.judgesWords() ? Optional.empty() : body.integer("top_n", 1, Integer.MAX_VALUE);
        body.end();
        return response(request, served, (answer, options) -> {
            ArrayNode data = answer.putArray("data");
            if (model.judgesWords()) {
                List<Classifier.Entities> all = model.entities(texts, truncate, options);
                for (int i = 0; i < all.size(); i++) {
                    add(data, all.get(i), texts.get(i));
                }
            } else {
                model.classify(texts, truncate, options).forEach(labels -> add(data, labels, top.orElse(labels.labels().size())));
            }
        });
    }

    private static void add(ArrayNode data, Classifier.Classification labels, int top) {
        ObjectNode row = data.addObject().put("index", data.size() - 1);
        ArrayNode list = row.putArray("labels");
        labels.labels().stream().limit(top).forEach(label -> list.addObject().put("label", label.label()).put("score", label.score()));
        row.put("tokens", labels.tokens()).put("truncated", labels.truncated());
    }

    private static void add(ArrayNode data, Classifier.Entities entities, String text) {
        ObjectNode row = data.addObject().put("index", data.size() - 1);
        ArrayNode list = row.putArray("entities");
        entities.entities().stream().map(entity -> entity.inCodePoints(text)).forEach(entity -> list.addObject()
                .put("label", entity.label()).put("score", entity.score()).put("text", entity.text()).put("start", entity.start())
                .put("end", entity.end()));
        row.put("tokens", entities.tokens()).put("truncated", entities.truncated());
    }

    private Response answer(Request request) {
        Fields body = JsonBody.read(request.body());
        ServedModel served = models.find(body.requiredText("model"));
        QuestionAnswerer model = served.as(QuestionAnswerer.class, "finds answers in texts");
        List<QuestionAnswerer.Question> questions = questions(body);
        body.end();
        return response(request, served, (answer, options) -> {
            ArrayNode data = answer.putArray("data");
            List<QuestionAnswerer.Answer> found = model.answer(questions, options);
            for (int i = 0; i < found.size(); i++) {
                QuestionAnswerer.Answer one = found.get(i).inCodePoints(questions.get(i).context());
                data.addObject().put("index", i).put("answer", one.answer()).put("start", one.start()).put("end", one.end())
                        .put("score", one.score());
            }
        });
    }

    /** Of one context. */
    private static List<QuestionAnswerer.Question> questions(Fields body) {
        List<String> questions = body.requiredTexts("question", MAX_TEXTS);
        String context = body.requiredText("context");
        return questions.stream().map(question -> new QuestionAnswerer.Question(question, context)).toList();
    }

    private Response translate(Request request) {
        Fields body = JsonBody.read(request.body());
        ServedModel served = models.find(body.requiredText("model"));
        Translator model = served.as(Translator.class, "translates");
        List<String> texts = body.requiredTexts("input", MAX_TEXTS);
        TranslationOptions asked = translation(body);
        body.end();
        return response(request, served, (answer, options) -> {
            ArrayNode data = answer.putArray("data");
            for (Translation translation : model.translate(texts, asked, options, (_, _) -> { })) {
                ObjectNode row = data.addObject().put("index", data.size() - 1).put("text", translation.text())
                        .put("score", translation.score());
                ArrayNode others = row.putArray("alternatives");
                translation.alternatives().forEach(other -> others.addObject().put("text", other.text()).put("score", other.score()));
            }
        });
    }

    private static TranslationOptions translation(Fields body) {
        TranslationOptions options = TranslationOptions.DEFAULT
                .withBest(1 + body.integer("alternatives", 0, Integer.MAX_VALUE - 1).orElse(0));
        options = body.text("source").map(options::withFrom).orElse(options);
        options = body.text("target").map(options::withTo).orElse(options);
        options = body.integer("beams", 1, Integer.MAX_VALUE).map(options::withBeams).orElse(options);
        options = body.text("prefix").map(options::withPrefix).orElse(options);
        options = body.number("length_penalty", -100, 100).map(options::withLengthPenalty).orElse(options);
        options = body.integer("no_repeat_ngram", 0, Integer.MAX_VALUE).map(options::withNoRepeatNgram).orElse(options);
        options = body.integer("min_tokens", 0, Integer.MAX_VALUE).map(options::withMinTokens).orElse(options);
        return body.integer("max_tokens", 1, Integer.MAX_VALUE).map(options::withMaxTokens).orElse(options);
    }
}
