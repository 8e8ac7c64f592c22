package org.waterspout.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.waterspout.Classifier;
import org.waterspout.Classifier.Classification;
import org.waterspout.Classifier.Entities;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "classify", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Labels texts, the words of texts, or images; without a model, tells spam from mail.")
final class ClassifyCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private TextInput input;

    @Parameters(arity = "0..*", paramLabel = "TEXT", description = "Texts, each an argument.")
    private List<String> words = List.of();

    @Option(names = "--image", paramLabel = "F", description = "An image: PNG, JPEG, GIF, BMP or TIFF; may be given several times.")
    private List<Path> images = List.of();

    @Option(names = "--truncate", description = "Cut off what is too long for the model instead of refusing it.")
    private boolean truncate;

    @Option(names = "--code-points", description = "Count the offsets of entities in code points, as Python does, not in UTF-16 units.")
    private boolean codePoints;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ClassifyCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (!images.isEmpty() && !words.isEmpty()) {
            throw new InvalidRequestException("both a text and --image are given: give one of them");
        }
        List<String> texts = images.isEmpty() ? input.linesOrNothing(words, "text") : List.of();
        try (Classifier classifier = Progress.loading(console, this::load)) {
            if (!images.isEmpty()) {
                report(classifier, Progress.inGroups(console, "classifying", images, classifier::classifyImageFiles));
            } else if (classifier.judgesWords()) {
                reportEntities(classifier, Progress.inGroups(console, "classifying", texts, group -> entities(classifier, group)));
            } else {
                report(classifier, Progress.inGroups(console, "classifying", texts, group -> classifier.classify(group, truncate)));
            }
        }
        return 0;
    }

    private Classifier load() {
        LoadOptions options = modelOptions.options(LoadOptions.DEFAULT);
        return modelOptions.model().isEmpty() ? Classifier.demonstration(options) : Classifier.load(modelOptions.path("classify"), options);
    }

    private List<Entities> entities(Classifier classifier, List<String> texts) {
        List<Entities> found = classifier.entities(texts, truncate);
        return !codePoints ? found : IntStream.range(0, found.size()).mapToObj(i -> new Entities(found.get(i).entities().stream()
                .map(entity -> entity.inCodePoints(texts.get(i))).toList(), found.get(i).tokens(), found.get(i).truncated())).toList();
    }

    private void report(Classifier classifier, List<Classification> results) {
        if (json) {
            console.json(object(classifier, results.stream().map(Classification::labels).toList(),
                    results.stream().map(Classification::tokens).toList(), results.stream().map(Classification::truncated).toList()));
            return;
        }
        for (Classification result : results) {
            console.line(result.labels().stream().map(label -> String.format(Locale.ROOT, "%s %.4f", label.label(), label.score()))
                    .collect(Collectors.joining("\t")));
        }
        remark(results.stream().filter(Classification::truncated).count(), results.size());
    }

    private void reportEntities(Classifier classifier, List<Entities> results) {
        if (json) {
            console.json(object(classifier, results.stream().map(Entities::entities).toList(),
                    results.stream().map(Entities::tokens).toList(), results.stream().map(Entities::truncated).toList()));
            return;
        }
        for (Entities result : results) {
            console.line(result.entities().stream().map(entity -> String.format(
                    Locale.ROOT, "%s %.4f %s (%d-%d)", entity.label(), entity.score(),
                    entity.text(), entity.start(), entity.end())).collect(Collectors.joining("\t")));
        }
        remark(results.stream().filter(Entities::truncated).count(), results.size());
    }

    private void remark(long truncated, int all) {
        if (truncated > 0) {
            console.remark(truncated + " of " + all + " texts were truncated");
        }
    }

    private Map<String, Object> object(Classifier classifier, List<?> results, List<Integer> tokens, List<Boolean> truncated) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("results", results);
        object.put("tokens", tokens);
        object.put("truncated", truncated);
        object.put("model", classifier.name());
        object.put("backend", modelOptions.backend());
        object.put("device", classifier.device().name());
        return object;
    }
}
