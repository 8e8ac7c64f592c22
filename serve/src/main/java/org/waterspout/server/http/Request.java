package org.waterspout.server.http;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request that has arrived whole.
 *
 * @param method  such as GET
 * @param path    as it was sent, still with its escapes, without the query
 * @param query   what stands behind the question mark; empty for none
 * @param headers by their names in small letters; of equal names the first
 * @param body    empty for none
 */
public record Request(String method, String path, String query, Map<String, String> headers, byte[] body) {

    public Request {
        headers = Map.copyOf(headers);
    }

    /** The value of a header, whatever the case of {@code name}. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    Request withBody(byte[] bytes) {
        return new Request(method, path, query, headers, bytes);
    }
}
