package org.waterspout.encode;

import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.util.Optional;

/**
 * What an image's samples mean, and the red, green and blue that Pillow makes of them ({@code convert("RGB")}). Profiles of colour and
 * transparency do not count.
 */
enum ImageColors {

    /** A brightness; a whole number of more than 8 bits, or a fraction, is cut at 255 and not scaled. */
    GREY {
        @Override
        int rgb(int[] samples, int[] max) {
            return grey(max[0] > BYTE ? Math.clamp(samples[0], 0, BYTE) : scaled(samples[0], max[0]));
        }
    },
    /** A brightness beside an opacity. */
    GREY_ALPHA {
        @Override
        int rgb(int[] samples, int[] max) {
            return grey(scaled(samples[0], max[0]));
        }
    },
    RGB {
        @Override
        int rgb(int[] samples, int[] max) {
            return scaled(samples[0], max[0]) << 16 | scaled(samples[1], max[1]) << 8 | scaled(samples[2], max[2]);
        }
    },
    /** Colours that were multiplied with the opacity, the fourth sample. */
    PREMULTIPLIED_RGB {
        @Override
        int rgb(int[] samples, int[] max) {
            int alpha = scaled(samples[3], max[3]);
            int rgb = 0;
            for (int i = 0; i < 3; i++) {
                int colour = scaled(samples[i], max[i]);
                rgb = rgb << 8 | (alpha == 0 ? 0 : Math.min(BYTE, colour * BYTE / alpha));
            }
            return rgb;
        }
    },
    /** A brightness and the differences of blue and red: libjpeg's jdcolor.c, numbers of 16 bits behind the point. */
    YCC {
        @Override
        int rgb(int[] samples, int[] max) {
            int blue = samples[1] - 128;
            int red = samples[2] - 128;
            int half = 1 << 15;
            return Math.clamp(samples[0] + (91881 * red + half >> 16), 0, BYTE) << 16
                    | Math.clamp(samples[0] + (-22554 * blue - 46802 * red + half >> 16), 0, BYTE) << 8
                    | Math.clamp(samples[0] + (116130 * blue + half >> 16), 0, BYTE);
        }
    },
    CMYK {
        @Override
        int rgb(int[] samples, int[] max) {
            return inked(scaled(samples[0], max[0]), scaled(samples[1], max[1]), scaled(samples[2], max[2]),
                    BYTE - scaled(samples[3], max[3]));
        }
    },
    /** As Adobe's programs write it into JPEG files: 255 is no ink. */
    INVERTED_CMYK {
        @Override
        int rgb(int[] samples, int[] max) {
            return inked(BYTE - samples[0], BYTE - samples[1], BYTE - samples[2], samples[3]);
        }
    },
    /** The same, the first three of {@link #INVERTED_CMYK} as {@link #YCC}. */
    YCCK {
        @Override
        int rgb(int[] samples, int[] max) {
            int rgb = YCC.rgb(samples, max);
            return inked(rgb >> 16 & BYTE, rgb >> 8 & BYTE, rgb & BYTE, samples[3]);
        }
    };

    private static final int BYTE = 255;

    /**
     * One pixel, red in the bits from 16 on.
     *
     * @param max the largest number that a sample can be
     */
    abstract int rgb(int[] samples, int[] max);

    private static int grey(int value) {
        return value * 0x010101;
    }

    private static int scaled(int sample, int max) {
        return max == BYTE ? sample : max > BYTE ? sample >> 8 : sample * BYTE / max;
    }

    private static int inked(int cyan, int magenta, int yellow, int withoutBlack) {
        return left(cyan, withoutBlack) << 16 | left(magenta, withoutBlack) << 8 | left(yellow, withoutBlack);
    }

    private static int left(int ink, int withoutBlack) {
        int product = ink * withoutBlack + 128;
        return Math.clamp(withoutBlack - ((product >> 8) + product >> 8), 0, BYTE);
    }

    /** Pixels that are numbers of colours. */
    static int[] ofPalette(Raster raster, int[] colours) {
        int[] rgb = new int[raster.getWidth() * raster.getHeight()];
        int[] row = new int[raster.getWidth()];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
            for (int x = 0; x < row.length; x++) {
                rgb[y * row.length + x] = row[x] < colours.length ? colours[row[x]] & 0xffffff : 0;
            }
        }
        return rgb;
    }

    /** [height, width]. */
    int[] of(Raster raster) {
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        int[] rgb = new int[width * raster.getHeight()];
        int[] row = new int[width * bands];
        int[] samples = new int[bands];
        int[] max = new int[bands];
        for (int band = 0; band < bands; band++) {
            max[band] = raster.getTransferType() >= DataBuffer.TYPE_SHORT && bands == 1 ? Integer.MAX_VALUE
                    : (1 << raster.getSampleModel().getSampleSize(band)) - 1;
        }
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int x = 0; x < width; x++) {
                System.arraycopy(row, x * bands, samples, 0, bands);
                rgb[y * width + x] = rgb(samples, max);
            }
        }
        return rgb;
    }

    /** What samples of a JPEG file mean; nothing for a number of components that has no meaning. */
    static Optional<ImageColors> of(JpegSegments segments) {
        return switch (segments.names().length) {
            case 1 -> Optional.of(GREY);
            case 3 -> Optional.of(segments.differences() ? YCC : RGB);
            case 4 -> Optional.of(segments.differences() ? YCCK : INVERTED_CMYK);
            default -> Optional.empty();
        };
    }
}
