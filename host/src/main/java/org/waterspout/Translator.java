package org.waterspout;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Device;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.registry.Backends;
import org.waterspout.decode.Source;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.Hypothesis;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.marian.Shortlist;
import org.waterspout.model.text.Sentences;
import org.waterspout.runtime.EncoderDecoder;
import org.waterspout.runtime.Engine;

/**
 * An encoder-decoder that is loaded and ready to translate. Safe for use from several threads, whose texts are
 * translated together.
 *
 * {@snippet :
 * try (Translator translator = Translator.load(Path.of("firefox-enpt"))) {
 *     System.out.println(translator.translate("Good morning.").text());
 * }
 * }
 */
public final class Translator implements AutoCloseable {

    /** Positions of a source and of a target unless more are asked for. */
    static final int DEFAULT_CONTEXT = 512;

    /** Least number of hypotheses that a translator has room for, whatever {@link LoadOptions#sequences} says. */
    private static final int MIN_SEQUENCES = 16;

    /** Bytes of caches that a translator may have for more hypotheses, as many as its backend is fast with. */
    private static final long SMALL_CACHES = 160L << 20;

    private static final Source NOTHING = new Source(new int[0]);

    private final ModelFile file;
    private final Architecture architecture;
    private final Backend backend;
    private final EncoderDecoder engine;
    private final TranslationText text;
    private final Optional<Shortlist> shortlist;
    /** Encoding reads memory outside the heap, which {@link #close()} gives back. */
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private boolean closed;

    private Translator(ModelFile file, Architecture architecture, Backend backend, EncoderDecoder engine) {
        this.file = file;
        this.architecture = architecture;
        this.backend = backend;
        this.engine = engine;
        text = new TranslationText(file, architecture);
        shortlist = file.shortlistPath().map(path -> Shortlist.open(path, engine.sourceVocabulary(), engine.vocabulary()));
    }

    /** Loads a model file or directory onto the CPU. Errors as {@link #load(Path, LoadOptions)}. */
    public static Translator load(Path path) {
        return load(path, LoadOptions.DEFAULT);
    }

    /**
     * Loads a model file or directory: GGUF, Hugging Face's directories, Firefox's (Marian's binary files).
     *
     * @throws org.waterspout.error.InvalidRequestException   a model that is no encoder-decoder; besides, errors as
     *                                                        {@link LanguageModel#load(Path, LoadOptions)}
     */
    public static Translator load(Path path, LoadOptions options) {
        return load(ModelFiles.open(path), options);
    }

    /** Loads the small model that comes with Waterspout: English dates and numbers in words into digits. */
    public static Translator demonstration(LoadOptions options) {
        return load(DemonstrationModel.open(DemonstrationModel.TRANSLATOR), options);
    }

    private static Translator load(ModelFile file, LoadOptions options) {
        Backend backend = null;
        Plan plan = null;
        try {
            Architecture architecture = Architecture.of(file);
            int context = contextLength(architecture, options);
            Graph graph = GraphBuilder.encoderDecoder(file, architecture, context, context);
            backend = Backends.open(options.backend(), new BackendOptions(options.threads(), options.device()));
            int asked = Math.max(options.sequences(), 2 * GenerationConfig.beams(file.metadata()));
            PlanOptions many = planOptions(options, context, Math.max(asked, backend.sequencesOfStep()));
            boolean small = backend.estimate(graph, many).cache() <= (options.cacheBytes() == 0 ? SMALL_CACHES : options.cacheBytes());
            plan = backend.prepare(graph, small ? many : planOptions(options, context, Math.max(asked, MIN_SEQUENCES)));
            if (options.warmUp()) {
                plan.warmUp();
            }
            EncoderDecoder engine = new EncoderDecoder(plan, TranslationText.start(file, architecture), TranslationText.ends(file),
                    architecture.contextLength());
            return new Translator(file, architecture, backend, engine);
        } catch (RuntimeException | Error failure) {
            LoadedModel.close(plan, failure);
            LoadedModel.close(backend, failure);
            LoadedModel.close(file, failure);
            throw failure;
        }
    }

    private static PlanOptions planOptions(LoadOptions options, int context, int sequences) {
        return new PlanOptions(context, sequences, Math.max(options.batchRows(), Math.max(context, sequences)), options.observable())
                .withSources(sequences, context).withCacheType(options.cacheTypeInUse())
                .withCacheBytes(options.cacheBytes());
    }

    private static int contextLength(Architecture architecture, LoadOptions options) {
        return options.contextLength() == 0 ? Math.min(architecture.contextLength(), DEFAULT_CONTEXT)
                : LanguageModel.contextLength(architecture, options);
    }

    /** The best translation of a text, as the model's file asks for. Errors as {@link #translate(List, TranslationOptions)}. */
    public Translation translate(String one) {
        return translate(one, TranslationOptions.DEFAULT);
    }

    public Translation translate(String one, TranslationOptions options) {
        return translate(List.of(one), options).getFirst();
    }

    /**
     * Translations of all texts, in their order; short and long ones are best given together. The translation of a text without a word is
     * empty.
     *
     * @throws InvalidRequestException for a language that the model lacks, a text longer than the model reads that may not be split,
     *                                 options out of their ranges, or when closed
     * @throws org.waterspout.error.CancelledException when the thread is interrupted, which it stays; looked at before each token
     */
    public List<Translation> translate(List<String> texts, TranslationOptions options) {
        return translate(texts, options, (_, _) -> { });
    }

    /** Told how far a call has come. */
    public interface Observer {
        void translated(int pieces, int ofPieces);
    }

    /** As {@link #translate(List, TranslationOptions)}, telling how many sentences are done, on this thread. */
    public List<Translation> translate(List<String> texts, TranslationOptions options, Observer observer) {
        return translate(texts, options, RequestOptions.DEFAULT, observer);
    }

    /**
     * As {@link #translate(List, TranslationOptions, Observer)}.
     *
     * @param request priority and time
     * @throws org.waterspout.error.CancelledException when the thread is interrupted, which it stays
     * @throws org.waterspout.error.DeadlineException  when the time is over
     * @throws org.waterspout.error.BusyException      when too many requests wait already
     * @throws org.waterspout.error.ClosedException    when closed
     */
    public List<Translation> translate(List<String> texts, TranslationOptions options, RequestOptions request, Observer observer) {
        Asked asked = whileOpen(() -> asked(texts, options));
        List<List<Hypothesis>> targets = targets(asked, request, observer);
        return whileOpen(() -> {
            List<Translation> translations = new ArrayList<>();
            int at = 0;
            for (List<Sentences.Piece> ofText : asked.pieces()) {
                translations.add(joined(ofText, targets.subList(at, at + ofText.size()), options.best(), asked.how().seed()));
                at += ofText.size();
            }
            return translations;
        });
    }

    /**
     * Texts as the model takes them.
     *
     * @param pieces  of each text
     * @param sources of all pieces, one after the other; {@link #NOTHING} for one without words
     */
    private record Asked(List<List<Sentences.Piece>> pieces, List<Source> sources, GenerationConfig how) {
    }

    private Asked asked(List<String> texts, TranslationOptions options) {
        TranslationText.Form form = text.form(options, engine.sourceLength());
        List<List<Sentences.Piece>> pieces = texts.stream().map(one -> form.pieces(one)).toList();
        EncoderDecoder.refuseIfInterrupted();
        List<Source> sources = new ArrayList<>();
        for (List<Sentences.Piece> ofText : pieces) {
            ofText.forEach(piece -> sources.add(piece.text().isBlank() ? NOTHING : source(form.tokens(piece.text()), options)));
        }
        return new Asked(pieces, sources, form.config(options.config(GenerationConfig.of(file.metadata()))).seeded());
    }

    /** Uses tokenizers and files while they are sure to be there. Nothing of a caller's runs meanwhile. */
    private <T> T whileOpen(Supplier<T> work) {
        use.readLock().lock();
        try {
            requireOpen();
            return work.get();
        } finally {
            use.readLock().unlock();
        }
    }

    private Source source(int[] tokens, TranslationOptions options) {
        return new Source(tokens, options.shortlist() && shortlist.isPresent() ? shortlist.get().candidates(tokens) : new int[0]);
    }

    /** What the engine makes of all sources that are not {@link #NOTHING}. */
    private List<List<Hypothesis>> targets(Asked asked, RequestOptions request, Observer observer) {
        List<Source> sources = asked.sources();
        int[] real = IntStream.range(0, sources.size()).filter(i -> sources.get(i) != NOTHING).toArray();
        List<List<Hypothesis>> targets = new ArrayList<>();
        sources.forEach(_ -> targets.add(List.of()));
        int[] done = {0};
        List<List<Hypothesis>> found = engine.translate(IntStream.of(real).mapToObj(sources::get).toList(), asked.how(), request,
                _ -> observer.translated(++done[0], real.length));
        for (int i = 0; i < real.length; i++) {
            targets.set(real[i], found.get(i));
        }
        return targets;
    }

    /** The n-th best of a text is made of the n-th best of its pieces, or the last where a piece has fewer. */
    private Translation joined(List<Sentences.Piece> pieces, List<List<Hypothesis>> targets, int best, OptionalLong seed) {
        int max = Math.min(best, targets.stream().mapToInt(List::size).max().orElse(0));
        List<Translation.Alternative> all = new ArrayList<>();
        for (int rank = 0; rank < max; rank++) {
            List<String> texts = new ArrayList<>();
            double scores = 0;
            int scored = 0;
            for (List<Hypothesis> ofPiece : targets) {
                if (ofPiece.isEmpty()) {
                    texts.add("");
                    continue;
                }
                Hypothesis chosen = ofPiece.get(Math.min(rank, ofPiece.size() - 1));
                texts.add(text.decode(chosen.tokens()));
                scores += chosen.score();
                scored++;
            }
            all.add(new Translation.Alternative(Sentences.joined(pieces, texts), scores / scored));
        }
        return all.isEmpty() ? new Translation("", 0, List.of(), OptionalLong.empty())
                : new Translation(all.getFirst().text(), all.getFirst().score(), all.subList(1, all.size()), seed);
    }

    /**
     * The targets of each source of tokens, taken as they are, best first: for checking.
     *
     * @throws InvalidRequestException for a source that is empty or too long, tokens that the model lacks, options out of their ranges
     */
    public List<List<Hypothesis>> translateTokens(List<int[]> sources, TranslationOptions options) {
        sources.forEach(engine::check);
        GenerationConfig config = options.config(GenerationConfig.of(file.metadata()));
        GenerationConfig how = whileOpen(() -> options.to().isEmpty() ? config : text.form(options, engine.sourceLength()).config(config));
        return engine.translate(whileOpen(() -> sources.stream().map(tokens -> source(tokens, options)).toList()), how, _ -> { });
    }

    /**
     * The logits after each token of a target, which begins with {@link #start()}.
     *
     * @return [target.length, vocabulary]
     */
    public float[] logits(int[] source, int[] target) {
        return engine.logits(source, target);
    }

    /** What every target begins with; -1 for an embedding of zeros. */
    public int start() {
        return engine.start();
    }

    public int vocabulary() {
        return engine.vocabulary();
    }

    /** Languages the model has names for; empty where it translates one pair. */
    public List<String> languages() {
        return text.languages();
    }

    public Architecture architecture() {
        return architecture;
    }

    /** What the model is called: the file's own name for it, else the file's. */
    public String name() {
        return file.metadata().optionalString("general.name").orElseGet(() -> file.path().getFileName().toString());
    }

    public Device device() {
        return backend.device();
    }

    /** The plan this model runs on: for validation. */
    public Plan plan() {
        return engine.engine().plan();
    }

    private void requireOpen() {
        if (closed) {
            throw Engine.closedModel();
        }
    }

    /** Ends the translations under way after their step, then gives back the memory. */
    @Override
    public void close() {
        engine.close();
        use.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            backend.close();
            text.close();
            file.close();
        } finally {
            use.writeLock().unlock();
        }
    }
}
