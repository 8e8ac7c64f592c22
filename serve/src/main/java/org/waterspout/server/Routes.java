package org.waterspout.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.waterspout.server.http.Handler;
import org.waterspout.server.http.Request;
import org.waterspout.server.http.Response;
import org.waterspout.server.json.JsonBody;
import org.waterspout.server.json.Refusal;
import org.waterspout.server.openai.Failure;
import org.waterspout.server.route.Route;
import org.waterspout.server.route.RouteTable;

/** Who may ask, and who answers which path. */
final class Routes implements Handler {

    private static final String LIVE = "/health/live";
    private static final String READY = "/health/ready";
    private static final String STARTED = "/health/started";
    private static final Set<String> HEALTH = Set.of(LIVE, READY, STARTED);
    private static final Set<String> OF_THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    private static final String BEARER = "bearer ";
    private static final String REQUEST_ID = "X-Request-Id";
    private static final String FIT_REQUEST_ID = "[A-Za-z0-9_.:-]{1,128}";

    private final ServerOptions options;
    private final RouteTable table;
    private final Supplier<Phase> phase;
    private final SecureRandom random = new SecureRandom();

    /** @param routes all but those that ask for the health */
    Routes(ServerOptions options, List<Route> routes, Supplier<Phase> phase) {
        this.options = options;
        table = new RouteTable(Stream.concat(HEALTH.stream().map(path -> Route.get(path, _ -> health(path))), routes.stream()).toList());
        this.phase = phase;
    }

    @Override
    public Optional<Response> refuse(Request head) {
        try {
            check(head);
            return Optional.empty();
        } catch (Refusal refusal) {
            return Optional.of(told(head, response(refusal)));
        }
    }

    @Override
    public Response tooLong(int most) {
        return closing(response(Refusal.request(413, "the body is longer than " + most + " bytes: shorten it", "body_too_long")));
    }

    @Override
    public Response tooSlow() {
        return closing(response(Refusal.request(408, "the body did not arrive within " + options.limits().readTimeout().toMillis() / 1000.0
                + " seconds: send it faster", "body_too_slow")));
    }

    @Override
    public Response handle(Request request) {
        Response response;
        try {
            response = table.of(request).answer().apply(request);
        } catch (RuntimeException failure) {
            response = response(Failure.of(failure));
        }
        return told(request, response);
    }

    private Response told(Request request, Response response) {
        String id = request.header(REQUEST_ID).filter(given -> given.matches(FIT_REQUEST_ID)).orElseGet(() -> {
            byte[] bytes = new byte[12];
            random.nextBytes(bytes);
            return "req_" + HexFormat.of().formatHex(bytes);
        });
        Response named = response.withHeader(REQUEST_ID, id);
        return phase.get() == Phase.DRAINING ? closing(named) : named;
    }

    private static Response closing(Response response) {
        return response.withHeader("Connection", "close");
    }

    private static Response response(Refusal refusal) {
        Response.Whole whole = Response.json(refusal.status(), JsonBody.bytes(refusal.object()));
        Response.Whole challenged = refusal.status() == 401 ? whole.withHeader("WWW-Authenticate", "Bearer") : whole;
        return refusal.retrySeconds().map(seconds -> challenged.withHeader("Retry-After", Long.toString(seconds))).orElse(challenged);
    }

    /** What can be said of a request by its head. */
    private void check(Request head) {
        checkOrigin(head);
        boolean health = HEALTH.contains(head.path());
        if (!health) {
            checkKey(head);
        }
        table.of(head); // refuses what is none
        if (!head.query().isEmpty()) {
            throw Refusal.request(400, "the path has a query, and none is known: leave out what stands behind the question mark",
                    "unknown_query");
        }
        head.header("content-encoding").filter(encoding -> !encoding.equalsIgnoreCase("identity")).ifPresent(_ -> {
            throw Refusal.request(415, "the body is compressed: send it as it is", "compressed_body");
        });
        if (!health) {
            checkPhase();
        }
    }

    private void checkPhase() {
        switch (phase.get()) {
            case LOADING -> throw Refusal.later(503, "models are still loading: try again later", "loading", Duration.ofSeconds(1));
            case DRAINING -> throw Refusal.later(503, "the server is shutting down: ask another one", "shutting_down",
                    Duration.ofSeconds(1));
            case READY, LEAVING -> { }
        }
    }

    /**
     * A page that somebody's browser shows may send requests to this machine. It cannot hide its origin, and where it got a name of its own
     * to mean this machine (DNS rebinding), not that name.
     */
    private void checkOrigin(Request head) {
        String host = head.header("host").orElse("").toLowerCase(Locale.ROOT);
        head.header("origin").map(origin -> origin.toLowerCase(Locale.ROOT)).filter(origin -> !origin.equals("http://" + host)
                && !origin.equals("https://" + host)).ifPresent(_ -> {
            throw Refusal.request(403, "the request comes from a page of another origin, which may not ask", "foreign_origin");
        });
        if (!options.keys().areNeeded() && !OF_THIS_MACHINE.contains(host.replaceFirst(":[0-9]*$", ""))
                && !host.equals("::1")) {
            throw Refusal.request(403, "without keys only requests for localhost are answered: ask for http://localhost, or start the"
                    + " server with keys", "foreign_host");
        }
    }

    private void checkKey(Request head) {
        if (!options.keys().areNeeded()) {
            return;
        }
        String header = head.header("authorization").orElse("");
        boolean bearer = header.regionMatches(true, 0, BEARER, 0, BEARER.length());
        if (!bearer || !options.keys().hold(header.substring(BEARER.length()).strip())) {
            throw Refusal.request(401, bearer ? "the key is not one of this server's"
                    : "a key is needed: send it in the header Authorization, behind Bearer", "invalid_api_key");
        }
    }

    private Response health(String path) {
        Phase now = phase.get();
        return switch (path) {
            case LIVE -> Response.text(200, "live\n");
            case STARTED -> now == Phase.LOADING ? waiting(now) : Response.text(200, "started\n");
            default -> now == Phase.READY ? Response.text(200, "ready\n") : waiting(now);
        };
    }

    private static Response waiting(Phase now) {
        return Response.text(503, now == Phase.LOADING ? "loading models\n" : "shutting down\n").withHeader("Retry-After", "1");
    }

    /**
     * Whether an address is one that only this machine reaches.
     *
     * @param host a name or number
     */
    static boolean isOfThisMachine(String host) throws UnknownHostException {
        for (InetAddress address : InetAddress.getAllByName(host)) {
            if (!address.isLoopbackAddress()) {
                return false;
            }
        }
        return true;
    }
}
