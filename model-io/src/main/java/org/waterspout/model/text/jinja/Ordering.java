package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/** The filters that compare a list's elements with one another. */
final class Ordering {

    private Ordering() { }

    static Object ordered(String name, List<Object> elements, Parameters with) {
        Parameters named = with.only(3, "reverse", "case_sensitive", "attribute");
        boolean sorts = name.equals("sort");
        boolean exact = named.flag(sorts ? 1 : 0, "case_sensitive");
        Function<Object, Object> path = Filters.path(named.get(sorts ? 2 : 1, "attribute", null), with.budget());
        Function<Object, Object> key = element -> exact ? path.apply(element) : folded(path.apply(element));
        Comparator<Object> order = Comparator.comparing(key, (a, b) -> Values.compare(a, b, with.budget()));
        return switch (name) {
            case "sort" -> {
                elements.sort(named.flag(0, "reverse") ? order.reversed() : order);
                yield elements;
            }
            case "min", "max" -> elements.isEmpty() ? new Values.Undefined("the " + name + " of an empty list")
                    : name.equals("min") ? elements.stream().min(order).get()
                            : elements.stream().reduce((a, b) -> order.compare(b, a) > 0 ? b : a).get();
            default -> unique(elements, key, with.budget());
        };
    }

    private static List<Object> unique(List<Object> elements, Function<Object, Object> key, Budget budget) {
        List<Object> kept = new ArrayList<>();
        Set<Object> keys = new HashSet<>();
        for (Object element : elements) {
            Object hashed = Values.key(key.apply(element), budget);
            // 1, 1.0 and true are one key in Python
            if (keys.add(Values.isNumber(hashed) ? (Object) ((Number) Values.number(hashed)).doubleValue() : hashed)) {
                kept.add(element);
            }
        }
        return kept;
    }

    static Object folded(Object value) {
        return value instanceof Text text ? text.rewritten(text.string().toLowerCase(Locale.ROOT)) : value;
    }
}
