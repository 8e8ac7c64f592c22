package org.waterspout.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.DraftModel;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.Translator;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.CacheType;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.hub.ModelStore;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;
import picocli.CommandLine.Option;

/** The options that name a model and where it runs. */
final class ModelOptions {

    @Option(names = {"-m", "--model"}, paramLabel = "MODEL",
            description = "A model file or folder, or the name of one in WATERSPOUT_MODELS or pulled; default: the demonstration model.")
    private Optional<String> model = Optional.empty();

    @Option(names = {"-b", "--backend"}, paramLabel = "B", defaultValue = "cpu",
            description = "cpu, tornado (a device, through TornadoVM), emulator (its test bench) or reference; default: ${DEFAULT-VALUE}.")
    private String backend;

    @Option(names = {"-t", "--threads"}, paramLabel = "N", defaultValue = "0",
            description = "Threads of the cpu backend; default: one for each core.")
    private int threads;

    @Option(names = "--device", paramLabel = "ID", description = "A device that 'waterspout devices' lists; default: the first.")
    private Optional<String> device = Optional.empty();

    @Option(names = {"-c", "--context"}, paramLabel = "N", defaultValue = "0",
            description = "Positions of the context; default: the model's own, at most " + LoadOptions.DEFAULT_CONTEXT + ".")
    private int context;

    @Option(names = "--cache-type", paramLabel = "T",
            description = "How keys and values of past tokens are kept: f32, f16 or q8_0 (8 bits, with a scale for every 32); default:"
            + " f32.") private Optional<String> cacheType = Optional.empty();

    @Option(names = "--cache-memory", paramLabel = "MB", description =
            "Megabytes that keys and values of all sequences may take, and those of a draft model again; default: what memory allows.")
    private Optional<Long> cacheMemory = Optional.empty();

    /** The folders of this user's models. */
    static ModelStore store() {
        return ModelStore.of(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    /** Opens the file of a model, the demonstration model's when none is named. */
    static ModelFile open(Optional<String> model) {
        return model.map(name -> ModelFiles.open(store().find(name))).orElseGet(DemonstrationModel::open);
    }

    /** Loads the model as asked. */
    LanguageModel load(LoadOptions base) {
        LoadOptions options = options(base);
        return model.map(name -> LanguageModel.load(store().find(name), options))
                .orElseGet(() -> LanguageModel.demonstration(options));
    }

    /** Loads the model as asked, and the draft model where one is named, which runs as the model does. */
    LanguageModel load(LoadOptions base, Optional<String> draft) {
        if (draft.isEmpty()) {
            return load(base);
        }
        LoadOptions options = options(base);
        DraftModel second = new DraftModel(store().find(draft.get()), options.withContextLength(0));
        return model.map(name -> LanguageModel.load(store().find(name), options, second))
                .orElseGet(() -> LanguageModel.demonstration(options, second));
    }

    /**
     * The file of the model for a task that no demonstration model does.
     *
     * @throws InvalidRequestException when none is named
     */
    Path path(String task) {
        return model.map(name -> store().find(name)).orElseThrow(() ->
                new InvalidRequestException(task + " needs a model: name one with -m (waterspout list shows some)"));
    }

    /** Loads the encoder-decoder as asked, the demonstration translator where none is named. */
    Translator translator(LoadOptions base) {
        LoadOptions options = options(base);
        return model.map(name -> Translator.load(store().find(name), options)).orElseGet(() -> Translator.demonstration(options));
    }

    BackendOptions backendOptions() {
        return new BackendOptions(threads, device);
    }

    /** What is asked for. A command line asks once, so a request that is refused should not wait for a device's compiler. */
    LoadOptions options(LoadOptions base) {
        cacheMemory.filter(megabytes -> megabytes < 1 || megabytes > Long.MAX_VALUE >> 20).ifPresent(megabytes -> {
            throw new InvalidRequestException("--cache-memory must be 1 or more, got " + megabytes);
        });
        LoadOptions options = base.withBackend(backend).withThreads(threads).withContextLength(context).withWarmUp(false)
                .withCacheBytes(cacheMemory.orElse(0L) << 20);
        LoadOptions placed = device.map(options::withDevice).orElse(options);
        return cacheType.map(CacheType::of).map(placed::withCacheType).orElse(placed);
    }

    /** These options as words, for another process. */
    List<String> arguments() {
        List<String> words = new ArrayList<>(List.of("--backend", backend, "--threads", Integer.toString(threads), "--context",
                Integer.toString(context)));
        model.ifPresent(name -> words.addAll(List.of("--model", name)));
        cacheType.ifPresent(type -> words.addAll(List.of("--cache-type", type)));
        cacheMemory.ifPresent(megabytes -> words.addAll(List.of("--cache-memory", Long.toString(megabytes))));
        device.ifPresent(id -> words.addAll(List.of("--device", id)));
        return words;
    }

    Optional<String> model() {
        return model;
    }

    String backend() {
        return backend;
    }
}
