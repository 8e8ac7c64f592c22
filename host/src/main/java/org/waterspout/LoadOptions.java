package org.waterspout;

import java.util.Optional;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.architecture.Architecture;

/**
 * How a model is loaded.
 *
 * @param backend       "cpu", "tornado", "emulator" or "reference"
 * @param threads       threads of the cpu backend; 0 for as many as there are cores; other backends refuse a number
 * @param device        id of a device as {@code waterspout devices} lists them; the backend's first when absent
 * @param contextLength positions a sequence may have; 0 for the model's own length, at most {@link #DEFAULT_CONTEXT}
 * @param sequences     sequences that are computed at one time: answers, and of each with a beam its hypotheses; others wait. 0 for as many
 *                      as suit the backend: {@link #DEFAULT_SEQUENCES} where memory is taken as it is used, else 1
 * @param batchRows     most tokens computed in one step of a prompt; encoders take more where one sequence may have more
 * @param cacheType     how a decoder keeps keys and values; when absent, as suits: {@link #cacheTypeInUse}
 * @param cacheBytes    bytes that keys and values may take, 0 for what memory allows. A decoder fills them with whatever sequences need;
 *                      where no context length is asked for, it is as long as one sequence can be. Of a translator, and on the reference,
 *                      whole contexts of all sequences must fit
 * @param observable    keep every operation's values readable, for validation
 * @param warmUp        compile a device's kernels while loading; without, at the first request, and one that is refused does not wait for
 *                      them
 */
public record LoadOptions(String backend, int threads, Optional<String> device, int contextLength, int sequences, int batchRows,
        Optional<CacheType> cacheType, long cacheBytes, boolean observable, boolean warmUp) {

    /** The longest context that is set up unless more is asked for, so that a model of 128k positions loads on a small machine. */
    public static final int DEFAULT_CONTEXT = 4096;

    /** Sequences at one time on a backend that takes memory for keys and values as it is used. */
    public static final int DEFAULT_SEQUENCES = 16;

    /** Sequences that an encoder takes in one step, where its rows have room. */
    private static final int ENCODED_SEQUENCES = 64;

    public static final LoadOptions DEFAULT = new LoadOptions("cpu", BackendOptions.DEFAULT_THREADS, Optional.empty(), 0, 0, 256,
            Optional.empty(), 0, false, true);

    public LoadOptions {
        if (threads < 0 || contextLength < 0 || sequences < 0 || batchRows < 1 || cacheBytes < 0) {
            throw new InvalidRequestException("threads, context length, sequences and cache bytes must be 0 or more, batch rows 1 or more: "
                    + threads + ", " + contextLength + ", " + sequences + ", " + cacheBytes + ", " + batchRows);
        }
    }

    /** {@link #sequences}, or as many as suit the backend. */
    public int sequencesAtOneTime() {
        return sequences > 0 ? sequences : backend.equals("cpu") ? DEFAULT_SEQUENCES : 1;
    }

    /** {@link #cacheType}, or 32 bits. */
    public CacheType cacheTypeInUse() {
        return cacheType.orElse(CacheType.F32);
    }

    /**
     * What a plan of {@code contextLength} positions is made for. Encoders take whole sequences in a step, and as many as there is room
     * for; of an encoder-decoder, a source may be as long as an answer.
     *
     * @throws InvalidRequestException for a cache type or cache memory where an encoder keeps nothing
     */
    public PlanOptions planOptions(Architecture architecture, int contextLength) {
        boolean wholeSequences = architecture.encoder().isPresent();
        int rows = wholeSequences ? Math.max(batchRows, contextLength) : Math.min(batchRows, contextLength);
        if (architecture.decoder().isEmpty()) {
            if (cacheType.isPresent() || cacheBytes > 0) {
                throw new InvalidRequestException(
                        "the model encodes whole texts and keeps no keys and values: leave the cache's type and memory out");
            }
            return new PlanOptions(contextLength, Math.max(sequencesAtOneTime(), ENCODED_SEQUENCES), rows, observable);
        }
        PlanOptions decoder = new PlanOptions(contextLength, sequencesAtOneTime(), rows, observable).withCacheType(cacheTypeInUse())
                .withCacheBytes(cacheBytes);
        return wholeSequences ? decoder.withSources(sequencesAtOneTime(), contextLength) : decoder;
    }

    public LoadOptions withBackend(String value) {
        return new LoadOptions(value, threads, device, contextLength, sequences, batchRows, cacheType, cacheBytes, observable, warmUp);
    }

    public LoadOptions withThreads(int value) {
        return new LoadOptions(backend, value, device, contextLength, sequences, batchRows, cacheType, cacheBytes, observable, warmUp);
    }

    public LoadOptions withDevice(String value) {
        return new LoadOptions(backend, threads, Optional.of(value), contextLength, sequences, batchRows, cacheType, cacheBytes,
                observable, warmUp);
    }

    public LoadOptions withContextLength(int value) {
        return new LoadOptions(backend, threads, device, value, sequences, batchRows, cacheType, cacheBytes, observable, warmUp);
    }

    public LoadOptions withSequences(int value) {
        return new LoadOptions(backend, threads, device, contextLength, value, batchRows, cacheType, cacheBytes, observable, warmUp);
    }

    public LoadOptions withBatchRows(int value) {
        return new LoadOptions(backend, threads, device, contextLength, sequences, value, cacheType, cacheBytes, observable, warmUp);
    }

    public LoadOptions withCacheType(CacheType value) {
        return new LoadOptions(backend, threads, device, contextLength, sequences, batchRows, Optional.of(value), cacheBytes, observable,
                warmUp);
    }

    public LoadOptions withCacheBytes(long value) {
        return new LoadOptions(backend, threads, device, contextLength, sequences, batchRows, cacheType, value, observable, warmUp);
    }

    public LoadOptions withObservable(boolean value) {
        return new LoadOptions(backend, threads, device, contextLength, sequences, batchRows, cacheType, cacheBytes, value, warmUp);
    }

    public LoadOptions withWarmUp(boolean value) {
        return new LoadOptions(backend, threads, device, contextLength, sequences, batchRows, cacheType, cacheBytes, observable, value);
    }
}
