package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.waterspout.Embedder;
import org.waterspout.error.Quoted;
import org.waterspout.server.http.Request;
import org.waterspout.server.http.Response;
import org.waterspout.server.json.Fields;
import org.waterspout.server.json.JsonBody;
import org.waterspout.server.model.Admission;
import org.waterspout.server.model.ModelTable;
import org.waterspout.server.model.ServedModel;
import org.waterspout.server.route.Provenance;
import org.waterspout.server.route.RequestTimeout;

/** Vectors of texts. */
final class Embeddings {

    /** Texts of a request, as OpenAI bounds them. */
    private static final int MAX_TEXTS = 2048;

    private Embeddings() {
    }

    static Response answer(Request request, ModelTable models) {
        Fields body = JsonBody.read(request.body());
        ServedModel served = models.find(body.requiredText("model"));
        Embedder model = served.as(Embedder.class, "makes vectors of texts");
        List<String> texts = texts(body);
        String encoding = body.text("encoding_format").orElse("float");
        if (!encoding.equals("float") && !encoding.equals("base64")) {
            throw body.refusal("encoding_format", "is " + Quoted.of(encoding) + "; it may be float or base64");
        }
        body.only("dimensions", value -> value.isIntegralNumber() && value.canConvertToInt() && value.intValue() == model.dimensions(),
                "must be " + model.dimensions() + ": the model's vectors cannot be cut");
        CommonFields.readWhoAsks(body);
        body.end();
        try (Admission.Ticket _ = served.admission().enter(1)) {
            List<Embedder.Embedding> made = model.embed(texts, Embedder.Role.TEXT, false, RequestTimeout.options(request));
            return Provenance.told(Response.json(200, JsonBody.bytes(object(served, made, encoding.equals("base64")))), served);
        }
    }

    private static List<String> texts(Fields body) {
        body.value("input").filter(input -> input.isArray() && !input.isEmpty() && (input.get(0).isNumber() || input.get(0).isArray()))
                .ifPresent(_ -> {
                    throw body.refusal("input", "has token ids: send texts, of which the model makes tokens itself");
                });
        return body.requiredTexts("input", MAX_TEXTS);
    }

    private static JsonNode object(ServedModel served, List<Embedder.Embedding> made, boolean packed) {
        ObjectNode object = JsonBody.object().put("object", "list");
        ArrayNode data = object.putArray("data");
        int tokens = 0;
        for (int i = 0; i < made.size(); i++) {
            ObjectNode row = JsonBody.object().put("object", "embedding").put("index", i);
            float[] vector = made.get(i).vector();
            if (packed) {
                row.put("embedding", packed(vector));
            } else {
                ArrayNode numbers = row.putArray("embedding");
                for (float number : vector) {
                    numbers.add(number);
                }
            }
            data.add(row);
            tokens += made.get(i).tokens();
        }
        object.put("model", served.id()).putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
        return object;
    }

    /** 32-bit floats, the lowest byte first, in base 64. */
    private static String packed(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
