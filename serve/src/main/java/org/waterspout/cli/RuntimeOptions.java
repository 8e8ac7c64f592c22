package org.waterspout.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.LoadOptions;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.CacheType;
import org.waterspout.error.InvalidRequestException;
import picocli.CommandLine.Option;

/** The options that say where and how models run. */
final class RuntimeOptions {

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

    @Option(names = "--cache-type", paramLabel = "T",
            description = "How keys and values of past tokens are kept: f32, f16 or q8_0 (8 bits, with a scale for every 32); default:"
            + " f32.") private Optional<String> cacheType = Optional.empty();

    @Option(names = "--cache-memory", paramLabel = "MB", description =
            "Megabytes that keys and values of all sequences may take, and those of a draft model again; default: what memory allows.")
    private Optional<Long> cacheMemory = Optional.empty();

    BackendOptions backendOptions() {
        return new BackendOptions(threads, device);
    }

    /** What is asked for. A command line asks once, so a request that is refused should not wait for a device's compiler. */
    LoadOptions options(LoadOptions base) {
        cacheMemory.filter(megabytes -> megabytes < 1 || megabytes > Long.MAX_VALUE >> 20).ifPresent(megabytes -> {
            throw new InvalidRequestException("--cache-memory must be 1 or more, got " + megabytes);
        });
        LoadOptions options = base.withBackend(backend).withThreads(threads).withContextLength(context).withWarmUp(false)
                .withCacheBytes(cacheMemory.orElse(0L) << 20);
        LoadOptions placed = device.map(options::withDevice).orElse(options);
        return cacheType.map(CacheType::of).map(placed::withCacheType).orElse(placed);
    }

    /** These options as words, for another process. */
    List<String> arguments() {
        List<String> words = new ArrayList<>(List.of("--backend", backend, "--threads", Integer.toString(threads), "--context",
                Integer.toString(context)));
        cacheType.ifPresent(type -> words.addAll(List.of("--cache-type", type)));
        cacheMemory.ifPresent(megabytes -> words.addAll(List.of("--cache-memory", Long.toString(megabytes))));
        device.ifPresent(id -> words.addAll(List.of("--device", id)));
        return words;
    }

    String backend() {
        return backend;
    }
}
