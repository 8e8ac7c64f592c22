package org.waterspout.model.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
            "min", "max", "sum", "escape", "e", "forceescape", "format", "attr", "batch", "wordcount");

    /** Those of Jinja2 that are not built: an error only where they are reached. */
    private static final Set<String> NOT_BUILT = Set.of("center", "filesizeformat", "groupby", "pprint", "random", "slice", "striptags",
            "truncate", "urlencode", "urlize", "wordwrap", "xmlattr");

    private static final Pattern TITLE_WORD = Pattern.compile("[^-\\s({\\[<]+");

    private Filters() { }

    /** Whether Jinja2 has a filter of this name. */
    static boolean isKnown(String name) {
        return NAMES.contains(name) || NOT_BUILT.contains(name);
    }

    static Object apply(String name, Object value, Parameters with) {
        Budget budget = with.budget();
        budget.looked(value instanceof Text text ? text.length() : value instanceof List<?> list ? list.size() : 1);
        return switch (name) {
            case "trim", "upper", "lower", "title", "capitalize", "replace", "string", "safe", "escape", "e", "forceescape", "format",
                    "indent", "wordcount", "join", "tojson" -> text(name, value, with);
            case "int", "float", "abs", "round", "sum" -> number(name, value, with);
            case "length", "count" -> Values.length(value);
            case "default", "d" -> value instanceof Values.Undefined
                    || with.only(2, "default_value", "boolean").flag(1, "boolean") && !Values.truth(value)
                    ? with.get(0, "default_value", Text.EMPTY) : value;
            case "first" -> end(value, 0, budget);
            case "last" -> end(value, -1, budget);
            case "list" -> Values.elements(value, budget);
            case "attr" -> attribute(value, with.only(1, "name").string(0, "name"));
            case "batch" -> batches(Values.elements(value, budget), with.only(2, "linecount", "fill_with"));
            case "reverse" -> value instanceof Text text ? Values.slice(text, null, null, -1L, budget)
                    : Values.elements(value, budget).reversed();
            case "items" -> value instanceof Map<?, ?> map ? Collections.items(map) : Values.elements(value, budget);
            case "dictsort" -> dictsort(mapping(value), with.only(3, "case_sensitive", "by", "reverse"));
            case "sort", "unique", "min", "max" -> Ordering.ordered(name, Values.elements(value, budget), with);
            // what is empty, undefined or none has nothing to choose from
            case "map" -> Values.truth(value) ? mapped(Values.elements(value, budget), with) : new ArrayList<>();
            case "select", "reject", "selectattr", "rejectattr" -> Values.truth(value)
                    ? selected(name, Values.elements(value, budget), with) : new ArrayList<>();
            default -> throw new JinjaException("the filter '" + name + "' is not built");
        };
    }

    private static Object text(String name, Object value, Parameters with) {
        return switch (name) {
            case "trim" -> Strings.call(Values.soft(value), "strip", with.only(1, "chars"));
            case "upper", "lower" -> Strings.call(Values.soft(value), name, with.only(0));
            case "title" -> title(Values.print(value));
            case "capitalize" -> Strings.capitalize(Values.soft(value));
            case "replace" -> Strings.replace(Values.print(value), Values.print(with.only(3, "old", "new", "count").required(0, "old")),
                    Values.print(with.required(1, "new")),
                    with.get(2, "count", null) == null ? -1 : Values.index(with.get(2, "count", null)), with.budget());
            case "string" -> Values.soft(value);
            case "safe" -> Values.soft(value).asMarkup();
            case "escape", "e" -> Values.soft(value).escaped();
            case "forceescape" -> Values.print(value).escaped();
            case "format" -> Format.percent(Values.soft(value), with.named().isEmpty() ? new Values.Tuple(with.positional())
                    : Format.names(with), with.budget());
            case "indent" -> indent(Values.text(value), with.only(3, "width", "first", "blank"));
            case "wordcount" -> (long) Strings.words(Values.soft(value)).size();
            case "tojson" -> Json.write(value, with);
            case "join" -> join(value, with.only(2, "d", "attribute"));
            default -> throw new IllegalStateException("filter " + name);
        };
    }

    private static Object number(String name, Object value, Parameters with) {
        return switch (name) {
            case "int" -> whole(value, with.only(1, "default").get(0, "default", 0L));
            case "float" -> real(value, with.only(1, "default").get(0, "default", 0.0));
            case "abs" -> Values.number(value) instanceof Long number ? (Object) Math.absExact(number)
                    : Math.abs((Double) Values.number(value));
            case "round" -> round(value, with.only(2, "precision", "method"));
            case "sum" -> sum(Values.elements(value, with.budget()), with.only(2, "attribute", "start"));
            default -> throw new IllegalStateException("filter " + name);
        };
    }

    /** An attribute only: what a mapping holds is none. */
    private static Object attribute(Object value, String name) {
        return value instanceof Map<?, ?> && !Collections.METHODS.contains(name) ? new Values.Undefined(name)
                : Values.attribute(value, name);
    }

    private static Map<?, ?> mapping(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new JinjaException(Values.kind(value) + " is no mapping");
    }

    private static Object end(Object value, int index, Budget budget) {
        Object elements = value instanceof Text || value instanceof List<?> ? value : Values.elements(value, budget);
        return Values.length(elements) == 0 ? new Values.Undefined("an element of an empty list")
                : elements instanceof Text text ? Values.item(text.plain(), (long) index, budget)
                : Values.item(elements, (long) index, budget);
    }

    /** An attribute path such as {@code function.name}, looked up by item first. */
    static Function<Object, Object> path(Object attribute, Budget budget) {
        if (attribute == null) {
            return value -> value;
        }
        List<Object> steps = new ArrayList<>();
        if (attribute instanceof Text text) {
            for (String step : text.string().split("\\.")) {
                steps.add(step.matches("[0-9]{1,9}") ? (Object) Long.valueOf(step) : Text.of(step));
            }
        } else {
            steps.add(attribute);
        }
        return value -> {
            Object result = value;
            for (Object step : steps) {
                budget.step();
                result = result instanceof Values.Undefined ? result : Values.item(result, step, budget);
            }
            return result;
        };
    }

    private static Text join(Object value, Parameters with) {
        Function<Object, Object> path = path(with.get(1, "attribute", null), with.budget());
        Text.Builder text = new Text.Builder();
        Text separator = Values.print(with.get(0, "d", Text.EMPTY));
        boolean first = true;
        for (Object element : Values.elements(value, with.budget())) {
            if (!first) {
                text.append(separator);
            }
            first = false;
            text.append(Values.print(path.apply(element)));
            Budget.requireLength(text.length());
        }
        return text.build();
    }

    private static Text title(Text text) {
        return text.rewritten(TITLE_WORD.matcher(text.string())
                .replaceAll(word -> Matcher.quoteReplacement(Strings.capitalize(Text.of(word.group())).string())));
    }

    private static Object whole(Object value, Object otherwise) {
        if (Values.isNumber(value)) {
            return ((Number) Values.number(value)).longValue();
        }
        if (value instanceof Text text) {
            try {
                return Long.valueOf(text.string().strip());
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
        if (value instanceof Text text && text.length() < 1000
                && text.string().strip().matches("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?")) {
            return Double.valueOf(text.string().strip());
        }
        return otherwise;
    }

    private static Double round(Object value, Parameters with) {
        RoundingMode mode = switch (Values.text(with.get(1, "method", Text.of("common"))).string()) {
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

    private static Object sum(List<Object> elements, Parameters with) {
        Function<Object, Object> path = path(with.get(0, "attribute", null), with.budget());
        Object total = with.get(1, "start", 0L);
        for (Object element : elements) {
            with.budget().step();
            total = Arithmetic.apply("+", total, path.apply(element), with.budget());
        }
        return total;
    }

    private static List<Object> dictsort(Map<?, ?> map, Parameters with) {
        String by = Values.text(with.get(1, "by", Text.of("key"))).string();
        if (!by.equals("key") && !by.equals("value")) {
            throw new JinjaException("dictsort sorts by key or value");
        }
        int place = by.equals("key") ? 0 : 1;
        boolean exact = with.flag(0, "case_sensitive");
        List<Object> items = Collections.items(map);
        Comparator<Object> order = Comparator.comparing(item -> exact ? ((List<?>) item).get(place)
                : Ordering.folded(((List<?>) item).get(place)), (a, b) -> Values.compare(a, b, with.budget()));
        items.sort(with.flag(2, "reverse") ? order.reversed() : order);
        return items;
    }

    private static List<Object> batches(List<Object> elements, Parameters with) {
        int size = Values.index(with.required(0, "linecount"));
        if (size < 1) {
            throw new JinjaException("batch needs a size of 1 or more");
        }
        List<Object> batches = new ArrayList<>();
        for (int from = 0; from < elements.size(); from += size) {
            List<Object> batch = new ArrayList<>(elements.subList(from, Math.min(elements.size(), from + size)));
            if (with.get(1, "fill_with", null) != null) {
                Budget.requireLength(size);
                while (batch.size() < size) {
                    batch.add(with.get(1, "fill_with", null));
                }
            }
            batches.add(batch);
        }
        return batches;
    }

    private static List<Object> mapped(List<Object> elements, Parameters with) {
        List<Object> results = new ArrayList<>();
        if (with.positional().isEmpty()) {
            Function<Object, Object> path = path(with.only(0, "attribute", "default").required(0, "attribute"), with.budget());
            for (Object element : elements) {
                Object result = path.apply(element);
                results.add(result instanceof Values.Undefined ? with.get(1, "default", result) : result);
            }
            return results;
        }
        String filter = with.string(0, "filter");
        for (Object element : elements) {
            with.budget().step();
            Object result = apply(filter, element, with.from(1).of(filter));
            with.budget().made(result instanceof Text text ? text.length() : result instanceof List<?> list ? list.size() : 1);
            results.add(result);
        }
        return results;
    }

    private static List<Object> selected(String name, List<Object> elements, Parameters with) {
        boolean byAttribute = name.endsWith("attr");
        Function<Object, Object> path = path(byAttribute ? with.required(0, "attribute") : null, with.budget());
        Parameters rest = with.from(byAttribute ? 1 : 0);
        boolean wanted = name.startsWith("select");
        List<Object> kept = new ArrayList<>();
        for (Object element : elements) {
            with.budget().step();
            Object value = path.apply(element);
            boolean holds = rest.positional().isEmpty() ? Values.truth(value)
                    : Tests.holds(testName(rest.string(0, "test")), value, rest.from(1));
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

    private static Text indent(Text text, Parameters with) {
        Object width = with.get(0, "width", 4L);
        Text by = width instanceof Text given ? given : Text.of(" ".repeat(Math.clamp(Values.index(width), 0, 1000)));
        boolean blank = with.flag(2, "blank");
        List<Text> lines = Strings.lines(text.concat(Text.of("\n")));
        Text.Builder result = new Text.Builder().append(with.flag(1, "first") ? by : Text.EMPTY);
        for (int i = 0; i < lines.size(); i++) {
            Text line = lines.get(i);
            result.append(i == 0 ? "" : "\n").append(i > 0 && (blank || !line.isEmpty()) ? by : Text.EMPTY).append(line);
            Budget.requireLength(result.length());
        }
        return text.isMarkup() ? result.build().asMarkup() : result.build();
    }
}
