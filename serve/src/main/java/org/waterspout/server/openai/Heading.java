package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import org.waterspout.server.json.JsonBody;
import org.waterspout.server.model.ServedModel;

/**
 * What all objects of one answer have.
 *
 * @param id          of the answer
 * @param created     seconds since 1970
 * @param model       as requests call it
 * @param fingerprint where the answer comes from
 */
record Heading(String id, long created, String model, String fingerprint) {

    private static final SecureRandom RANDOM = new SecureRandom();

    static Heading of(String prefix, ServedModel model) {
        byte[] bytes = new byte[12];
        RANDOM.nextBytes(bytes);
        return new Heading(prefix + HexFormat.of().formatHex(bytes), Instant.now().getEpochSecond(), model.id(), model.fingerprint());
    }

    ObjectNode object(String kind) {
        return JsonBody.object().put("id", id).put("object", kind).put("created", created).put("model", model)
                .put("system_fingerprint", fingerprint);
    }
}
