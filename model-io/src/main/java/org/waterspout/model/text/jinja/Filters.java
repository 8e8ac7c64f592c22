package org.waterspout.model.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What can follow {@code |}; the meaning of each is in jinja2/filters.py. */
final class Filters {

    static final Set<String> NAMES = Set.of("trim", "length", "count", "tojson", "join", "default", "d", "upper", "lower",
            "title", "capitalize", "replace", "first", "last", "list", "string", "int", "float", "abs", "round", "reverse",
            "sort", "unique", "map", "select", "reject", "selectattr", "rejectattr", "items", "dictsort", "safe", "indent",
            "min", "max", "sum");

    private static final Pattern TITLE_WORD = Pattern.compile("[^-\\s({\\[<]+");

    private Filters() { }

    static Object apply(String name, Object value, Parameters with) {
        return switch (name) {
            case "trim" -> Strings.call(Values.print(value), "strip", with.only(1, "chars"));
            case "length", "count" -> Values.length(value);
            case "tojson" -> Json.write(value, with);
            case "join" -> join(value, with.only(2, "d", "attribute"));
            case "default", "d" -> value instanceof Values.Undefined
                    || with.only(2, "default_value", "boolean").flag(1, "boolean") && !Values.truth(value)
                    ? with.get(0, "default_value", "") : value;
            case "upper" -> Values.print(value).toUpperCase(Locale.ROOT);
            case "lower" -> Values.print(value).toLowerCase(Locale.ROOT);
            case "title" -> title(Values.print(value));
            case "capitalize" -> Strings.capitalize(Values.print(value));
            case "replace" -> Strings.replace(Values.print(value), with.only(3, "old", "new", "count").text(0, "old"),
                    with.text(1, "new"), with.get(2, "count", null) == null ? -1 : Values.index(with.get(2, "count", null)));
            case "first" -> at(Values.elements(value), 0);
            case "last" -> at(Values.elements(value), -1);
            case "list" -> Values.elements(value);
            case "string" -> Values.print(value);
            case "safe" -> value;
            case "int" -> whole(value, with.only(1, "default").get(0, "default", 0L));
            case "float" -> real(value, with.only(1, "default").get(0, "default", 0.0));
            case "abs" -> Values.number(value) instanceof Long number ? (Object) Math.absExact(number)
                    : Math.abs((Double) Values.number(value));
            case "round" -> round(value, with.only(2, "precision", "method"));
            case "reverse" -> value instanceof String text ? new StringBuilder(text).reverse().toString()
                    : Values.elements(value).reversed();
            case "items" -> value instanceof Map<?, ?> map ? Collections.items(map) : Values.elements(value);
            case "dictsort" -> {
                with.only(0);
                List<Object> items = Collections.items((Map<?, ?>) mapping(value));
                items.sort(Comparator.comparing(item -> folded(((List<?>) item).getFirst()), Values::compare));
                yield items;
            }
            case "indent" -> indent(Values.print(value), with.only(3, "width", "first", "blank"));
            case "sort", "unique", "min", "max" -> ordered(name, Values.elements(value), with);
            case "sum" -> sum(Values.elements(value), with.only(2, "attribute", "start"));
            case "map" -> mapped(Values.elements(value), with);
            case "select", "reject", "selectattr", "rejectattr" -> selected(name, Values.elements(value), with);
            default -> throw new JinjaException("the filter '" + name + "' is not built");
        };
    }

    private static Object mapping(Object value) {
        if (value instanceof Map<?, ?>) {
            return value;
        }
        throw new JinjaException(Values.kind(value) + " is no mapping");
    }

    private static Object at(List<Object> elements, int index) {
        return elements.isEmpty() ? new Values.Undefined("an element of an empty list")
                : index < 0 ? elements.getLast() : elements.getFirst();
    }

    /** An attribute path such as {@code function.name}, looked up by item first. */
    private static Function<Object, Object> path(Object attribute) {
        if (attribute == null) {
            return value -> value;
        }
        Object[] steps = attribute instanceof String text ? text.split("\\.") : new Object[] {attribute};
        return value -> {
            Object result = value;
            for (Object step : steps) {
                result = result instanceof Values.Undefined ? result
                        : Values.item(result, step instanceof String s && s.matches("[0-9]{1,9}") ? Long.valueOf(s) : step);
            }
            return result;
        };
    }

    private static String join(Object value, Parameters with) {
        Function<Object, Object> path = path(with.get(1, "attribute", null));
        StringBuilder text = new StringBuilder();
        String separator = "";
        for (Object element : Values.elements(value)) {
            text.append(separator).append(Values.print(path.apply(element)));
            separator = Values.print(with.get(0, "d", ""));
            if (text.length() > Values.LARGEST) {
                throw new JinjaException("a text grows beyond " + Values.LARGEST + " characters");
            }
        }
        return text.toString();
    }

    private static String title(String text) {
        return TITLE_WORD.matcher(text).replaceAll(word -> Matcher.quoteReplacement(Strings.capitalize(word.group())));
    }

    private static Object whole(Object value, Object otherwise) {
        if (Values.isNumber(value)) {
            return ((Number) Values.number(value)).longValue();
        }
        if (value instanceof String text) {
            try {
                return Long.valueOf(text.strip());
            } catch (NumberFormatException notWhole) {
                Object real = real(value, null);
                return real == null ? otherwise : (Object) ((Double) real).longValue();
            }
        }
        return otherwise;
    }

    private static Object real(Object value, Object otherwise) {
        if (Values.isNumber(value)) {
            return ((Number) Values.number(value)).doubleValue();
        }
        if (value instanceof String text && text.strip().matches("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?")) {
            return Double.valueOf(text.strip());
        }
        return otherwise;
    }

    private static Double round(Object value, Parameters with) {
        RoundingMode mode = switch (Values.text(with.get(1, "method", "common"))) {
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            // Python rounds halves to even, on the number's exact binary value
            case "common" -> RoundingMode.HALF_EVEN;
            default -> throw new JinjaException("round knows the methods common, ceil and floor");
        };
        double number = ((Number) Values.number(value)).doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return number;
        }
        int digits = Math.clamp(Values.index(with.get(0, "precision", 0L)), -400, 400);
        return new BigDecimal(number).setScale(digits, mode).doubleValue();
    }

    private static Object folded(Object value) {
        return value instanceof String text ? text.toLowerCase(Locale.ROOT) : value;
    }

    private static Object ordered(String name, List<Object> elements, Parameters with) {
        Parameters named = with.only(3, "reverse", "case_sensitive", "attribute");
        boolean sorts = name.equals("sort");
        boolean exact = named.flag(sorts ? 1 : 0, "case_sensitive");
        Function<Object, Object> path = path(named.get(sorts ? 2 : 1, "attribute", null));
        Function<Object, Object> key = element -> exact ? path.apply(element) : folded(path.apply(element));
        Comparator<Object> order = Comparator.comparing(key, Values::compare);
        return switch (name) {
            case "sort" -> {
                elements.sort(named.flag(0, "reverse") ? order.reversed() : order);
                yield elements;
            }
            case "min", "max" -> elements.isEmpty() ? new Values.Undefined("the " + name + " of an empty list")
                    : name.equals("min") ? elements.stream().min(order).get()
                            : elements.stream().reduce((a, b) -> order.compare(b, a) > 0 ? b : a).get();
            default -> {
                List<Object> kept = new ArrayList<>();
                List<Object> keys = new ArrayList<>();
                for (Object element : elements) {
                    if (!Values.contains(keys, key.apply(element))) {
                        keys.add(key.apply(element));
                        kept.add(element);
                    }
                }
                yield kept;
            }
        };
    }

    private static Object sum(List<Object> elements, Parameters with) {
        Function<Object, Object> path = path(with.get(0, "attribute", null));
        Object total = with.get(1, "start", 0L);
        for (Object element : elements) {
            total = Arithmetic.apply("+", total, path.apply(element));
        }
        return total;
    }

    private static List<Object> mapped(List<Object> elements, Parameters with) {
        List<Object> results = new ArrayList<>();
        if (with.positional().isEmpty()) {
            Function<Object, Object> path = path(with.only(0, "attribute", "default").required(0, "attribute"));
            for (Object element : elements) {
                Object result = path.apply(element);
                results.add(result instanceof Values.Undefined ? with.get(1, "default", result) : result);
            }
            return results;
        }
        String filter = with.text(0, "filter");
        for (Object element : elements) {
            results.add(apply(filter, element, new Parameters(filter, with.from(1).positional(), with.named())));
        }
        return results;
    }

    private static List<Object> selected(String name, List<Object> elements, Parameters with) {
        boolean byAttribute = name.endsWith("attr");
        Function<Object, Object> path = path(byAttribute ? with.required(0, "attribute") : null);
        Parameters rest = with.from(byAttribute ? 1 : 0);
        boolean wanted = name.startsWith("select");
        List<Object> kept = new ArrayList<>();
        for (Object element : elements) {
            Object value = path.apply(element);
            boolean holds = rest.positional().isEmpty() ? Values.truth(value)
                    : Tests.holds(testName(rest.text(0, "test")), value, rest.from(1));
            if (holds == wanted) {
                kept.add(element);
            }
        }
        return kept;
    }

    private static String testName(String written) {
        return switch (written) {
            case "==" -> "eq";
            case "!=" -> "ne";
            case "<" -> "lt";
            case "<=" -> "le";
            case ">" -> "gt";
            case ">=" -> "ge";
            default -> written;
        };
    }

    private static String indent(String text, Parameters with) {
        Object width = with.get(0, "width", 4L);
        String by = width instanceof String given ? given : " ".repeat(Math.clamp(Values.index(width), 0, 1000));
        boolean blank = with.flag(2, "blank");
        List<String> lines = Strings.lines(text + "\n");
        StringBuilder result = new StringBuilder(with.flag(1, "first") ? by : "");
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            result.append(i == 0 ? "" : "\n").append(i > 0 && (blank || !line.isEmpty()) ? by : "").append(line);
            if (result.length() > Values.LARGEST) {
                throw new JinjaException("a text grows beyond " + Values.LARGEST + " characters");
            }
        }
        return result.toString();
    }
}
