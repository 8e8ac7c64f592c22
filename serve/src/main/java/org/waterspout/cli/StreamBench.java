package org.waterspout.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.error.ValidationException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Speculation;

/** Measures several answers at once. Their tokens are checked against those that each has alone. */
final class StreamBench {

    /**
     * @param streams         answers at once
     * @param tokensPerSecond of all together
     * @param timesOne        this against that of the first number of streams that was measured, in the same run
     */
    record Row(int streams, @JsonProperty("tokens_per_second") Speed tokensPerSecond, @JsonProperty("times_one") double timesOne) {
    }

    /** Tokens of a prompt that may be computed once more in a measurement: its last always is, and so few are not worth sharing. */
    private static final int FEW_TOKENS = 4;

    private StreamBench() {
    }

    /** The numbers of streams take turns, run by run. */
    static List<Row> run(LanguageModel model, List<Integer> streams, int promptTokens, int generatedTokens, int runs,
            Speculation speculation) {
        int max = streams.stream().mapToInt(count -> count).max().orElseThrow();
        List<GenerationRequest> requests = IntStream.range(0, max).mapToObj(number -> request(model, number, promptTokens, generatedTokens)
                .withSpeculation(speculation)).toList();
        List<int[]> alone = requests.stream().map(request -> model.generate(request).complete().tokens()).toList();
        Map<Integer, List<Double>> speeds = new LinkedHashMap<>();
        for (int run = 0; run < runs; run++) {
            for (int count : streams) {
                speeds.computeIfAbsent(count, any -> new ArrayList<>()).add(together(model, requests.subList(0, count), alone));
            }
        }
        double first = Speed.of(speeds.get(streams.getFirst())).median();
        return speeds.entrySet().stream().map(entry -> {
            Speed speed = Speed.of(entry.getValue());
            return new Row(entry.getKey(), speed, speed.median() / first);
        }).toList();
    }

    /**
     * Their prompts are there already, from the answers alone, so that all begin to generate at once.
     *
     * @throws ValidationException where they are not, or an answer is another than alone
     */
    private static double together(LanguageModel model, List<GenerationRequest> requests, List<int[]> alone) {
        long start = System.nanoTime();
        List<Generation> generations = requests.stream().map(model::generate).toList();
        List<Completion> completions = generations.stream().map(Generation::complete).toList();
        double seconds = (System.nanoTime() - start) / 1e9;
        for (int i = 0; i < completions.size(); i++) {
            int computed = completions.get(i).promptTokens() - completions.get(i).reusedTokens();
            if (computed > FEW_TOKENS) {
                throw new ValidationException(computed + " tokens of prompt " + i + " of " + requests.size()
                        + " had to be computed again, so that the time would not be that of generating alone");
            }
            if (!Arrays.equals(alone.get(i), completions.get(i).tokens())) {
                throw new ValidationException("answer " + i + " of " + requests.size() + " at once is another than alone");
            }
        }
        return completions.stream().mapToLong(completion -> completion.tokens().length).sum() / seconds;
    }

    private static GenerationRequest request(LanguageModel model, int number, int promptTokens, int generatedTokens) {
        SplittableRandom random = new SplittableRandom(number);
        int[] prompt = random.ints(promptTokens, 0, model.vocabulary()).toArray();
        return GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(generatedTokens).withIgnoreEnd(true);
    }

    static String text(List<Row> rows) {
        return rows.stream().map(row -> "%d: %s (%.2f)".formatted(row.streams(), row.tokensPerSecond().text("tokens"), row.timesOne()))
                .collect(Collectors.joining("; "));
    }
}
