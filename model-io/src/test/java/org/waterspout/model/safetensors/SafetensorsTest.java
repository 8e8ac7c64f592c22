package org.waterspout.model.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** Files of the safetensors library (src/test/python/record_safetensors.py), and files that lie. */
class SafetensorsTest {

    private static final long SEED = Long.getLong("waterspout.test.seed", ThreadLocalRandom.current().nextLong(1L << 40));
    private static final List<String> FILES = List.of("one.safetensors", "model.safetensors.index.json",
            "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");

    @TempDir
    Path folder;

    @Test
    void oneFileAndShardsHoldWhatTheLibraryWrote() throws IOException {
        for (String name : FILES) {
            Files.write(folder.resolve(name), resource(name));
        }
        try (Arena arena = Arena.ofShared()) {
            TreeMap<String, StoredTensor> one = new TreeMap<>(Safetensors.open(folder.resolve("one.safetensors"), arena));
            assertEquals("I64", one.remove("positions").type());
            StoredTensor nothing = one.remove("nothing");
            assertTrue(assertThrows(UnsupportedModelException.class, () -> nothing.tensor(arena)).getMessage().contains("'nothing'"));
            check(one, arena);
            check(new TreeMap<>(Safetensors.openIndexed(folder.resolve("model.safetensors.index.json"), arena)), arena);
        }
    }

    private static void check(TreeMap<String, StoredTensor> tensors, Arena arena) throws IOException {
        assertEquals(List.of("brain", "half", "number", "single"), List.copyOf(tensors.keySet()));
        assertEquals(List.of(WeightType.BF16, WeightType.F16, WeightType.F32, WeightType.F32),
                tensors.values().stream().map(stored -> stored.tensor(arena).type()).toList());
        assertEquals(List.of(List.of(7), List.of(2, 3, 4), List.of(1), List.of(3, 5)),
                tensors.values().stream().map(stored -> stored.tensor(arena).shape()).toList());
        ByteBuffer expected = ByteBuffer.wrap(resource("numbers.f32")).order(ByteOrder.LITTLE_ENDIAN);
        for (StoredTensor stored : tensors.values()) {
            for (float actual : stored.tensor(arena).decode()) {
                assertEquals(expected.getFloat(), actual, stored.name());
            }
        }
        assertFalse(expected.hasRemaining());
    }

    private record Lie(String name, String header, int dataBytes, String told) {
    }

    private static final String A = "'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}";

    private static final List<Lie> LIES = List.of(
            new Lie("no JSON", "{'a':", 8, "no sound JSON"),
            new Lie("a list", "[" + "{" + A + "}]", 8, "no JSON object"),
            new Lie("text after it", "{" + A + "} x", 8, "no sound JSON"),
            new Lie("not UTF-8", "{'\u00ff':1}", 8, "lacks a dtype"),
            new Lie("the same name twice", "{" + A + "," + A + "}", 8, "Duplicate field 'a'"),
            new Lie("nested without end", "{'__metadata__':" + "[".repeat(100_000), 8, "no sound JSON"),
            new Lie("metadata that is no text", "{'__metadata__':{'a':1}," + A + "}", 8, "no object of strings"),
            new Lie("a tensor that is no object", "{'a':7}", 8, "'a' lacks a dtype"),
            new Lie("three offsets", "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8,9]}}", 8, "two data_offsets"),
            new Lie("beyond the data", "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}}", 8, "0 to 16 of 8 bytes"),
            new Lie("backwards", "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}", 8, "bytes 8 to 0"),
            new Lie("a negative offset", "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}}", 8, "offset '-8'"),
            new Lie("an offset above 2^63", "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,18446744073709551616]}}", 8,
                    "offset '18446744073709551616'"),
            new Lie("an offset of many digits", "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0," + "9".repeat(5000) + "]}}", 8,
                    "no sound JSON"),
            new Lie("an offset that is no integer", "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8.0]}}", 8, "offset '8.0'"),
            new Lie("shorter than its shape", "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}", 8, "cannot have 8 bytes"),
            new Lie("longer than its shape", "{'a':{'dtype':'F16','shape':[3],'data_offsets':[0,8]}}", 8, "cannot have 8 bytes"),
            new Lie("a shape whose product overflows to the right length",
                    "{'a':{'dtype':'F32','shape':[65536,65536,65536,65536],'data_offsets':[0,0]}}", 0, "rows"),
            new Lie("a shape of 2^62 numbers", "{'a':{'dtype':'F32','shape':[2147483647,2147483647],'data_offsets':[0,8]}}", 8,
                    "cannot have 8 bytes"),
            new Lie("a negative dimension", "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}", 8, "dimension of '-2'"),
            new Lie("a huge dimension", "{'a':{'dtype':'F32','shape':[4294967298],'data_offsets':[0,8]}}", 8, "'4294967298'"),
            new Lie("a thousand dimensions", "{'a':{'dtype':'F32','shape':[" + "1,".repeat(999) + "1],'data_offsets':[0,4]}}", 4,
                    "1000 dimensions"),
            new Lie("overlapping", "{" + A + ",'b':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}", 12, "'a' and 'b' overlap"),
            new Lie("the same place twice", "{" + A + ",'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}", 8, "overlap"),
            new Lie("a hole", "{" + A + ",'b':{'dtype':'F32','shape':[2],'data_offsets':[12,20]}}", 20, "bytes 8 to 12"),
            new Lie("a hole at the start", "{'b':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}", 12, "bytes 0 to 4"),
            new Lie("data behind the last", "{" + A + "}", 9, "bytes 8 to 9"),
            new Lie("data cut off", "{" + A + "}", 7, "0 to 8 of 7"));

    @TestFactory
    Stream<DynamicTest> aHeaderThatLiesIsRefusedInOneLine() {
        return LIES.stream().map(lie -> DynamicTest.dynamicTest(lie.name, () -> {
            byte[] header = lie.header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
            String message = refused(file(header.length, header, lie.dataBytes));
            assertTrue(message.replace('"', '\'').contains(lie.told), message);
        }));
    }

    @Test
    void aHeaderLengthThatLiesIsRefused() throws IOException {
        byte[] header = ("{" + A + "}").replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        for (long length : new long[] {-1, Long.MIN_VALUE, 0, 1, header.length + 9, Long.MAX_VALUE}) {
            String message = refused(file(length, header, 8));
            assertTrue(message.contains("claims " + Long.toUnsignedString(length) + " of"), message);
        }
        assertTrue(refused(new byte[0]).contains("only 0 bytes"));
        assertTrue(refused(new byte[7]).contains("only 7 bytes"));
    }

    @Test
    void aTypeThatCannotBeReadIsNamedWhenItIsNeeded() throws IOException {
        byte[] header = "{\"a\":{\"dtype\":\"F4\",\"shape\":[16],\"data_offsets\":[0,8]}}".getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("a.safetensors");
        Files.write(path, file(header.length, header, 8));
        try (Arena arena = Arena.ofShared()) {
            StoredTensor stored = Safetensors.open(path, arena).get("a");
            String message = assertThrows(UnsupportedModelException.class, () -> stored.tensor(arena)).getMessage();
            assertTrue(message.contains("'F4'") && message.contains("F64, F32, F16 and BF16"), message);
        }
    }

    /** Integers of a folder hold quantized weights, or are no weights. */
    @Test
    void integersAndNarrowFloatsAreRefusedAsQuantized() throws IOException {
        for (String type : List.of("I8", "U8", "F8_E4M3")) {
            byte[] header = ("{\"a\":{\"dtype\":\"" + type + "\",\"shape\":[8],\"data_offsets\":[0,8]}}").getBytes(StandardCharsets.UTF_8);
            Path path = folder.resolve(type + ".safetensors");
            Files.write(path, file(header.length, header, 8));
            try (Arena arena = Arena.ofShared()) {
                StoredTensor stored = Safetensors.open(path, arena).get("a");
                String message = assertThrows(UnsupportedModelException.class, () -> stored.tensor(arena)).getMessage();
                assertTrue(message.contains("'" + type + "', as quantized weights are"), message);
            }
        }
    }

    private Path doubles(double... numbers) throws IOException {
        byte[] header = ("{\"a\":{\"dtype\":\"F64\",\"shape\":[" + numbers.length + "],\"data_offsets\":[0," + 8 * numbers.length + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        byte[] bytes = file(header.length, header, 8 * numbers.length);
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(8 + header.length);
        Arrays.stream(numbers).forEach(data::putDouble);
        Path path = folder.resolve("doubles.safetensors");
        Files.write(path, bytes);
        return path;
    }

    @Test
    void numbersOf64BitsBecomeTheNearestOf32() throws IOException {
        double[] numbers = {0.1, -1.0 / 3, 1 + 0x1p-24, 1 + 0x1.8p-24, Float.MIN_VALUE, 1e-60, -0.0, Float.MAX_VALUE,
            Double.POSITIVE_INFINITY, Double.NaN};
        try (Arena arena = Arena.ofShared()) {
            Tensor tensor = Safetensors.open(doubles(numbers), arena).get("a").tensor(arena);
            assertEquals(WeightType.F32, tensor.type());
            float[] read = tensor.decode();
            for (int i = 0; i < numbers.length; i++) {
                assertEquals((float) numbers[i], read[i], "number " + i);
            }
            StoredTensor beyond = Safetensors.open(doubles(1, 3.5e38), arena).get("a");
            String message = assertThrows(UnsupportedModelException.class, () -> beyond.tensor(arena)).getMessage();
            assertTrue(message.contains("3.5E38") && message.contains("'a'"), message);
        }
    }

    @Test
    void aFileBeyondTwoGigabytesIsMapped() throws IOException {
        int columns = 1 << 20;
        long bytes = 600L * columns * 4;
        byte[] header = ("{\"a\":{\"dtype\":\"F32\",\"shape\":[600," + columns + "],\"data_offsets\":[0," + bytes + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("large.safetensors");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(file(header.length, header, 0)));
            channel.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(2.5f).flip(), 8 + header.length + bytes - 4);
        }
        try (Arena arena = Arena.ofShared()) {
            Tensor tensor = Safetensors.open(path, arena).get("a").tensor(arena);
            float[] row = new float[columns];
            tensor.decodeRow(599, row);
            assertEquals(2.5f, row[columns - 1]);
            assertEquals(0, row[0]);
        }
    }

    @Test
    void bytesChangedAtRandomAreReadOrRefused() throws IOException {
        byte[] whole = resource("one.safetensors");
        Random random = new Random(SEED);
        for (int trial = 0; trial < 3000; trial++) {
            byte[] changed = random.nextInt(4) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            for (int i = 0; i < 3 && changed.length > 0; i++) {
                changed[random.nextInt(Math.min(changed.length, 500))] = (byte) (random.nextBoolean() ? '0' + random.nextInt(10)
                        : random.nextInt(256));
            }
            Path path = folder.resolve("changed.safetensors");
            Files.write(path, changed);
            try (Arena arena = Arena.ofShared()) {
                for (StoredTensor stored : Safetensors.open(path, arena).values()) {
                    stored.tensor(arena).decode();
                }
            } catch (WaterspoutException refused) {
                assertEquals(1, refused.getMessage().lines().count(), "seed " + SEED + " trial " + trial);
            } catch (RuntimeException other) {
                throw new AssertionError("seed " + SEED + " trial " + trial, other);
            }
        }
    }

    @Test
    void anIndexThatLiesIsRefused() throws IOException {
        for (String name : FILES) {
            Files.write(folder.resolve(name), resource(name));
        }
        String one = "model-00001-of-00002.safetensors";
        assertTrue(refusedIndex("{}").contains("no weight_map"));
        assertTrue(refusedIndex("{\"weight_map\":{\"a\":\"../" + one + "\"}}").contains("of its folder"));
        assertTrue(refusedIndex("{\"weight_map\":{\"a\":7}}").contains("of its folder"));
        assertTrue(refusedIndex("{\"weight_map\":{\"brain\":\"" + one + "\"}}").contains("'number'"));
        assertTrue(refusedIndex("{\"weight_map\":{\"brain\":\"" + one + "\",\"number\":\"" + one + "\",\"x\":\"" + one + "\"}}")
                .contains("lacks tensor 'x'"));
        assertTrue(refusedIndex("{\"weight_map\":{\"a\":\"none.safetensors\"}}").contains("is missing"));
        assertTrue(refusedIndex("{\"weight_map\"").contains("no sound JSON"));
    }

    private String refusedIndex(String index) throws IOException {
        Path path = folder.resolve("model.safetensors.index.json");
        Files.writeString(path, index);
        try (Arena arena = Arena.ofShared()) {
            WaterspoutException refused = assertThrows(WaterspoutException.class, () -> Safetensors.openIndexed(path, arena));
            assertTrue(refused instanceof ModelFormatException || refused instanceof ModelNotFoundException);
            assertEquals(1, refused.getMessage().lines().count());
            return refused.getMessage();
        }
    }

    private static byte[] file(long claimedLength, byte[] header, int dataBytes) {
        return ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN).putLong(claimedLength).put(header)
                .array();
    }

    private String refused(byte[] bytes) throws IOException {
        Path path = folder.resolve("lie.safetensors");
        Files.write(path, bytes);
        try (Arena arena = Arena.ofShared()) {
            ModelFormatException refused = assertThrows(ModelFormatException.class, () -> Safetensors.open(path, arena));
            assertEquals(1, refused.getMessage().lines().count());
            assertTrue(refused.getMessage().contains("get the file again"), refused.getMessage());
            return refused.getMessage();
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = SafetensorsTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
