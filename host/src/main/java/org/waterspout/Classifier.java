package org.waterspout;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.backend.Device;
import org.waterspout.encode.EntityJoiner;
import org.waterspout.encode.ImageProcessor;
import org.waterspout.encode.Offsets;
import org.waterspout.encode.Scores;
import org.waterspout.encode.Sequence;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Task;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;

/**
 * Judges texts or images with an encoder's head: labels for the whole, or for each word. Safe for use from several threads, whose
 * texts go through the model together.
 *
 * {@snippet :
 * try (Classifier classifier = Classifier.demonstration(LoadOptions.DEFAULT)) {
 *     System.out.println(classifier.classify("You have won a prize, click here").labels().getFirst());
 * }
 * }
 */
public final class Classifier implements AutoCloseable {

    /**
     * @param score of labels that exclude each other, a share of 1; of labels that do not, and of a single one, 0 to 1 each; of a
     *              regression, the number as it is
     */
    public record LabelScore(String label, double score) {
    }

    /**
     * @param labels    all of them, best first
     * @param tokens    of the text, with special tokens; rows of an image
     * @param truncated the text was too long, and its end does not count
     */
    public record Classification(List<LabelScore> labels, int tokens, boolean truncated) {
        public Classification {
            labels = List.copyOf(labels);
        }
    }

    /**
     * Neighbouring words with one label.
     *
     * @param label without the {@code B-} or {@code I-} that says where it begins
     * @param score mean of its words'
     * @param text  as it stands in the text, from {@code start} to {@code end}
     * @param start in UTF-16 units, as {@link String#substring} takes them; so is {@code end}
     */
    public record Entity(String label, double score, String text, int start, int end) {

        /**
         * The same with offsets in code points, as Python and most other languages' pipelines count them.
         *
         * @param whole the text that this was found in
         */
        public Entity inCodePoints(String whole) {
            return new Entity(label, score, text, Offsets.codePoints(whole, start), Offsets.codePoints(whole, end));
        }
    }

    /** What {@link #entities} found in one text. */
    public record Entities(List<Entity> entities, int tokens, boolean truncated) {
        public Entities {
            entities = List.copyOf(entities);
        }
    }

    private final LoadedEncoder encoder;
    private final Optional<ImageProcessor> images;

    private Classifier(LoadedEncoder encoder) {
        this.encoder = encoder;
        Architecture architecture = encoder.model().architecture();
        this.images = architecture.main().input() instanceof Architecture.Patches patches
                ? Optional.of(new ImageProcessor(encoder.model().file(), architecture.family(), patches)) : Optional.empty();
    }

    /** Loads a classifier onto the CPU. Errors as {@link #load(Path, LoadOptions)}. */
    public static Classifier load(Path path) {
        return load(path, LoadOptions.DEFAULT);
    }

    /**
     * Loads a classifier. Errors as {@link LanguageModel#load(Path, LoadOptions)}.
     *
     * @throws InvalidRequestException when the model has no head, or one for another task
     */
    public static Classifier load(Path path, LoadOptions options) {
        return load(ModelFiles.open(path), options);
    }

    /** Loads the small model that comes with Waterspout: is a text spam, or mail that somebody wants? */
    public static Classifier demonstration(LoadOptions options) {
        return load(DemonstrationModel.open(DemonstrationModel.CLASSIFIER), options);
    }

    private static Classifier load(ModelFile file, LoadOptions options) {
        LoadedEncoder encoder = LoadedEncoder.load(file, options, Classifier::target);
        try {
            return new Classifier(encoder);
        } catch (RuntimeException failure) {
            encoder.close();
            throw failure;
        }
    }

    private static Target target(Architecture architecture) {
        architecture.head().filter(head -> head.task() == Task.SPAN).ifPresent(head -> {
            throw new InvalidRequestException("this model finds answers in a text, it gives no labels: use answer");
        });
        return Target.HEAD;
    }

    /** The labels of one text. Errors as {@link #classify(List, boolean)}. */
    public Classification classify(String text) {
        return classify(List.of(text), false).getFirst();
    }

    /** As {@link #classify(List, boolean, RequestOptions)}, with priority 0 and any time. */
    public List<Classification> classify(List<String> texts, boolean truncate) {
        return classify(texts, truncate, RequestOptions.DEFAULT);
    }

    /**
     * The labels of many texts, in their order.
     *
     * @param truncate cut off what is too long instead of refusing it; the result says so
     * @param options  priority and time
     * @throws InvalidRequestException                 for a text that is too long, or a model that judges words or images
     * @throws org.waterspout.error.CancelledException when the thread is interrupted, which it stays
     * @throws org.waterspout.error.DeadlineException  when the time is over
     * @throws org.waterspout.error.BusyException      when too many requests wait already
     * @throws org.waterspout.error.ClosedException    when closed
     */
    public List<Classification> classify(List<String> texts, boolean truncate, RequestOptions options) {
        if (judgesWords()) {
            throw new InvalidRequestException("this model labels words, not whole texts: ask for entities");
        }
        List<LoadedEncoder.Fitted> fitted = texts.stream().map(text -> encoder.fit(text, truncate)).toList();
        List<float[]> logits = encoder.run(fitted, options);
        return IntStream.range(0, logits.size()).mapToObj(i -> new Classification(scores(logits.get(i)), fitted.get(i).encoding().length(),
                fitted.get(i).truncated())).toList();
    }

    /** The labels of one image. Errors as {@link #classifyImages}. */
    public Classification classify(BufferedImage image) {
        return classifyImages(List.of(image)).getFirst();
    }

    /**
     * The labels of many images, in their order.
     *
     * @throws InvalidRequestException for a model that reads texts, or an image of too many pixels
     * @throws OutOfMemoryException    when the Java heap has no room for an image
     */
    public List<Classification> classifyImages(List<BufferedImage> images) {
        return classifyImages(images, RequestOptions.DEFAULT);
    }

    /** As {@link #classifyImages(List)}, with priority and time; errors of these as {@link #classify(List, boolean, RequestOptions)}. */
    public List<Classification> classifyImages(List<BufferedImage> images, RequestOptions options) {
        ImageProcessor form = images();
        return labels(images.stream().map(form::sequence).toList(), options);
    }

    /**
     * The labels of images in files, in their order; no more than one is held decoded at a time. Errors as {@link #classifyImages} and
     * {@link ImageProcessor#read}.
     */
    public List<Classification> classifyImageFiles(List<Path> files) {
        return classifyImageFiles(files, RequestOptions.DEFAULT);
    }

    /**
     * As {@link #classifyImageFiles(List)}, with priority and time; errors of these as {@link #classify(List, boolean, RequestOptions)}.
     */
    public List<Classification> classifyImageFiles(List<Path> files, RequestOptions options) {
        ImageProcessor form = images();
        return labels(files.stream().map(file -> form.sequence(ImageProcessor.read(file))).toList(), options);
    }

    private ImageProcessor images() {
        return images.orElseThrow(() -> new InvalidRequestException("this model reads text, no images"));
    }

    private List<Classification> labels(List<Sequence> read, RequestOptions options) {
        return encoder.encoder().run(read, options).stream()
                .map(logits -> new Classification(scores(logits), encoder.model().architecture().contextLength(), false)).toList();
    }

    private List<LabelScore> scores(float[] logits) {
        Architecture.Head head = encoder.head();
        double[] scores = switch (head.task()) {
            case SEQUENCE -> logits.length == 1 ? Scores.sigmoids(logits) : Scores.softmax(logits);
            case MULTI_LABEL -> Scores.sigmoids(logits);
            case REGRESSION -> Scores.asTheyAre(logits);
            case TOKENS, SPAN -> throw new IllegalStateException("a head that judges rows");
        };
        return IntStream.range(0, scores.length).mapToObj(label -> new LabelScore(head.labels().get(label), scores[label]))
                .sorted(Comparator.comparingDouble(label -> -label.score())).toList();
    }

    /** What the words of one text are. Errors as {@link #entities(List, boolean)}. */
    public Entities entities(String text) {
        return entities(List.of(text), false).getFirst();
    }

    /** As {@link #entities(List, boolean, RequestOptions)}, with priority 0 and any time. */
    public List<Entities> entities(List<String> texts, boolean truncate) {
        return entities(texts, truncate, RequestOptions.DEFAULT);
    }

    /**
     * What the words of many texts are, in their order. Errors as {@link #classify(List, boolean, RequestOptions)}.
     *
     * @param truncate as for {@link #classify(List, boolean)}
     * @param options  priority and time
     * @throws InvalidRequestException for a text that is too long, or a model that judges whole texts
     */
    public List<Entities> entities(List<String> texts, boolean truncate, RequestOptions options) {
        if (!judgesWords()) {
            throw new InvalidRequestException("this model labels whole texts, not words: use classify");
        }
        List<LoadedEncoder.Fitted> fitted = texts.stream().map(text -> encoder.fit(text, truncate)).toList();
        List<float[]> logits = encoder.run(fitted, options);
        List<Entities> results = new ArrayList<>();
        for (int i = 0; i < logits.size(); i++) {
            LoadedEncoder.Fitted one = fitted.get(i);
            String text = texts.get(i);
            List<Entity> found = new EntityJoiner(text, encoder.head().labels()).join(one.encoding(), logits.get(i)).stream()
                    .map(span -> new Entity(span.label(), span.score(), text.substring(span.start(), span.end()), span.start(), span.end()))
                    .toList();
            results.add(new Entities(found, one.encoding().length(), one.truncated()));
        }
        return results;
    }

    /** Whether this model labels each word, not the whole: {@link #entities} works, {@link #classify} does not. */
    public boolean judgesWords() {
        return encoder.head().task() == Task.TOKENS;
    }

    /** Whether this model reads images. */
    public boolean readsImages() {
        return images.isPresent();
    }

    /** Every label the model knows, in its own order. */
    public List<String> labels() {
        return encoder.head().labels();
    }

    public String name() {
        return encoder.model().name();
    }

    public Device device() {
        return encoder.model().backend().device();
    }

    /** Waits for the step under way, then gives back the memory. */
    @Override
    public void close() {
        encoder.close();
    }
}
