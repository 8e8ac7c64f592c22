package org.waterspout.load;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the clients of a load saw. Times are seconds and begin when a request was due.
 *
 * @param rate              requests a second that arrived; 0 where all streams were busy at any time
 * @param seconds           from the first arrival to the last answer
 * @param requests          all of them
 * @param requestsPerSecond those that were answered whole
 * @param tokensPerSecond   tokens of all whole answers
 * @param promptTokens      of all whole answers, as far as the server told
 * @param firstToken        time to the first token of streams, and to the answer of what is not streamed
 * @param perToken          a stream's time from its first token to its end, for each token after the first
 * @param gap               between two tokens of a stream, as they arrived
 * @param whole             time to the end of an answer
 * @param outcomes          how many requests ended in which way
 */
public record LoadReport(double rate, double seconds, int requests, @JsonProperty("requests_per_second") double requestsPerSecond,
        @JsonProperty("tokens_per_second") double tokensPerSecond, @JsonProperty("prompt_tokens") long promptTokens,
        @JsonProperty("first_token") Percentiles firstToken, @JsonProperty("per_token") Percentiles perToken, Percentiles gap,
        Percentiles whole, Map<String, Integer> outcomes) {

    static LoadReport of(double rate, double seconds, List<Sample> samples) {
        List<Sample> good = samples.stream().filter(Sample::isOk).toList();
        Map<String, Integer> outcomes = new TreeMap<>();
        samples.forEach(sample -> outcomes.merge(sample.outcome(), 1, Integer::sum));
        return new LoadReport(rate, seconds, samples.size(), good.size() / seconds,
                good.stream().mapToLong(Sample::tokens).sum() / seconds, good.stream().mapToLong(Sample::prompt).sum(),
                Percentiles.of(good.stream().mapToLong(Sample::first)),
                Percentiles.of(good.stream().filter(sample -> sample.tokens() > 1 && !sample.gaps().isEmpty())
                        .mapToLong(sample -> (sample.whole() - sample.first()) / (sample.tokens() - 1))),
                Percentiles.of(good.stream().flatMap(sample -> sample.gaps().stream()).mapToLong(gap -> gap)),
                Percentiles.of(good.stream().mapToLong(Sample::whole)), outcomes);
    }

    /** Requests that were not answered whole. */
    public int failures() {
        return requests - outcomes.getOrDefault(Sample.OK, 0);
    }

    /** A few lines for a person. */
    public String text() {
        return String.join(System.lineSeparator(),
                String.format(Locale.ROOT, "%s: %d requests in %.1f s", rate == 0 ? "all streams busy"
                        : String.format(Locale.ROOT, "%s requests a second", rate), requests, seconds),
                String.format(Locale.ROOT, "  answered     %.2f requests/s, %.1f tokens/s", requestsPerSecond, tokensPerSecond),
                "  first token  " + firstToken.text() + " (median / 90 % / 99 % / longest)",
                "  each token   " + perToken.text(),
                "  gaps         " + gap.text(),
                "  whole answer " + whole.text(),
                "  outcomes     " + outcomes.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue())
                        .collect(Collectors.joining(", ")));
    }
}
