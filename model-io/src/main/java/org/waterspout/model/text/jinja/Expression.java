package org.waterspout.model.text.jinja;

import java.util.List;
import java.util.Map;

/** What stands between {@code {{} and {@code }}}, or after the keyword of a statement. */
sealed interface Expression {

    /** A Text, Long, Double, Boolean, or null for none. */
    record Literal(Object value) implements Expression { }

    record Name(String name) implements Expression { }

    /** A list, or a tuple: nothing in a template tells them apart but how they print. */
    record Items(List<Expression> elements, boolean tuple) implements Expression { }

    record Dict(List<Expression> keys, List<Expression> values) implements Expression { }

    record Attribute(Expression of, String name) implements Expression { }

    record Subscript(Expression of, Expression index) implements Expression { }

    /** Bounds that were left out are null. */
    record Slice(Expression of, Expression start, Expression stop, Expression step) implements Expression { }

    record Call(Expression function, Arguments arguments) implements Expression { }

    record Filter(Expression input, String name, Arguments arguments) implements Expression { }

    record Test(Expression input, String name, Arguments arguments) implements Expression { }

    record Unary(String operator, Expression operand) implements Expression { }

    record Binary(String operator, Expression left, Expression right) implements Expression { }

    /** {@code a < b <= c}: each neighbouring pair must hold. */
    record Compare(Expression first, List<String> operators, List<Expression> others) implements Expression { }

    /** {@code value if condition else otherwise}; without an else, {@code otherwise} is null and the value undefined. */
    record Conditional(Expression value, Expression condition, Expression otherwise) implements Expression { }

    record Arguments(List<Expression> positional, Map<String, Expression> named) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());
    }
}
