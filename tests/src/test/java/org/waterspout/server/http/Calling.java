package org.waterspout.server.http;

import java.util.Optional;
import java.util.function.Function;

/** A handler that calls a test's function, and refuses the path /refused. */
record Calling(Function<Request, Response> function) implements Handler {

    @Override
    public Optional<Response> refuse(Request head) {
        return head.path().equals("/refused") ? Optional.of(Response.text(403, "no")) : Optional.empty();
    }

    @Override
    public Response tooLong(int most) {
        return Response.text(413, "at most " + most);
    }

    @Override
    public Response tooSlow() {
        return Response.text(408, "too slow");
    }

    @Override
    public Response handle(Request request) {
        return function.apply(request);
    }
}
