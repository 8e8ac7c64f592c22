package org.waterspout.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.registry.Backends;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "inspect", mixinStandardHelpOptions = true,
        description = "Shows what is in a model file, and the memory it would take. Loads nothing.")
final class InspectCommand implements Callable<Integer> {

    /** The emulator lays out buffers as a device does, and is there without one. */
    private static final Map<String, String> ESTIMATED_BY = new LinkedHashMap<>();

    static {
        ESTIMATED_BY.put("cpu", "cpu");
        ESTIMATED_BY.put("tornado", "emulator");
        ESTIMATED_BY.put("reference", "reference");
    }

    private final Console console;

    @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "A model file or name; default: the demonstration model.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--graph", description = "Print the operations of the model too.")
    private boolean graph;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (ModelFile file = ModelOptions.open(model)) {
            Architecture architecture = Architecture.of(file);
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("file", file.path().toString());
            object.put("format", file.format());
            object.put("name", file.metadata().optionalString("general.name").orElse(""));
            object.putAll(ModelDescription.of(architecture));
            file.metadata().optionalString("tokenizer.ggml.model").ifPresent(kind -> object.put("tokenizer", kind));
            if (architecture.decoder().isPresent() && architecture.encoder().isEmpty()) {
                object.putAll(generation(file));
            }
            List<Map<String, Object>> memory = memory(file, architecture);
            if (json) {
                object.put("memory", memory);
                object.put("template", file.metadata().optionalString("tokenizer.chat_template").orElse(null));
                object.put("tensors", tensors(file));
                if (graph) {
                    object.put("graph", printed(file, architecture));
                }
                console.json(object);
            } else {
                print(object, memory, file, architecture);
            }
        }
        return 0;
    }

    private static Map<String, Object> generation(ModelFile file) {
        Map<String, Object> object = new LinkedHashMap<>();
        try (Tokenizer tokenizer = Tokenizer.of(file)) {
            object.put("end_tokens", tokenizer.endTokens().stream().sorted().toList());
        } catch (ModelNotFoundException none) {
            object.put("tokenizer", "none: it takes token ids only");
        }
        object.put("chat_template", file.metadata().has("tokenizer.chat_template"));
        return object;
    }

    private static List<Map<String, Object>> memory(ModelFile file, Architecture architecture) {
        List<Map<String, Object>> rows = new ArrayList<>();
        Set<Integer> lengths = new LinkedHashSet<>(List.of(Math.min(512, architecture.contextLength()),
                LanguageModel.contextLength(architecture, LoadOptions.DEFAULT), architecture.contextLength()));
        for (Map.Entry<String, String> entry : ESTIMATED_BY.entrySet()) {
            try (Backend backend = Backends.open(entry.getValue(), BackendOptions.DEFAULT)) {
                for (int length : lengths) {
                    MemoryUse use = backend.estimate(GraphBuilder.of(file, architecture, length),
                            LoadOptions.DEFAULT.withSequences(1).planOptions(architecture, length));
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("backend", entry.getKey());
                    row.put("context_length", length);
                    row.put("mapped_bytes", use.mapped());
                    row.put("weights_bytes", use.weights());
                    row.put("cache_bytes", use.cache());
                    row.put("activations_bytes", use.activations());
                    row.put("total_bytes", use.total());
                    rows.add(row);
                }
            }
        }
        return rows;
    }

    private static List<Map<String, Object>> tensors(ModelFile file) {
        return file.tensors().values().stream().map(tensor -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", tensor.name());
            row.put("shape", tensor.shape());
            row.put("type", tensor.type());
            return row;
        }).toList();
    }

    private static String printed(ModelFile file, Architecture architecture) {
        return GraphBuilder.of(file, architecture, LanguageModel.contextLength(architecture, LoadOptions.DEFAULT)).print();
    }

    private void print(Map<String, Object> object, List<Map<String, Object>> memory, ModelFile file, Architecture architecture) {
        object.forEach((key, value) -> console.line(String.format(Locale.ROOT, "%-20s %s", key.replace('_', ' '), value)));
        console.line("");
        console.line("memory in MB         context    mapped   weights     cache  buffers     total");
        for (Map<String, Object> row : memory) {
            console.line(String.format(Locale.ROOT, "  %-14s %11s %9s %9s %9s %8s %9s", row.get("backend"), row.get("context_length"),
                    megabytes(row.get("mapped_bytes")), megabytes(row.get("weights_bytes")), megabytes(row.get("cache_bytes")),
                    megabytes(row.get("activations_bytes")), megabytes(row.get("total_bytes"))));
        }
        console.line("");
        file.tensors().values().forEach(tensor ->
                console.line(String.format(Locale.ROOT, "%-32s %-5s %s", tensor.name(), tensor.type(), tensor.shape())));
        if (graph) {
            console.line("");
            console.print(printed(file, architecture));
        }
    }

    private static String megabytes(Object bytes) {
        return String.format(Locale.ROOT, "%.1f", (long) bytes / 1e6);
    }
}
