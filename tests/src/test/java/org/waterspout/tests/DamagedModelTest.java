package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.registry.Backends;
import org.waterspout.error.WaterspoutException;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.text.Tokenizer;

/**
 * Whatever is wrong with a model file, its user gets an answer or one line that says what is wrong: never another exception, never a
 * process that hangs or dies. Another seed is tried with -Dwaterspout.test.seed=N.
 */
@Tag("slow")
class DamagedModelTest {

    private static final long SEED = Long.getLong("waterspout.test.seed", System.nanoTime() & 0xFFFFFFFFL);
    private static final int LIMIT_SECONDS = 10;
    private static final String WORKS = "works";
    private static final int LONGEST_MESSAGE = 1500;

    @TempDir
    private Path folder;

    private final Map<String, Integer> outcomes = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();

    @Test
    void everyValueReplacedByEveryKindOfNonsense() throws IOException {
        GgufDraft sound = family("llama-linear", new Random(SEED), false);
        for (Damage damage : Damage.ofEveryValue(sound)) {
            check(sound, List.of(damage));
        }
        report();
    }

    @Test
    void everyTensorReplacedByNonsense() throws IOException {
        Random random = new Random(SEED);
        for (String name : List.of("llama-q8_0", "phi3")) {
            GgufDraft sound = family(name, random, name.equals("phi3"));
            for (Damage damage : Damage.ofEveryTensor(sound, random)) {
                check(sound, List.of(damage));
            }
        }
        report();
    }

    @Test
    void severalThingsWrongAtOnceInEveryFamily() throws IOException {
        Random random = new Random(SEED);
        for (String name : FamilyModel.names()) {
            GgufDraft sound = family(name, random, random.nextBoolean());
            for (int trial = 0; trial < 120; trial++) {
                check(sound, byChance(sound, random));
            }
        }
        report();
    }

    @Test
    void bytesChangedAndCutAtRandom() throws IOException {
        Random random = new Random(SEED);
        for (String name : List.of("gemma3", "phi3-longrope", "gpt2")) {
            GgufDraft sound = family(name, random, false);
            byte[] whole = sound.file().array();
            int header = sound.header().length;
            for (int trial = 0; trial < 150; trial++) {
                byte[] changed = whole.clone();
                int bytes = 1 + random.nextInt(4);
                for (int i = 0; i < bytes; i++) {
                    int at = random.nextInt(header);
                    changed[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (changed[at] ^ 1 << random.nextInt(8));
                }
                int length = random.nextInt(4) == 0 ? random.nextInt(changed.length) : changed.length;
                run(ByteBuffer.wrap(changed, 0, length), name + ", " + bytes + " bytes changed, cut at " + length + ", trial " + trial);
            }
        }
        report();
    }

    @Test
    void theDemonstrationModelDamaged() throws IOException {
        try (var resource = LanguageModel.class.getResourceAsStream("/org/waterspout/demo/austen.gguf")) {
            damaged(GgufDraft.of(ByteBuffer.wrap(resource.readAllBytes())), 60);
        }
    }

    @Test
    void aRealModelDamaged() throws IOException {
        Path path = RealModel.find().orElse(null);
        assumeTrue(path != null, RealModel.MISSING);
        try (FileChannel channel = FileChannel.open(path)) {
            damaged(GgufDraft.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())), 8);
        }
    }

    private void damaged(GgufDraft sound, int trials) throws IOException {
        Random random = new Random(SEED);
        requireSound(sound, "the model");
        for (int trial = 0; trial < trials; trial++) {
            check(sound, byChance(sound, random));
        }
        report();
    }

    private static List<Damage> byChance(GgufDraft sound, Random random) {
        return Stream.generate(() -> Damage.byChance(sound, random)).limit(1 + random.nextInt(3)).toList();
    }

    /** A recorded family with a tokenizer, which the recordings lack. */
    private GgufDraft family(String name, Random random, boolean sentencePiece) throws IOException {
        Path path = Path.of(DamagedModelTest.class.getResource("/families/" + name + ".gguf").getPath());
        GgufDraft draft = GgufDraft.of(ByteBuffer.wrap(Files.readAllBytes(path)));
        draft.values().keySet().removeIf(key -> key.startsWith("expected"));
        if (sentencePiece) {
            TinyTokenizer.sentencePiece(draft, random);
        } else {
            TinyTokenizer.byteLevel(draft);
        }
        requireSound(draft, name);
        return draft;
    }

    private void requireSound(GgufDraft draft, String what) throws IOException {
        int before = outcomes.getOrDefault(WORKS, 0);
        run(draft.file(), what);
        assertTrue(outcomes.getOrDefault(WORKS, 0) > before, () -> what + " does not work undamaged: " + outcomes + failures);
    }

    private void check(GgufDraft sound, List<Damage> damages) throws IOException {
        GgufDraft damaged = sound.copy();
        damages.forEach(damage -> damage.apply().accept(damaged));
        run(damaged.file(), damages.stream().map(Damage::what).collect(Collectors.joining("; ")));
    }

    /** Writes a file and does with it what a user does. */
    private void run(ByteBuffer bytes, String what) throws IOException {
        Path path = folder.resolve("model.gguf");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread user = Thread.ofPlatform().daemon().start(() -> {
            try {
                use(path);
                done.complete(null);
            } catch (Throwable thrown) { // whatever it is, the test must see it
                done.completeExceptionally(thrown);
            }
        });
        try {
            done.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            outcomes.merge(WORKS, 1, Integer::sum);
        } catch (ExecutionException e) {
            judge(e.getCause(), what);
        } catch (TimeoutException e) {
            failures.add(what + ": hangs at " + Stream.of(user.getStackTrace()).limit(12).toList());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void judge(Throwable thrown, String what) {
        String message = String.valueOf(thrown.getMessage());
        boolean line = !message.isBlank() && message.length() <= LONGEST_MESSAGE
                && message.codePoints().noneMatch(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029);
        if (thrown instanceof WaterspoutException && line) {
            outcomes.merge(thrown.getClass().getSimpleName(), 1, Integer::sum);
            if (Boolean.getBoolean("waterspout.test.show")) {
                System.out.println(what + " -> " + message);
            }
            return;
        }
        failures.add(what + ": " + thrown.getClass().getName() + " " + message + " at "
                + Stream.of(thrown.getStackTrace()).limit(6).toList());
    }

    /** What {@code inspect} and {@code run} do. */
    private static void use(Path path) {
        inspect(path);
        try (LanguageModel model = LanguageModel.load(path, LoadOptions.DEFAULT.withThreads(1))) {
            try (var generation = model.generate(GenerationRequest.of("it is").withMaxTokens(2).withIgnoreEnd(true))) {
                generation.complete();
            }
        }
    }

    private static void inspect(Path path) {
        try (ModelFile file = ModelFiles.open(path)) {
            Architecture architecture = Architecture.of(file);
            Set<Integer> lengths = new LinkedHashSet<>(List.of(LanguageModel.contextLength(architecture, LoadOptions.DEFAULT),
                    architecture.contextLength()));
            for (String name : List.of("cpu", "emulator", "reference")) {
                try (Backend backend = Backends.open(name, BackendOptions.DEFAULT)) {
                    for (int length : lengths) {
                        PlanOptions options = new PlanOptions(length, 1, Math.min(LoadOptions.DEFAULT.batchRows(), length), false);
                        var use = backend.estimate(GraphBuilder.build(file, architecture, length), options);
                        if (Math.min(Math.min(use.mapped(), use.weights()), Math.min(use.cache(), use.activations())) < 0) {
                            throw new IllegalStateException(name + " estimates " + use);
                        }
                    }
                }
            }
            Tokenizer.of(file.metadata()).close();
        }
    }

    private void report() {
        System.out.println("damaged models, seed " + SEED + ": " + outcomes + ", failures " + failures.size());
        assertTrue(failures.isEmpty(), () -> "seed " + SEED + ", " + failures.size() + " failures:\n" + failures.stream().limit(30)
                .collect(Collectors.joining("\n")));
    }
}
