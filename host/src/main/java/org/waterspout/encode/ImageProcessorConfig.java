package org.waterspout.encode;

import java.util.Collections;
import java.util.List;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.model.Metadata;
import org.waterspout.model.architecture.Architecture;

/**
 * What a model wants done to an image: resized, its middle cut out, its bytes rescaled and normalised. The numbers are those of
 * Transformers' image processors with Pillow.
 *
 * @param edge    pixels that a side has after resizing
 * @param shorter only the shorter side gets {@code edge} pixels, the other as many as keep the form
 * @param crop    pixels of the middle's side
 * @param filter  how pixels between pixels are made
 * @param rescale factor on a byte
 * @param mean    of each channel, taken off after rescaling; std divides then
 */
record ImageProcessorConfig(int edge, boolean shorter, int crop, Filter filter, double rescale, List<Double> mean, List<Double> std) {

    /** A filter's name and reach, as in Pillow (Resample.c). */
    enum Filter {
        BOX(0.5) {
            @Override
            double at(double x) {
                return x > -0.5 && x <= 0.5 ? 1 : 0;
            }
        },
        BILINEAR(1) {
            @Override
            double at(double x) {
                return Math.max(0, 1 - Math.abs(x));
            }
        },
        HAMMING(1) {
            @Override
            double at(double x) {
                double away = Math.abs(x);
                return away == 0 ? 1 : away >= 1 ? 0 : Math.sin(away * Math.PI) / (away * Math.PI) * (
                        0.54 + 0.46 * Math.cos(away * Math.PI));
            }
        },
        /** Keys 1981 with a = -0.5. */
        BICUBIC(2) {
            @Override
            double at(double x) {
                double away = Math.abs(x);
                return away < 1 ? (1.5 * away - 2.5) * away * away + 1 : away < 2 ? ((-0.5 * away + 2.5) * away - 4) * away + 2 : 0;
            }
        },
        LANCZOS(3) {
            @Override
            double at(double x) {
                return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
            }

            private static double sinc(double x) {
                return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
            }
        };

        private final double reach;

        Filter(double reach) {
            this.reach = reach;
        }

        /** Pixels to each side that count when the size stays. */
        double reach() {
            return reach;
        }

        abstract double at(double x);
    }

    ImageProcessorConfig {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
    }

    /** Keys of {@code family} under {@code image.}; where they say nothing, what ViT was trained with. */
    static ImageProcessorConfig of(Metadata metadata, String family, Architecture.Patches patches) {
        String prefix = family + ".image.";
        String resize = metadata.optionalString(prefix + "resize").orElse("exact");
        int edge = metadata.integerOr(prefix + "resize_edge", patches.side());
        if (edge < patches.side() || edge > 1 << 14) {
            throw new ModelFormatException("metadata key " + prefix + "resize_edge is " + edge + "; images have " + patches.side()
                    + " pixels");
        }
        return new ImageProcessorConfig(resize.equals("exact") ? patches.side() : edge, switch (resize) {
            case "exact", "exact_crop" -> false;
            case "shortest_edge_crop" -> true;
            default -> throw new ModelFormatException("metadata key " + prefix + "resize is " + Quoted.of(resize)
                    + ", neither exact, exact_crop nor shortest_edge_crop");
        }, patches.side(), filter(metadata, prefix + "resample"), rescale(metadata, prefix + "rescale"),
                channels(metadata, prefix + "mean", patches.channels(), false),
                channels(metadata, prefix + "std", patches.channels(), true));
    }

    private static Filter filter(Metadata metadata, String key) {
        String name = metadata.optionalString(key).orElse("bilinear");
        return switch (name) {
            case "box" -> Filter.BOX;
            case "bilinear" -> Filter.BILINEAR;
            case "hamming" -> Filter.HAMMING;
            case "bicubic" -> Filter.BICUBIC;
            case "lanczos" -> Filter.LANCZOS;
            default -> throw new ModelFormatException("metadata key " + key + " is " + Quoted.of(name)
                    + "; supported are bilinear, bicubic, lanczos, box and hamming");
        };
    }

    private static double rescale(Metadata metadata, String key) {
        float factor = metadata.numberOr(key, 1 / 255f);
        if (!(factor > 0) || Float.isInfinite(factor)) {
            throw new ModelFormatException("metadata key " + key + " is " + factor);
        }
        return factor == 1 / 255f ? 1 / 255.0 : factor;
    }

    private static List<Double> channels(Metadata metadata, String key, int channels, boolean divides) {
        List<Double> numbers = metadata.optionalList(key, Double.class).orElseGet(() -> Collections.nCopies(channels, 0.5));
        if (numbers.size() != channels || numbers.stream().anyMatch(number -> !Double.isFinite(number) || divides && number <= 0)) {
            throw new ModelFormatException("metadata key " + key + " is " + numbers + ", not a number for each of " + channels
                    + " channels");
        }
        return numbers;
    }
}
