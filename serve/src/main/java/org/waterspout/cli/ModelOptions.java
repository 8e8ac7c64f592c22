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
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.hub.ModelStore;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that name a model and where it runs. */
final class ModelOptions {

    @Option(names = {"-m", "--model"}, paramLabel = "MODEL",
            description = "A model file or folder, or the name of one in WATERSPOUT_MODELS or pulled; default: the demonstration model.")
    private Optional<String> model = Optional.empty();

    @Mixin
    private RuntimeOptions runtime;

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
        return runtime.backendOptions();
    }

    /** As {@link RuntimeOptions#options}. */
    LoadOptions options(LoadOptions base) {
        return runtime.options(base);
    }

    /** These options as words, for another process. */
    List<String> arguments() {
        List<String> words = new ArrayList<>(runtime.arguments());
        model.ifPresent(name -> words.addAll(List.of("--model", name)));
        return words;
    }

    Optional<String> model() {
        return model;
    }

    String backend() {
        return runtime.backend();
    }
}
