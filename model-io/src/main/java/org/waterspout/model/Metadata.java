package org.waterspout.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.waterspout.error.ModelFormatException;

/**
 * Keys and values of a model file, read by type. A key that is missing, or holds another type, is a
 * {@link ModelFormatException} that names it.
 *
 * @param values Boolean, Long (every integer type; unsigned 64-bit as its bits), Double (both float types), String,
 *               or List of one of them, in the file's order
 */
public record Metadata(Map<String, Object> values) {

    public Metadata {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    public String string(String key) {
        return required(key, String.class);
    }

    public Optional<String> optionalString(String key) {
        return optional(key, String.class);
    }

    /** An integer that fits an int. */
    public int integer(String key) {
        return toInt(key, required(key, Long.class));
    }

    public OptionalInt optionalInteger(String key) {
        return optional(key, Long.class).map(value -> OptionalInt.of(toInt(key, value))).orElseGet(OptionalInt::empty);
    }

    public int integerOr(String key, int fallback) {
        return optionalInteger(key).orElse(fallback);
    }

    public float number(String key) {
        return required(key, Double.class).floatValue();
    }

    public float numberOr(String key, float fallback) {
        return optional(key, Double.class).map(Double::floatValue).orElse(fallback);
    }

    public boolean flagOr(String key, boolean fallback) {
        return optional(key, Boolean.class).orElse(fallback);
    }

    /** A list whose elements are all of {@code type} (String, Long, Double or Boolean). */
    public <T> List<T> list(String key, Class<T> type) {
        return this.<T>optionalList(key, type)
                .orElseThrow(() -> new ModelFormatException("the model file has no metadata key " + key));
    }

    public <T> Optional<List<T>> optionalList(String key, Class<T> type) {
        return optional(key, List.class).map(list -> {
            for (Object element : list) {
                if (!type.isInstance(element)) {
                    throw wrongType(key, element, type);
                }
            }
            @SuppressWarnings("unchecked") // every element was just checked
            List<T> checked = (List<T>) list;
            return checked;
        });
    }

    private <T> T required(String key, Class<T> type) {
        return optional(key, type)
                .orElseThrow(() -> new ModelFormatException("the model file has no metadata key " + key));
    }

    private <T> Optional<T> optional(String key, Class<T> type) {
        Object value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!type.isInstance(value)) {
            throw wrongType(key, value, type);
        }
        return Optional.of(type.cast(value));
    }

    private static int toInt(String key, long value) {
        if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
            throw new ModelFormatException("metadata key " + key + " is " + value + ", which fits no 32-bit integer");
        }
        return (int) value;
    }

    private static ModelFormatException wrongType(String key, Object value, Class<?> type) {
        return new ModelFormatException("metadata key " + key + " holds " + kind(value.getClass()) + ", not " + kind(type));
    }

    private static String kind(Class<?> type) {
        return type == String.class ? "a text" : type == Boolean.class ? "true or false" : List.class.isAssignableFrom(type) ? "a list"
                : type == Float.class || type == Double.class || type == Number.class ? "a number" : "a whole number";
    }
}
