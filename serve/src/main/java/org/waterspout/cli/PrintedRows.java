package org.waterspout.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows of numbers as they are printed. */
final class PrintedRows {

    private PrintedRows() {
    }

    /** With spaces between. */
    static String line(float[] numbers) {
        StringBuilder line = new StringBuilder();
        for (float number : numbers) {
            line.append(line.isEmpty() ? "" : " ").append(number);
        }
        return line.toString();
    }

    /** {@code numbers} [rows, width] as rows. */
    static List<float[]> rows(float[] numbers, int width) {
        List<float[]> rows = new ArrayList<>();
        for (int at = 0; at < numbers.length; at += width) {
            rows.add(Arrays.copyOfRange(numbers, at, at + width));
        }
        return rows;
    }
}
