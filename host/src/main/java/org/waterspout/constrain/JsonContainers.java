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

/** Objects and arrays of a JSON schema. Properties come in the order of the schema, then those that it requires and does not list, then others. */
final class JsonContainers {

    private static final int MOST_ITEMS = 100_000;

    private final JsonText text;
    private final BiFunction<JsonNode, String, Expression> value;

    /** @param value what a schema and its path stand for */
    JsonContainers(JsonText text, BiFunction<JsonNode, String, Expression> value) {
        this.text = text;
        this.value = value;
    }

    private Expression separator() {
        return Expression.sequence(Expression.text(","), text.blank());
    }

    /** States: 2 x properties passed, plus 1 when one of them was written; then the closing one. */
    Expression object(JsonNode schema, String path) {
        Set<String> required = required(schema, path);
        Map<String, Expression> properties = new LinkedHashMap<>();
        JsonNode listed = schema.path("properties");
        if (schema.has("properties") && !listed.isObject()) {
            throw SchemaParts.refuse(path, "properties must be an object");
        }
        listed.properties().forEach(property -> properties.put(property.getKey(), value.apply(property.getValue(), path + "/properties/"
                + property.getKey())));
        boolean open = !schema.has("additionalProperties") || !isFalse(schema.get("additionalProperties"));
        Expression additional = !open ? Expression.choice(List.of()) : value.apply(schema.has("additionalProperties")
                ? schema.get("additionalProperties") : com.fasterxml.jackson.databind.node.BooleanNode.TRUE, path + "/additionalProperties");
        required.forEach(name -> properties.putIfAbsent(name, additional));
        requireCounts(schema, properties.size(), required.size(), open, path);
        List<Expression.Edge> edges = new ArrayList<>();
        int passed = 0;
        for (Map.Entry<String, Expression> property : properties.entrySet()) {
            Expression member = member(JsonText.literal(property.getKey()), property.getValue());
            edges.add(new Expression.Edge(2 * passed, member, 2 * passed + 3));
            edges.add(new Expression.Edge(2 * passed + 1, Expression.sequence(separator(), member), 2 * passed + 3));
            if (!required.contains(property.getKey())) {
                edges.add(new Expression.Edge(2 * passed, Expression.EMPTY, 2 * passed + 2));
                edges.add(new Expression.Edge(2 * passed + 1, Expression.EMPTY, 2 * passed + 3));
            }
            passed++;
        }
        if (open) {
            Expression member = member(JsonText.stringBut(List.copyOf(properties.keySet())), additional);
            edges.add(new Expression.Edge(2 * passed, member, 2 * passed + 1));
            edges.add(new Expression.Edge(2 * passed + 1, Expression.sequence(separator(), member), 2 * passed + 1));
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
        return schema.path("required").valueStream().map(JsonNode::textValue).collect(Collectors.toCollection(java.util.LinkedHashSet::new));
    }

    private static void requireCounts(JsonNode schema, int named, int required, boolean open, String path) {
        int least = JsonSchemaReader.count(schema, "minProperties", 0, path);
        int most = JsonSchemaReader.count(schema, "maxProperties", Expression.UNLIMITED, path);
        if (least > Math.max(1, required)) {
            throw SchemaParts.refuse(path, "minProperties is supported up to 1, or up to the number of required properties: require them");
        }
        if (most < Expression.UNLIMITED && (open || most < named)) {
            throw SchemaParts.refuse(path, "maxProperties is supported where properties lists as many and additionalProperties is false");
        }
    }

    private Expression member(Expression name, Expression content) {
        return Expression.sequence(name, Expression.text(":"), text.blank(), content);
    }

    /**
     * @param first  state in which nothing is written yet
     * @param others states in which the last thing may have been written
     */
    private Expression closed(String open, List<Expression.Edge> edges, int first, boolean mayBeEmpty, List<Integer> others, String close) {
        int states = 1 + Math.max(first, others.stream().mapToInt(Integer::intValue).max().orElse(0));
        List<Expression.Edge> all = new ArrayList<>(edges);
        if (mayBeEmpty) {
            all.add(new Expression.Edge(first, Expression.text(close), states));
        }
        for (int other : others) {
            all.add(new Expression.Edge(other, Expression.sequence(text.blank(), Expression.text(close)), states));
        }
        BitSet accepting = new BitSet();
        accepting.set(states);
        return Expression.sequence(Expression.text(open), text.blank(), new Expression.Graph(states + 1, all, accepting));
    }

    /** The state is the number of items so far; where there is no end of them, the last state goes on in itself. */
    Expression array(JsonNode schema, String path) {
        if (schema.path("uniqueItems").asBoolean() && JsonSchemaReader.count(schema, "maxItems", Expression.UNLIMITED, path) > 1) {
            throw SchemaParts.refuse(path, "the keyword 'uniqueItems' is not supported: leave it away, and look at the answer");
        }
        if (schema.has("prefixItems") && !schema.get("prefixItems").isArray() || schema.path("items").isArray()) {
            throw SchemaParts.refuse(path, "items must be a schema, prefixItems a list of schemas");
        }
        List<Expression> first = new ArrayList<>();
        for (JsonNode item : schema.path("prefixItems")) {
            first.add(value.apply(item, path + "/prefixItems/" + first.size()));
        }
        boolean open = !schema.has("items") || !isFalse(schema.get("items"));
        Expression other = !open ? Expression.choice(List.of()) : value.apply(schema.has("items") ? schema.get("items")
                : com.fasterxml.jackson.databind.node.BooleanNode.TRUE, path + "/items");
        int least = JsonSchemaReader.count(schema, "minItems", 0, path);
        int asked = JsonSchemaReader.count(schema, "maxItems", Expression.UNLIMITED, path);
        int most = open ? asked : Math.min(asked, first.size());
        if (least > MOST_ITEMS || most > MOST_ITEMS && most < Expression.UNLIMITED) {
            throw SchemaParts.refuse(path, Quoted.of(least > MOST_ITEMS ? "minItems" : "maxItems") + " may be " + MOST_ITEMS + " at most");
        }
        int last = most < Expression.UNLIMITED ? most : Math.max(1, Math.max(least, first.size()));
        List<Expression.Edge> edges = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        for (int count = 0; count <= last; count++) {
            Expression item = count < first.size() ? first.get(count) : other;
            Expression next = count == 0 ? item : Expression.sequence(separator(), item);
            if (count < last) {
                edges.add(new Expression.Edge(count, next, count + 1));
            } else if (most == Expression.UNLIMITED) {
                edges.add(new Expression.Edge(count, next, count));
            }
            if (count >= Math.max(1, least)) {
                ends.add(count);
            }
        }
        return closed("[", edges, 0, least == 0, ends, "]");
    }
}
