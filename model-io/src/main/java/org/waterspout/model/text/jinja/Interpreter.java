package org.waterspout.model.text.jinja;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.model.text.jinja.Values.Callable;
import org.waterspout.model.text.jinja.Values.Undefined;

/** Runs one template once. */
final class Interpreter {

    private static final int DEEPEST = 400;

    private enum Flow { ON, BREAK, CONTINUE }

    /** Names of a template, a loop's turn or a macro's call, and those around it. */
    private record Scope(Map<String, Object> names, Scope around) {
        Scope inner() {
            return new Scope(new HashMap<>(), this);
        }

        Object get(String name) {
            for (Scope scope = this; scope != null; scope = scope.around) {
                if (scope.names.containsKey(name)) {
                    return scope.names.get(name);
                }
            }
            return new Undefined(name);
        }
    }

    private final Clock clock;
    private final Budget budget;
    private int depth;

    /** @param maxSteps statements and parts of expressions that may be run */
    Interpreter(Clock clock, long maxSteps) {
        this.clock = clock;
        this.budget = new Budget(maxSteps);
    }

    Text render(List<Statement> statements, Map<String, Object> variables) {
        Scope scope = new Scope(Functions.globals(clock), null).inner();
        variables.forEach((name, value) -> scope.names.put(name, Values.of(value)));
        Text.Builder out = new Text.Builder();
        if (run(statements, scope, out) != Flow.ON) {
            throw new JinjaException("break or continue outside a loop");
        }
        return out.build();
    }

    private Flow run(List<Statement> statements, Scope scope, Text.Builder out) {
        for (Statement statement : statements) {
            budget.step();
            Flow flow;
            try {
                flow = run(statement, scope, out);
            } catch (JinjaException e) {
                throw e.at(statement.line());
            }
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private Flow run(Statement statement, Scope scope, Text.Builder out) {
        switch (statement) {
            case Statement.Words words -> append(out, words.text());
            case Statement.Output output -> append(out, Values.print(value(output.value(), scope)));
            case Statement.If block -> {
                for (Statement.Branch branch : block.branches()) {
                    if (branch.condition() == null || Values.truth(value(branch.condition(), scope))) {
                        return run(branch.body(), scope, out);
                    }
                }
            }
            case Statement.For loop -> loop(loop, scope, out);
            case Statement.Set set -> set(set, scope);
            case Statement.SetBlock set -> {
                Text.Builder inner = new Text.Builder();
                run(set.body(), scope.inner(), inner);
                scope.names.put(set.target(), inner.build());
            }
            case Statement.Macro macro -> scope.names.put(macro.name(), macro(macro, scope));
            case Statement.Transparent block -> {
                return run(block.body(), scope.inner(), out);
            }
            case Statement.Break end -> {
                return Flow.BREAK;
            }
            case Statement.Continue next -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private void append(Text.Builder out, Text text) {
        Budget.requireLength(out.length() + (long) text.length());
        budget.looked(text.length());
        out.append(text);
    }

    private void loop(Statement.For loop, Scope scope, Text.Builder out) {
        List<Object> items = new ArrayList<>();
        for (Object item : Values.elements(value(loop.items(), scope), budget)) {
            budget.step();
            Scope turn = scope.inner();
            assign(loop.targets(), item, turn);
            if (loop.condition() == null || Values.truth(value(loop.condition(), turn))) {
                items.add(item);
            }
        }
        if (items.isEmpty()) {
            run(loop.otherwise(), scope, out);
            return;
        }
        for (int i = 0; i < items.size(); i++) {
            Scope turn = scope.inner();
            turn.names.put("loop", Functions.loop(items, i));
            assign(loop.targets(), items.get(i), turn);
            if (run(loop.body(), turn, out) == Flow.BREAK) {
                return;
            }
        }
    }

    private void assign(List<String> targets, Object value, Scope scope) {
        if (targets.size() == 1) {
            scope.names.put(targets.getFirst(), value);
            return;
        }
        List<Object> parts = Values.elements(value, budget);
        if (parts.size() != targets.size()) {
            throw new JinjaException(parts.size() + " values for " + targets.size() + " names");
        }
        for (int i = 0; i < parts.size(); i++) {
            scope.names.put(targets.get(i), parts.get(i));
        }
    }

    private void set(Statement.Set set, Scope scope) {
        Object value = value(set.value(), scope);
        if (set.attribute() == null) {
            assign(set.targets(), value, scope);
            return;
        }
        if (!(scope.get(set.targets().getFirst()) instanceof Values.Namespace namespace)
                || !namespace.settable()) {
            throw new JinjaException("'" + set.targets().getFirst() + "' is no namespace");
        }
        if (set.attribute().startsWith("_")) {
            throw new JinjaException("the attribute '" + set.attribute() + "' may not be used");
        }
        namespace.values().put(set.attribute(), value);
    }

    private Callable macro(Statement.Macro macro, Scope scope) {
        return with -> {
            List<Object> positional = with.positional();
            Map<String, Object> named = with.named();
            if (positional.size() > macro.parameters().size()) {
                throw new JinjaException("macro " + macro.name() + " takes " + macro.parameters().size() + " arguments, not "
                        + positional.size());
            }
            for (String name : named.keySet()) {
                if (!macro.parameters().contains(name)) {
                    throw new JinjaException("macro " + macro.name() + " has no argument '" + name + "'");
                }
            }
            Scope inner = scope.inner();
            for (int i = 0; i < macro.parameters().size(); i++) {
                String parameter = macro.parameters().get(i);
                Expression otherwise = macro.defaults().get(i);
                inner.names.put(parameter, i < positional.size() ? positional.get(i)
                        : named.containsKey(parameter) ? named.get(parameter)
                        : otherwise == null ? new Undefined(parameter) : value(otherwise, inner));
            }
            Text.Builder out = new Text.Builder();
            run(macro.body(), inner, out);
            return out.build();
        };
    }

    private Object value(Expression expression, Scope scope) {
        budget.step();
        if (++depth > DEEPEST) {
            throw new JinjaException("more than " + DEEPEST + " levels of calls");
        }
        Object value = switch (expression) {
            case Expression.Literal(Object literal) -> literal;
            case Expression.Name(String name) -> scope.get(name);
            case Expression.Items(List<Expression> elements, boolean tuple) -> {
                List<Object> values = values(elements, scope);
                yield tuple ? new Values.Tuple(values) : values;
            }
            case Expression.Dict(List<Expression> keys, List<Expression> values) -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (int i = 0; i < keys.size(); i++) {
                    map.put(Values.key(value(keys.get(i), scope), budget), value(values.get(i), scope));
                }
                yield map;
            }
            case Expression.Attribute(Expression of, String name) -> Values.attribute(value(of, scope), name);
            case Expression.Subscript(Expression of, Expression index) -> Values.item(value(of, scope), value(index, scope), budget);
            case Expression.Slice slice -> Values.slice(value(slice.of(), scope), optional(slice.start(), scope),
                    optional(slice.stop(), scope), optional(slice.step(), scope), budget);
            case Expression.Call call -> call(call, scope);
            case Expression.Filter filter -> Filters.apply(filter.name(), value(filter.input(), scope),
                    parameters(filter.name(), filter.arguments(), scope));
            case Expression.Test test -> Tests.holds(test.name(), value(test.input(), scope),
                    parameters(test.name(), test.arguments(), scope));
            case Expression.Unary unary -> unary(unary, scope);
            case Expression.Binary binary -> binary(binary, scope);
            case Expression.Compare compare -> compare(compare, scope);
            case Expression.Conditional choice -> Values.truth(value(choice.condition(), scope)) ? value(choice.value(), scope)
                    : choice.otherwise() == null ? new Undefined("the value of an if without else")
                    : value(choice.otherwise(), scope);
        };
        depth--;
        return made(expression, value);
    }

    private Object made(Expression expression, Object value) {
        boolean isNew = switch (expression) {
            case Expression.Literal literal -> false;
            case Expression.Name name -> false;
            case Expression.Attribute attribute -> false;
            case Expression.Subscript subscript -> false;
            case Expression.Test test -> false;
            case Expression.Compare compare -> false;
            case Expression.Conditional choice -> false;
            case Expression.Items items -> true;
            case Expression.Dict dict -> true;
            case Expression.Slice slice -> true;
            case Expression.Call call -> true;
            case Expression.Filter filter -> true;
            case Expression.Unary unary -> true;
            case Expression.Binary binary -> true;
        };
        if (isNew) {
            budget.made(switch (value) {
                case Text text -> text.length();
                case List<?> list -> list.size();
                case Map<?, ?> map -> map.size();
                case null, default -> 0;
            });
        }
        return value;
    }

    private Object optional(Expression expression, Scope scope) {
        return expression == null ? null : value(expression, scope);
    }

    private List<Object> values(List<Expression> expressions, Scope scope) {
        List<Object> values = new ArrayList<>();
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private Parameters parameters(String callee, Expression.Arguments arguments, Scope scope) {
        Map<String, Object> named = new LinkedHashMap<>();
        arguments.named().forEach((name, expression) -> named.put(name, value(expression, scope)));
        return new Parameters(callee, values(arguments.positional(), scope), named, budget);
    }

    private Object call(Expression.Call call, Scope scope) {
        Object function = value(call.function(), scope);
        Parameters with = parameters("the function", call.arguments(), scope);
        return switch (function) {
            case Callable callable -> callable.call(with);
            case Undefined undefined -> throw undefined.error();
            case null, default -> throw new JinjaException(Values.kind(function) + " cannot be called");
        };
    }

    private Object unary(Expression.Unary unary, Scope scope) {
        Object operand = value(unary.operand(), scope);
        return switch (unary.operator()) {
            case "not" -> !Values.truth(operand);
            case "-" -> Arithmetic.apply("-", 0L, operand, budget);
            case "+" -> Values.number(operand);
            default -> throw new IllegalStateException("operator " + unary.operator());
        };
    }

    private Object binary(Expression.Binary binary, Scope scope) {
        Object left = value(binary.left(), scope);
        return switch (binary.operator()) {
            case "and" -> Values.truth(left) ? value(binary.right(), scope) : left;
            case "or" -> Values.truth(left) ? left : value(binary.right(), scope);
            case "~" -> concatenated(Values.print(left), Values.print(value(binary.right(), scope)));
            default -> Arithmetic.apply(binary.operator(), left, value(binary.right(), scope), budget);
        };
    }

    private static Text concatenated(Text left, Text right) {
        Budget.requireLength(left.length() + (long) right.length());
        return left.concat(right);
    }

    private boolean compare(Expression.Compare compare, Scope scope) {
        Object left = value(compare.first(), scope);
        for (int i = 0; i < compare.operators().size(); i++) {
            Object right = value(compare.others().get(i), scope);
            boolean holds = switch (compare.operators().get(i)) {
                case "==" -> Values.equal(left, right, budget);
                case "!=" -> !Values.equal(left, right, budget);
                case "in" -> Values.contains(right, left, budget);
                case "not in" -> !Values.contains(right, left, budget);
                case "<" -> Values.compare(left, right, budget) < 0;
                case "<=" -> Values.compare(left, right, budget) <= 0;
                case ">" -> Values.compare(left, right, budget) > 0;
                case ">=" -> Values.compare(left, right, budget) >= 0;
                default -> throw new IllegalStateException("operator " + compare.operators().get(i));
            };
            if (!holds) {
                return false;
            }
            left = right;
        }
        return true;
    }
}
