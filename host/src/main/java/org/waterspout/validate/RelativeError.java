package org.waterspout.validate;

/**
 * The largest difference between two arrays [rows, width], each measured by the root mean square of its row of the expected
 * array: {@code |actual - expected| / (rms(expected row) + 1e-30)}. A value that is not a number where the expected one is, or the
 * other way round, is an infinite error; where both are not numbers they agree.
 *
 * @param error  0 when equal
 * @param row    where it is
 * @param column where it is
 */
public record RelativeError(double error, int row, int column) {

    private static final double TINY = 1e-30;

    /** Compares the first {@code expected.length} numbers, a whole number of rows of {@code width}. */
    public static RelativeError of(float[] actual, float[] expected, int width) {
        RelativeError largest = new RelativeError(0, 0, 0);
        for (int row = 0; row < expected.length / width; row++) {
            double size = size(expected, row * width, width);
            for (int column = 0; column < width; column++) {
                int i = row * width + column;
                boolean same = actual[i] == expected[i] || Float.isNaN(actual[i]) && Float.isNaN(expected[i]);
                double error = same ? 0 : Math.abs((double) actual[i] - expected[i]) / size;
                if (!(error <= largest.error())) { // true for NaN as well
                    largest = new RelativeError(Double.isNaN(error) ? Double.POSITIVE_INFINITY : error, row, column);
                }
            }
        }
        return largest;
    }

    /** Root mean square of a row, of its finite numbers. */
    private static double size(float[] numbers, int start, int width) {
        double squares = 0;
        for (int i = start; i < start + width; i++) {
            squares += Float.isFinite(numbers[i]) ? (double) numbers[i] * numbers[i] : 0;
        }
        return Math.sqrt(squares / width) + TINY;
    }

    @Override
    public String toString() {
        return "%.3g at row %d, value %d".formatted(error, row, column);
    }
}
