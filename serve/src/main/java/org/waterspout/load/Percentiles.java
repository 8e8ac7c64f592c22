package org.waterspout.load;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * How some times are spread, in seconds; all 0 where there are none. The p-th percentile is the smallest time that at least p percent do
 * not exceed (nearest rank).
 */
public record Percentiles(double p50, double p90, double p99, double max) {

    /** @param nanoseconds in any order */
    static Percentiles of(LongStream nanoseconds) {
        long[] sorted = nanoseconds.sorted().toArray();
        return new Percentiles(rank(sorted, 50), rank(sorted, 90), rank(sorted, 99), rank(sorted, 100));
    }

    private static double rank(long[] sorted, int percent) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.max(0, Math.ceilDiv((long) sorted.length * percent, 100L) - 1)] / 1e9;
    }

    /** Such as {@code 12.3 / 20.1 / 35.0 / 41.7 ms}. */
    String text() {
        double[] values = {p50, p90, p99, max};
        StringBuilder text = new StringBuilder();
        Arrays.stream(values).forEach(value -> text.append(text.isEmpty() ? "" : " / ")
                .append(String.format(Locale.ROOT, value < 0.1 ? "%.1f" : "%.0f", value * 1e3)));
        return text + " ms";
    }
}
