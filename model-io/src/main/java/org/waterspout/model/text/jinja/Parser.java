package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.model.text.jinja.Lexer.Kind;
import org.waterspout.model.text.jinja.Lexer.Token;

/** Statements from tokens, by recursive descent; the grammar is that of jinja2/parser.py. */
final class Parser {

    private final ExpressionParser expressions;
    /** Whether what is parsed stands directly within an if block. */
    private boolean withinIf;

    private Parser(List<Token> tokens) {
        this.expressions = new ExpressionParser(tokens);
    }

    /**
     * @param literals takes the template's text and its strings
     * @param names    takes the names in it: of variables, attributes, filters
     */
    static List<Statement> parse(String template, Set<String> literals, Set<String> names) {
        List<Token> tokens = Lexer.tokens(template);
        for (Token token : tokens) {
            if (token.kind() == Kind.TEXT || token.kind() == Kind.STRING) {
                literals.add(token.text());
            } else if (token.kind() == Kind.NAME) {
                names.add(token.text());
            }
        }
        return new Parser(tokens).body(Set.of());
    }

    /** {@link #body(Set)} of a block, after which what stood around it goes on. */
    private List<Statement> body(Set<String> ends, boolean ofIf) {
        boolean around = withinIf;
        withinIf = ofIf;
        List<Statement> statements = body(ends);
        withinIf = around;
        return statements;
    }

    /** Statements up to a block whose keyword is in {@code ends}, which is left with its begin token consumed. */
    private List<Statement> body(Set<String> ends) {
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = expressions.peek();
            switch (token.kind()) {
                case TEXT -> statements.add(new Statement.Words(token.line(), Text.of(expressions.next().text())));
                case OUTPUT_BEGIN -> {
                    expressions.next();
                    statements.add(new Statement.Output(token.line(), expressions.tupleOrExpression()));
                    expressions.endExpressions(withinIf);
                    expressions.expect(Kind.OUTPUT_END, "");
                }
                case BLOCK_BEGIN -> {
                    expressions.next();
                    if (ends.contains(expressions.peek().text())) {
                        return statements;
                    }
                    expressions.nested(() -> statements.add(block()));
                }
                case END -> {
                    if (!ends.isEmpty()) {
                        throw expressions.error("a block is not closed with one of " + ends.stream().sorted().toList());
                    }
                    return statements;
                }
                case OUTPUT_END, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR ->
                        throw expressions.error("unexpected '" + token.text() + "'");
            }
        }
    }

    private void endBlock() {
        expressions.expect(Kind.BLOCK_END, "");
        expressions.endExpressions(withinIf);
    }

    /** A body and the block that closes it. */
    private List<Statement> bodyTo(String end, boolean ofIf) {
        endBlock();
        List<Statement> body = body(Set.of(end), ofIf);
        expressions.expect(Kind.NAME, end);
        endBlock();
        return body;
    }

    private Statement block() {
        Token keyword = expressions.expect(Kind.NAME);
        int line = keyword.line();
        return switch (keyword.text()) {
            case "if" -> ifBlock(line);
            case "for" -> forBlock(line);
            case "set" -> setBlock(line);
            case "macro" -> macro(line);
            case "generation" -> new Statement.Transparent(line, bodyTo("endgeneration", false));
            case "break" -> {
                endBlock();
                yield new Statement.Break(line);
            }
            case "continue" -> {
                endBlock();
                yield new Statement.Continue(line);
            }
            default -> throw expressions.error("the block '" + keyword.text() + "' is not built");
        };
    }

    private Statement ifBlock(int line) {
        List<Statement.Branch> branches = new ArrayList<>();
        Expression condition = expressions.tupleOrExpression();
        while (true) {
            expressions.endExpressions(true);
            endBlock();
            branches.add(new Statement.Branch(condition, body(Set.of("elif", "else", "endif"), true)));
            String keyword = expressions.next().text();
            if (keyword.equals("elif")) {
                condition = expressions.tupleOrExpression();
                continue;
            }
            if (keyword.equals("else")) {
                branches.add(new Statement.Branch(null, bodyTo("endif", true)));
            } else {
                endBlock();
            }
            return new Statement.If(line, List.copyOf(branches));
        }
    }

    private Statement forBlock(int line) {
        List<String> targets = expressions.targets();
        expressions.expect(Kind.NAME, "in");
        Expression items = expressions.tupleOrExpressionWithoutIf();
        expressions.endExpressions(withinIf);
        Expression condition = expressions.accept(Kind.NAME, "if") ? expressions.expression() : null;
        expressions.endExpressions(false);
        if (expressions.peek().is(Kind.NAME, "recursive")) {
            throw expressions.error("a recursive loop is not built");
        }
        endBlock();
        List<Statement> body = body(Set.of("else", "endfor"), false);
        List<Statement> otherwise = List.of();
        if (expressions.next().text().equals("else")) {
            otherwise = bodyTo("endfor", false);
        } else {
            endBlock();
        }
        return new Statement.For(line, targets, items, condition, body, otherwise);
    }

    private Statement setBlock(int line) {
        List<String> targets = expressions.targets();
        String attribute = targets.size() == 1 && expressions.accept(Kind.OPERATOR, ".")
                ? expressions.expect(Kind.NAME).text() : null;
        if (expressions.accept(Kind.OPERATOR, "=")) {
            Expression value = expressions.tupleOrExpression();
            endBlock();
            return new Statement.Set(line, targets, attribute, value);
        }
        if (targets.size() != 1 || attribute != null || expressions.peek().kind() != Kind.BLOCK_END) {
            throw expressions.error("set needs a name and a value");
        }
        return new Statement.SetBlock(line, targets.getFirst(), bodyTo("endset", false));
    }

    private Statement macro(int line) {
        String name = expressions.expect(Kind.NAME).text();
        expressions.expect(Kind.OPERATOR, "(");
        Map<String, Expression> parameters = new LinkedHashMap<>();
        while (!expressions.accept(Kind.OPERATOR, ")")) {
            if (!parameters.isEmpty()) {
                expressions.expect(Kind.OPERATOR, ",");
            }
            String parameter = expressions.expect(Kind.NAME).text();
            parameters.put(parameter, expressions.accept(Kind.OPERATOR, "=") ? expressions.expression() : null);
        }
        expressions.endExpressions(false);
        return new Statement.Macro(line, name, List.copyOf(parameters.keySet()), new ArrayList<>(parameters.values()),
                bodyTo("endmacro", false));
    }
}
