package org.waterspout.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.waterspout.Embedder;
import org.waterspout.Embedder.Embedding;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "embed", mixinStandardHelpOptions = true, sortOptions = false, description = "Turns texts into vectors, or compares them.")
final class EmbedCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private TextInput input;

    @Parameters(arity = "0..*", paramLabel = "TEXT", description = "Texts, each an argument.")
    private List<String> words = List.of();

    @Option(names = "--similarity", description = "Print how near the first text is to each of the others (cosine), not the vectors.")
    private boolean similarity;

    @Option(names = "--as", paramLabel = "ROLE", defaultValue = "text",
            description = "text, query or passage: with the model's prefix for it; default: ${DEFAULT-VALUE}.")
    private Embedder.Role role;

    @Option(names = "--truncate", description = "Cut off what is too long for the model instead of refusing it.")
    private boolean truncate;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    EmbedCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<String> texts = input.linesOrNothing(words, "text");
        if (similarity && texts.size() < 2) {
            throw new InvalidRequestException("--similarity compares two texts or more: give another one");
        }
        var path = modelOptions.path("embed");
        try (Embedder embedder = Progress.loading(console, () -> Embedder.load(path, modelOptions.options(LoadOptions.DEFAULT)))) {
            List<Embedding> embeddings = Progress.inGroups(console, "embedding", texts, group -> embedder.embed(group, role, truncate));
            if (json) {
                console.json(object(embedder, embeddings));
            } else {
                print(texts, embeddings);
            }
        }
        return 0;
    }

    private Map<String, Object> object(Embedder embedder, List<Embedding> embeddings) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("dimensions", embedder.dimensions());
        object.put("vectors", embeddings.stream().map(Embedding::vector).toList());
        object.put("tokens", embeddings.stream().map(Embedding::tokens).toList());
        object.put("truncated", embeddings.stream().map(Embedding::truncated).toList());
        if (similarity) {
            object.put("similarity", similarities(embeddings));
        }
        object.put("model", embedder.name());
        object.put("backend", modelOptions.backend());
        object.put("device", embedder.device().name());
        return object;
    }

    private static List<Double> similarities(List<Embedding> embeddings) {
        float[] first = embeddings.getFirst().vector();
        return embeddings.stream().skip(1).map(other -> Embedder.similarity(first, other.vector())).toList();
    }

    private void print(List<String> texts, List<Embedding> embeddings) {
        if (similarity) {
            List<Double> similarities = similarities(embeddings);
            for (int i = 0; i < similarities.size(); i++) {
                console.line(String.format(Locale.ROOT, "%.6f\t%s", similarities.get(i), texts.get(i + 1)));
            }
        } else {
            for (Embedding embedding : embeddings) {
                console.line(PrintedRows.line(embedding.vector()));
            }
        }
        long cut = embeddings.stream().filter(Embedding::truncated).count();
        if (cut > 0) {
            console.remark(cut + " of " + texts.size() + " texts were truncated");
        }
    }
}
