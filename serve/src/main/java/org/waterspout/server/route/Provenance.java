package org.waterspout.server.route;

import org.waterspout.server.http.Response;
import org.waterspout.server.model.ServedModel;

/** Says in headers where an answer comes from. */
public final class Provenance {

    private Provenance() {
    }

    public static Response told(Response response, ServedModel model) {
        return response.withHeader("X-Waterspout-Model", ascii(model.fileName())).withHeader("X-Waterspout-Backend",
                ascii(model.device().backend())).withHeader("X-Waterspout-Device", ascii(model.device().name()));
    }

    /** Headers are ASCII. */
    private static String ascii(String text) {
        return text.codePoints().map(c -> c < ' ' || c > '~' ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
