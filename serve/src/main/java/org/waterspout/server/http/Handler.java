package org.waterspout.server.http;

import java.util.Optional;

/** What answers requests: a plain function. It may be called from any number of threads at one time. */
public interface Handler {

    /**
     * Looks at a request before its body is read, on the thread that serves all connections: it must not wait.
     *
     * @param head without a body
     * @return the answer, where the body need not be read; empty to go on
     */
    Optional<Response> refuse(Request head);

    /**
     * What is said to a request whose body is too long.
     *
     * @param most bytes that it may have
     */
    Response tooLong(int most);

    /** What is said to a request whose body did not come in time. */
    Response tooSlow();

    /**
     * Answers a request, on a virtual thread of its own, which is interrupted when the client goes away, or when the server ends what is
     * still under way.
     *
     * @throws org.waterspout.error.CancelledException when it was interrupted and there is nothing to say
     */
    Response handle(Request request);
}
