package org.waterspout.model.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What can follow {@code is}. */
final class Tests {

    static final Set<String> NAMES = Set.of("defined", "undefined", "none", "string", "number", "integer", "float", "boolean",
            "true", "false", "mapping", "sequence", "iterable", "callable", "even", "odd", "divisibleby", "equalto", "eq", "ne",
            "lt", "le", "gt", "ge", "greaterthan", "lessthan", "in", "sameas", "lower", "upper", "escaped", "filter", "test");

    private Tests() { }

    static boolean holds(String name, Object value, Parameters with) {
        return switch (name) {
            case "defined" -> !(value instanceof Values.Undefined);
            case "undefined" -> value instanceof Values.Undefined;
            case "none" -> value == null;
            case "string" -> value instanceof Text;
            case "number" -> Values.isNumber(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "mapping" -> value instanceof Map<?, ?>;
            // an undefined value has a length and an iterator in Jinja2, and so counts as both
            case "sequence", "iterable" -> value instanceof Text || value instanceof List<?> || value instanceof Map<?, ?>
                    || value instanceof Values.Undefined;
            case "callable" -> value instanceof Values.Callable;
            case "even" -> Values.index(value) % 2 == 0;
            case "odd" -> Values.index(value) % 2 != 0;
            case "divisibleby" -> {
                int by = Values.index(with.required(0, "num"));
                if (by == 0) {
                    throw new JinjaException("division by zero");
                }
                yield Values.index(value) % by == 0;
            }
            case "equalto", "eq" -> Values.equal(value, with.required(0, "other"), with.budget());
            case "ne" -> !Values.equal(value, with.required(0, "other"), with.budget());
            case "lt", "lessthan" -> Values.compare(value, with.required(0, "other"), with.budget()) < 0;
            case "le" -> Values.compare(value, with.required(0, "other"), with.budget()) <= 0;
            case "gt", "greaterthan" -> Values.compare(value, with.required(0, "other"), with.budget()) > 0;
            case "ge" -> Values.compare(value, with.required(0, "other"), with.budget()) >= 0;
            case "in" -> Values.contains(with.required(0, "seq"), value, with.budget());
            case "sameas" -> value == with.required(0, "other") || value != null && value.equals(with.required(0, "other"));
            case "escaped" -> value instanceof Text text && text.isMarkup();
            case "filter" -> value instanceof Text filter && Filters.NAMES.contains(filter.string());
            case "test" -> value instanceof Text test && NAMES.contains(test.string());
            case "lower" -> (boolean) Strings.call(Values.print(value), "islower", with);
            case "upper" -> (boolean) Strings.call(Values.print(value), "isupper", with);
            default -> throw new JinjaException("the test '" + name + "' is not built");
        };
    }
}
