package org.waterspout.decode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Sampling;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;

class SamplerTest {

    /** Logits of the probabilities 0.5, 0.25, 0.15, 0.1, in an order that is not theirs. */
    private static final float[] LOGITS = {(float) Math.log(0.15), (float) Math.log(0.5), (float) Math.log(0.1), (float) Math.log(0.25)};
    private static final Sampling PLAIN = Sampling.GREEDY.withTemperature(1);
    private static final int[] NO_PROMPT = {};

    private static Map<Integer, Double> shares(Sampling sampling, int draws) {
        Map<Integer, Double> shares = new TreeMap<>();
        for (int draw = 0; draw < draws; draw++) {
            Sampler sampler = new Sampler(sampling.withSeed(draw * 7919L + 13), NO_PROMPT, LOGITS.length);
            shares.merge(sampler.next(LOGITS.clone()), 1.0 / draws, Double::sum);
        }
        return shares;
    }

    private static void assertShares(Sampling sampling, Map<Integer, Double> expected) {
        Map<Integer, Double> shares = shares(sampling, 20_000);
        assertEquals(expected.keySet(), shares.keySet());
        expected.forEach((token, share) -> assertEquals(share, shares.get(token), 0.015, "share of token " + token));
    }

    @Test
    void greedyTakesTheLargestLogitAndTheLowestOfEquals() {
        assertEquals(1, new Sampler(Sampling.GREEDY, NO_PROMPT, 4).next(LOGITS.clone()));
        assertEquals(1, new Sampler(Sampling.GREEDY, NO_PROMPT, 3).next(new float[] {-1, 2, 2}));
    }

    @Test
    void plainSamplingDrawsByProbability() {
        assertShares(PLAIN, Map.of(0, 0.15, 1, 0.5, 2, 0.1, 3, 0.25));
    }

    @Test
    void temperatureSharpens() {
        // Squares of the probabilities, brought to a sum of one.
        double sum = 0.25 + 0.0625 + 0.0225 + 0.01;
        assertShares(PLAIN.withTemperature(0.5f), Map.of(0, 0.0225 / sum, 1, 0.25 / sum, 2, 0.01 / sum, 3, 0.0625 / sum));
    }

    @Test
    void topKKeepsTheMostLikely() {
        assertShares(PLAIN.withTopK(2), Map.of(1, 0.5 / 0.75, 3, 0.25 / 0.75));
        assertShares(PLAIN.withTopK(1), Map.of(1, 1.0));
        assertShares(PLAIN.withTopK(9), Map.of(0, 0.15, 1, 0.5, 2, 0.1, 3, 0.25));
    }

    @Test
    void topPKeepsTheSmallestSetThatReachesIt() {
        assertShares(PLAIN.withTopP(0.7f), Map.of(1, 0.5 / 0.75, 3, 0.25 / 0.75));
        assertShares(PLAIN.withTopP(0.01f), Map.of(1, 1.0));
        assertShares(PLAIN.withTopP(0.85f), Map.of(0, 0.15 / 0.9, 1, 0.5 / 0.9, 3, 0.25 / 0.9));
    }

    @Test
    void topPCountsFromWhatTopKLeft() {
        // 0.5 and 0.25 remain: 0.6 of their sum is 0.45, which the first reaches alone.
        assertShares(PLAIN.withTopK(2).withTopP(0.6f), Map.of(1, 1.0));
    }

    @Test
    void minPDropsTokensMuchLessLikelyThanTheBest() {
        assertShares(PLAIN.withMinP(0.4f), Map.of(1, 0.5 / 0.75, 3, 0.25 / 0.75));
    }

    @Test
    void biasForbidsAndForces() {
        assertShares(PLAIN.withLogitBias(Map.of(1, Float.NEGATIVE_INFINITY)), Map.of(0, 0.3, 2, 0.2, 3, 0.5));
        assertEquals(2, new Sampler(Sampling.GREEDY.withLogitBias(Map.of(2, 100f)), NO_PROMPT, 4).next(LOGITS.clone()));
    }

    @Test
    void repetitionPenaltyCountsPromptAndAnswer() {
        Sampler sampler = new Sampler(Sampling.GREEDY.withPenalties(4, 0, 0), new int[] {0}, 3);
        assertEquals(1, sampler.next(new float[] {3, 2, 1})); // 3/4, 2, 1
        assertEquals(2, sampler.next(new float[] {3, 2, 1})); // 3/4, 2/4, 1
        assertEquals(1, new Sampler(Sampling.GREEDY.withPenalties(2, 0, 0), new int[] {0}, 2).next(new float[] {-1, -1.5f}));
    }

    @Test
    void presenceAndFrequencyPenaltiesCountTheAnswerOnly() {
        Sampler presence = new Sampler(Sampling.GREEDY.withPenalties(1, 1.5f, 0), new int[] {0, 0, 0}, 2);
        assertEquals(0, presence.next(new float[] {2, 1}));
        assertEquals(1, presence.next(new float[] {2, 1}));
        assertEquals(0, presence.next(new float[] {2, 1})); // both were there once
        Sampler frequency = new Sampler(Sampling.GREEDY.withPenalties(1, 0, 0.6f), NO_PROMPT, 2);
        assertArrayEquals(new int[] {0, 0, 1, 0}, new int[] {frequency.next(new float[] {2, 1}), frequency.next(new float[] {2, 1}),
            frequency.next(new float[] {2, 1}), frequency.next(new float[] {2, 1})});
    }

    @Test
    void theSameSeedGivesTheSameTokens() {
        int[][] runs = new int[3][50];
        long[] seeds = {42, 42, 43};
        for (int run = 0; run < runs.length; run++) {
            Sampler sampler = new Sampler(PLAIN.withSeed(seeds[run]), NO_PROMPT, 4);
            for (int i = 0; i < runs[run].length; i++) {
                runs[run][i] = sampler.next(LOGITS.clone());
            }
        }
        assertArrayEquals(runs[0], runs[1]);
        assertNotEquals(Arrays.toString(runs[0]), Arrays.toString(runs[2]));
    }

    @Test
    void aVocabularyOfThousandsIsSortedRight() {
        float[] logits = new float[5003];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = random.nextInt(-40, 40) / 8f;
        }
        Integer[] order = new Integer[logits.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> logits[a] != logits[b] ? Float.compare(logits[b], logits[a]) : a - b);
        Set<Integer> best = new HashSet<>(Arrays.asList(order).subList(0, 5));
        for (int seed = 0; seed < 500; seed++) {
            assertTrue(best.contains(new Sampler(PLAIN.withTopK(5).withSeed(seed), NO_PROMPT, logits.length).next(logits.clone())));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {-0.1f, Float.NaN, Float.POSITIVE_INFINITY})
    void wrongTemperaturesAreRefused(float temperature) {
        assertThrows(InvalidRequestException.class, () -> Sampling.GREEDY.withTemperature(temperature));
    }

    @Test
    void wrongParametersAreRefused() {
        assertThrows(InvalidRequestException.class, () -> PLAIN.withTopK(-1));
        assertThrows(InvalidRequestException.class, () -> PLAIN.withTopP(0));
        assertThrows(InvalidRequestException.class, () -> PLAIN.withTopP(1.1f));
        assertThrows(InvalidRequestException.class, () -> PLAIN.withMinP(-1));
        assertThrows(InvalidRequestException.class, () -> PLAIN.withPenalties(0, 0, 0));
        assertThrows(InvalidRequestException.class, () -> PLAIN.withLogitBias(Map.of(1, Float.NaN)));
        assertThrows(InvalidRequestException.class, () -> new Sampler(PLAIN.withLogitBias(Map.of(4, 1f)), NO_PROMPT, 4));
    }

    private static Sampling of(Map<String, Object> file) {
        return Sampling.of(new Metadata(file), PLAIN.withTopP(0.95f));
    }

    private static GenerationConfig forPrompt(Map<String, Object> file) {
        return GenerationConfig.forPrompt(new Metadata(file), GenerationRequest.of("any"), 1);
    }

    @Test
    void whatAGgufSaysOfSamplingHolds() {
        Sampling all = of(Map.of("general.sampling.temp", 0.6, "general.sampling.top_k", 20L, "general.sampling.top_p", 0.8,
                "general.sampling.min_p", 0.02));
        assertEquals(Sampling.GREEDY.withTemperature(0.6f).withTopK(20).withTopP(0.8f).withMinP(0.02f), all);
        assertEquals(PLAIN.withTopP(0.95f), of(Map.of()));
        assertEquals(PLAIN.withTopP(0.95f).withTopK(7), of(Map.of("general.sampling.top_k", 7L)));
        assertEquals(0, of(Map.of("general.sampling.top_k", -1L)).topK());
        assertEquals(Optional.empty(), forPrompt(Map.of("general.sampling.top_k", 7L)).sampling());
        assertEquals(Sampling.GREEDY.withTemperature(0.7f), forPrompt(Map.of("general.sampling.temp", 0.7)).sampling().orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"general.sampling.xtc_probability", "general.sampling.mirostat", "general.sampling.sequence"})
    void whatAGgufSaysOfSamplingAndIsNotBuiltIsRefusedByName(String key) {
        Object value = key.endsWith("sequence") ? "top_k;temperature" : Double.valueOf(1);
        Map<String, Object> file = Map.of("general.sampling.temp", 0.6, key, value);
        String message = assertThrows(UnsupportedModelException.class, () -> forPrompt(file)).getMessage();
        assertTrue(message.contains(key), message);
        GenerationRequest own = GenerationRequest.of("any").withSampling(PLAIN);
        assertEquals(PLAIN, GenerationConfig.forPrompt(new Metadata(file), own, 1).sampling().orElseThrow());
    }

    /** As in llama.cpp: of the last 64 tokens where the file does not say how many, of all for -1, of none for 0. */
    @Test
    void aGgufsPenaltyLooksAtTheLastTokens() {
        Map<Integer, Integer> chosen = new TreeMap<>();
        for (long last : new long[] {-1, 0, 1, 2}) {
            chosen.put((int) last, new Sampler(forPrompt(
                    Map.of("general.sampling.penalty_repeat", 2.0, "general.sampling.penalty_last_n", last)),
                    new int[] {2, 1, 0}, Set.of(), 4).next(new float[] {2.0f, 3.4f, 3, 1.8f}));
        }
        assertEquals(Map.of(-1, 3, 0, 1, 1, 1, 2, 2), chosen);
        int[] long65 = new int[65];
        Arrays.fill(long65, 1);
        long65[0] = 2;
        GenerationConfig silent = forPrompt(Map.of("general.sampling.penalty_repeat", 2.0));
        assertEquals(2, new Sampler(silent, long65, Set.of(), 4).next(new float[] {2.0f, 3.4f, 3, 1.8f}));
        assertEquals(0, new Sampler(silent, Arrays.copyOf(long65, 64), Set.of(), 4).next(new float[] {2.0f, 3.4f, 3, 1.8f}));
    }
}
