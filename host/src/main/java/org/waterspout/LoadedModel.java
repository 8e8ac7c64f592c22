package org.waterspout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Plan;
import org.waterspout.backend.registry.Backends;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.graph.Graph;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.text.Tokenizer;

/**
 * What every kind of model is made of when it is loaded. Closing it gives all of it back; the plan may be closed before.
 *
 * @param text        the tokenizer; empty where images enter, or where there is none
 * @param ownsBackend whether the backend is closed with it
 */
record LoadedModel(ModelFile file, Architecture architecture, Optional<Tokenizer> text, Backend backend, boolean ownsBackend, Plan plan)
        implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

    /** Which graph of a model is loaded. */
    interface GraphOf {

        /** @throws org.waterspout.error.InvalidRequestException when the model is of another kind */
        Graph build(ModelFile file, Architecture architecture, int contextLength);
    }

    /** Takes over {@code file}. Errors as {@link LanguageModel#load(java.nio.file.Path, LoadOptions)}. */
    static LoadedModel load(ModelFile file, LoadOptions options, GraphOf graphOf) {
        return load(file, options, LoadOptions.DEFAULT_CONTEXT, graphOf, Optional.empty());
    }

    /**
     * As {@link #load(ModelFile, LoadOptions, GraphOf)}.
     *
     * @param longest context unless more is asked for
     * @param shared  the backend of a model that is closed later; without, the options' own
     */
    static LoadedModel load(ModelFile file, LoadOptions options, int longest, GraphOf graphOf, Optional<Backend> shared) {
        Backend backend = null;
        Plan plan = null;
        // The tokenizer takes about as long as the weights on the cpu backend, and neither needs the other.
        CompletableFuture<Optional<Tokenizer>> tokenizer = CompletableFuture.supplyAsync(() -> tokenizer(file), LoadedModel::start);
        try {
            backend = shared.orElseGet(() -> Backends.open(options.backend(), new BackendOptions(options.threads(), options.device())));
            Architecture architecture = Architecture.of(file);
            int context = LanguageModel.contextLength(architecture, options, longest);
            Graph whole = graphOf.build(file, architecture, context);
            int fitting = fittingContext(backend, whole, options, architecture, context);
            Graph graph = fitting == context ? whole : graphOf.build(file, architecture, fitting);
            if (!options.backend().equals("cpu")) {
                // The JVM uses signals. PoCL's compiler, seeing one, deletes the files it is writing, and the build of a kernel fails. The
                // launcher keeps the two apart (docs/tornadovm.md); elsewhere no other thread of ours runs while a device's compiler does.
                joined(tokenizer);
            }
            plan = backend.prepare(graph, options.planOptions(architecture, fitting));
            if (options.warmUp()) {
                plan.warmUp();
            }
            Optional<Tokenizer> text = joined(tokenizer);
            text.ifPresent(present -> requireSameVocabulary(file, architecture, present));
            return new LoadedModel(file, architecture, text, backend, shared.isEmpty(), plan);
        } catch (RuntimeException | Error failure) {
            List<AutoCloseable> opened = new ArrayList<>();
            opened.add(plan);
            opened.add(shared.isPresent() ? null : backend);
            finished(tokenizer).ifPresent(opened::add);
            opened.add(file);
            opened.forEach(each -> close(each, failure));
            throw failure;
        }
    }

    /** A length that nobody asked for is as long as the memory for keys and values allows. */
    private static int fittingContext(Backend backend, Graph graph, LoadOptions options, Architecture architecture, int context) {
        if (options.cacheBytes() == 0 || options.contextLength() > 0 || architecture.decoder().isEmpty()) {
            return context;
        }
        int from = 1;
        int to = context;
        while (from < to) {
            int middle = from + (to - from + 1) / 2;
            if (backend.estimate(graph, options.planOptions(architecture, middle).withSequences(1)).cache() <= options.cacheBytes()) {
                from = middle;
            } else {
                to = middle - 1;
            }
        }
        if (from < context && from > 1) {
            LOG.warn("keys and values may take {} KB: the context is {} positions, not {}", options.cacheBytes() / 1024, from, context);
        }
        return from;
    }

    /**
     * On a thread of its own that sees this library's classes: those of the common pool see the class path only, not a jar within a jar.
     */
    private static void start(Runnable work) {
        Thread thread = Thread.ofPlatform().daemon().name("waterspout-tokenizer").unstarted(work);
        thread.setContextClassLoader(LoadedModel.class.getClassLoader());
        thread.start();
    }

    private static Optional<Tokenizer> tokenizer(ModelFile file) {
        if (file.tensors().containsKey("patch_embd.weight")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Tokenizer.of(file));
        } catch (ModelNotFoundException absent) {
            return Optional.empty(); // token ids need none; who asks for text is told by tokenizer()
        }
    }

    /**
     * Else a prompt would reach beyond the embedding table, or an answer beyond the tokens. A tokenizer that is a file of its own may have
     * fewer tokens than the table rows, which some models round up.
     */
    private static void requireSameVocabulary(ModelFile file, Architecture architecture, Tokenizer tokenizer) {
        boolean within = file.metadata().has("tokenizer.ggml.tokens");
        if (within ? tokenizer.vocabularySize() != architecture.vocabulary() : tokenizer.vocabularySize() > architecture.vocabulary()) {
            throw new ModelFormatException((within ? "tokenizer.ggml.tokens" : "the tokenizer") + " has " + tokenizer.vocabularySize()
                    + " tokens, but tensor token_embd.weight has rows for " + architecture.vocabulary() + "; get the file again");
        }
    }

    private static <T> T joined(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
        }
    }

    /** The tokenizer, if it was made: for closing after another part of a load failed. */
    private static Optional<Tokenizer> finished(CompletableFuture<Optional<Tokenizer>> tokenizer) {
        return tokenizer.exceptionally(alreadyFailing -> Optional.empty()).join();
    }

    /** Closes what was opened before a load failed, if it was. */
    static void close(AutoCloseable opened, Throwable failure) {
        if (opened != null) {
            try {
                opened.close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    /**
     * The tokenizer of a model that reads text.
     *
     * @throws ModelNotFoundException when there is none beside the model
     * @throws InvalidRequestException when the model reads images
     */
    Tokenizer tokenizer() {
        return text.orElseThrow(() -> architecture.main().input() instanceof Architecture.Patches
                ? new InvalidRequestException("this model reads images, no text: give it an image")
                : withoutTokenizer(file));
    }

    static ModelNotFoundException withoutTokenizer(ModelFile file) {
        return new ModelNotFoundException("there is no tokenizer in " + file.path() + ", so the model takes token ids only: "
                + (file.format().startsWith("GGUF") ? "get a file that holds one" : "put its tokenizer's files beside it"));
    }

    /** Tokens after which an answer ends: those of the tokenizer or, where there is none, those that the model's file states. */
    Set<Integer> endTokens() {
        return text.map(Tokenizer::endTokens).orElseGet(() -> statedEnds(file.metadata()));
    }

    /** Tokens that a model's file counts as ends. */
    static Set<Integer> statedEnds(Metadata metadata) {
        Set<Integer> ends = new TreeSet<>();
        metadata.optionalInteger("tokenizer.ggml.eos_token_id").ifPresent(ends::add);
        metadata.optionalInteger("tokenizer.ggml.eot_token_id").ifPresent(ends::add);
        metadata.optionalList("generation.end_token_ids", Long.class).stream().flatMap(List::stream).map(Math::toIntExact)
                .forEach(ends::add);
        return ends;
    }

    /** What the model is called: the file's own name for it, else the file's. */
    String name() {
        return name(file);
    }

    static String name(ModelFile file) {
        return file.metadata().optionalString("general.name").orElseGet(() -> file.path().getFileName().toString());
    }

    @Override
    public void close() {
        plan.close();
        if (ownsBackend) {
            backend.close();
        }
        text.ifPresent(Tokenizer::close);
        file.close();
    }
}
