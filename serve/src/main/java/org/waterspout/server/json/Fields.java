package org.waterspout.server.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.waterspout.error.Quoted;

/**
 * The parameters of a request, each of which has to be asked for: {@link #end} refuses the others by name. {@code null} is as if the
 * parameter were not there. Every error is a {@link Refusal} that names the parameter.
 */
public final class Fields {

    private final ObjectNode node;
    private final String path;
    private final Set<String> known = new HashSet<>();

    /** @param path where the object stands, as it is put before the names of its parameters: {@code "messages[0]."} */
    Fields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** The object that {@code value} is. */
    public static Fields of(JsonNode value, String name) {
        if (value instanceof ObjectNode object) {
            return new Fields(object, name + ".");
        }
        throw Refusal.parameter(name, name + " must be an object, got " + Quoted.of(value.toString()));
    }

    /** What a parameter is called in full. */
    public String name(String field) {
        return path + field;
    }

    public Refusal refusal(String field, String why) {
        return Refusal.parameter(name(field), name(field) + " " + why);
    }

    private Refusal wrong(String field, String what, JsonNode value) {
        return refusal(field, "must be " + what + ", got " + Quoted.of(value.toString()));
    }

    public Optional<JsonNode> value(String field) {
        known.add(field);
        return Optional.ofNullable(node.get(field)).filter(value -> !value.isNull());
    }

    private Optional<JsonNode> value(String field, Predicate<JsonNode> fits, String what) {
        Optional<JsonNode> value = value(field);
        value.filter(fits.negate()).ifPresent(other -> {
            throw wrong(field, what, other);
        });
        return value;
    }

    public Optional<String> text(String field) {
        return value(field, JsonNode::isTextual, "a string").map(JsonNode::textValue);
    }

    public String requiredText(String field) {
        return text(field).orElseThrow(() -> refusal(field, "is missing: give it, a string"));
    }

    public boolean flag(String field, boolean otherwise) {
        return value(field, JsonNode::isBoolean, "true or false").map(JsonNode::booleanValue).orElse(otherwise);
    }

    public Optional<Integer> integer(String field, int min, int max) {
        return value(field, value -> value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= min
                && value.intValue() <= max, "a whole number from " + min + " to " + max).map(JsonNode::intValue);
    }

    public Optional<Long> whole(String field) {
        return value(field, value -> value.isIntegralNumber() && value.canConvertToLong(), "a whole number of 64 bits")
                .map(JsonNode::longValue);
    }

    public Optional<Double> number(String field, double min, double max) {
        return value(field, value -> value.isNumber() && value.doubleValue() >= min && value.doubleValue() <= max,
                "a number from " + min + " to " + max).map(JsonNode::doubleValue);
    }

    public Optional<Fields> object(String field) {
        return value(field).map(value -> of(value, name(field)));
    }

    /** The members of an object whose names are free. */
    public List<Map.Entry<String, JsonNode>> members(String field) {
        return value(field, JsonNode::isObject, "an object").map(value -> List.copyOf(value.properties())).orElse(List.of());
    }

    /** Empty where it is not there. */
    public Optional<List<JsonNode>> list(String field) {
        return value(field, JsonNode::isArray, "a list").map(value -> {
            List<JsonNode> all = new ArrayList<>();
            value.forEach(all::add);
            return all;
        });
    }

    /** One string or a list of strings; empty where it is not there. */
    public Optional<List<String>> texts(String field) {
        return value(field, value -> value.isTextual() || value.isArray(), "a string or a list of strings").map(value -> {
            List<String> all = new ArrayList<>();
            for (JsonNode one : value.isArray() ? value : List.of(value)) {
                if (!one.isTextual()) {
                    throw wrong(field, "a string or a list of strings", one);
                }
                all.add(one.textValue());
            }
            return all;
        });
    }

    /**
     * As {@link #texts}, where there have to be some.
     *
     * @param most of them
     */
    public List<String> requiredTexts(String field, int most) {
        List<String> texts = texts(field).orElseThrow(() -> refusal(field, "is missing: give a string or a list of strings"));
        requireCount(field, texts, most);
        return texts;
    }

    /** Refuses an empty list, and one of more than {@code most}. */
    public void requireCount(String field, List<?> values, int most) {
        if (values.isEmpty() || values.size() > most) {
            throw refusal(field, "has " + values.size() + " entries; it may have 1 to " + most);
        }
    }

    /**
     * A parameter that may be there with a value that changes nothing.
     *
     * @param why what is said to any other value
     */
    public void only(String field, Predicate<JsonNode> harmless, String why) {
        value(field).filter(harmless.negate()).ifPresent(_ -> {
            throw refusal(field, why);
        });
    }

    /** Refuses what was not asked for. */
    public void end() {
        node.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                throw Refusal.parameter(name(field), "unknown parameter: " + Quoted.of(name(field)) + "; leave it out");
            }
        });
    }
}
