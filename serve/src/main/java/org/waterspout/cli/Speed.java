package org.waterspout.cli;

import java.util.List;
import java.util.Locale;

/** How many of something a second, over several runs. */
record Speed(double median, double min, double max) {

    static Speed of(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Speed(median, sorted[0], sorted[sorted.length - 1]);
    }

    String text(String what) {
        return String.format(Locale.ROOT, "%.1f %s/s (%.1f to %.1f)", median, what, min, max);
    }
}
