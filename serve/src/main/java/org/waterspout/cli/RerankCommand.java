package org.waterspout.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.waterspout.LoadOptions;
import org.waterspout.Reranker;
import org.waterspout.Reranker.Ranked;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "rerank", mixinStandardHelpOptions = true, sortOptions = false, description = "Sorts documents by how well they answer a"
        + " query.")
final class RerankCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Option(names = "--query", required = true, paramLabel = "TEXT", description = "What is looked for.")
    private String query;

    @Parameters(arity = "0..*", paramLabel = "DOCUMENT", description = "Documents, each an argument.")
    private List<String> words = List.of();

    @Mixin
    private TextInput input;

    @Option(names = "--truncate", description =
            "Cut off what is too long of a document, or of a query longer than it, instead of refusing it.")
    private boolean truncate;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    RerankCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<String> documents = input.linesOrNothing(words, "document");
        var path = modelOptions.path("rerank");
        try (Reranker reranker = Progress.loading(console, () -> Reranker.load(path, modelOptions.options(LoadOptions.DEFAULT)))) {
            List<Ranked> ranked = reranker.rank(query, documents, truncate);
            if (json) {
                console.json(object(reranker, ranked));
            } else {
                ranked.forEach(one -> console.line(String.format(Locale.ROOT, "%.6f\t%d\t%s", one.score(), one.index(),
                        documents.get(one.index()))));
                long cut = ranked.stream().filter(Ranked::truncated).count();
                if (cut > 0) {
                    console.remark(cut + " of " + documents.size() + " documents were truncated");
                }
            }
        }
        return 0;
    }

    private Map<String, Object> object(Reranker reranker, List<Ranked> ranked) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("results", ranked);
        object.put("model", reranker.name());
        object.put("backend", modelOptions.backend());
        object.put("device", reranker.device().name());
        return object;
    }
}
