package org.waterspout;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.waterspout.backend.Device;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.constrain.Constraint;
import org.waterspout.constrain.Constraints;
import org.waterspout.decode.ToolRequest;
import org.waterspout.decode.WordTokens;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.TooLongException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.RequestOptions;
import org.waterspout.generate.Sampling;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.text.ChatMessage;
import org.waterspout.model.text.ChatTemplate;
import org.waterspout.model.text.Tokenizer;
import org.waterspout.model.text.jinja.Rendered;
import org.waterspout.runtime.Decoder;
import org.waterspout.runtime.Engine;

/**
 * A decoder that is loaded and ready to answer. Safe for use from several threads, whose answers are
 * computed together.
 *
 * {@snippet :
 * try (LanguageModel model = LanguageModel.load(Path.of("model.gguf"))) {
 *     System.out.println(model.generate("Why is the sky blue?").text());
 * }
 * }
 */
public final class LanguageModel implements AutoCloseable {

    /** A wider beam that a file asks for needs a model that is loaded for as many sequences. */
    private static final int MAX_BEAMS_UNASKED = 32;

    private final LoadedModel loaded;
    private final Optional<LoadedModel> draft;
    private final Optional<ChatTemplate> template;
    /** Null until the first tools come: most models are never told any. */
    private volatile ToolRequest.Templates templates;
    private final Decoder decoder;
    private final Optional<Constraints> constraints;
    /** Encoding reads memory outside the heap, which {@link #close()} gives back. */
    private final ReadWriteLock tokenizerUse = new ReentrantReadWriteLock();
    private boolean closed;

    private LanguageModel(LoadedModel loaded, Optional<LoadedModel> draft) {
        this.loaded = loaded;
        this.draft = draft;
        this.template = loaded.text().flatMap(tokenizer -> ChatTemplate.of(loaded.file(), tokenizer));
        this.constraints = loaded.text().map(tokenizer -> new Constraints(tokenizer, loaded.endTokens()));
        this.decoder = new Decoder(loaded.plan(), loaded.architecture().contextLength(), draft.map(LoadedModel::plan));
    }

    /** Loads a model file onto the CPU. Errors as {@link #load(Path, LoadOptions)}. */
    public static LanguageModel load(Path path) {
        return load(path, LoadOptions.DEFAULT);
    }

    /**
     * Loads a model file.
     *
     * @throws org.waterspout.error.ModelNotFoundException    no such file
     * @throws org.waterspout.error.ModelFormatException      a damaged file
     * @throws org.waterspout.error.UnsupportedModelException a sound file of a kind that is not supported
     * @throws org.waterspout.error.DeviceException           no such device, or it fails
     * @throws org.waterspout.error.OutOfMemoryException      it does not fit; the message says what would
     */
    public static LanguageModel load(Path path, LoadOptions options) {
        return load(ModelFiles.open(path), options, Optional.empty());
    }

    /**
     * Loads a model file, and a draft model that proposes tokens where a request wants it
     * ({@link org.waterspout.generate.Speculation.Draft}). Errors as {@link #load(Path, LoadOptions)} for either, and
     *
     * @throws InvalidRequestException when the draft model has another vocabulary or is no decoder, or one of the two has a recurrent state
     */
    public static LanguageModel load(Path path, LoadOptions options, DraftModel draft) {
        return load(ModelFiles.open(path), options, Optional.of(draft));
    }

    /** Loads the small model that comes with Waterspout. */
    public static LanguageModel demonstration(LoadOptions options) {
        return load(DemonstrationModel.open(), options, Optional.empty());
    }

    /** As {@link #load(Path, LoadOptions, DraftModel)} for the small model that comes with Waterspout. */
    public static LanguageModel demonstration(LoadOptions options, DraftModel draft) {
        return load(DemonstrationModel.open(), options, Optional.of(draft));
    }

    private static LanguageModel load(ModelFile file, LoadOptions options, Optional<DraftModel> draft) {
        int beams = Math.min(GenerationConfig.beams(file.metadata()), MAX_BEAMS_UNASKED);
        LoadedModel loaded = LoadedModel.load(file, options.withSequences(Math.max(options.sequencesAtOneTime(), beams)),
                GraphBuilder::build);
        LoadedModel second = null;
        try {
            second = draft.map(one -> one.load(loaded, options)).orElse(null);
            return new LanguageModel(loaded, Optional.ofNullable(second));
        } catch (RuntimeException | Error failure) {
            LoadedModel.close(second, failure);
            LoadedModel.close(loaded, failure);
            throw failure;
        }
    }

    /** The context a model is loaded with: as asked, at most what it was trained for. */
    public static int contextLength(Architecture architecture, LoadOptions options) {
        return contextLength(architecture, options, LoadOptions.DEFAULT_CONTEXT);
    }

    /** @param longest unless more is asked for */
    static int contextLength(Architecture architecture, LoadOptions options, int longest) {
        if (options.contextLength() > architecture.contextLength()) {
            throw new InvalidRequestException("a context of " + options.contextLength() + " positions is asked for; the model has at most "
                    + architecture.contextLength());
        }
        return options.contextLength() > 0 ? options.contextLength()
                : Math.min(architecture.contextLength(), longest);
    }

    /**
     * Compiles a device's kernels, where the model was loaded without ({@link LoadOptions#warmUp()}) and nothing ran yet.
     *
     * @throws org.waterspout.error.DeviceException      when the device fails
     * @throws org.waterspout.error.OutOfMemoryException when it does not fit after all
     */
    public void warmUp() {
        decoder.engine().warmUp();
    }

    /** The answer to one message, as long and chosen as the model's file says; where it does not, the most likely. */
    public Completion generate(String message) {
        try (Generation generation = generate(GenerationRequest.of(message))) {
            return generation.complete();
        }
    }

    /** As {@link #generate(GenerationRequest, RequestOptions)}, with priority 0 and any time. */
    public Generation generate(GenerationRequest request) {
        return generate(request, RequestOptions.DEFAULT);
    }

    /**
     * Starts an answer, which is computed beside others and read as it comes. It waits where as many are under way as the model was loaded
     * for.
     *
     * @param options priority and time; an answer whose time is over ends with what it has
     * @throws InvalidRequestException                   when the prompt is empty or longer than the context, a parameter is out of its
     *                                                   range, or tools are given that the model cannot be told, or not be made to call
     * @throws org.waterspout.error.BusyException        when {@value Engine#QUEUE} requests wait already
     * @throws org.waterspout.error.ClosedException      when closed
     */
    public Generation generate(GenerationRequest request, RequestOptions options) {
        return generate(request, 1, options).getFirst();
    }

    /**
     * Starts several answers to one prompt, which is computed once unless the request wants nothing shared
     * ({@link GenerationRequest#sharing}). Each is what a request of its own gives: the first with the seed that is asked for, or one that
     * is drawn, each of the others with one more than the one before it. Answers that nothing is drawn for are all equal. Each ends, and is
     * cancelled, by itself. Log-probabilities of the prompt are in the first one only. Errors as
     * {@link #generate(GenerationRequest, RequestOptions)}, and
     *
     * @param answers 1 to {@value Engine#QUEUE}; those that the model has no room for at one time wait
     * @throws org.waterspout.error.BusyException when so many requests wait that there is no room for all of them; then none is started
     */
    public List<Generation> generate(GenerationRequest request, int answers, RequestOptions options) {
        Optional<ToolRequest> tools = request.tools().map(use -> ToolRequest.of(use, request.prompt(), templates()));
        int[] prompt = tokens(request.prompt(), tools, contextLength());
        GenerationConfig file = GenerationConfig.forPrompt(file().metadata(), request, prompt.length);
        GenerationConfig config = file.withRules(whileOpen(() -> WordTokens.add(request.words(), file.rules(), loaded.text(),
                request.ignoreEnd() ? Set.of() : loaded.endTokens())));
        Optional<AnswerForm> form = request.form().or(() -> tools.flatMap(ToolRequest::form));
        return decoder.generate(loaded.text(), loaded.endTokens(), request, answers, config, form.map(this::constraint),
                () -> tools.flatMap(some -> some.calls(prompt)), prompt, options).stream().map(Generation::new).toList();
    }

    /** For a prompt with tools and for any other. Two callers who come first at one time read the same. */
    private ToolRequest.Templates templates() {
        ToolRequest.Templates known = templates;
        if (known == null) {
            known = new ToolRequest.Templates(template,
                    whileOpen(() -> loaded.text().flatMap(tokenizer -> ChatTemplate.forTools(loaded.file(), tokenizer))));
            templates = known;
        }
        return known;
    }

    private Constraint constraint(AnswerForm form) {
        return whileOpen(() -> constraints.orElseThrow(() -> new InvalidRequestException(
                "the model has no tokenizer, so its answers have no text that could be of a form: ask for none")).of(form));
    }

    /** Uses the tokenizer while it is sure to be there. */
    private <T> T whileOpen(Supplier<T> work) {
        tokenizerUse.readLock().lock();
        try {
            if (closed) {
                throw Engine.closedModel();
            }
            return work.get();
        } finally {
            tokenizerUse.readLock().unlock();
        }
    }

    /** Hypotheses of the search that the model's file asks for: 1 for none. A request that says how to draw tokens makes no search. */
    public int beams() {
        return GenerationConfig.beams(file().metadata());
    }

    /**
     * How the model's file wants tokens drawn.
     *
     * @param otherwise holds for what the file does not say
     * @throws org.waterspout.error.UnsupportedModelException for a setting that is not built; the message names it
     */
    public Sampling sampling(Sampling otherwise) {
        return Sampling.of(file().metadata(), otherwise);
    }

    /**
     * A prompt as the model sees it.
     *
     * @throws InvalidRequestException for a conversation that the model has no template for, its template refuses, or that is too long for
     *                                 it; or for a role that it does not know
     * @throws org.waterspout.error.ClosedException when closed
     * @throws org.waterspout.error.CancelledException when the thread is interrupted while a conversation is written
     */
    public int[] tokens(Prompt prompt) {
        return tokens(prompt, Optional.empty(), Integer.MAX_VALUE);
    }

    /** @param max tokens: a text that is sure to have more is refused before it is tokenized */
    private int[] tokens(Prompt prompt, Optional<ToolRequest> tools, int max) {
        return whileOpen(() -> tools.isPresent() ? tools.get().after(encode(prompt, tools, max), tokenizer()) : encode(prompt, tools, max));
    }

    private int[] encode(Prompt prompt, Optional<ToolRequest> tools, int max) {
        return switch (prompt) {
            case Prompt.Message message when template.isPresent() ->
                    encode(List.of(ChatMessage.user(message.text())), message.parseSpecial(), tools, max);
            case Prompt.Message message -> encode(message.text(), message.parseSpecial(), max);
            case Prompt.Conversation conversation -> encode(conversation.messages(), conversation.parseSpecial(), tools, max);
            case Prompt.Raw raw -> encode(raw.text(), raw.parseSpecial(), max);
            case Prompt.Tokens tokens -> tokens.ids().clone();
        };
    }

    private int[] encode(List<ChatMessage> messages, boolean parseSpecial, Optional<ToolRequest> tools, int max) {
        ChatTemplate chatTemplate = tools.flatMap(ToolRequest::template).or(() -> template).orElseThrow(() ->
                new InvalidRequestException("this model has no chat template: it continues text, it does not chat; send it raw text"));
        Rendered conversation = chatTemplate.rendered(messages, tools.map(ToolRequest::told).orElse(List.of()), true, Map.of());
        tools.ifPresent(some -> some.check(conversation.text()));
        if (parseSpecial) {
            return encode(conversation.text(), true, max);
        }
        requireRoom(conversation.text(), max);
        return tokenizer().encodePrompt(conversation);
    }

    private int[] encode(String text, boolean parseSpecial, int max) {
        requireRoom(text, max);
        return tokenizer().encodePrompt(text, parseSpecial);
    }

    private void requireRoom(String text, int max) {
        long min = tokenizer().minTokens(text);
        if (min > max) {
            throw new TooLongException("the prompt has at least " + min + " tokens, the context " + max
                    + ": shorten it" + (max < architecture().contextLength() ? ", or load the model with a longer context, of at most "
                            + architecture().contextLength() : ""));
        }
    }

    /**
     * How likely {@code continuation} is after {@code prompt}. Both are cut into tokens each by itself, as they are when the prompt is sent
     * and the continuation generated.
     *
     * @throws InvalidRequestException for a continuation without tokens, or one that does not fit the context with its prompt; besides,
     *                                 errors as {@link #generate(GenerationRequest, RequestOptions)}
     * @throws org.waterspout.error.DeadlineException when the time is over
     */
    public Score score(Prompt prompt, String continuation, RequestOptions options) {
        int[] before = tokens(prompt, Optional.empty(), contextLength());
        int[] after = tokenizer().encode(continuation, false);
        if (after.length == 0) {
            throw new InvalidRequestException("the continuation is empty: give it some text");
        }
        return new Score(decoder.score(before, after, 0, options));
    }

    /** As {@link #score(Prompt, String, RequestOptions)}, with priority 0 and any time. */
    public Score score(Prompt prompt, String continuation) {
        return score(prompt, continuation, RequestOptions.DEFAULT);
    }

    /**
     * The logits after {@code tokens}.
     *
     * @param everyPosition after each of them, or only after the last
     * @return [tokens.length or 1, vocabulary]
     */
    public float[] logits(int[] tokens, boolean everyPosition) {
        return decoder.logits(tokens, everyPosition);
    }

    public Architecture architecture() {
        return loaded.architecture();
    }

    /** Whether there is a {@link #tokenizer()}; without one prompts are token ids, and answers have no text. */
    public boolean readsText() {
        return loaded.text().isPresent();
    }

    /** @throws org.waterspout.error.ModelNotFoundException when there is none beside the model, which then takes token ids only */
    public Tokenizer tokenizer() {
        return loaded.tokenizer();
    }

    public Optional<ChatTemplate> chatTemplate() {
        return template;
    }

    public ModelFile file() {
        return loaded.file();
    }

    /** What the model is called: the file's own name for it, else the file's. */
    public String name() {
        return loaded.name();
    }

    public Device device() {
        return loaded.backend().device();
    }

    /** Positions an answer and its prompt may take together. */
    public int contextLength() {
        return decoder.contextLength();
    }

    public int vocabulary() {
        return decoder.vocabulary();
    }

    /** With that of the draft model. */
    public MemoryUse memory() {
        MemoryUse own = decoder.engine().plan().memory();
        return draft.map(model -> own.plus(model.plan().memory())).orElse(own);
    }

    /** The plan this model runs on: for validation, while no request is under way. */
    public Plan plan() {
        return decoder.engine().plan();
    }

    /**
     * Ends the answers under way after their step, then gives back the memory. {@link #tokenizer()} and
     * {@link #file()} are not to be used any more.
     */
    @Override
    public void close() {
        decoder.close();
        tokenizerUse.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            draft.ifPresent(LoadedModel::close);
            loaded.close();
        } finally {
            tokenizerUse.writeLock().unlock();
        }
    }
}
