package org.waterspout.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.waterspout.Embedder;
import org.waterspout.LoadOptions;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.backend.Device;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** Texts a second of an encoder or of a translator, from text to vector or text. */
final class TextBench {

    /** Compilers are done after some seconds of the same work. */
    private static final long WARM_UP_NANOS = 4_000_000_000L;
    private static final long RUN_NANOS = 1_000_000_000L;

    private final Console console;
    private final ModelOptions modelOptions;
    private final Path file;
    private final int batch;
    private final int runs;

    /**
     * @param file  texts, one a line
     * @param batch texts handed over at a time
     * @param runs  each of a second at least, and of all texts
     */
    TextBench(Console console, ModelOptions modelOptions, Path file, int batch, int runs) {
        this.console = console;
        this.modelOptions = modelOptions;
        this.file = file;
        this.batch = batch;
        this.runs = runs;
    }

    /** @param json figures as objects, else as text */
    Map<String, Object> run(boolean json) {
        if (batch < 1) {
            throw new InvalidRequestException("--batch must be 1 or more");
        }
        List<String> texts = texts();
        Path path = modelOptions.path("bench --file");
        boolean translates;
        try (ModelFile opened = ModelFiles.open(path)) {
            Architecture architecture = Architecture.of(opened);
            translates = architecture.decoder().isPresent();
        }
        return translates ? translator(path, texts, json) : encoder(path, texts, json);
    }

    private List<String> texts() {
        List<String> lines = TextInput.read(file).lines().filter(line -> !line.isBlank()).toList();
        if (lines.isEmpty()) {
            throw new InvalidRequestException(file + " is empty: give texts, one a line");
        }
        return lines;
    }

    private Map<String, Object> translator(Path path, List<String> texts, boolean json) {
        try (Translator translator = Progress.loading(console, () -> Translator.load(path, modelOptions.options(LoadOptions.DEFAULT)))) {
            return figures(translator.name(), translator.device(), texts, json,
                    group -> translator.translate(group, TranslationOptions.DEFAULT.withBeams(1)));
        }
    }

    private Map<String, Object> encoder(Path path, List<String> texts, boolean json) {
        try (Embedder embedder = Progress.loading(console, () -> Embedder.load(path, modelOptions.options(LoadOptions.DEFAULT)))) {
            return figures(embedder.name(), embedder.device(), texts, json, group -> embedder.embed(group, Embedder.Role.TEXT, false));
        }
    }

    private Map<String, Object> figures(String name, Device device, List<String> texts, boolean json, Consumer<List<String>> work) {
        rate(texts, work, WARM_UP_NANOS);
        List<Double> rates = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            rates.add(rate(texts, work, RUN_NANOS));
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("model", name);
        object.put("backend", modelOptions.backend());
        object.put("device", device.name());
        object.put("texts", texts.size());
        object.put("batch", batch);
        object.put("runs", runs);
        Speed speed = Speed.of(rates);
        object.put("texts_per_second", json ? speed : speed.text("texts"));
        object.put("peak_memory_bytes", ProcessMemory.peakBytes());
        return object;
    }

    /** Texts a second, over all texts again and again for at least {@code nanos}. */
    private double rate(List<String> texts, Consumer<List<String>> work, long nanos) {
        long start = System.nanoTime();
        long count = 0;
        do {
            for (int from = 0; from < texts.size(); from += batch) {
                work.accept(texts.subList(from, Math.min(from + batch, texts.size())));
            }
            count += texts.size();
        } while (System.nanoTime() - start < nanos);
        return count * 1e9 / (System.nanoTime() - start);
    }
}
