package org.waterspout.server;

import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.server.http.VertxServer;
import org.waterspout.server.model.ModelSource;
import org.waterspout.server.model.ModelTable;
import org.waterspout.server.openai.OpenAiRoutes;
import org.waterspout.server.route.Route;
import org.waterspout.server.task.TaskRoutes;

/**
 * Models over HTTP. It listens while it loads them, so that its health can be asked for, and answers requests when each of them has
 * answered once.
 *
 * {@snippet :
 * try (Server server = Server.start(ServerOptions.DEFAULT, ModelSource.demonstration(LoadOptions.DEFAULT))) {
 *     System.out.println(server.url());
 *     Thread.sleep(Duration.ofMinutes(1));
 * }
 * }
 */
public final class Server implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    private static final Duration LOOK = Duration.ofMillis(20);
    /** How long those whose answers were ended may take the error that says so. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final ServerOptions options;
    private final ModelTable models;
    private final VertxServer http;
    private final ReentrantLock closing = new ReentrantLock();
    private volatile Phase phase = Phase.LOADING;
    private volatile boolean hurried;
    private boolean closed;

    private Server(ServerOptions options) {
        this.options = options;
        models = new ModelTable(options.places());
        List<Route> routes = Stream.concat(new OpenAiRoutes(models, options.quiet()).routes().stream(),
                new TaskRoutes(models).routes().stream()).toList();
        http = new VertxServer(options.address(), options.limits(), new Routes(options, routes, () -> phase));
    }

    /**
     * Begins to listen, loads the models and has each of them answer something. Where that fails, nothing is left open.
     *
     * @throws InvalidRequestException where the address cannot be used, or may be reached from other machines and there are no keys; where
     *                                 two models have one name
     * @throws org.waterspout.error.WaterspoutException where a model cannot be loaded
     */
    public static Server start(ServerOptions options, List<ModelSource> sources) {
        checkAddress(options);
        if (sources.isEmpty()) {
            throw new InvalidRequestException("no model is named: name one at least");
        }
        Server server = new Server(options);
        try {
            server.models.load(sources);
            server.phase = Phase.READY;
            return server;
        } catch (RuntimeException | Error failure) {
            server.hurry();
            server.close();
            throw failure;
        }
    }

    private static void checkAddress(ServerOptions options) {
        String host = options.address().host();
        try {
            if (!options.keys().areNeeded() && !Routes.isOfThisMachine(host)) {
                throw new InvalidRequestException("without keys the server is reached from this machine only, and " + Quoted.of(host)
                        + " is an address for others, too: give a file of keys, or listen on 127.0.0.1");
            }
        } catch (UnknownHostException unknown) {
            throw new InvalidRequestException("there is no host " + Quoted.of(host) + ": choose an address of this machine", unknown);
        }
    }

    /** Where clients find it, such as {@code http://127.0.0.1:8080}. */
    public String url() {
        String host = options.address().host();
        return (options.address().tls().isPresent() ? "https://" : "http://") + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + http.port();
    }

    /** The names of the models, as requests call them. */
    public List<String> models() {
        return models.all().stream().map(model -> model.id()).toList();
    }

    /** Connections that are open. */
    public int connections() {
        return http.connections();
    }

    /** Answers of all models that run or wait. */
    public int answers() {
        return models.all().stream().mapToInt(model -> model.admission().inside()).sum();
    }

    /** Makes {@link #close} wait for no answer any more. From any thread. */
    public void hurry() {
        hurried = true;
    }

    /**
     * Not ready from now on; takes work for the drain delay still, then waits for answers under way up to the shutdown timeout. What is
     * unfinished then ends with an error. Gives back all memory.
     */
    @Override
    public void close() {
        closing.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            closing.unlock();
        }
        if (phase == Phase.READY) {
            phase = Phase.LEAVING;
            await(options.drainDelay(), false);
        }
        phase = Phase.DRAINING;
        await(options.shutdownTimeout(), true);
        if (http.requests() > 0) {
            LOG.warn("{} requests were unfinished when the time to end was over", http.requests());
            http.interrupt();
            hurried = false;
            await(LAST_WORDS, true);
        }
        http.close();
        models.close();
    }

    /** @param idle whether it is over as soon as no request is under way */
    private void await(Duration time, boolean idle) {
        long end = System.nanoTime() + time.toNanos();
        while (!hurried && System.nanoTime() - end < 0 && !(idle && http.requests() == 0)) {
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
