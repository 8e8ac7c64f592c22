package org.waterspout.model.text.jinja;

import java.util.List;

/** What a template is made of. */
sealed interface Statement {

    int line();

    record Words(int line, Text text) implements Statement { }

    record Output(int line, Expression value) implements Statement { }

    /** Branches in order; an else branch has no condition (null). */
    record If(int line, List<Branch> branches) implements Statement { }

    record Branch(Expression condition, List<Statement> body) { }

    /** @param condition which items count, or null for all */
    record For(int line, List<String> targets, Expression items, Expression condition, List<Statement> body,
            List<Statement> otherwise) implements Statement { }

    /** {@code set a = …}, {@code set a, b = …}, or {@code set namespace.name = …} where {@code attribute} is not null. */
    record Set(int line, List<String> targets, String attribute, Expression value) implements Statement { }

    /** {@code set a}…{@code endset}. */
    record SetBlock(int line, String target, List<Statement> body) implements Statement { }

    /** @param defaults as many as parameters; null where a parameter has none */
    record Macro(int line, String name, List<String> parameters, List<Expression> defaults, List<Statement> body)
            implements Statement { }

    /** A block whose body is rendered as it stands: {@code generation}, which only marks the assistant's words. */
    record Transparent(int line, List<Statement> body) implements Statement { }

    record Break(int line) implements Statement { }

    record Continue(int line) implements Statement { }
}
