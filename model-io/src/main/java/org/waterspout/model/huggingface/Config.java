package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/**
 * A JSON object of a model folder, read by type; what is null counts as missing.
 *
 * @param file for messages
 */
record Config(Path file, JsonNode json) {

    boolean has(String key) {
        return json.hasNonNull(key);
    }

    /** The first of several names that is there: families name the same thing differently. */
    private Optional<String> present(String... keys) {
        for (String key : keys) {
            if (has(key)) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }

    OptionalInt integer(String... keys) {
        Optional<String> key = present(keys);
        if (key.isEmpty()) {
            return OptionalInt.empty();
        }
        JsonNode value = json.get(key.get());
        // some configurations write 512.0
        if (!value.isNumber() || !value.canConvertToInt() || value.doubleValue() != value.intValue()) {
            throw wrong(key.get(), "no integer");
        }
        return OptionalInt.of(value.intValue());
    }

    int requiredInteger(String... keys) {
        return integer(keys).orElseThrow(() -> new ModelFormatException(file + " has no " + String.join(" or ", keys)
                + "; get the file again"));
    }

    Optional<Double> number(String... keys) {
        return present(keys).map(key -> {
            JsonNode value = json.get(key);
            if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
                throw wrong(key, "no number");
            }
            return value.doubleValue();
        });
    }

    Optional<String> text(String... keys) {
        return present(keys).map(key -> {
            if (!json.get(key).isTextual()) {
                throw wrong(key, "no text");
            }
            return json.get(key).textValue();
        });
    }

    Optional<Boolean> flag(String... keys) {
        return present(keys).map(key -> {
            if (!json.get(key).isBoolean()) {
                throw wrong(key, "neither true nor false");
            }
            return json.get(key).booleanValue();
        });
    }

    boolean flagOr(String key, boolean fallback) {
        return flag(key).orElse(fallback);
    }

    /** The list under a key; of length 0 where there is none. */
    JsonNode list(String key) {
        if (has(key) && !json.get(key).isArray()) {
            throw wrong(key, "no list");
        }
        return has(key) ? json.get(key) : MissingNode.getInstance();
    }

    /** The object under a key; without fields where there is none. */
    Config object(String key) {
        if (has(key) && !json.get(key).isObject()) {
            throw wrong(key, "no object");
        }
        return new Config(file, has(key) ? json.get(key) : MissingNode.getInstance());
    }

    /** A token, or the first of a list of them. */
    OptionalLong token(String key) {
        JsonNode value = json.path(key);
        JsonNode first = value.isArray() ? value.path(0) : value;
        return first.isIntegralNumber() && first.canConvertToInt() ? OptionalLong.of(first.longValue()) : OptionalLong.empty();
    }

    /** Refuses a flag that would change what is computed. */
    void require(String key, boolean built) {
        if (flagOr(key, built) != built) {
            throw new UnsupportedModelException(file + ": " + key + " is " + !built + ", but only " + built + " is built");
        }
    }

    ModelFormatException wrong(String key, String what) {
        return new ModelFormatException(file + ": " + key + " is " + Quoted.of(json.path(key).toString()) + ", " + what);
    }
}
