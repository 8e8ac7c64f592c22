package org.waterspout.server.route;

import java.util.List;
import java.util.stream.Collectors;
import org.waterspout.server.http.Request;
import org.waterspout.server.json.Refusal;

/** All that can be asked for: where several routes are at a path, the first one of the method that is asked for. */
public final class RouteTable {

    private final List<Route> routes;

    public RouteTable(List<Route> routes) {
        this.routes = List.copyOf(routes);
    }

    /**
     * The route that a request is for.
     *
     * @throws Refusal with 404 where nothing is at the path; with 405 where it is asked for by another method
     */
    public Route of(Request request) {
        List<Route> here = routes.stream().filter(route -> route.isAt(request.path())).toList();
        if (here.isEmpty()) {
            throw Refusal.request(404, "there is nothing at this path", "not_found");
        }
        return here.stream().filter(route -> route.method().equals(request.method())).findFirst().orElseThrow(() ->
                Refusal.request(405, "this path takes " + here.stream().map(Route::method).distinct().collect(Collectors.joining(" and "))
                        + " only", "method_not_allowed"));
    }
}
