package org.waterspout.model.text.jinja;

import java.math.BigDecimal;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Python's values and what they mean: null (none), Boolean, Long, Double, String, List, Map, and the kinds below. Nothing else
 * ever reaches a template, so nothing else can be called from one.
 */
final class Values {

    /** No string or list grows beyond this many characters or elements. */
    static final int LARGEST = 1 << 24;

    private Values() { }

    /** What a name, attribute or index that is not there gives: empty and false, but no part of a calculation. */
    record Undefined(String what) {
        JinjaException error() {
            return new JinjaException("'" + what + "' is undefined");
        }
    }

    /** A function, macro or method. */
    @FunctionalInterface
    interface Callable {
        Object call(List<Object> positional, Map<String, Object> named);
    }

    /** An object whose attributes a template reads and, unless it is the loop, sets. */
    record Namespace(Map<String, Object> values, boolean settable) { }

    /** A list that prints with round brackets. */
    static final class Tuple extends AbstractList<Object> {
        private final List<Object> elements;

        Tuple(List<Object> elements) {
            this.elements = elements;
        }

        @Override
        public Object get(int index) {
            return elements.get(index);
        }

        @Override
        public int size() {
            return elements.size();
        }
    }

    static boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case String text -> !text.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Undefined undefined -> false;
            default -> true;
        };
    }

    static String print(Object value) {
        return switch (value) {
            case String text -> text;
            case Undefined undefined -> "";
            case null, default -> represent(value);
        };
    }

    /** As Python's repr writes it. */
    static String represent(Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean flag -> flag ? "True" : "False";
            case Long number -> number.toString();
            case Double number -> decimal(number);
            case String text -> Strings.quoted(text);
            case Tuple tuple -> "(" + joined(tuple) + (tuple.size() == 1 ? ",)" : ")");
            case List<?> list -> "[" + joined(list) + "]";
            case Map<?, ?> map -> {
                List<String> parts = new ArrayList<>();
                map.forEach((key, element) -> parts.add(represent(key) + ": " + represent(element)));
                yield limited("{" + String.join(", ", parts) + "}");
            }
            case Undefined undefined -> "Undefined";
            default -> throw new JinjaException("a function cannot be printed");
        };
    }

    private static String joined(List<?> list) {
        return limited(String.join(", ", list.stream().map(Values::represent).toList()));
    }

    static String decimal(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(number);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            String[] parts = Double.toString(number).split("E");
            int exponent = Integer.parseInt(parts[1]);
            String digits = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
            return digits + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        String plain = new BigDecimal(Double.toString(number)).toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    static String limited(String text) {
        if (text.length() > LARGEST) {
            throw new JinjaException("a text grows beyond " + LARGEST + " characters");
        }
        return text;
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    /** Truth values count as 1 and 0, as in Python. */
    static Object number(Object value) {
        return switch (value) {
            case Boolean flag -> flag ? 1L : 0L;
            case Long number -> number;
            case Double number -> number;
            case Undefined undefined -> throw undefined.error();
            case null, default -> throw new JinjaException(kind(value) + " is no number");
        };
    }

    static int index(Object value) {
        if (number(value) instanceof Long whole && whole >= Integer.MIN_VALUE && whole <= Integer.MAX_VALUE) {
            return whole.intValue();
        }
        throw new JinjaException(represent(value) + " is no index");
    }

    static String text(Object value) {
        return switch (value) {
            case String text -> text;
            case Undefined undefined -> throw undefined.error();
            case null, default -> throw new JinjaException(kind(value) + " is no string");
        };
    }

    static String kind(Object value) {
        return switch (value) {
            case null -> "none";
            case Boolean flag -> "a truth value";
            case Long number -> "a whole number";
            case Double number -> "a number";
            case String text -> "a string";
            case List<?> list -> "a list";
            case Map<?, ?> map -> "a mapping";
            case Namespace namespace -> "a namespace";
            case Undefined undefined -> "'" + undefined.what() + "', which is undefined,";
            default -> "a function";
        };
    }

    static boolean equal(Object left, Object right) {
        return equal(left, right, new int[] {1_000_000});
    }

    /** @param budget [1] comparisons left: two lists that hold themselves many times over have no end in sight */
    private static boolean equal(Object left, Object right, int[] budget) {
        if (--budget[0] < 0) {
            throw new JinjaException("a comparison of lists takes too long");
        }
        if (isNumber(left) && isNumber(right)) {
            Object a = number(left);
            Object b = number(right);
            return a instanceof Long && b instanceof Long ? a.equals(b)
                    : ((Number) a).doubleValue() == ((Number) b).doubleValue();
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            boolean same = a.size() == b.size() && a instanceof Tuple == b instanceof Tuple;
            for (int i = 0; same && i < a.size(); i++) {
                same = equal(a.get(i), b.get(i), budget);
            }
            return same;
        }
        if (left instanceof Undefined && right instanceof Undefined) {
            return true;
        }
        if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
            return a.size() == b.size() && a.keySet().stream()
                    .allMatch(key -> b.containsKey(key) && equal(a.get(key), b.get(key), budget));
        }
        return Objects.equals(left, right);
    }

    static int compare(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            return Strings.compare(a, b);
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
                if (!equal(a.get(i), b.get(i))) {
                    return compare(a.get(i), b.get(i));
                }
            }
            return Integer.compare(a.size(), b.size());
        }
        if (isNumber(left) && isNumber(right)) {
            return number(left) instanceof Long a && number(right) instanceof Long b ? Long.compare(a, b)
                    : Double.compare(((Number) number(left)).doubleValue(), ((Number) number(right)).doubleValue());
        }
        throw new JinjaException(kind(left) + " and " + kind(right) + " have no order");
    }

    static boolean contains(Object container, Object element) {
        return switch (container) {
            case String text -> text.contains(text(element));
            case List<?> list -> list.stream().anyMatch(other -> equal(other, element));
            case Map<?, ?> map -> map.containsKey(element);
            case Undefined undefined -> false;
            case null, default -> throw new JinjaException(kind(container) + " holds nothing");
        };
    }

    /** The elements a loop goes through. */
    static List<Object> elements(Object value) {
        return switch (value) {
            case List<?> list -> new ArrayList<Object>(list);
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case String text -> new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
            case Undefined undefined -> List.of();
            case null, default -> throw new JinjaException(kind(value) + " cannot be looped over");
        };
    }

    static long length(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Undefined undefined -> 0;
            case null, default -> throw new JinjaException(kind(value) + " has no length");
        };
    }

    static Object item(Object of, Object index) {
        switch (of) {
            case Undefined undefined -> throw undefined.error();
            case Map<?, ?> map when map.containsKey(index) -> {
                return map.get(index);
            }
            case List<?> list when index instanceof Long || index instanceof Boolean -> {
                int at = index(index) < 0 ? index(index) + list.size() : index(index);
                return at >= 0 && at < list.size() ? list.get(at) : new Undefined("element " + index);
            }
            case String text when index instanceof Long || index instanceof Boolean -> {
                return item(elements(text), index);
            }
            case null, default -> {
                return index instanceof String name ? attribute(of, name) : new Undefined(represent(index));
            }
        }
    }

    static Object attribute(Object of, String name) {
        if (name.startsWith("_")) {
            throw new JinjaException("the attribute '" + name + "' may not be used");
        }
        return switch (of) {
            case Undefined undefined -> throw undefined.error();
            case Namespace namespace -> namespace.values().containsKey(name) ? namespace.values().get(name)
                    : new Undefined(name);
            case String text when Strings.METHODS.contains(name) -> (Callable) (positional, named) ->
                    Strings.call(text, name, new Parameters(name, positional, named));
            case Map<?, ?> map when Collections.METHODS.contains(name) -> (Callable) (positional, named) ->
                    Collections.call(map, name, new Parameters(name, positional, named));
            case List<?> list when name.equals("index") || name.equals("count") -> (Callable) (positional, named) ->
                    Collections.call(list, name, new Parameters(name, positional, named));
            case Map<?, ?> map -> map.containsKey(name) ? map.get(name) : new Undefined(name);
            case null, default -> new Undefined(name);
        };
    }

    static Object slice(Object of, Object start, Object stop, Object step) {
        if (of instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(of instanceof String || of instanceof List<?>)) {
            throw new JinjaException(kind(of) + " has no slices");
        }
        List<Object> all = elements(of);
        int by = step == null ? 1 : index(step);
        if (by == 0) {
            throw new JinjaException("a slice's step is 0");
        }
        int size = all.size();
        int from = start == null ? by > 0 ? 0 : size - 1 : bound(index(start), size, by);
        int to = stop == null ? by > 0 ? size : -1 : bound(index(stop), size, by);
        List<Object> kept = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            kept.add(all.get((int) i));
        }
        if (of instanceof String) {
            return String.join("", kept.stream().map(Object::toString).toList());
        }
        return of instanceof Tuple ? new Tuple(kept) : kept;
    }

    private static int bound(int index, int size, int by) {
        int at = index < 0 ? index + size : index;
        return by > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
    }

    static Map<String, Object> dict(Map<String, Object> named) {
        return new LinkedHashMap<>(named);
    }
}
