package org.waterspout.model.marian;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** A model and a shortlist written from the description of the formats (src/test/python/record_marian.py), and damaged ones. */
@Tag("slow")
class MarianFileTest {

    private static final long SEED = Long.getLong("waterspout.test.seed", ThreadLocalRandom.current().nextLong(1L << 40));
    private static final int VOCABULARY = 48;

    @TempDir
    Path folder;

    private Path model;

    @BeforeEach
    void copyFixture() throws IOException {
        for (String name : List.of("model.xxyy.bin", "lex.xxyy.bin", "config.yml")) {
            Files.write(folder.resolve(name), resource(name));
        }
        Files.write(folder.resolve("vocab.xxyy.spm"), new byte[0]);
        model = folder.resolve("model.xxyy.bin");
    }

    @Test
    void everyWeightHasItsNameItsShapeAndItsNumbers() throws IOException {
        JsonNode shapes = new ObjectMapper().readTree(resource("cases.json")).path("shapes");
        ByteBuffer expected = ByteBuffer.wrap(resource("numbers.f32")).order(ByteOrder.LITTLE_ENDIAN);
        try (ModelFile file = MarianFile.open(folder)) {
            Map<String, Tensor> tensors = new TreeMap<>(file.tensors());
            assertEquals(StreamSupport.stream(((Iterable<String>) shapes::fieldNames).spliterator(), false).toList(),
                    List.copyOf(tensors.keySet()));
            tensors.forEach((name, tensor) -> {
                assertEquals(shapes.get(name).toString(), tensor.shape().toString().replace(" ", ""), name);
                assertEquals(tensor.shape().size() == 1 ? WeightType.F32 : WeightType.I8_32, tensor.type(), name);
                for (float number : tensor.decode()) {
                    assertEquals(expected.getFloat(), number, name);
                }
            });
            assertEquals(0, expected.remaining());
        }
    }

    @Test
    void theOptionsBecomeKeysAndTheFolderTellsTheRest() {
        try (MarianFile file = MarianFile.open(model)) {
            Metadata metadata = file.metadata();
            assertEquals("marian", metadata.string("general.architecture"));
            assertEquals(32, metadata.integer("marian.embedding_length"));
            assertEquals(2, metadata.integer("marian.block_count"));
            assertEquals(1, metadata.integer("marian.decoder_block_count"));
            assertEquals(64, metadata.integer("marian.feed_forward_length"));
            assertEquals(8, metadata.integer("marian.attention.head_count"));
            assertEquals((float) Math.sqrt(32), metadata.number("marian.embedding_scale"));
            assertEquals(1e-6f, metadata.number("marian.attention.layer_norm_epsilon"));
            assertEquals(-1, metadata.integer("marian.decoder_start_token_id"));
            assertEquals(2.5f, metadata.number("generation.max_length_factor"));
            assertEquals(Optional.of(folder.resolve("vocab.xxyy.spm")), file.textPath());
            assertEquals(Optional.empty(), file.targetTextPath());
            assertEquals(Optional.of(folder.resolve("lex.xxyy.bin")), file.shortlistPath());
        }
    }

    @Test
    void twoVocabulariesAreToldApart() throws IOException {
        Files.move(folder.resolve("vocab.xxyy.spm"), folder.resolve("srcvocab.xxyy.spm"));
        Files.write(folder.resolve("trgvocab.xxyy.spm"), new byte[0]);
        try (MarianFile file = MarianFile.open(folder)) {
            assertEquals(Optional.of(folder.resolve("srcvocab.xxyy.spm")), file.textPath());
            assertEquals(Optional.of(folder.resolve("trgvocab.xxyy.spm")), file.targetTextPath());
        }
    }

    /** Options that would change the arithmetic: each in place of the fixture's line, of the same length. */
    @TestFactory
    Stream<DynamicTest> optionsThatAreNotBuiltAreRefusedByName() {
        return Stream.of("dec-cell: ssru|dec-cell: gruu", "type: transformer|type: transformes",
                "autoreg: rnn|autoreg: aan", "postprocess: dan|postprocess: dab", "activation: relu|activation: gelu",
                "ffn-depth: 2|ffn-depth: 3", "no-projection: false|no-projection: !!n  ", "right-left: false|right-left: true ",
                "position-embeddings: false|position-embeddings: true ", "tied-embeddings-all: true|tied-embeddings-all: !!no",
                "lemma-dim-emb: 0|lemma-dim-emb: 7").map(change -> DynamicTest.dynamicTest(change, () -> {
                    String[] sides = change.split("\\|");
                    replace(sides[0], sides[1]);
                    String message = refused(WaterspoutException.class);
                    String option = sides[0].substring(0, sides[0].indexOf(':'));
                    assertTrue(message.contains(option) || message.contains("no sound YAML"), message);
                }));
    }

    @TestFactory
    Stream<DynamicTest> optionsThatMakeNoSenseAreRefused() {
        return Stream.of("dim-emb: 32|dim-emb: -2", "enc-depth: 2|enc-depth: x", "transformer-heads: 8|transformer-heads: 0",
                "dec-depth: 1|dec-depth: [", "dim-vocabs:|dim-vocabz:", "type: transformer|type: *ransformer",
                "skip: false|skip: [[*a]").map(change -> DynamicTest.dynamicTest(change, () -> {
                    String[] sides = change.split("\\|");
                    replace(sides[0], sides[1]);
                    assertTrue(refused(ModelFormatException.class).contains("get the file again")
                            || sides[0].matches("dim.*|enc.*|trans.*"));
                }));
    }

    private void replace(String from, String to) throws IOException {
        String bytes = new String(resource("model.xxyy.bin"), StandardCharsets.ISO_8859_1);
        assertEquals(from.length(), to.length());
        int at = bytes.lastIndexOf(from);
        assertTrue(at > 0, from);
        Files.write(model, (bytes.substring(0, at) + to + bytes.substring(at + from.length())).getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void cutOffAnywhereAndWithBytesBehindItIsRefused() throws IOException {
        byte[] whole = resource("model.xxyy.bin");
        Random random = new Random(SEED);
        for (int trial = 0; trial < 600; trial++) {
            int length = trial < 300 ? trial * 10 : random.nextInt(whole.length);
            Files.write(model, Arrays.copyOf(whole, length));
            refused(WaterspoutException.class);
        }
        Files.write(model, Arrays.copyOf(whole, whole.length + 1));
        assertTrue(refused(ModelFormatException.class).contains("goes on for 1 bytes"));
    }

    @Test
    void headersThatLieAreRefused() throws IOException {
        record Lie(int at, long value, String told) {
        }
        int first = 16;
        for (Lie lie : List.of(new Lie(0, 2, "version 2"), new Lie(8, -1, "items"), new Lie(8, 1L << 40, "items"), new Lie(8, 0, "items"),
                new Lie(first, 0, "a name of 0 bytes"), new Lie(first, -1, "a name of"), new Lie(first, 4, "has no end"),
                new Lie(first + 8, 0x4102, "0x4102"), new Lie(first + 16, 9, "9 dimensions"), new Lie(first + 16, -1, "dimensions"),
                new Lie(first + 24, -1, "bytes of data"), new Lie(first + 24, 1L << 50, "ends within"))) {
            byte[] bytes = resource("model.xxyy.bin");
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(lie.at, lie.value);
            Files.write(model, bytes);
            String message = refused(WaterspoutException.class);
            assertTrue(message.contains(lie.told), lie + ": " + message);
        }
    }

    @Test
    void bytesChangedAtRandomAreReadOrRefused() throws IOException {
        byte[] whole = resource("model.xxyy.bin");
        Random random = new Random(SEED);
        for (int trial = 0; trial < 1500; trial++) {
            byte[] changed = whole.clone();
            for (int i = 0; i < 3; i++) {
                // the headers, or the options at the end
                int at = random.nextBoolean() ? random.nextInt(6000) : changed.length - 1 - random.nextInt(1000);
                changed[at] = (byte) random.nextInt(256);
            }
            Files.write(model, changed);
            try (ModelFile file = MarianFile.open(folder)) {
                file.tensors().values().forEach(Tensor::decode);
            } catch (WaterspoutException refused) {
                assertEquals(1, refused.getMessage().lines().count());
            } catch (RuntimeException other) {
                throw new AssertionError("seed " + SEED + " trial " + trial, other);
            }
        }
    }

    @Test
    void theShortlistGivesTheCandidatesOfEachSource() throws IOException {
        Shortlist shortlist = Shortlist.open(folder.resolve("lex.xxyy.bin"), VOCABULARY, VOCABULARY);
        for (JsonNode recorded : new ObjectMapper().readTree(resource("cases.json")).path("shortlist")) {
            assertArrayEquals(integers(recorded.path("candidates")), shortlist.candidates(integers(recorded.path("source"))));
        }
        for (int outside : new int[] {-1, VOCABULARY}) {
            assertThrows(InvalidRequestException.class, () -> shortlist.candidates(new int[] {0, outside}));
        }
    }

    private static int[] integers(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
    }

    @Test
    void aDamagedShortlistIsRefused() throws IOException {
        Path path = folder.resolve("lex.xxyy.bin");
        byte[] whole = resource("lex.xxyy.bin");
        assertThrows(ModelFormatException.class, () -> Shortlist.open(path, VOCABULARY, 40));
        assertThrows(ModelFormatException.class, () -> Shortlist.open(path, VOCABULARY + 1, VOCABULARY));
        for (int length = 0; length < whole.length; length++) {
            Files.write(path, Arrays.copyOf(whole, length));
            assertThrows(ModelFormatException.class, () -> Shortlist.open(path, VOCABULARY, VOCABULARY));
        }
        for (int at = 0; at < whole.length / 8 * 8; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= (byte) 0x10;
            Files.write(path, changed);
            assertEquals(1, assertThrows(ModelFormatException.class, () -> Shortlist.open(path, VOCABULARY, VOCABULARY)).getMessage()
                    .lines().count());
        }
    }

    @Test
    void aFolderWithoutOrWithSeveralModelsIsRefused() throws IOException {
        Files.copy(model, folder.resolve("model.other.bin"));
        assertTrue(assertThrows(InvalidRequestException.class, () -> MarianFile.open(folder)).getMessage().contains("model.other.bin"));
    }

    @TestFactory
    Stream<DynamicTest> realModelsHoldTheNumbersThatNumpyReads() throws IOException {
        JsonNode real = new ObjectMapper().readTree(resource("real.json"));
        return real.properties().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
            try (ModelFile file = MarianFile.open(realModel(entry.getKey()))) {
                assertEquals(256, file.metadata().integer("marian.embedding_length"));
                for (Map.Entry<String, JsonNode> weight : entry.getValue().properties()) {
                    assertEquals(weight.getValue().textValue(), sha256(file.tensors().get(weight.getKey()).decode()), weight.getKey());
                }
                Shortlist.open(file.shortlistPath().orElseThrow(), 32000, 32000);
            }
        }));
    }

    private static String sha256(float[] numbers) throws NoSuchAlgorithmException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    }

    /** In a folder of WATERSPOUT_MODELS, or in shared/models beside the repository. */
    private static Path realModel(String name) {
        String folders = System.getenv().getOrDefault("WATERSPOUT_MODELS", "");
        return Stream.concat(Stream.of(folders.split(File.pathSeparator)).filter(entry -> !entry.isEmpty()),
                        Stream.of("../../shared/models", "../shared/models"))
                .map(entry -> Path.of(entry, name)).filter(Files::isDirectory).findFirst().orElseGet(() -> {
                    String skipped = "skipped: " + name + " is neither in WATERSPOUT_MODELS nor in ../shared/models";
                    System.out.println(skipped);
                    return Assumptions.abort(skipped);
                });
    }

    private <T extends WaterspoutException> String refused(Class<T> type) {
        T refused = assertThrows(type, () -> MarianFile.open(model));
        assertTrue(refused instanceof ModelFormatException || refused instanceof UnsupportedModelException, refused.toString());
        assertEquals(1, refused.getMessage().lines().count());
        return refused.getMessage();
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = MarianFileTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
