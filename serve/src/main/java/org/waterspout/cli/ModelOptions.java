package org.waterspout.cli;

import java.util.Optional;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.model.hub.ModelStore;
import picocli.CommandLine.Option;

/** The options that name a model and where it runs. */
final class ModelOptions {

    @Option(names = {"-m", "--model"}, paramLabel = "MODEL",
            description = "A model file, or the name of one in WATERSPOUT_MODELS or pulled; default: the demonstration model.")
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

    /** Loads the model as asked. */
    LanguageModel load(LoadOptions base) {
        LoadOptions options = options(base);
        return model.map(name -> LanguageModel.load(ModelStore.standard().find(name), options))
                .orElseGet(() -> LanguageModel.demonstration(options));
    }

    LoadOptions options(LoadOptions base) {
        LoadOptions options = base.withBackend(backend).withThreads(threads).withContextLength(context);
        return device.map(options::withDevice).orElse(options);
    }

    Optional<String> model() {
        return model;
    }

    String backend() {
        return backend;
    }
}
