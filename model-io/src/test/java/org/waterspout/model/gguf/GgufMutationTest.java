package org.waterspout.model.gguf;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.load.ModelFiles;

/**
 * Damaged files: whatever is done to a file, it opens or is refused with one line of a {@link WaterspoutException}, soon and
 * without taking memory for what is not there. Another seed is tried with -Dwaterspout.test.seed=N.
 */
@Tag("slow")
class GgufMutationTest {

    private static final long SEED = Long.getLong("waterspout.test.seed", ThreadLocalRandom.current().nextLong(1L << 40));
    private static final String REAL_MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf";

    @TempDir
    Path folder;

    @Test
    void cutOffAnywhere() throws IOException {
        byte[] whole = Files.readAllBytes(smallModel());
        Path path = folder.resolve("cut.gguf");
        int opened = 0;
        for (int length = 0; length < whole.length; length++) {
            Files.write(path, Arrays.copyOf(whole, length));
            if (opens(path, "cut at " + length)) {
                opened++;
            }
        }
        assertTrue(opened < 64, opened + " cut files opened; only missing padding at the end may go unnoticed");
    }

    @Test
    void bytesChangedAtRandom() throws IOException {
        byte[] whole = Files.readAllBytes(smallModel());
        Path path = folder.resolve("changed.gguf");
        Random random = new Random(SEED);
        assertTimeoutPreemptively(Duration.ofSeconds(120), () -> {
            for (int trial = 0; trial < 5000; trial++) {
                byte[] changed = whole.clone();
                mutate(random, MemorySegment.ofArray(changed), changed.length, new ArrayList<>());
                Files.write(path, changed);
                opens(path, "seed " + SEED + " trial " + trial);
            }
        });
    }

    @Test
    void aRealModelsHeaderChangedAtRandom() throws IOException {
        Path real = realModel();
        Path copy = folder.resolve("header.gguf");
        long headerBytes = copyHeader(real, copy);
        try (Arena arena = Arena.ofShared(); FileChannel channel = FileChannel.open(copy, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            fuzz(new Random(SEED), real, channel.map(FileChannel.MapMode.PRIVATE, 0, channel.size(), arena), headerBytes);
        }
    }

    /** A file as long as {@code real} with its header and, as a hole, nothing after it; returns the header's length. */
    private static long copyHeader(Path real, Path copy) throws IOException {
        try (Arena arena = Arena.ofConfined(); FileChannel in = FileChannel.open(real, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            MemorySegment file = in.map(FileChannel.MapMode.READ_ONLY, 0, in.size(), arena);
            long firstTensor = GgufHeader.read(real, file, arena).tensors().stream().mapToLong(tensor -> tensor.data().address()).min()
                    .orElseThrow();
            long headerBytes = firstTensor - file.address();
            out.write(file.asSlice(0, headerBytes).asByteBuffer());
            out.write(ByteBuffer.wrap(new byte[1]), in.size() - 1);
            return headerBytes;
        }
    }

    private static void fuzz(Random random, Path path, MemorySegment file, long headerBytes) {
        long latest = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        int trials = 0;
        while (trials < 2000 && System.nanoTime() < latest) {
            List<long[]> undo = new ArrayList<>();
            long region = random.nextInt(4) == 0 ? headerBytes : Math.min(headerBytes, 4096);
            mutate(random, file, region, undo);
            long length = random.nextInt(4) == 0 ? random.nextLong(headerBytes) : file.byteSize();
            String what = "seed " + SEED + " trial " + trials;
            judge(() -> read(path, file.asSlice(0, length)), what);
            for (long[] change : undo.reversed()) {
                file.set(ValueLayout.JAVA_BYTE, change[0], (byte) change[1]);
            }
            trials++;
        }
        assertTrue(trials >= 200, "only " + trials + " trials in two minutes");
        read(path, file);
    }

    private static void read(Path path, MemorySegment file) {
        try (Arena arena = Arena.ofConfined()) {
            GgufHeader.read(path, file, arena);
        }
    }

    /** One to four changes of the kinds that hurt most: a bit, a byte, or eight bytes made an extreme count or offset. */
    private static void mutate(Random random, MemorySegment file, long region, List<long[]> undo) {
        long[] extremes = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 31, 1L << 32, 1L << 40, Integer.MAX_VALUE, region};
        for (int change = random.nextInt(4); change >= 0; change--) {
            long at = random.nextLong(region);
            switch (random.nextInt(3)) {
                case 0 -> set(file, at, file.get(ValueLayout.JAVA_BYTE, at) ^ 1 << random.nextInt(8), undo);
                case 1 -> set(file, at, random.nextInt(256), undo);
                default -> {
                    long extreme = extremes[random.nextInt(extremes.length)];
                    for (int i = 0; i < Long.BYTES && at + i < region; i++) {
                        set(file, at + i, (int) (extreme >> 8 * i), undo);
                    }
                }
            }
        }
    }

    private static void set(MemorySegment file, long at, int value, List<long[]> undo) {
        undo.add(new long[] {at, file.get(ValueLayout.JAVA_BYTE, at)});
        file.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    /** Opens the file and reads all of it; says whether it opened. */
    private static boolean opens(Path path, String what) {
        return judge(() -> {
            try (var file = ModelFiles.open(path)) {
                file.metadata().values().values().forEach(Object::toString);
                file.tensors().values().forEach(Tensor::decode);
            }
        }, what);
    }

    private static boolean judge(Runnable read, String what) {
        try {
            read.run();
            return true;
        } catch (WaterspoutException refused) {
            assertFalse(refused.getMessage().isBlank(), what);
            assertFalse(refused.getMessage().lines().count() > 1, what + ": " + refused.getMessage());
            return false;
        } catch (RuntimeException | Error wrong) {
            return fail(what + ": " + wrong, wrong);
        }
    }

    private Path smallModel() {
        Random random = new Random(11);
        float[] numbers = new float[3 * 32];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        Path path = folder.resolve("small.gguf");
        new GgufWriter().put("general.architecture", GgufValueType.STRING, "llama")
                .put("general.alignment", GgufValueType.UINT32, 32L)
                .put("llama.block_count", GgufValueType.UINT32, 2L)
                .put("llama.norm_eps", GgufValueType.FLOAT32, 1e-5f)
                .put("flag", GgufValueType.BOOL, true)
                .putArray("tokens", GgufValueType.STRING, List.of("<s>", "hello", "Ġthere", "世界"))
                .putArray("scores", GgufValueType.FLOAT32, List.of(0f, -1f, -2f, -3f))
                .putArray("ids", GgufValueType.INT32, List.of(3L, 1L, 1L))
                .tensor("a", WeightType.F32, List.of(3, 32), numbers)
                .tensor("b", WeightType.F16, List.of(96), numbers)
                .tensor("c", WeightType.Q8_0, List.of(1, 3, 32), numbers)
                .tensor("d", WeightType.Q4_0, List.of(3, 32), numbers)
                .write(path);
        return path;
    }

    private static Path realModel() {
        String folders = System.getenv().getOrDefault("WATERSPOUT_MODELS", "");
        for (String name : folders.split(File.pathSeparator)) {
            Path path = Path.of(name, REAL_MODEL);
            if (!name.isEmpty() && Files.isRegularFile(path)) {
                return path;
            }
        }
        String skipped = "skipped: " + REAL_MODEL + " is in no folder of WATERSPOUT_MODELS";
        Assumptions.abort(skipped);
        throw new AssertionError(skipped);
    }
}
