package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.model.text.jinja.Expression.Arguments;
import org.waterspout.model.text.jinja.Lexer.Kind;
import org.waterspout.model.text.jinja.Lexer.Token;

/**
 * Expressions from tokens. From loosest to tightest: if-else, or, and, not, comparison, + and -, ~, * / // %, **, unary sign,
 * then attributes, calls, filters and tests.
 */
final class ExpressionParser {

    /** Deeper nesting than any template has; it keeps a hostile one from exhausting the stack. */
    private static final int DEEPEST = 100;
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final List<Token> tokens;
    private int at;
    private int depth;
    /** Filters and tests of the expression at hand that nobody knows, outside conditional expressions. */
    private final List<JinjaException> unknown = new ArrayList<>();

    ExpressionParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token next() {
        return tokens.get(at++);
    }

    boolean accept(Kind kind, String text) {
        boolean there = peek().is(kind, text);
        at += there ? 1 : 0;
        return there;
    }

    void expect(Kind kind, String text) {
        if (!accept(kind, text)) {
            throw error("expected " + (text.isEmpty() ? "the end of the tag" : "'" + text + "'") + ", found '" + peek().text()
                    + "'");
        }
    }

    Token expect(Kind kind) {
        if (peek().kind() != kind) {
            throw error("expected a name, found '" + peek().text() + "'");
        }
        return next();
    }

    JinjaException error(String message) {
        return new JinjaException(message).at(peek().line());
    }

    /**
     * Ends a tag's expressions. As in Jinja2, a filter or test that nobody knows is an error at once, but within an if (a block or an
     * expression) only when it is reached.
     */
    void endExpressions(boolean withinIf) {
        if (!withinIf && !unknown.isEmpty()) {
            throw unknown.getFirst();
        }
        unknown.clear();
    }

    void nested(Runnable part) {
        if (++depth > DEEPEST) {
            throw error("more than " + DEEPEST + " levels of nesting");
        }
        part.run();
        depth--;
    }

    /** One name, or several with commas between them. */
    List<String> targets() {
        List<String> names = new ArrayList<>();
        boolean closed = accept(Kind.OPERATOR, "(");
        do {
            names.add(expect(Kind.NAME).text());
        } while (accept(Kind.OPERATOR, ","));
        if (closed) {
            expect(Kind.OPERATOR, ")");
        }
        return names;
    }

    Expression tupleOrExpression() {
        return tuple(expression());
    }

    Expression tupleOrExpressionWithoutIf() {
        return tuple(or());
    }

    private Expression tuple(Expression first) {
        if (!peek().is(Kind.OPERATOR, ",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (accept(Kind.OPERATOR, ",")) {
            Token token = peek();
            boolean ends = token.kind() == Kind.BLOCK_END || token.kind() == Kind.OUTPUT_END || token.is(Kind.OPERATOR, ")");
            if (ends) {
                break;
            }
            elements.add(expression());
        }
        return new Expression.Items(elements, true);
    }

    Expression expression() {
        Expression[] result = new Expression[1];
        nested(() -> result[0] = conditional());
        return result[0];
    }

    private Expression conditional() {
        int before = unknown.size();
        Expression value = or();
        while (accept(Kind.NAME, "if")) {
            Expression condition = or();
            Expression otherwise = accept(Kind.NAME, "else") ? expression() : null;
            unknown.subList(before, unknown.size()).clear();
            value = new Expression.Conditional(value, condition, otherwise);
        }
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (accept(Kind.NAME, "or")) {
            left = new Expression.Binary("or", left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (accept(Kind.NAME, "and")) {
            left = new Expression.Binary("and", left, not());
        }
        return left;
    }

    private Expression not() {
        int count = 0;
        while (accept(Kind.NAME, "not")) {
            count++;
        }
        Expression value = comparison();
        return count == 0 ? value : count % 2 == 1 ? new Expression.Unary("not", value)
                : new Expression.Unary("not", new Expression.Unary("not", value));
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> others = new ArrayList<>();
        while (true) {
            if (peek().kind() == Kind.OPERATOR && COMPARISONS.contains(peek().text())) {
                operators.add(next().text());
            } else if (accept(Kind.NAME, "in")) {
                operators.add("in");
            } else if (peek().is(Kind.NAME, "not") && tokens.get(at + 1).is(Kind.NAME, "in")) {
                at += 2;
                operators.add("not in");
            } else {
                return operators.isEmpty() ? first : new Expression.Compare(first, operators, others);
            }
            others.add(sum());
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (peek().is(Kind.OPERATOR, "+") || peek().is(Kind.OPERATOR, "-")) {
            left = new Expression.Binary(next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (accept(Kind.OPERATOR, "~")) {
            left = new Expression.Binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = power();
        while (peek().kind() == Kind.OPERATOR && Set.of("*", "/", "//", "%").contains(peek().text())) {
            left = new Expression.Binary(next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (accept(Kind.OPERATOR, "**")) {
            left = new Expression.Binary("**", left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        Expression[] value = new Expression[1];
        if (peek().is(Kind.OPERATOR, "-") || peek().is(Kind.OPERATOR, "+")) {
            String sign = next().text();
            nested(() -> value[0] = new Expression.Unary(sign, unary(false)));
        } else {
            value[0] = primary();
        }
        value[0] = postfix(value[0]);
        return withFilters ? filters(value[0]) : value[0];
    }

    private Expression primary() {
        Token token = next();
        return switch (token.kind()) {
            case NAME -> switch (token.text()) {
                case "true", "True" -> new Expression.Literal(true);
                case "false", "False" -> new Expression.Literal(false);
                case "none", "None" -> new Expression.Literal(null);
                default -> new Expression.Name(token.text());
            };
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (peek().kind() == Kind.STRING) {
                    text.append(next().text());
                }
                yield new Expression.Literal(Text.of(text.toString()));
            }
            case INTEGER -> integer(token.text());
            case FLOAT -> new Expression.Literal(Double.valueOf(token.text()));
            case OPERATOR -> bracketed(token.text());
            case TEXT, OUTPUT_BEGIN, OUTPUT_END, BLOCK_BEGIN, BLOCK_END, END -> {
                at--;
                throw error("an expression is missing");
            }
        };
    }

    private Expression integer(String digits) {
        try {
            return new Expression.Literal(Long.valueOf(digits));
        } catch (NumberFormatException e) {
            throw error("the number " + digits + " is too large");
        }
    }

    private Expression bracketed(String open) {
        switch (open) {
            case "(" -> {
                if (accept(Kind.OPERATOR, ")")) {
                    return new Expression.Items(List.of(), true);
                }
                Expression inner = tupleOrExpression();
                expect(Kind.OPERATOR, ")");
                return inner;
            }
            case "[" -> {
                List<Expression> elements = new ArrayList<>();
                while (!accept(Kind.OPERATOR, "]")) {
                    elements.add(expression());
                    if (!peek().is(Kind.OPERATOR, "]")) {
                        expect(Kind.OPERATOR, ",");
                    }
                }
                return new Expression.Items(elements, false);
            }
            case "{" -> {
                List<Expression> keys = new ArrayList<>();
                List<Expression> values = new ArrayList<>();
                while (!accept(Kind.OPERATOR, "}")) {
                    keys.add(expression());
                    expect(Kind.OPERATOR, ":");
                    values.add(expression());
                    if (!peek().is(Kind.OPERATOR, "}")) {
                        expect(Kind.OPERATOR, ",");
                    }
                }
                return new Expression.Dict(keys, values);
            }
            default -> {
                at--;
                throw error("unexpected '" + open + "'");
            }
        }
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            if (accept(Kind.OPERATOR, ".")) {
                Token name = next();
                value = switch (name.kind()) {
                    case NAME -> new Expression.Attribute(value, name.text());
                    case INTEGER -> new Expression.Subscript(value, integer(name.text()));
                    default -> throw error("a name must follow the dot");
                };
            } else if (accept(Kind.OPERATOR, "[")) {
                value = subscript(value);
            } else if (peek().is(Kind.OPERATOR, "(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression of) {
        Expression start = peek().is(Kind.OPERATOR, ":") ? null : expression();
        if (accept(Kind.OPERATOR, "]")) {
            return new Expression.Subscript(of, start);
        }
        expect(Kind.OPERATOR, ":");
        boolean open = peek().is(Kind.OPERATOR, ":") || peek().is(Kind.OPERATOR, "]");
        Expression stop = open ? null : expression();
        Expression step = accept(Kind.OPERATOR, ":") && !peek().is(Kind.OPERATOR, "]") ? expression() : null;
        expect(Kind.OPERATOR, "]");
        return new Expression.Slice(of, start, stop, step);
    }

    private Arguments arguments() {
        expect(Kind.OPERATOR, "(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!accept(Kind.OPERATOR, ")")) {
            if (!positional.isEmpty() || !named.isEmpty()) {
                expect(Kind.OPERATOR, ",");
                if (accept(Kind.OPERATOR, ")")) {
                    break;
                }
            }
            if (peek().kind() == Kind.NAME && tokens.get(at + 1).is(Kind.OPERATOR, "=")) {
                String name = next().text();
                next();
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
        }
        return new Arguments(positional, named);
    }

    private Expression filters(Expression start) {
        Expression value = start;
        while (true) {
            if (accept(Kind.OPERATOR, "|")) {
                String name = expect(Kind.NAME).text();
                if (!Filters.isKnown(name)) {
                    unknown.add(error("the filter '" + name + "' is not built"));
                }
                value = new Expression.Filter(value, name, peek().is(Kind.OPERATOR, "(") ? arguments() : Arguments.NONE);
            } else if (accept(Kind.NAME, "is")) {
                value = test(value);
            } else if (peek().is(Kind.OPERATOR, "(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression test(Expression input) {
        boolean negated = accept(Kind.NAME, "not");
        String name = expect(Kind.NAME).text();
        if (!Tests.NAMES.contains(name)) {
            unknown.add(error("the test '" + name + "' is not built"));
        }
        Arguments arguments = Arguments.NONE;
        Token token = peek();
        if (token.is(Kind.OPERATOR, "(")) {
            arguments = arguments();
        } else if (startsArgument(token)) {
            arguments = new Arguments(List.of(postfix(primary())), Map.of());
        }
        Expression test = new Expression.Test(input, name, arguments);
        return negated ? new Expression.Unary("not", test) : test;
    }

    private static boolean startsArgument(Token token) {
        return switch (token.kind()) {
            case NAME -> !Set.of("else", "or", "and", "is", "if", "in", "not", "recursive").contains(token.text());
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            case TEXT, OUTPUT_BEGIN, OUTPUT_END, BLOCK_BEGIN, BLOCK_END, END -> false;
        };
    }
}
