package org.waterspout.constrain;

import static java.util.Map.entry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * Makes a grammar of a JSON schema (draft 2020-12). Every text of it is JSON that the schema holds for; keywords that are not supported are
 * refused by name. Objects and arrays are made by {@link JsonContainers}.
 */
final class JsonSchemaReader {

    private static final int MAX_NESTING = 200;
    private static final List<String> TYPES = List.of("object", "array", "string", "number", "boolean", "null");
    /** Keywords that say something of values of one type only. */
    private static final Map<String, String> OF_TYPE = Map.ofEntries(entry("properties", "object"), entry("required", "object"),
            entry("additionalProperties", "object"), entry("minProperties", "object"), entry("maxProperties", "object"),
            entry("items", "array"), entry("prefixItems", "array"), entry("minItems", "array"), entry("maxItems", "array"),
            entry("uniqueItems", "array"), entry("minLength", "string"), entry("maxLength", "string"), entry("pattern", "string"),
            entry("format", "string"), entry("minimum", "number"), entry("maximum", "number"), entry("exclusiveMinimum", "number"),
            entry("exclusiveMaximum", "number"), entry("multipleOf", "number"));
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private final Grammar.Draft draft = new Grammar.Draft();
    /** By the text of the schema, in which the order of properties counts. */
    private final Map<String, Integer> rules = new HashMap<>();
    private final SchemaParts parts;
    private final JsonText text;
    private final JsonContainers containers;
    private int depth;

    private JsonSchemaReader(JsonNode root, boolean compact) {
        parts = new SchemaParts(root);
        text = new JsonText(draft, compact);
        containers = new JsonContainers(text, this::value);
    }

    /** @param compact whether nothing stands between two parts of an object or array */
    static Grammar read(String schema, boolean compact) {
        JsonNode root;
        try {
            root = JSON.readTree(schema);
        } catch (JsonProcessingException malformed) {
            throw new InvalidRequestException("the JSON schema is no sound JSON, line " + malformed.getLocation().getLineNr()
                    + ", character " + malformed.getLocation().getColumnNr() + ": " + malformed.getOriginalMessage(), malformed);
        }
        JsonSchemaReader reader = new JsonSchemaReader(root, compact);
        int whole = reader.draft.declare("answer");
        reader.draft.define(whole, reader.value(root, ""));
        return reader.draft.withRoot(whole);
    }

    /** A value of the schema: a call of its rule, which equal schemas share. */
    private GrammarExpression value(JsonNode schema, String path) {
        JsonNode flat = parts.flat(schema, path);
        Integer known = rules.get(flat.toString());
        if (known == null) {
            if (++depth > MAX_NESTING) {
                throw SchemaParts.refuse(path, "schemas are nested more than " + MAX_NESTING + " deep");
            }
            known = draft.declare(path.isEmpty() ? "#" : path);
            rules.put(flat.toString(), known);
            draft.define(known, flat.isBoolean() ? flat.booleanValue() ? ofTypes(flat, TYPES, path) : GrammarExpression.choice(List.of())
                    : alternatives((ObjectNode) flat, path));
            depth--;
        }
        return new GrammarExpression.Call(known);
    }

    private GrammarExpression alternatives(ObjectNode schema, String path) {
        if (schema.has("anyOf") && schema.has("oneOf")) {
            throw SchemaParts.refuse(path, "anyOf and oneOf beside each other are not supported: use one of them");
        }
        String name = schema.has("anyOf") ? "anyOf" : "oneOf";
        if (!schema.has(name)) {
            return plain(schema, path);
        }
        ObjectNode rest = schema.deepCopy();
        JsonNode listed = rest.remove(name);
        if (!listed.isArray() || listed.isEmpty()) {
            throw SchemaParts.refuse(path, name + " must be a list of schemas");
        }
        List<JsonNode> flat = new ArrayList<>();
        List<GrammarExpression> all = new ArrayList<>();
        for (int i = 0; i < listed.size(); i++) {
            String at = path + "/" + name + "/" + i;
            JsonNode one = parts.both(rest, parts.flat(listed.get(i), at), at);
            flat.add(one);
            all.add(value(one, at));
        }
        if (name.equals("oneOf")) {
            requireDisjoint(flat, path);
        }
        return GrammarExpression.choice(all);
    }

    private static void requireDisjoint(List<JsonNode> all, String path) {
        for (int i = 0; i < all.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (!areDisjoint(all.get(i), all.get(j))) {
                    throw SchemaParts.refuse(
                            path, "oneOf is supported where its alternatives exclude each other by type, by const or enum, or by"
                            + " those of a required property; " + j + " and " + i + " may not: use anyOf");
                }
            }
        }
    }

    private static boolean areDisjoint(JsonNode one, JsonNode other) {
        if (one.isBoolean() || other.isBoolean()) {
            return one.isBoolean() && !one.booleanValue() || other.isBoolean() && !other.booleanValue();
        }
        Set<String> types = types(one);
        types.retainAll(types(other));
        Optional<List<JsonNode>> values = values(one);
        Optional<List<JsonNode>> others = values(other);
        if (types.isEmpty() || values.isPresent() && others.isPresent()
                && values.get().stream().noneMatch(value -> holds(others.get(), value))) {
            return true;
        }
        if (!types.equals(Set.of("object"))) {
            return false;
        }
        for (JsonNode required : one.path("required")) {
            String name = required.asText();
            Optional<List<JsonNode>> mine = values(one.path("properties").path(name));
            Optional<List<JsonNode>> theirs = values(other.path("properties").path(name));
            boolean both = SchemaParts.list(other.path("required")).contains(required);
            if (both && mine.isPresent() && theirs.isPresent() && mine.get().stream().noneMatch(value -> holds(theirs.get(), value))) {
                return true;
            }
        }
        return false;
    }

    /** Types that a value may have; integer counts as number. */
    private static Set<String> types(JsonNode schema) {
        Set<String> all = new HashSet<>();
        if (!schema.has("type")) {
            all.addAll(TYPES);
        }
        for (JsonNode type : SchemaParts.list(schema.path("type"))) {
            all.add(type.asText().equals("integer") ? "number" : type.asText());
        }
        return all;
    }

    /** Values that are listed, where they are. */
    private static Optional<List<JsonNode>> values(JsonNode schema) {
        if (schema.has("const")) {
            return Optional.of(List.of(schema.get("const")));
        }
        return schema.path("enum").isArray() ? Optional.of(SchemaParts.list(schema.get("enum"))) : Optional.empty();
    }

    private static boolean holds(List<JsonNode> values, JsonNode wanted) {
        return values.stream().anyMatch(value -> SchemaParts.isSame(value, wanted));
    }

    private GrammarExpression plain(ObjectNode schema, String path) {
        List<String> types = new ArrayList<>();
        for (JsonNode type : SchemaParts.list(schema.path("type"))) {
            if (schema.has("type") && !TYPES.contains(type.asText()) && !type.asText().equals("integer")) {
                throw SchemaParts.refuse(path, "the type " + Quoted.of(type.asText())
                        + " is none of object, array, string, number, integer, boolean, null");
            }
            types.add(type.asText());
        }
        if (schema.has("enum") || schema.has("const")) {
            return listed(schema, path);
        }
        return ofTypes(schema, schema.has("type") ? types : TYPES, path);
    }

    private GrammarExpression listed(ObjectNode schema, String path) {
        List<JsonNode> wanted = new ArrayList<>();
        if (schema.has("enum")) {
            if (!schema.get("enum").isArray()) {
                throw SchemaParts.refuse(path, "enum must be a list of values");
            }
            wanted.addAll(SchemaParts.list(schema.get("enum")));
        }
        if (schema.has("const")) {
            JsonNode single = schema.get("const");
            wanted = schema.has("enum") && !holds(wanted, single) ? List.of() : List.of(single);
        }
        List<JsonNode> values = wanted.stream().filter(value -> !schema.has("type") || SchemaParts.list(schema.get("type")).stream()
                .anyMatch(type -> isOfType(value, type.asText()))).toList();
        for (String name : schema.properties().stream().map(Map.Entry::getKey).filter(OF_TYPE::containsKey).toList()) {
            if (values.stream().anyMatch(value -> isOfType(value, OF_TYPE.get(name)))) {
                throw SchemaParts.refuse(path, Quoted.of(name)
                        + " beside enum or const is not supported: list those values only that it allows");
            }
        }
        return GrammarExpression.choice(values.stream().map(text::literal).toList());
    }

    private static boolean isOfType(JsonNode value, String type) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            case "integer" -> value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
            default -> value.isNumber();
        };
    }

    private GrammarExpression ofTypes(JsonNode schema, List<String> types, String path) {
        List<GrammarExpression> all = new ArrayList<>();
        for (String type : types) {
            all.add(switch (type) {
                case "object" -> containers.object(schema, path);
                case "array" -> containers.array(schema, path);
                case "string" -> string(schema, path);
                case "number", "integer" -> number(schema, type.equals("integer"), path);
                case "boolean" -> GrammarExpression.choice(GrammarExpression.text("true"), GrammarExpression.text("false"));
                default -> GrammarExpression.text("null");
            });
        }
        return GrammarExpression.choice(all);
    }

    private GrammarExpression string(JsonNode schema, String path) {
        boolean counted = schema.has("minLength") || schema.has("maxLength");
        if ((counted ? 1 : 0) + (schema.has("pattern") ? 1 : 0) + (schema.has("format") ? 1 : 0) > 1) {
            throw SchemaParts.refuse(
                    path, "of pattern, format and lengths (minLength, maxLength) only one kind is supported: put the length into"
                    + " the pattern");
        }
        if (schema.has("pattern")) {
            return JsonText.string(RegexReader.holding("the JSON schema at " + Quoted.of(path) + ": the pattern",
                    schema.get("pattern").asText()));
        }
        if (schema.has("format")) {
            String format = schema.get("format").asText();
            return JsonText.string(JsonFormats.texts(format).orElseThrow(() -> SchemaParts.refuse(path, "the format " + Quoted.of(format)
                    + " is not supported: use one of " + JsonFormats.names() + ", or a pattern")));
        }
        if (!counted) {
            return text.string();
        }
        return count(schema, "minLength", 0, path) > count(schema, "maxLength", GrammarExpression.UNLIMITED, path)
                ? GrammarExpression.choice(List.of()) : text.string(count(schema, "minLength", 0, path),
                count(schema, "maxLength", GrammarExpression.UNLIMITED, path));
    }

    /** A number of things, 0 or more. */
    static int count(JsonNode schema, String name, int otherwise, String path) {
        JsonNode value = schema.get(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isNumber() || !isOfType(value, "integer") || value.decimalValue().signum() < 0
                || value.decimalValue().compareTo(new java.math.BigDecimal(1_000_000)) > 0) {
            throw SchemaParts.refuse(path, name + " must be a whole number from 0 to 1000000");
        }
        return value.decimalValue().intValue();
    }

    private GrammarExpression number(JsonNode schema, boolean integer, String path) {
        Optional<JsonNumbers.Bound> min = tighter(bound(schema, "minimum", true, path), bound(schema, "exclusiveMinimum", false, path), 1);
        Optional<JsonNumbers.Bound> max = tighter(bound(schema, "maximum", true, path), bound(schema, "exclusiveMaximum", false, path), -1);
        if (schema.has("multipleOf")) {
            java.math.BigDecimal of = bound(schema, "multipleOf", true, path).orElseThrow().value().stripTrailingZeros();
            boolean whole = of.scale() <= 0;
            Optional<GrammarExpression> multiples = of.signum() > 0 && whole ? of.compareTo(java.math.BigDecimal.ONE) == 0
                    ? Optional.of(JsonNumbers.integer(min, max)) : JsonNumbers.multiples(of.toBigIntegerExact(), min, max)
                    : Optional.empty();
            boolean places = !integer && of.scale() > 0 && of.scale() <= JsonNumbers.DIGITS
                    && of.unscaledValue().equals(java.math.BigInteger.ONE);
            return places ? JsonNumbers.number(min, max, of.scale()) : multiples.orElseThrow(() -> SchemaParts.refuse(path,
                    "multipleOf is supported for 0.1, 0.01 and so on, and for whole numbers up to 500 (with a minimum of 0 or none), or"
                    + " with a minimum and a maximum that leave at most 10000 values"));
        }
        if (integer) {
            return min.isEmpty() && max.isEmpty() ? JsonNumbers.integer() : JsonNumbers.integer(min, max);
        }
        return min.isEmpty() && max.isEmpty() ? JsonNumbers.number() : JsonNumbers.number(min, max, JsonNumbers.DIGITS);
    }

    private static Optional<JsonNumbers.Bound> bound(JsonNode schema, String name, boolean included, String path) {
        if (!schema.has(name)) {
            return Optional.empty();
        }
        JsonNode value = schema.get(name);
        if (!value.isNumber() || Math.abs(value.decimalValue().scale()) > 50 || value.decimalValue().precision() > 50) {
            throw SchemaParts.refuse(path, name + " must be a number of at most 50 digits");
        }
        return Optional.of(new JsonNumbers.Bound(value.decimalValue(), included));
    }

    /** @param sign 1 where the larger one is tighter, -1 where the smaller is */
    private static Optional<JsonNumbers.Bound> tighter(Optional<JsonNumbers.Bound> included, Optional<JsonNumbers.Bound> excluded,
            int sign) {
        if (included.isEmpty() || excluded.isEmpty()) {
            return included.or(() -> excluded);
        }
        return sign * included.get().value().compareTo(excluded.get().value()) > 0 ? included : excluded;
    }
}
