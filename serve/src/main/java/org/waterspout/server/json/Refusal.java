package org.waterspout.server.json;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;

/** Why a request is not carried out, as a client is told it: a status of HTTP, and OpenAI's error object. */
public final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final String INVALID = "invalid_request_error";
    private static final String SERVER = "server_error";

    private final int status;
    private final String type;
    private final String parameter;
    private final String code;
    private final long retrySeconds;

    private Refusal(int status, String type, String message, String parameter, String code, long retrySeconds, Throwable cause) {
        super(message, cause);
        this.status = status;
        this.type = type;
        this.parameter = parameter;
        this.code = code;
        this.retrySeconds = retrySeconds;
    }

    /** A parameter that is wrong, unknown or not honoured. */
    public static Refusal parameter(String name, String message) {
        return new Refusal(400, INVALID, message, name, null, 0, null);
    }

    /** A request that cannot be carried out as asked. */
    public static Refusal request(int status, String message, String code) {
        return new Refusal(status, INVALID, message, null, code, 0, null);
    }

    /** As {@link #request(int, String, String)}, without a code. */
    public static Refusal request(String message, Throwable cause) {
        return new Refusal(400, INVALID, message, null, null, 0, cause);
    }

    /** A failure of the server. */
    public static Refusal server(int status, String message, String code, Throwable cause) {
        return new Refusal(status, SERVER, message, null, code, 0, cause);
    }

    /** Something that may go well later. */
    public static Refusal later(int status, String message, String code, Duration retryAfter) {
        return new Refusal(status, status == 429 ? "rate_limit_error" : SERVER, message, null, code,
                Math.max(1, retryAfter.plusMillis(999).toSeconds()), null);
    }

    public int status() {
        return status;
    }

    /** Seconds after which it is worth asking again; empty where nothing is known of it. */
    public Optional<Long> retrySeconds() {
        return retrySeconds == 0 ? Optional.empty() : Optional.of(retrySeconds);
    }

    /** {@code {"error": {"message", "type", "param", "code"}}}. */
    public ObjectNode object() {
        ObjectNode object = JsonBody.object();
        object.putObject("error").put("message", getMessage()).put("type", type).put("param", parameter).put("code", code);
        return object;
    }
}
