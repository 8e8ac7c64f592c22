package org.waterspout.load;

import java.util.List;

/**
 * What one client saw of its request. Times are nanoseconds and begin when the request was due, not when it was sent: a request that had
 * to wait for a free stream waited on the server.
 *
 * @param outcome {@link #OK}, or the kind of failure, such as {@code status 429}
 * @param first   until the first token; for an answer in one piece until all of it, and 0 for a failure
 * @param whole   until the end of the answer, or the failure
 * @param gaps    between the tokens of a stream, as they arrived
 * @param prompt  tokens of the prompt, as the server counted them; 0 where it does not tell
 * @param tokens  tokens of the answer, likewise, or else the pieces of the stream
 */
record Sample(String outcome, long first, long whole, List<Long> gaps, long prompt, long tokens) {

    static final String OK = "ok";

    static Sample failed(String outcome, long whole) {
        return new Sample(outcome, 0, whole, List.of(), 0, 0);
    }

    boolean isOk() {
        return outcome.equals(OK);
    }
}
