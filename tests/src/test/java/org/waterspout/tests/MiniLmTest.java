package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.Embedder;
import org.waterspout.Embedder.Embedding;

/** The real all-MiniLM-L6-v2, as a Hugging Face folder and as an ONNX file, against ONNX Runtime: see record_minilm.py. */
class MiniLmTest {

    private static final int DIMENSIONS = 384;
    private static final double MIN_COSINE = 0.99999;
    private static final long SEED = 17;

    @ParameterizedTest
    @ValueSource(strings = {"all-MiniLM-L6-v2", "all-minilm-l6-v2.onnx"})
    void everySentencesVectorIsThatOfOnnxRuntimeInAnyBatch(String name) throws IOException {
        Optional<Path> model = RealModel.find(name);
        assumeTrue(model.isPresent(), name + " skipped: it is neither in WATERSPOUT_MODELS nor in shared/models beside the repository");
        List<String> sentences = List.of(new String(bytes("sentences.txt"), StandardCharsets.UTF_8).split("\n"));
        ByteBuffer vectors = ByteBuffer.wrap(bytes("vectors.f16")).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(1000, sentences.size());
        try (Embedder embedder = Embedder.load(model.get())) {
            assertEquals(DIMENSIONS, embedder.dimensions());
            List<Embedding> all = embedder.embed(sentences, Embedder.Role.TEXT, false);
            double min = 1;
            int shortest = Integer.MAX_VALUE;
            int longest = 0;
            for (int i = 0; i < all.size(); i++) {
                float[] expected = new float[DIMENSIONS];
                for (int column = 0; column < DIMENSIONS; column++) {
                    expected[column] = Float.float16ToFloat(vectors.getShort(2 * (i * DIMENSIONS + column)));
                }
                double cosine = Embedder.similarity(all.get(i).vector(), expected);
                assertTrue(cosine >= MIN_COSINE, "sentence " + i + " (" + all.get(i).tokens() + " tokens): cosine " + cosine + ": "
                        + sentences.get(i));
                min = Math.min(min, cosine);
                shortest = Math.min(shortest, all.get(i).tokens());
                longest = Math.max(longest, all.get(i).tokens());
            }
            System.out.println(name + ": least cosine " + min + " over " + all.size() + " sentences of " + shortest + " to " + longest
                    + " tokens");
            checkNeighbours(embedder, sentences, all);
        }
    }

    /** Some of them alone, and among others than before. */
    private static void checkNeighbours(Embedder embedder, List<String> sentences, List<Embedding> all) {
        System.out.println("seed " + SEED);
        List<Integer> chosen = new ArrayList<>();
        for (int i = 0; i < sentences.size(); i += 11) {
            chosen.add(i);
        }
        Collections.shuffle(chosen, new Random(SEED));
        List<Embedding> other = embedder.embed(chosen.stream().map(sentences::get).toList(), Embedder.Role.TEXT, false);
        for (int i = 0; i < chosen.size(); i++) {
            float[] expected = all.get(chosen.get(i)).vector();
            assertTrue(Embedder.similarity(other.get(i).vector(), expected) > 1 - 1e-9, sentences.get(chosen.get(i)));
            if (i % 5 == 0) {
                assertTrue(Embedder.similarity(embedder.embed(sentences.get(chosen.get(i))).vector(), expected) > 1 - 1e-9,
                        sentences.get(chosen.get(i)));
            }
        }
    }

    private static byte[] bytes(String name) throws IOException {
        try (var in = MiniLmTest.class.getResourceAsStream("/minilm/" + name)) {
            return in.readAllBytes();
        }
    }
}
