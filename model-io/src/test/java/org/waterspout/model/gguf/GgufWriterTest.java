package org.waterspout.model.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

class GgufWriterTest {

    @TempDir
    Path folder;

    /** The file of the gguf Python package, read and written again with the same calls, comes out byte for byte. */
    @Test
    void writesWhatTheGgufPackageWrites() throws IOException {
        byte[] expected = fromPython();
        Path recorded = Files.write(folder.resolve("recorded.gguf"), expected);
        Path written = folder.resolve("written.gguf");
        try (GgufFile file = GgufFile.open(recorded)) {
            GgufWriter writer = new GgufWriter();
            for (Map.Entry<String, Object> entry : file.metadata().values().entrySet()) {
                putLikePython(writer, entry.getKey(), entry.getValue());
            }
            for (Tensor tensor : file.tensors().values()) {
                if (tensor.name().equals("vector")) {
                    writer.tensor(tensor);
                } else {
                    writer.tensor(tensor.name(), tensor.type(), tensor.shape(), file.tensors().get("tensor.f32").decode());
                }
            }
            writer.write(written);
        }
        assertArrayEquals(expected, Files.readAllBytes(written));
    }

    private static void putLikePython(GgufWriter writer, String key, Object value) {
        String kind = key.substring(key.indexOf('.') + 1);
        switch (key) {
            case "general.architecture" -> writer.put(key, GgufValueType.STRING, value);
            case "general.alignment" -> writer.put(key, GgufValueType.UINT32, value);
            default -> {
                GgufValueType type = GgufValueType.valueOf(kind.toUpperCase(Locale.ROOT));
                if (key.startsWith("many.")) {
                    writer.putArray(key, type, (List<?>) value);
                } else {
                    writer.put(key, type, value);
                }
            }
        }
    }

    @Test
    void replacesAFileWholeOrNotAtAll() throws IOException {
        Path path = folder.resolve("model.gguf");
        new GgufWriter().tensor("t", WeightType.F32, List.of(3), new float[] {1, 2, 3}).write(path);
        byte[] before = Files.readAllBytes(path);

        GgufWriter refused = new GgufWriter()
                .tensor("good", WeightType.F32, List.of(3), new float[] {1, 2, 3})
                .tensor("bad", WeightType.F16, List.of(1, 2), new float[] {1, 1e30f});
        InvalidRequestException failure = assertThrows(InvalidRequestException.class, () -> refused.write(path));

        assertTrue(failure.getMessage().contains("bad"), failure.getMessage());
        assertArrayEquals(before, Files.readAllBytes(path));
        assertEquals(List.of("model.gguf"), namesIn(folder), "nothing half-written is left");

        new GgufWriter().tensor("t", WeightType.F32, List.of(1), new float[] {9}).write(path);
        try (GgufFile file = GgufFile.open(path)) {
            assertArrayEquals(new float[] {9}, file.tensors().get("t").decode());
        }
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNamed() {
        Path nowhere = folder.resolve("missing").resolve("model.gguf");
        InvalidRequestException failure = assertThrows(InvalidRequestException.class, () -> new GgufWriter().write(nowhere));
        assertTrue(failure.getMessage().startsWith(nowhere + " cannot be written"), failure.getMessage());
    }

    @Test
    void valuesThatDoNotFitAreRefused() {
        GgufWriter writer = new GgufWriter();
        for (Object[] wrong : new Object[][] {
            {GgufValueType.UINT8, 256L}, {GgufValueType.UINT8, -1L}, {GgufValueType.INT8, 128L}, {GgufValueType.UINT16, 65536L},
            {GgufValueType.INT16, -32769L}, {GgufValueType.UINT32, 1L << 32}, {GgufValueType.INT32, 1L << 31},
            {GgufValueType.STRING, 1L}, {GgufValueType.BOOL, "true"}, {GgufValueType.FLOAT32, 1L}, {GgufValueType.UINT64, 1},
            {GgufValueType.ARRAY, List.of()}}) {
            InvalidRequestException refused = assertThrows(InvalidRequestException.class,
                    () -> writer.put("the.key", (GgufValueType) wrong[0], wrong[1]), wrong[0] + " " + wrong[1]);
            assertTrue(refused.getMessage().contains("the.key"));
        }
        assertThrows(InvalidRequestException.class, () -> writer.putArray("k", GgufValueType.ARRAY, List.of()));
        assertThrows(InvalidRequestException.class, () -> writer.put("general.alignment", GgufValueType.UINT32, 48L));
    }

    @Test
    void tensorsThatMakeNoSenseAreRefused() {
        GgufWriter writer = new GgufWriter();
        assertThrows(InvalidRequestException.class, () -> writer.tensor("t", WeightType.Q8_0, List.of(2, 31), new float[62]));
        assertThrows(InvalidRequestException.class, () -> writer.tensor("t", WeightType.F32, List.of(2, 2), new float[3]));
        assertThrows(InvalidRequestException.class, () -> writer.tensor("t", WeightType.F32, List.of(), new float[1]));
        assertThrows(InvalidRequestException.class, () -> writer.tensor("t", WeightType.F32, List.of(1, 1, 1, 1, 1), new float[1]));
        assertThrows(InvalidRequestException.class, () -> writer.tensor("t", WeightType.Q6_K, List.of(256), new float[256]));
        writer.tensor("t", WeightType.F32, List.of(1), new float[1]);
        assertThrows(InvalidRequestException.class, () -> writer.tensor("t", WeightType.F32, List.of(1), new float[1]));
    }

    static byte[] fromPython() throws IOException {
        try (InputStream in = GgufWriterTest.class.getResourceAsStream("from-python.gguf")) {
            return in.readAllBytes();
        }
    }

    private static List<String> namesIn(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        return names;
    }
}
