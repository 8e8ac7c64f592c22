package org.waterspout.server.http;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a client is told. */
public sealed interface Response {

    /** Such as 200. */
    int status();

    /** By name; lengths and encodings of the transfer are not among them. */
    Map<String, String> headers();

    /** As this, with one more header. */
    Response withHeader(String name, String value);

    /** A response that is there as a whole. */
    record Whole(int status, Map<String, String> headers, byte[] body) implements Response {

        public Whole {
            headers = Map.copyOf(headers);
        }

        @Override
        public Whole withHeader(String name, String value) {
            return new Whole(status, with(headers, name, value), body);
        }
    }

    /** A response that is written while it comes about. */
    record Streamed(int status, Map<String, String> headers, Writer writer) implements Response {

        public Streamed {
            headers = Map.copyOf(headers);
        }

        @Override
        public Streamed withHeader(String name, String value) {
            return new Streamed(status, with(headers, name, value), writer);
        }
    }

    /** Writes the body of a streamed response, on the thread of its request. */
    interface Writer extends AutoCloseable {

        /** @throws org.waterspout.error.CancelledException as {@link Output#write}; the connection is closed then */
        void write(Output output);

        /** Ends what the response is made of; comes in any case, whether it was written or not. */
        @Override
        void close();
    }

    /** A body of JSON. */
    static Whole json(int status, byte[] body) {
        return new Whole(status, Map.of("Content-Type", "application/json"), body);
    }

    /** A body of plain text. */
    static Whole text(int status, String body) {
        return new Whole(status, Map.of("Content-Type", "text/plain; charset=utf-8"), body.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, String> with(Map<String, String> headers, String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return more;
    }
}
