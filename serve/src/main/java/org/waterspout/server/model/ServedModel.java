package org.waterspout.server.model;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.waterspout.Classifier;
import org.waterspout.Embedder;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.QuestionAnswerer;
import org.waterspout.Reranker;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.backend.Device;
import org.waterspout.error.ClosedException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.server.json.Refusal;

/** A model that is loaded and answers requests. */
public final class ServedModel implements AutoCloseable {

    /** What a loaded model is and does. {@code probe} makes it answer something small. */
    private record Loaded(AutoCloseable model, String does, Device device, Runnable probe) {
    }

    private final String id;
    private final String fileName;
    private final Loaded loaded;
    private final Admission admission;
    private final Instant since = Instant.now();

    private ServedModel(String id, String fileName, Loaded loaded, int places) {
        this.id = id;
        this.fileName = fileName;
        this.loaded = loaded;
        this.admission = new Admission(id, places);
    }

    /**
     * Loads a model as what it is made for, and has it answer something.
     *
     * @param places answers of it that may run or wait
     * @throws WaterspoutException as the kind of model throws it when it is loaded
     */
    static ServedModel load(ModelSource source, int places) {
        Loaded loaded = source.path().map(path -> load(path, source.options())).orElseGet(() -> demonstration(source));
        ServedModel model = new ServedModel(source.id(), source.fileName(), loaded, places);
        try {
            loaded.probe().run();
            return model;
        } catch (RuntimeException | Error failure) {
            model.close();
            throw failure;
        }
    }

    private static Loaded demonstration(ModelSource source) {
        Path name = Path.of(source.fileName());
        return name.equals(DemonstrationModel.CLASSIFIER) ? of(Classifier.demonstration(source.options()))
                : name.equals(DemonstrationModel.TRANSLATOR) ? of(Translator.demonstration(source.options()))
                : of(LanguageModel.demonstration(source.options()));
    }

    private static Loaded load(Path path, LoadOptions options) {
        Architecture architecture;
        boolean ranks;
        try (ModelFile file = ModelFiles.open(path)) {
            architecture = Architecture.of(file);
            ranks = file.metadata().integerOr(architecture.family() + ".pooling_type", 0) == Architecture.RANK;
        }
        if (architecture.decoder().isPresent()) {
            return architecture.encoder().isPresent() ? of(Translator.load(path, options)) : of(LanguageModel.load(path, options));
        }
        if (ranks) {
            return of(Reranker.load(path, options));
        }
        return architecture.head().filter(head -> !head.labels().isEmpty()).map(head -> switch (head.task()) {
            case SPAN -> of(QuestionAnswerer.load(path, options));
            case SEQUENCE -> head.labels().size() == 1 ? of(Reranker.load(path, options)) : of(Classifier.load(path, options));
            case MULTI_LABEL, REGRESSION, TOKENS -> of(Classifier.load(path, options));
        }).orElseGet(() -> of(Embedder.load(path, options)));
    }

    private static Loaded of(LanguageModel model) {
        return new Loaded(model, "writes text", model.device(), () -> {
            model.warmUp();
            model.generate(GenerationRequest.of(new Prompt.Tokens(new int[] {0})).withMaxTokens(1)).complete();
        });
    }

    private static Loaded of(Translator model) {
        return new Loaded(model, "translates", model.device(),
                () -> model.translateTokens(List.of(new int[] {0}), TranslationOptions.DEFAULT.withBeams(1).withMaxTokens(2)));
    }

    private static Loaded of(Embedder model) {
        return new Loaded(model, "makes vectors of texts", model.device(), () -> model.embed("a"));
    }

    private static Loaded of(Reranker model) {
        return new Loaded(model, "ranks documents", model.device(), () -> model.rank("a", List.of("a")));
    }

    private static Loaded of(QuestionAnswerer model) {
        return new Loaded(model, "finds answers in texts", model.device(), () -> model.answer("a", "a"));
    }

    private static Loaded of(Classifier model) {
        return new Loaded(model, model.readsImages() ? "labels images" : "labels texts", model.device(), () -> {
            if (model.readsImages()) {
                model.classify(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB));
            } else if (model.judgesWords()) {
                model.entities("a");
            } else {
                model.classify("a");
            }
        });
    }

    /**
     * The model as what a request needs.
     *
     * @throws Refusal when it is of another kind
     */
    public <M> M as(Class<M> kind, String needed) {
        if (!kind.isInstance(loaded.model())) {
            throw Refusal.parameter("model", "the model " + id + " " + loaded.does() + "; name one that " + needed);
        }
        return kind.cast(loaded.model());
    }

    /** What requests call it. */
    public String id() {
        return id;
    }

    /** The name of its file or folder, without where that lies. */
    public String fileName() {
        return fileName;
    }

    public Device device() {
        return loaded.device();
    }

    public Admission admission() {
        return admission;
    }

    /** When it was loaded. */
    public Instant since() {
        return since;
    }

    /** Where an answer comes from: model file, backend and device. */
    public String fingerprint() {
        return fileName + "; " + device().backend() + "; " + device().name();
    }

    @Override
    public void close() {
        try {
            loaded.model().close();
        } catch (RuntimeException known) {
            throw known;
        } catch (Exception other) {
            throw new ClosedException("the model " + id + " could not be closed: " + other.getMessage(), other);
        }
    }
}
