package org.waterspout.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.server.ApiKeys;
import org.waterspout.server.Server;
import org.waterspout.server.ServerOptions;
import org.waterspout.server.http.Address;
import org.waterspout.server.http.HttpLimits;
import org.waterspout.server.model.ModelSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Serves models over HTTP, with OpenAI's interface. SIGTERM or Ctrl-C ends it when its answers are finished, a second"
        + " one at once.")
final class ServeCommand implements Callable<Integer> {

    private static final double NANOSECONDS = 1e9;
    private static final double MOST_SECONDS = 86_400;

    private final Console console;

    @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "A model file or folder, or the name of one in"
            + " WATERSPOUT_MODELS or pulled; may be given several times. Requests call it by that name, or by the last part of the path,"
            + " without .gguf. Default: the demonstration models.")
    private List<String> models = List.of();

    @Option(names = "--host", paramLabel = "HOST", defaultValue = "127.0.0.1",
            description = "Address to listen on; without keys it must be one of this machine only. Default: ${DEFAULT-VALUE}.")
    private String host;

    @Option(names = {"-p", "--port"}, paramLabel = "N", defaultValue = "8080",
            description = "Port to listen on; 0 for any that is free. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = "--api-key-file", paramLabel = "FILE", description = "Keys that requests need, one a line: itself, or sha256: and its"
            + " SHA-256 in hexadecimal digits.")
    private Optional<Path> keys = Optional.empty();

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "Certificates for TLS, PEM: the server's, then those that vouch for"
            + " it.")
    private Optional<Path> certificate = Optional.empty();

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key, PEM (PKCS 8).")
    private Optional<Path> key = Optional.empty();

    @Option(names = "--max-requests", paramLabel = "N", defaultValue = "256",
            description = "Answers of one model that may run or wait; the next request is refused. Default: ${DEFAULT-VALUE}.")
    private int places;

    @Option(names = "--max-body", paramLabel = "KB", defaultValue = "16384",
            description = "Greatest length of a request's body, in kilobytes. Default: ${DEFAULT-VALUE}.")
    private int body;

    @Option(names = "--max-header", paramLabel = "KB", defaultValue = "16",
            description = "Greatest length of all headers of a request, in kilobytes. Default: ${DEFAULT-VALUE}.")
    private int header;

    @Option(names = "--max-connections", paramLabel = "N", defaultValue = "4096",
            description = "Connections at one time. Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(names = "--read-timeout", paramLabel = "S", defaultValue = "60",
            description = "Seconds in which the head of a request, and then its body, must be there. Default: ${DEFAULT-VALUE}.")
    private double readTimeout;

    @Option(names = "--write-timeout", paramLabel = "S", defaultValue = "30",
            description = "Seconds after which a client that takes nothing of its answer is cut off. Default: ${DEFAULT-VALUE}.")
    private double writeTimeout;

    @Option(names = "--write-buffer", paramLabel = "KB", defaultValue = "256",
            description = "Kilobytes that may be on their way to one client. Default: ${DEFAULT-VALUE}.")
    private int buffer;

    @Option(names = "--comment-interval", paramLabel = "S", defaultValue = "10",
            description = "Seconds without an event after which a stream gets a comment. Default: ${DEFAULT-VALUE}.")
    private double quiet;

    @Option(names = "--drain-delay", paramLabel = "S", defaultValue = "0",
            description = "Seconds for which work is still taken after SIGTERM, though the server is not ready any more. Default:"
            + " ${DEFAULT-VALUE}.")
    private double drainDelay;

    @Option(names = "--shutdown-timeout", paramLabel = "S", defaultValue = "30",
            description = "Seconds that answers under way may take after that. Default: ${DEFAULT-VALUE}.")
    private double shutdownTimeout;

    @Mixin
    private RuntimeOptions runtime;

    ServeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        ServerOptions options = options();
        List<ModelSource> sources = sources();
        CountDownLatch end = new CountDownLatch(1);
        Signalled signalled = new Signalled(end);
        List.of("TERM", "INT").forEach(name -> Signals.register(name, signalled));
        try (Server server = Progress.loading(console, () -> Server.start(options, sources))) {
            signalled.server = server;
            if (!options.keys().areNeeded()) {
                console.remark("no keys: only requests from this machine are answered");
            }
            console.line(server.url() + " serves " + String.join(", ", server.models()));
            end.await();
            console.remark("ending: answers under way have " + options.shutdownTimeout().toMillis() / 1000.0 + " seconds");
        }
        return 0;
    }

    /** What a signal does: the first begins the end, the second hurries it; before there is a server, it ends the process. */
    private static final class Signalled implements Runnable {

        private static final int TERMINATED = 143;

        private final CountDownLatch end;
        private volatile Server server;

        Signalled(CountDownLatch end) {
            this.end = end;
        }

        @Override
        public void run() {
            Server running = server;
            if (running == null) {
                Runtime.getRuntime().halt(TERMINATED);
            } else if (end.getCount() == 0) {
                running.hurry();
            }
            end.countDown();
        }
    }

    private List<ModelSource> sources() {
        LoadOptions options = runtime.options(LoadOptions.DEFAULT);
        if (models.isEmpty()) {
            return ModelSource.demonstration(options);
        }
        List<ModelSource> sources = new ArrayList<>();
        for (String name : models) {
            ModelSource source = ModelSource.of(ModelOptions.store().find(name), options);
            boolean isName = !Files.exists(Path.of(name)) && !name.contains("/") && !name.contains(":");
            sources.add(isName ? source.withId(name.replaceFirst("(?i)\\.gguf$", "")) : source);
        }
        return sources;
    }

    private ServerOptions options() {
        if (certificate.isPresent() != key.isPresent()) {
            throw new InvalidRequestException("--tls-cert and --tls-key belong together: give both");
        }
        if (port < 0 || port > 0xffff) {
            throw new InvalidRequestException("--port must be 0 to 65535, got " + port);
        }
        Address address = new Address(host, port, certificate.map(chain -> new Address.Certificate(chain, key.orElseThrow())));
        HttpLimits limits = HttpLimits.DEFAULT.withBodyBytes(bytes("--max-body", body)).withHeaderBytes(bytes("--max-header", header))
                .withConnections(connections).withReadTimeout(seconds("--read-timeout", readTimeout))
                .withWriteTimeout(seconds("--write-timeout", writeTimeout)).withBufferBytes(bytes("--write-buffer", buffer));
        return ServerOptions.DEFAULT.withAddress(address).withLimits(limits).withPlaces(places)
                .withKeys(keys.map(ApiKeys::read).orElse(ApiKeys.NONE)).withQuiet(seconds("--comment-interval", quiet))
                .withDrain(seconds("--drain-delay", drainDelay), seconds("--shutdown-timeout", shutdownTimeout));
    }

    private static int bytes(String option, int kilobytes) {
        if (kilobytes < 1 || kilobytes > Integer.MAX_VALUE >> 10) {
            throw new InvalidRequestException(option + " must be 1 to " + (Integer.MAX_VALUE >> 10) + ", got " + kilobytes);
        }
        return kilobytes << 10;
    }

    private static Duration seconds(String option, double seconds) {
        if (!(seconds >= 0 && seconds <= MOST_SECONDS)) {
            throw new InvalidRequestException(option + " must be 0 to " + (int) MOST_SECONDS + " seconds, got " + seconds);
        }
        return Duration.ofNanos(Math.round(seconds * NANOSECONDS));
    }
}
