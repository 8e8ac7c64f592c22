package org.waterspout.model.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.load.ModelFiles;

class GgufFileTest {

    @TempDir
    Path folder;

    @Test
    void readsEveryKindOfMetadataThatTheGgufPackageWrites() throws IOException {
        try (ModelFile file = ModelFiles.open(Files.write(folder.resolve("m.gguf"), GgufWriterTest.fromPython()))) {
            Map<String, Object> values = file.metadata().values();
            assertEquals("GGUF 3", file.format());
            assertEquals("fixture", values.get("general.architecture"));
            assertEquals(200L, values.get("one.uint8"));
            assertEquals(-100L, values.get("one.int8"));
            assertEquals(60000L, values.get("one.uint16"));
            assertEquals(-30000L, values.get("one.int16"));
            assertEquals(4000000000L, values.get("one.uint32"));
            assertEquals(-2000000000L, values.get("one.int32"));
            assertEquals((double) 0.1f, values.get("one.float32"));
            assertEquals(true, values.get("one.bool"));
            assertEquals("grüße, 世界 🌍", values.get("one.string"));
            assertEquals(-1L, values.get("one.uint64"));
            assertEquals(Long.MIN_VALUE, values.get("one.int64"));
            assertEquals(0.1, values.get("one.float64"));
            assertEquals(List.of(0L, 255L), values.get("many.uint8"));
            assertEquals(List.of(-128L, 127L), values.get("many.int8"));
            assertEquals(List.of(0L, 65535L), values.get("many.uint16"));
            assertEquals(List.of(-32768L, 32767L), values.get("many.int16"));
            assertEquals(List.of(0L, 4294967295L), values.get("many.uint32"));
            assertEquals(List.of(-2147483648L, 2147483647L), values.get("many.int32"));
            assertEquals(List.of(-0.5, 3.5), values.get("many.float32"));
            assertEquals(List.of(true, false), values.get("many.bool"));
            assertEquals(List.of("", "a", "ż", "two\nlines"), values.get("many.string"));
            assertEquals(List.of(0L, -1L), values.get("many.uint64"));
            assertEquals(List.of(Long.MIN_VALUE, Long.MAX_VALUE), values.get("many.int64"));
            assertEquals(List.of(-0.5, 0.1), values.get("many.float64"));
            assertEquals(List.of("", "a", "ż", "two\nlines"), file.metadata().list("many.string", String.class));
            assertEquals(List.copyOf(file.tensors().keySet()),
                    List.of("tensor.f32", "tensor.f16", "tensor.q8_0", "tensor.q4_0", "vector"));
            assertEquals(List.of(2, 3, 32), file.tensors().get("tensor.q4_0").shape());
            assertArrayEquals(new float[] {1.5f, -2.5f, 3.5f}, file.tensors().get("vector").decode());
        }
    }

    @Test
    void metadataOutlivesTheFileAndTensorsDoNot() {
        Path path = write("m.gguf", new GgufWriter().putArray("words", GgufValueType.STRING, List.of("a", "b"))
                .tensor("t", WeightType.F32, List.of(1), new float[1]));
        GgufFile file = GgufFile.open(path);
        Metadata metadata = file.metadata();
        Tensor tensor = file.tensors().get("t");
        file.close();
        file.close();
        assertEquals(List.of("a", "b"), metadata.list("words", String.class));
        assertThrows(IllegalStateException.class, tensor::decode);
    }

    @Test
    void version2IsRead() throws IOException {
        Path path = write("m.gguf", new GgufWriter().tensor("t", WeightType.F32, List.of(2), new float[] {1, 2}));
        patch(path, 4, 2);
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals("GGUF 2", file.format());
            assertArrayEquals(new float[] {1, 2}, file.tensors().get("t").decode());
        }
    }

    @Test
    void otherVersionsAndByteOrdersAreNamed() throws IOException {
        Path path = write("m.gguf", new GgufWriter());
        patch(path, 4, 1);
        assertMessage(UnsupportedModelException.class, path, "GGUF version 1");
        patch(path, 4, Integer.reverseBytes(3));
        assertMessage(UnsupportedModelException.class, path, "big-endian");
        patch(path, 4, 4);
        assertMessage(UnsupportedModelException.class, path, "GGUF version 4");
    }

    @Test
    void unknownTensorTypesAreNamed() throws IOException {
        Path path = write("m.gguf", new GgufWriter().tensor("t", WeightType.F32, List.of(32), new float[32]));
        int typeAt = 24 + 8 + 1 + 4 + 8;
        patch(path, typeAt, 21);
        assertMessage(UnsupportedModelException.class, path, "IQ3_S", "'t'", "Q6_K");
        patch(path, typeAt, 77);
        assertMessage(UnsupportedModelException.class, path, "unknown type 77");
        patch(path, typeAt, 26);
        assertMessage(UnsupportedModelException.class, path, "'t'", "I32");
        patch(path, typeAt, WeightType.Q6_K.ggmlId());
        assertMessage(ModelFormatException.class, path, "rows of 32", "256");
    }

    @Test
    void wrongFilesAreNamed() throws IOException {
        assertMessage(ModelNotFoundException.class, folder.resolve("none.gguf"), "does not exist");
        assertMessage(ModelNotFoundException.class, folder, "is a folder");
        assertMessage(ModelFormatException.class, Files.createFile(folder.resolve("empty")), "is empty");
        assertMessage(ModelFormatException.class, Files.writeString(folder.resolve("html"), "<!DOCTYPE html>"), "no model file");
        assertMessage(ModelFormatException.class,
                Files.writeString(folder.resolve("lfs"), "version https://git-lfs.github.com/spec/v1\noid sha256:0"), "git lfs pull");
        assertThrows(ModelFormatException.class, () -> GgufFile.open(folder.resolve("html")));
        assertThrows(ModelNotFoundException.class, () -> GgufFile.open(folder.resolve("none.gguf")));
    }

    @Test
    void lyingCountsAreRefusedBeforeMemoryIsTaken() throws IOException {
        for (long lie : new long[] {Long.MAX_VALUE, -1, 1L << 62, 1L << 40, 100}) {
            assertRefused(bytes -> bytes.putLong(8, lie), "tensors");
            assertRefused(bytes -> bytes.putLong(16, lie), "metadata keys");
            assertRefused(bytes -> bytes.putLong(24, lie), "metadata key 1");
        }
    }

    private interface Change {
        void apply(ByteBuffer bytes);
    }

    private void assertRefused(Change change, String part) throws IOException {
        Path path = write("lie.gguf", new GgufWriter().put("key", GgufValueType.UINT8, 1L)
                .tensor("t", WeightType.F32, List.of(1), new float[1]));
        byte[] bytes = Files.readAllBytes(path);
        change.apply(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        Files.write(path, bytes);
        assertMessage(ModelFormatException.class, path, part);
    }

    @Test
    void contradictionsAreRefused() throws IOException {
        Header header = new Header();
        assertMessage(ModelFormatException.class, header.key("a", 0, 7).key("a", 0, 8).write("twice"), "'a' is there twice");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("t", 0, 0, 4).tensor("t", 0, 32, 4).data(64).write("names"),
                "'t' is there twice");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 0, 16).tensor("b", 0, 32, 4).data(64).write("overlap"),
                "'a' and 'b' overlap");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 64, 4).data(64).write("outside"), "needs 16 bytes");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 16, 4).data(64).write("unaligned"), "alignment 32");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, -32, 4).data(64).write("negative"), "alignment 32");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 0, 0).data(64).write("empty"), "dimension of 0");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 0, 1L << 40).data(64).write("long"), "dimension of 1099511627776");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 0, 1, 1 << 30, 1 << 30, 1 << 30).data(64).write("rows"), "rows");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 0, Integer.MAX_VALUE, Integer.MAX_VALUE).data(64).write("huge"),
                "claims 4611686014132420609 blocks");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 0, 1 << 30, 1 << 20).data(64).write("large"),
                "of 64 bytes of data");
        header = new Header();
        assertMessage(ModelFormatException.class, header.tensor("a", 0, 0, 1, 1, 1, 1, 1).data(64).write("dimensions"), "5 dimensions");
        header = new Header();
        assertMessage(ModelFormatException.class, header.key("flag", 7, 2).write("flag"), "neither 0 nor 1");
        header = new Header();
        assertMessage(ModelFormatException.class, header.key("kind", 13, 2).write("kind"), "unknown type 13");
        header = new Header();
        assertMessage(ModelFormatException.class, header.key("general.alignment", 0, 48).write("alignment"), "no power of two");
        header = new Header();
        assertMessage(ModelFormatException.class, header.key("bad\u0001\nname", 13, 2).write("one-line"), "'bad??name'");
    }

    @Test
    void invalidUtf8AndNestedArraysAreRefused() throws IOException {
        Path path = write("m.gguf", new GgufWriter().put("key", GgufValueType.STRING, "word"));
        byte[] bytes = Files.readAllBytes(path);
        int word = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("word");
        bytes[word] = (byte) 0xC3;
        Files.write(path, bytes);
        assertMessage(ModelFormatException.class, path, "'key' is no valid UTF-8");

        Path replacement = write("r.gguf", new GgufWriter().put("key", GgufValueType.STRING, "\uFFFD is a character"));
        try (GgufFile file = GgufFile.open(replacement)) {
            assertEquals("\uFFFD is a character", file.metadata().string("key"));
        }

        Path nested = write("n.gguf", new GgufWriter().putArray("key", GgufValueType.UINT8, List.of(1L)));
        patch(nested, 24 + 8 + 3 + 4, GgufValueType.ARRAY.id());
        assertMessage(ModelFormatException.class, nested, "array of arrays");
    }

    @Test
    void aTensorBeyondTwoGigabytesIsRead() throws IOException {
        Path path = folder.resolve("large.gguf");
        long count = 3L << 28; // as F32 3 GiB, of which the file system stores only what is written
        Header header = new Header().tensor("first", 0, 0, 1 << 14, count >> 14).tensor("last", 0, count * 4, 2);
        byte[] bytes = header.bytes();
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(bytes);
            file.seek(bytes.length + count * 4 - 4);
            file.writeInt(Integer.reverseBytes(Float.floatToIntBits(5)));
            file.writeInt(Integer.reverseBytes(Float.floatToIntBits(6)));
            file.writeInt(Integer.reverseBytes(Float.floatToIntBits(7)));
        }
        try (GgufFile file = GgufFile.open(path)) {
            float[] row = new float[1 << 14];
            file.tensors().get("first").decodeRow((int) (count >> 14) - 1, row);
            assertEquals(5, row[row.length - 1]);
            assertArrayEquals(new float[] {6, 7}, file.tensors().get("last").decode());
        }
    }

    @Test
    void shardsAreOneModel() {
        for (int i = 0; i < 3; i++) {
            shard(i, 3, 3, "t" + i).write(shardPath(i, 3));
        }
        try (GgufFile file = GgufFile.open(shardPath(0, 3))) {
            assertEquals(List.of("t0", "t1", "t2"), List.copyOf(file.tensors().keySet()));
            assertArrayEquals(new float[] {2}, file.tensors().get("t2").decode());
            assertEquals("x", file.metadata().string("general.architecture"));
        }
        assertMessage(InvalidRequestException.class, shardPath(1, 3), "part 2 of 3", "m-00001-of-00003.gguf");
    }

    @Test
    void shardsThatDoNotBelongTogetherAreRefused() throws IOException {
        shard(0, 2, 2, "t0").write(shardPath(0, 2));
        assertMessage(ModelNotFoundException.class, shardPath(0, 2), "m-00002-of-00002.gguf is missing");
        shard(1, 3, 2, "t1").write(shardPath(1, 2));
        assertMessage(ModelFormatException.class, shardPath(0, 2), "part 2 of 3");
        shard(1, 2, 2, "t0").write(shardPath(1, 2));
        assertMessage(ModelFormatException.class, shardPath(0, 2), "'t0' is in two of the parts");
        shard(0, 2, 3, "t0").write(shardPath(0, 2));
        shard(1, 2, 3, "t1").write(shardPath(1, 2));
        assertMessage(ModelFormatException.class, shardPath(0, 2), "hold 3 tensors, they hold 2");
        Path renamed = folder.resolve("renamed.gguf");
        Files.copy(shardPath(0, 2), renamed);
        assertMessage(ModelFormatException.class, renamed, "-00001-of-00002.gguf");
    }

    private GgufWriter shard(int number, int parts, int tensors, String tensor) {
        return new GgufWriter().put("general.architecture", GgufValueType.STRING, "x")
                .put("split.no", GgufValueType.UINT16, (long) number).put("split.count", GgufValueType.UINT16, (long) parts)
                .put("split.tensors.count", GgufValueType.INT32, (long) tensors)
                .tensor(tensor, WeightType.F32, List.of(1), new float[] {number});
    }

    private Path shardPath(int number, int parts) {
        return folder.resolve("m-%05d-of-%05d.gguf".formatted(number + 1, parts));
    }

    private Path write(String name, GgufWriter writer) {
        Path path = folder.resolve(name);
        writer.write(path);
        return path;
    }

    private static void patch(Path path, int at, int value) throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        Files.write(path, bytes);
    }

    @Test
    void numbersOf64BitsBecomeTheNearestOf32() throws IOException {
        double[] numbers = {0.1, -1e-50, 16_777_217, Double.POSITIVE_INFINITY};
        byte[] bytes = new Header().tensor("wide", 28, 0, 2, 2).data(8 * numbers.length).bytes();
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(bytes.length - 8 * numbers.length);
        Arrays.stream(numbers).forEach(data::putDouble);
        Path path = Files.write(folder.resolve("wide.gguf"), bytes);
        try (ModelFile file = ModelFiles.open(path)) {
            Tensor wide = file.tensors().get("wide");
            assertEquals(WeightType.F32, wide.type());
            assertEquals(List.of(2, 2), wide.shape());
            assertArrayEquals(new float[] {0.1f, -0.0f, 16_777_216, Float.POSITIVE_INFINITY}, wide.decode());
        }
        data.putDouble(bytes.length - 8, 1e39);
        Files.write(path, bytes);
        assertMessage(UnsupportedModelException.class, path, "'wide'", "1.0E39");
        Files.write(path, Arrays.copyOf(bytes, bytes.length - 1));
        assertMessage(ModelFormatException.class, path, "needs 32 bytes");
    }

    private static void assertMessage(Class<? extends WaterspoutException> type, Path path, String... parts) {
        WaterspoutException refused = assertThrows(type, () -> ModelFiles.open(path).close());
        for (String part : parts) {
            assertTrue(refused.getMessage().contains(part), "'" + part + "' is not in: " + refused.getMessage());
        }
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
    }

    /** Puts together headers that {@link GgufWriter} refuses to write. */
    private final class Header {

        private final ByteBuffer keys = ByteBuffer.allocate(1 << 12).order(ByteOrder.LITTLE_ENDIAN);
        private final ByteBuffer tensors = ByteBuffer.allocate(1 << 12).order(ByteOrder.LITTLE_ENDIAN);
        private int keyCount;
        private int tensorCount;
        private int dataBytes;

        Header key(String key, int type, int value) {
            string(keys, key).putInt(type).put((byte) value);
            keyCount++;
            return this;
        }

        Header tensor(String name, int type, long offset, long... dimensions) {
            string(tensors, name).putInt(dimensions.length);
            for (long length : dimensions) {
                tensors.putLong(length);
            }
            tensors.putInt(type).putLong(offset);
            tensorCount++;
            return this;
        }

        Header data(int bytes) {
            dataBytes = bytes;
            return this;
        }

        byte[] bytes() {
            int length = 24 + keys.position() + tensors.position();
            ByteBuffer all = ByteBuffer.allocate((length + 31) / 32 * 32 + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
            all.putInt(GgufHeader.MAGIC).putInt(3).putLong(tensorCount).putLong(keyCount);
            all.put(keys.flip()).put(tensors.flip());
            return all.array();
        }

        Path write(String name) throws IOException {
            return Files.write(folder.resolve(name), bytes());
        }

        private static ByteBuffer string(ByteBuffer to, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return to.putLong(bytes.length).put(bytes);
        }
    }
}
