package org.waterspout.server.http;

import java.time.Duration;
import org.waterspout.error.InvalidRequestException;

/**
 * What a connection may ask of the server.
 *
 * @param bodyBytes    of a request; a longer one is refused with 413
 * @param headerBytes  of all headers of a request; more are refused with 431. As many may have the line with the path (414)
 * @param readTimeout  from when a connection is open, or its last answer was sent, until the head of a request is there; and from there
 *                     until its body is there. Later the connection is closed, where the head was there with 408
 * @param writeTimeout how long a client may take nothing of what is sent to it before its connection is closed
 * @param bufferBytes  sent to a client and not taken yet; an answer waits when there are more
 * @param connections  at one time; more are closed at once
 */
public record HttpLimits(int bodyBytes, int headerBytes, Duration readTimeout, Duration writeTimeout, int bufferBytes, int connections) {

    private static final Duration LONGEST = Duration.ofDays(1);

    public static final HttpLimits DEFAULT = new HttpLimits(16 << 20, 16 << 10, Duration.ofSeconds(60), Duration.ofSeconds(30), 256 << 10,
            4096);

    public HttpLimits {
        check(bodyBytes >= 1, "the greatest length of a body", bodyBytes);
        check(headerBytes >= 256, "the greatest length of headers, 256 or more,", headerBytes);
        check(bufferBytes >= 1, "the buffer of a connection", bufferBytes);
        check(connections >= 1, "the number of connections", connections);
        check(!readTimeout.isNegative() && !readTimeout.isZero() && readTimeout.compareTo(LONGEST) <= 0,
                "the time to read a request, up to a day,", readTimeout);
        check(!writeTimeout.isNegative() && !writeTimeout.isZero() && writeTimeout.compareTo(LONGEST) <= 0,
                "the time to take an answer, up to a day,", writeTimeout);
    }

    private static void check(boolean fits, String what, Object value) {
        if (!fits) {
            throw new InvalidRequestException(what + " must be 1 or more, got " + value);
        }
    }

    public HttpLimits withBodyBytes(int value) {
        return new HttpLimits(value, headerBytes, readTimeout, writeTimeout, bufferBytes, connections);
    }

    public HttpLimits withHeaderBytes(int value) {
        return new HttpLimits(bodyBytes, value, readTimeout, writeTimeout, bufferBytes, connections);
    }

    public HttpLimits withReadTimeout(Duration value) {
        return new HttpLimits(bodyBytes, headerBytes, value, writeTimeout, bufferBytes, connections);
    }

    public HttpLimits withWriteTimeout(Duration value) {
        return new HttpLimits(bodyBytes, headerBytes, readTimeout, value, bufferBytes, connections);
    }

    public HttpLimits withBufferBytes(int value) {
        return new HttpLimits(bodyBytes, headerBytes, readTimeout, writeTimeout, value, connections);
    }

    public HttpLimits withConnections(int value) {
        return new HttpLimits(bodyBytes, headerBytes, readTimeout, writeTimeout, bufferBytes, value);
    }
}
