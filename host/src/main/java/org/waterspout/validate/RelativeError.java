package org.waterspout.validate;

/**
 * The largest difference between two arrays [rows, width], each measured by the root mean square of its row of the expected
 * array: {@code |actual - expected| / (rms(expected row) + 1e-30)}. A value that is not finite where the expected one is,
 * counts as infinite.
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
            double squares = 0;
            for (int column = 0; column < width; column++) {
                double value = expected[row * width + column];
                squares += value * value;
            }
            double size = Math.sqrt(squares / width) + TINY;
            for (int column = 0; column < width; column++) {
                int i = row * width + column;
                double error = actual[i] == expected[i] ? 0 : Math.abs((double) actual[i] - expected[i]) / size;
                if (!(error <= largest.error())) { // true for NaN as well
                    largest = new RelativeError(Double.isNaN(error) ? Double.POSITIVE_INFINITY : error, row, column);
                }
            }
        }
        return largest;
    }

    @Override
    public String toString() {
        return "%.3g at row %d, value %d".formatted(error, row, column);
    }
}
