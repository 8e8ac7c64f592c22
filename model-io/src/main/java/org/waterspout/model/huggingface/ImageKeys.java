package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.JsonFile;

/** How an image becomes numbers: preprocessor_config.json, as ViTImageProcessor and DeiTImageProcessor read it. */
final class ImageKeys {

    private static final double BYTE = 1 / 255.0;
    /** By the numbers of the Python package Pillow. */
    private static final List<String> FILTERS = List.of("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming");

    private ImageKeys() {
    }

    /** Puts image.mean, image.std, image.rescale, image.resize, image.resize_edge and image.resample. */
    static void read(Path folder, Keys keys) {
        Path file = folder.resolve("preprocessor_config.json");
        Config config = new Config(file, JsonFile.readIfThere(file));
        int channels = (int) keys.integer(".image.channels");
        boolean normalized = config.flagOr("do_normalize", true);
        keys.put(".image.mean", normalized ? channels(config, "image_mean", 0.5, channels) : Collections.nCopies(channels, 0.0));
        keys.put(".image.std", normalized ? channels(config, "image_std", 0.5, channels) : Collections.nCopies(channels, 1.0));
        keys.put(".image.rescale", config.flagOr("do_rescale", true) ? config.number("rescale_factor").orElse(BYTE) : 1.0);
        int filter = config.integer("resample").orElse(2);
        if (filter < 0 || filter >= FILTERS.size()) {
            throw config.wrong("resample", "no filter that is known");
        }
        keys.put(".image.resample", FILTERS.get(filter));
        resize(config, keys);
    }

    private static void resize(Config config, Keys keys) {
        long side = keys.integer(".image.size");
        boolean cropped = config.flagOr("do_center_crop", config.json().path("feature_extractor_type").asText().startsWith("DeiT"));
        if (cropped && edge(config, "crop_size", side) != side) {
            throw config.wrong("crop_size", "but the model takes " + side + " pixels");
        }
        boolean shortest = config.json().path("size").has("shortest_edge");
        long edge = edge(config, "size", side);
        if (!config.flagOr("do_resize", true) || !cropped && (shortest || edge != side)) {
            throw new UnsupportedModelException(config.file() + ": images that are not brought to " + side + " by " + side
                    + " pixels are not built");
        }
        // "exact": to the size; else to resize_edge, on both sides or the shorter one, and the middle cut out
        keys.put(".image.resize", !cropped ? "exact" : shortest ? "shortest_edge_crop" : "exact_crop");
        keys.put(".image.resize_edge", edge);
    }

    private static long edge(Config config, String key, long fallback) {
        JsonNode size = config.json().path(key);
        JsonNode edge = size.isObject() ? size.path(size.has("shortest_edge") ? "shortest_edge" : "height") : size;
        if (size.isMissingNode() || size.isNull()) {
            return fallback;
        }
        if (!edge.canConvertToInt() || edge.intValue() <= 0 || size.has("width") && size.path("width").asInt() != edge.intValue()) {
            throw config.wrong(key, "not the side of a square");
        }
        return edge.intValue();
    }

    private static List<Double> channels(Config config, String key, double fallback, int channels) {
        List<Double> numbers = new ArrayList<>();
        config.list(key).forEach(number -> numbers.add(number.doubleValue()));
        if (numbers.isEmpty()) {
            return Collections.nCopies(channels, fallback);
        }
        if (numbers.size() != channels) {
            throw config.wrong(key, "not one number for each of " + channels + " channels");
        }
        return numbers;
    }
}
