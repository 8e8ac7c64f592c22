package org.waterspout;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.waterspout.backend.Device;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.Target;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** Sorts documents by how well they answer a query, reading the two together (a cross-encoder). Safe for use from several threads. */
public final class Reranker implements AutoCloseable {

    /**
     * @param index     of the document among those given, from 0
     * @param score     what the model's head gives, unbounded: more is better
     * @param truncated the end of the query or the document, whichever is longer, or of both did not count
     */
    public record Ranked(int index, double score, boolean truncated) {
    }

    private final LoadedEncoder encoder;

    private Reranker(LoadedEncoder encoder) {
        this.encoder = encoder;
    }

    /** Loads a cross-encoder onto the CPU. Errors as {@link #load(Path, LoadOptions)}. */
    public static Reranker load(Path path) {
        return load(path, LoadOptions.DEFAULT);
    }

    /**
     * Loads a cross-encoder: a head with one output. Errors as {@link LanguageModel#load(Path, LoadOptions)}.
     *
     * @throws InvalidRequestException when the model is another kind
     */
    public static Reranker load(Path path, LoadOptions options) {
        return new Reranker(LoadedEncoder.load(ModelFiles.open(path), options, Reranker::target));
    }

    private static Target target(Architecture architecture) {
        architecture.head().filter(head -> head.labels().size() > 1).ifPresent(head -> {
            throw new InvalidRequestException("this model gives " + head.labels().size()
                    + " labels; ranking needs one with a single score: use "
                    + (head.task() == Architecture.Task.SPAN ? "answer" : "classify"));
        });
        return Target.HEAD;
    }

    /**
     * All documents, best first; equals in their order.
     *
     * @throws InvalidRequestException for a pair longer than the model takes
     */
    public List<Ranked> rank(String query, List<String> documents) {
        return rank(query, documents, false);
    }

    /** @param truncate cut off what is too much of the longer one of a pair, or of both, instead of refusing it */
    public List<Ranked> rank(String query, List<String> documents, boolean truncate) {
        return rank(query, documents, truncate, RequestOptions.DEFAULT);
    }

    /**
     * As {@link #rank(String, List, boolean)}.
     *
     * @param options priority and time
     * @throws org.waterspout.error.CancelledException when the thread is interrupted, which it stays
     * @throws org.waterspout.error.DeadlineException  when the time is over
     * @throws org.waterspout.error.BusyException      when too many requests wait already
     * @throws org.waterspout.error.ClosedException    when closed
     */
    public List<Ranked> rank(String query, List<String> documents, boolean truncate, RequestOptions options) {
        List<LoadedEncoder.Fitted> pairs = documents.stream().map(document -> encoder.fit(query, document, truncate)).toList();
        List<float[]> scores = encoder.run(pairs, options);
        return IntStream.range(0, scores.size())
                .mapToObj(index -> new Ranked(index, scores.get(index)[0], pairs.get(index).truncated()))
                .sorted(Comparator.comparingDouble(ranked -> -ranked.score())).toList();
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
