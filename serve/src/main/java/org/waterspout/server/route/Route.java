package org.waterspout.server.route;

import java.util.function.Function;
import org.waterspout.server.http.Request;
import org.waterspout.server.http.Response;

/**
 * One thing that can be asked for.
 *
 * @param method of HTTP
 * @param path   as requests have it, with its escapes; one that ends with <code>/*</code> stands for all that begin so and go on
 * @param answer makes the answer, or throws: a {@link org.waterspout.server.json.Refusal}, or an error of the models
 */
public record Route(String method, String path, Function<Request, Response> answer) {

    private static final String ANY = "*";

    public static Route get(String path, Function<Request, Response> answer) {
        return new Route("GET", path, answer);
    }

    public static Route post(String path, Function<Request, Response> answer) {
        return new Route("POST", path, answer);
    }

    boolean isAt(String asked) {
        int prefix = path.length() - ANY.length();
        return path.endsWith("/" + ANY) ? asked.length() > prefix && asked.startsWith(path.substring(0, prefix)) : asked.equals(path);
    }
}
