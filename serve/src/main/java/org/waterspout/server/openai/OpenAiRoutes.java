package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.waterspout.server.http.Request;
import org.waterspout.server.http.Response;
import org.waterspout.server.json.JsonBody;
import org.waterspout.server.json.Refusal;
import org.waterspout.server.model.ModelTable;
import org.waterspout.server.model.ServedModel;
import org.waterspout.server.route.Route;

/** OpenAI's interface: models, chats, texts that go on, and vectors of texts. */
public final class OpenAiRoutes {

    private static final String MODELS = "/v1/models";

    private final ModelTable models;
    private final Duration quiet;

    /** @param quiet time without an event of a stream after which a comment is sent */
    public OpenAiRoutes(ModelTable models, Duration quiet) {
        this.models = models;
        this.quiet = quiet;
    }

    public List<Route> routes() {
        return List.of(Route.post("/v1/chat/completions", this::chat), Route.post("/v1/completions", this::completion),
                Route.post("/v1/embeddings", request -> Embeddings.answer(request, models)), Route.get(MODELS, _ -> list()),
                Route.get(MODELS + "/*", request -> Response.json(200, JsonBody.bytes(object(models.find(id(request.path())))))));
    }

    private Response chat(Request request) {
        Asked asked = ChatFields.read(request, models);
        return new Answers(asked, new ChatShape(asked), quiet).response();
    }

    private Response completion(Request request) {
        Asked asked = CompletionFields.read(request, models);
        return new Answers(asked, new CompletionShape(asked), quiet).response();
    }

    private Response list() {
        ObjectNode object = JsonBody.object().put("object", "list");
        ArrayNode data = object.putArray("data");
        models.all().forEach(model -> data.add(object(model)));
        return Response.json(200, JsonBody.bytes(object));
    }

    private static ObjectNode object(ServedModel model) {
        return JsonBody.object().put("id", model.id()).put("object", "model").put("created", model.since().getEpochSecond())
                .put("owned_by", "waterspout");
    }

    private static String id(String path) {
        try {
            return URLDecoder.decode(path.substring(MODELS.length() + 1).replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw Refusal.request("the path has escapes that are none", malformed);
        }
    }
}
