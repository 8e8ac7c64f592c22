package org.waterspout.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import org.waterspout.generate.Sampling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.model.Metadata;

/** The filters of draws against Transformers' (record_sampling.py). */
class CandidatesTest {

    private static final Path EXPECTED = Path.of("src/test/resources/decoding/sampling.json");
    /** Seen: 2e-8, of the single precision of settings such as 0.6. */
    private static final double LIMIT = 5e-8;

    @TestFactory
    Stream<DynamicTest> filtersLeaveWhatTransformersLeaves() throws IOException {
        JsonNode all = new ObjectMapper().readTree(EXPECTED.toFile());
        JsonNode rows = all.get(0);
        return StreamSupport.stream(all.spliterator(), false).skip(1).map(one -> DynamicTest.dynamicTest(
                one.get("settings") + " " + one.get("row"), () -> check(one, logits(rows.get(one.get("row").asInt())))));
    }

    private static void check(JsonNode one, float[] logits) {
        Map<String, Object> file = new HashMap<>(Map.of("generation.do_sample", true));
        one.get("settings").properties().forEach(setting -> file.put("generation." + setting.getKey(),
                setting.getValue().isIntegralNumber() ? (Object) setting.getValue().longValue() : setting.getValue().doubleValue()));
        Sampling sampling = Sampling.of(new Metadata(file), Sampling.GREEDY);
        Candidates candidates = new Candidates(sampling, logits, logits[Sampler.argMax(logits)]);
        Map<Integer, Double> left = new TreeMap<>();
        for (int rank = 0; rank < candidates.count(); rank++) {
            left.put(candidates.token(rank), candidates.weight(rank) / candidates.total());
        }
        Map<Integer, Double> expected = new TreeMap<>();
        one.get("left").properties().forEach(token -> expected.put(Integer.valueOf(token.getKey()), token.getValue().doubleValue()));
        assertEquals(expected.keySet(), left.keySet());
        expected.forEach((token, probability) -> assertEquals(probability, left.get(token), LIMIT, "token " + token));
    }

    private static float[] logits(JsonNode row) {
        float[] logits = new float[row.size()];
        IntStream.range(0, logits.length).forEach(i -> logits[i] = row.get(i).floatValue());
        return logits;
    }
}
