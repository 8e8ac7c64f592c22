package org.waterspout.encode;

/**
 * Resizing as Pillow up to version 12 does it (Resample.c), to the last bit: first across, then down, each with weights in fixed point and
 * bytes in between. Where an image becomes smaller, the filter becomes as much wider, so that every pixel counts.
 */
final class Resizing {

    private static final int FRACTION_BITS = 32 - 8 - 2;

    /**
     * The weights of every pixel of a line.
     *
     * @param first  [size] the first source pixel that counts
     * @param weight [size][count] in units of 2^-FRACTION_BITS
     */
    private record Line(int[] first, int[][] weight) {
    }

    private Resizing() {
    }

    /**
     * @param pixels [channels, height, width], 0 to 255
     * @return [channels, newHeight, newWidth], 0 to 255
     */
    static int[] resized(int[] pixels, int channels, int height, int width, int newHeight, int newWidth,
            ImageProcessorConfig.Filter filter) {
        int[] across = newWidth == width ? pixels : across(pixels, channels * height, width, line(width, newWidth, filter));
        return newHeight == height ? across : down(across, channels, height, newWidth, line(height, newHeight, filter));
    }

    private static Line line(int size, int newSize, ImageProcessorConfig.Filter filter) {
        double scale = (double) size / newSize;
        double wider = Math.max(scale, 1);
        double reach = filter.reach() * wider;
        int[] first = new int[newSize];
        int[][] weight = new int[newSize][];
        for (int i = 0; i < newSize; i++) {
            double centre = (i + 0.5) * scale;
            int from = Math.max(0, (int) (centre - reach + 0.5));
            int to = Math.min(size, (int) (centre + reach + 0.5));
            double[] exact = new double[to - from];
            double sum = 0;
            for (int x = from; x < to; x++) {
                exact[x - from] = filter.at((x - centre + 0.5) / wider);
                sum += exact[x - from];
            }
            first[i] = from;
            weight[i] = new int[exact.length];
            for (int k = 0; k < exact.length; k++) {
                double one = (sum == 0 ? exact[k] : exact[k] / sum) * (1 << FRACTION_BITS);
                weight[i][k] = (int) (one + (one < 0 ? -0.5 : 0.5));
            }
        }
        return new Line(first, weight);
    }

    private static int[] across(int[] pixels, int rows, int width, Line line) {
        int newWidth = line.first.length;
        int[] out = new int[rows * newWidth];
        for (int row = 0; row < rows; row++) {
            for (int x = 0; x < newWidth; x++) {
                out[row * newWidth + x] = sum(pixels, row * width + line.first[x], 1, line.weight[x]);
            }
        }
        return out;
    }

    private static int[] down(int[] pixels, int channels, int height, int width, Line line) {
        int newHeight = line.first.length;
        int[] out = new int[channels * newHeight * width];
        for (int channel = 0; channel < channels; channel++) {
            for (int y = 0; y < newHeight; y++) {
                for (int x = 0; x < width; x++) {
                    out[(channel * newHeight + y) * width + x] =
                            sum(pixels, (channel * height + line.first[y]) * width + x, width, line.weight[y]);
                }
            }
        }
        return out;
    }

    private static int sum(int[] pixels, int from, int stride, int[] weight) {
        int sum = 1 << FRACTION_BITS - 1;
        for (int k = 0; k < weight.length; k++) {
            sum += pixels[from + k * stride] * weight[k];
        }
        return Math.clamp(sum >> FRACTION_BITS, 0, 255);
    }
}
