package org.waterspout.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;
import org.waterspout.load.Load;
import org.waterspout.load.LoadPicture;
import org.waterspout.load.LoadReport;
import org.waterspout.load.Mix;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "load", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Puts a load on a server that speaks OpenAI's interface, and measures what its clients see.")
final class LoadCommand implements Callable<Integer> {

    /** Of a load of which nothing was answered. */
    private static final int NOTHING_ANSWERED = 1;

    private final Console console;

    @Parameters(paramLabel = "URL", description = "The server, such as http://localhost:8080.")
    private URI server;

    @Option(names = "--rate", paramLabel = "R,...", split = ",", description = "Requests a second, which come whether or not the server"
            + " keeps up; several rates are run one after the other. Without it as many are under way at any time as --streams says.")
    private List<Double> rates = List.of();

    @Option(names = "--streams", paramLabel = "N", defaultValue = "64", description = "Most requests at once; one that has to wait for"
            + " another counts from when it was due; default: ${DEFAULT-VALUE}.")
    private int streams;

    @Option(names = "--requests", paramLabel = "N", defaultValue = "100", description = "Requests for each rate; default:"
            + " ${DEFAULT-VALUE}.")
    private int requests;

    @Option(names = "--mix", paramLabel = "F", description = "What is asked: one JSON object a line, with body, path and weight. Without"
            + " it one streamed chat, the same each time.")
    private Optional<Path> mix = Optional.empty();

    @Option(names = "--gen-tokens", paramLabel = "N", defaultValue = "64", description = "Length of the answers without --mix; default:"
            + " ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(names = {"-m", "--model"}, paramLabel = "NAME", description = "Model of the requests that name none; default: the first that"
            + " the server lists.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--api-key-file", paramLabel = "F", description = "A file with the key that the server asks for.")
    private Optional<Path> keyFile = Optional.empty();

    @Option(names = "--timeout", paramLabel = "S", defaultValue = "300", description = "Seconds for an answer; default:"
            + " ${DEFAULT-VALUE}.")
    private int timeout;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of the times and the order of the requests; default:"
            + " ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--picture", paramLabel = "F", description = "Draw throughput against latency, as SVG.")
    private Optional<Path> picture = Optional.empty();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    LoadCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (tokens < 1 || timeout < 1 || rates.stream().anyMatch(rate -> !(rate > 0 && Double.isFinite(rate)))) {
            throw new InvalidRequestException("--rate must be above 0, --gen-tokens and --timeout 1 or more");
        }
        Load load = new Load(server, keyFile.map(TextInput::read).map(String::strip), model,
                mix.map(Mix::read).orElseGet(() -> Mix.ofChats(tokens)),
                requests, streams, Duration.ofSeconds(timeout), seed);
        List<LoadReport> reports = new ArrayList<>();
        for (double rate : rates.isEmpty() ? List.of(0.0) : rates) {
            reports.add(load.run(rate));
            if (!json) {
                console.line(reports.getLast().text());
            }
        }
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("server", server.toString());
            object.put("streams", streams);
            object.put("seed", seed);
            object.put("runs", reports);
            console.json(object);
        }
        picture.ifPresent(file -> draw(file, reports));
        return reports.stream().allMatch(report -> report.failures() == report.requests()) ? NOTHING_ANSWERED : 0;
    }

    private static void draw(Path file, List<LoadReport> reports) {
        try {
            Files.writeString(file, LoadPicture.svg(reports));
        } catch (IOException failure) {
            throw new InvalidRequestException(Quoted.of(file.toString()) + " cannot be written: " + Reason.of(failure), failure);
        }
    }
}
