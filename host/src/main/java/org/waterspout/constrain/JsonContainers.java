package org.waterspout.constrain;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.waterspout.error.Quoted;

/**
 * Objects and arrays of a JSON schema. Properties come in the order of the schema, then those that it requires and does not list, then
 * others.
 */
final class JsonContainers {

    private static final int MAX_ITEMS = 100_000;

    private final JsonText text;
    private final BiFunction<JsonNode, String, GrammarExpression> value;

    /** @param value what a schema and its path stand for */
    JsonContainers(JsonText text, BiFunction<JsonNode, String, GrammarExpression> value) {
        this.text = text;
        this.value = value;
    }

    private GrammarExpression separator() {
        return GrammarExpression.sequence(GrammarExpression.text(","), text.blank());
    }

    /** States: 2 x properties passed, plus 1 when one of them was written; then the closing one. */
    GrammarExpression object(JsonNode schema, String path) {
        Set<String> required = required(schema, path);
        Map<String, GrammarExpression> properties = new LinkedHashMap<>();
        JsonNode listed = schema.path("properties");
        if (schema.has("properties") && !listed.isObject()) {
            throw SchemaParts.refuse(path, "properties must be an object");
        }
        listed.properties().forEach(property -> properties.put(property.getKey(), value.apply(property.getValue(), path + "/properties/"
                + property.getKey())));
        boolean open = !schema.has("additionalProperties") || !isFalse(schema.get("additionalProperties"));
        GrammarExpression additional = !open ? GrammarExpression.choice(List.of()) : value.apply(schema.has("additionalProperties")
                ? schema.get("additionalProperties") : com.fasterxml.jackson.databind.node.BooleanNode.TRUE,
                path + "/additionalProperties");
        required.forEach(name -> properties.putIfAbsent(name, additional));
        requireCounts(schema, properties.size(), required.size(), open, path);
        List<GrammarExpression.Edge> edges = new ArrayList<>();
        int passed = 0;
        for (Map.Entry<String, GrammarExpression> property : properties.entrySet()) {
            GrammarExpression member = member(JsonText.literal(property.getKey()), property.getValue());
            edges.add(new GrammarExpression.Edge(2 * passed, member, 2 * passed + 3));
            edges.add(new GrammarExpression.Edge(2 * passed + 1, GrammarExpression.sequence(separator(), member), 2 * passed + 3));
            if (!required.contains(property.getKey())) {
                edges.add(new GrammarExpression.Edge(2 * passed, GrammarExpression.EMPTY, 2 * passed + 2));
                edges.add(new GrammarExpression.Edge(2 * passed + 1, GrammarExpression.EMPTY, 2 * passed + 3));
            }
            passed++;
        }
        if (open) {
            GrammarExpression member = member(JsonText.stringBut(List.copyOf(properties.keySet())), additional);
            edges.add(new GrammarExpression.Edge(2 * passed, member, 2 * passed + 1));
            edges.add(new GrammarExpression.Edge(2 * passed + 1, GrammarExpression.sequence(separator(), member), 2 * passed + 1));
        }
        boolean mayBeEmpty = JsonSchemaReader.count(schema, "minProperties", 0, path) == 0;
        return closed("{", edges, 2 * passed, mayBeEmpty, List.of(2 * passed + 1), "}");
    }

    private static boolean isFalse(JsonNode schema) {
        return schema.isBoolean() && !schema.booleanValue();
    }

    private static Set<String> required(JsonNode schema, String path) {
        if (schema.has("required") && (!schema.get("required").isArray()
                || schema.get("required").valueStream().anyMatch(name -> !name.isTextual()))) {
            throw SchemaParts.refuse(path, "required must be a list of names");
        }
        return schema.path("required").valueStream().map(JsonNode::textValue)
                .collect(Collectors.toCollection(java.util.LinkedHashSet::new));
    }

    private static void requireCounts(JsonNode schema, int named, int required, boolean open, String path) {
        int min = JsonSchemaReader.count(schema, "minProperties", 0, path);
        int max = JsonSchemaReader.count(schema, "maxProperties", GrammarExpression.UNLIMITED, path);
        if (min > Math.max(1, required)) {
            throw SchemaParts.refuse(path, "minProperties is supported up to 1, or up to the number of required properties: require them");
        }
        if (max < GrammarExpression.UNLIMITED && (open || max < named)) {
            throw SchemaParts.refuse(path, "maxProperties is supported where properties lists as many and additionalProperties is false");
        }
    }

    private GrammarExpression member(GrammarExpression name, GrammarExpression content) {
        return GrammarExpression.sequence(name, GrammarExpression.text(":"), text.blank(), content);
    }

    /**
     * @param first  state in which nothing is written yet
     * @param others states in which the last thing may have been written
     */
    private GrammarExpression closed(String open, List<GrammarExpression.Edge> edges, int first, boolean mayBeEmpty, List<Integer> others,
            String close) {
        int states = 1 + Math.max(first, others.stream().mapToInt(Integer::intValue).max().orElse(0));
        List<GrammarExpression.Edge> all = new ArrayList<>(edges);
        if (mayBeEmpty) {
            all.add(new GrammarExpression.Edge(first, GrammarExpression.text(close), states));
        }
        for (int other : others) {
            all.add(new GrammarExpression.Edge(other, GrammarExpression.sequence(text.blank(), GrammarExpression.text(close)), states));
        }
        BitSet accepting = new BitSet();
        accepting.set(states);
        return GrammarExpression.sequence(GrammarExpression.text(open), text.blank(),
                new GrammarExpression.Graph(states + 1, all, accepting));
    }

    /** The state is the number of items so far; where there is no end of them, the last state goes on in itself. */
    GrammarExpression array(JsonNode schema, String path) {
        if (schema.path("uniqueItems").asBoolean() && JsonSchemaReader.count(schema, "maxItems", GrammarExpression.UNLIMITED, path) > 1) {
            throw SchemaParts.refuse(path, "the keyword 'uniqueItems' is not supported: leave it away, and look at the answer");
        }
        if (schema.has("prefixItems") && !schema.get("prefixItems").isArray() || schema.path("items").isArray()) {
            throw SchemaParts.refuse(path, "items must be a schema, prefixItems a list of schemas");
        }
        List<GrammarExpression> first = new ArrayList<>();
        for (JsonNode item : schema.path("prefixItems")) {
            first.add(value.apply(item, path + "/prefixItems/" + first.size()));
        }
        boolean open = !schema.has("items") || !isFalse(schema.get("items"));
        GrammarExpression other = !open ? GrammarExpression.choice(List.of()) : value.apply(schema.has("items") ? schema.get("items")
                : com.fasterxml.jackson.databind.node.BooleanNode.TRUE, path + "/items");
        int min = JsonSchemaReader.count(schema, "minItems", 0, path);
        int asked = JsonSchemaReader.count(schema, "maxItems", GrammarExpression.UNLIMITED, path);
        int max = open ? asked : Math.min(asked, first.size());
        if (min > MAX_ITEMS || max > MAX_ITEMS && max < GrammarExpression.UNLIMITED) {
            throw SchemaParts.refuse(path, Quoted.of(min > MAX_ITEMS ? "minItems" : "maxItems") + " may be " + MAX_ITEMS + " at most");
        }
        int last = max < GrammarExpression.UNLIMITED ? max : Math.max(1, Math.max(min, first.size()));
        List<GrammarExpression.Edge> edges = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        for (int count = 0; count <= last; count++) {
            GrammarExpression item = count < first.size() ? first.get(count) : other;
            GrammarExpression next = count == 0 ? item : GrammarExpression.sequence(separator(), item);
            if (count < last) {
                edges.add(new GrammarExpression.Edge(count, next, count + 1));
            } else if (max == GrammarExpression.UNLIMITED) {
                edges.add(new GrammarExpression.Edge(count, next, count));
            }
            if (count >= Math.max(1, min)) {
                ends.add(count);
            }
        }
        return closed("[", edges, 0, min == 0, ends, "]");
    }
}
