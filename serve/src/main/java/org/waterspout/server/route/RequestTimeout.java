package org.waterspout.server.route;

import java.math.BigDecimal;
import java.time.Duration;
import org.waterspout.generate.RequestOptions;
import org.waterspout.server.http.Request;
import org.waterspout.server.json.Refusal;

/** How long a request may take: a header with seconds. */
public final class RequestTimeout {

    private static final String TIMEOUT = "X-Request-Timeout";
    private static final Duration LONGEST = Duration.ofDays(1);

    private RequestTimeout() {
    }

    /** @throws Refusal when the header is there and is no time */
    public static RequestOptions options(Request request) {
        return request.header(TIMEOUT).map(text -> RequestOptions.DEFAULT.withTimeout(seconds(text))).orElse(RequestOptions.DEFAULT);
    }

    private static Duration seconds(String text) {
        if (text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            Duration duration = Duration.ofNanos(new BigDecimal(text).movePointRight(9).longValue());
            if (!duration.isZero() && duration.compareTo(LONGEST) <= 0) {
                return duration;
            }
        }
        throw Refusal.request(400, "the header " + TIMEOUT + " must be seconds, above 0 and at most " + LONGEST.toSeconds()
                + ", such as 2.5", null);
    }
}
