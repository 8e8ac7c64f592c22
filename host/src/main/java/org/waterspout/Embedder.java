package org.waterspout;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.waterspout.backend.Device;
import org.waterspout.encode.SentenceHead;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/**
 * Texts to vectors, with an encoder and its pooling. Safe for use from several threads, whose texts go
 * through the model together.
 *
 * {@snippet :
 * try (Embedder embedder = Embedder.load(Path.of("all-MiniLM-L6-v2"))) {
 *     System.out.println(Embedder.similarity(embedder.embed("a cat sat").vector(), embedder.embed("a kitten was sitting").vector()));
 * }
 * }
 */
public final class Embedder implements AutoCloseable {

    /** What a text is; some models put a prefix before it. */
    public enum Role {
        /** Neither of the two: the prefix that the model states as its default, mostly none. */
        TEXT,
        /** What is looked for. */
        QUERY,
        /** What is found. */
        PASSAGE
    }

    /**
     * @param vector    [dimensions]; of length 1 where the model normalises
     * @param tokens    of the text, with prefix and special tokens
     * @param truncated the text was too long, and its end does not count
     */
    public record Embedding(float[] vector, int tokens, boolean truncated) {
    }

    private final LoadedEncoder encoder;
    private final SentenceHead head;
    private final boolean normalized;
    private final String textPrefix;
    private final String queryPrefix;
    private final String passagePrefix;

    private Embedder(LoadedEncoder encoder) {
        this.encoder = encoder;
        String family = encoder.model().architecture().family();
        this.head = SentenceHead.of(encoder.model().file(), family, encoder.encoder().width());
        var metadata = encoder.model().file().metadata();
        // files that do not say were made for llama.cpp, which normalises
        this.normalized = metadata.flagOr(family + ".pooling_normalize", true);
        this.textPrefix = metadata.optionalString(family + ".text_prefix").orElse("");
        this.queryPrefix = metadata.optionalString(family + ".query_prefix").orElse("");
        this.passagePrefix = metadata.optionalString(family + ".passage_prefix").orElse("");
    }

    /** Loads an encoder onto the CPU. Errors as {@link #load(Path, LoadOptions)}. */
    public static Embedder load(Path path) {
        return load(path, LoadOptions.DEFAULT);
    }

    /**
     * Loads an encoder. Errors as {@link LanguageModel#load(Path, LoadOptions)}.
     *
     * @throws InvalidRequestException when the model is no encoder of texts
     */
    public static Embedder load(Path path, LoadOptions options) {
        ModelFile file = ModelFiles.open(path);
        LoadedEncoder encoder = LoadedEncoder.load(file, options, architecture -> target(file, architecture));
        try {
            return new Embedder(encoder);
        } catch (RuntimeException | Error failure) {
            encoder.close();
            throw failure;
        }
    }

    private static Target target(ModelFile file, Architecture architecture) {
        if (architecture.encoder().stream().anyMatch(stack -> stack.input() instanceof Architecture.Patches)) {
            throw new InvalidRequestException("this model reads images, no text: it labels them, and makes no vectors of texts");
        }
        if (file.metadata().integerOr(architecture.family() + ".pooling_type", 0) == Architecture.RANK) {
            throw new InvalidRequestException("this model ranks documents for a query and makes no vectors: use rerank");
        }
        return file.metadata().has(architecture.family() + ".poolings") ? Target.HIDDEN : Target.VECTOR;
    }

    /** The vector of a text as it is. Errors as {@link #embed(List, Role, boolean)}. */
    public Embedding embed(String text) {
        return embed(List.of(text), Role.TEXT, false).getFirst();
    }

    /** The vector of what is looked for, with the model's prefix for it. */
    public Embedding embedQuery(String query) {
        return embed(List.of(query), Role.QUERY, false).getFirst();
    }

    /** The vector of what is to be found, with the model's prefix for it. */
    public Embedding embedPassage(String passage) {
        return embed(List.of(passage), Role.PASSAGE, false).getFirst();
    }

    /** As {@link #embed(List, Role, boolean, RequestOptions)}, with priority 0 and any time. */
    public List<Embedding> embed(List<String> texts, Role role, boolean truncate) {
        return embed(texts, role, truncate, RequestOptions.DEFAULT);
    }

    /**
     * The vectors of many texts, in their order. A vector does not depend on its neighbours.
     *
     * @param truncate cut off what is too long instead of refusing it; the result says so
     * @param options  priority and time
     * @throws InvalidRequestException                 for a text longer than {@link #longestText()}
     * @throws org.waterspout.error.CancelledException when the thread is interrupted, which it stays
     * @throws org.waterspout.error.DeadlineException  when the time is over
     * @throws org.waterspout.error.BusyException      when too many requests wait already
     * @throws org.waterspout.error.ClosedException    when closed
     */
    public List<Embedding> embed(List<String> texts, Role role, boolean truncate, RequestOptions options) {
        String prefix = switch (role) {
            case TEXT -> textPrefix;
            case QUERY -> queryPrefix;
            case PASSAGE -> passagePrefix;
        };
        List<LoadedEncoder.Fitted> fitted = texts.stream().map(text -> {
            return encoder.fit(prefix + text, truncate);
        }).toList();
        int skip = prefix.isEmpty() || head.prompted() ? 0 : encoder.promptLength(prefix);
        List<float[]> rows = encoder.run(fitted, options);
        List<Embedding> embeddings = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            float[] vector = head.vector(rows.get(i), encoder.encoder().width(), skip);
            if (normalized) {
                normalize(vector);
            }
            embeddings.add(new Embedding(vector, fitted.get(i).encoding().length(), fitted.get(i).truncated()));
        }
        return embeddings;
    }

    private static void normalize(float[] vector) {
        double length = Math.sqrt(product(vector, vector));
        for (int i = 0; i < vector.length && length > 0; i++) {
            vector[i] = (float) (vector[i] / length);
        }
    }

    /** The cosine of the angle between two vectors, -1 to 1; 0 where one is all zeros. */
    public static double similarity(float[] left, float[] right) {
        if (left.length != right.length) {
            throw new InvalidRequestException("vectors of " + left.length + " and " + right.length + " numbers are of different models");
        }
        double lengths = Math.sqrt(product(left, left) * product(right, right));
        return lengths == 0 ? 0 : product(left, right) / lengths;
    }

    private static double product(float[] left, float[] right) {
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += (double) left[i] * right[i];
        }
        return sum;
    }

    /** Numbers of a vector. */
    public int dimensions() {
        return head.dimensions(encoder.encoder().width());
    }

    /** Tokens a text may have, special ones included. */
    public int longestText() {
        return encoder.longest();
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
