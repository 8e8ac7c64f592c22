package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The methods of Python's dict and list that change nothing. */
final class Collections {

    static final Set<String> METHODS = Set.of("items", "keys", "values", "get");

    private Collections() { }

    static Object call(Map<?, ?> map, String method, Parameters with) {
        with.budget().looked(method.equals("get") ? 1 : map.size());
        return switch (method) {
            case "items" -> {
                with.only(0);
                yield items(map);
            }
            case "keys" -> {
                with.only(0);
                yield new ArrayList<Object>(map.keySet());
            }
            case "values" -> {
                with.only(0);
                yield new ArrayList<Object>(map.values());
            }
            case "get" -> {
                Object key = Values.key(with.only(2).required(0, "key"), with.budget());
                yield map.containsKey(key) ? map.get(key) : with.get(1, "default", null);
            }
            default -> throw new JinjaException("the mapping's method '" + method + "' is not built");
        };
    }

    static Object call(List<?> list, String method, Parameters with) {
        Object wanted = with.only(1).required(0, "value");
        long count = 0;
        for (int i = 0; i < list.size(); i++) {
            if (Values.equal(list.get(i), wanted, with.budget())) {
                if (method.equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (method.equals("index")) {
            throw new JinjaException(Values.represent(wanted) + " is not in the list");
        }
        return count;
    }

    static List<Object> items(Map<?, ?> map) {
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(new Values.Tuple(java.util.Arrays.asList(key, value))));
        return items;
    }
}
