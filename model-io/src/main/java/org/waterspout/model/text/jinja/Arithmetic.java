package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's operators on two values. Whole numbers are 64-bit; what does not fit is refused. */
final class Arithmetic {

    private Arithmetic() { }

    static Object apply(String operator, Object left, Object right, Budget budget) {
        if (left instanceof Values.Undefined undefined) {
            throw undefined.error();
        }
        if (right instanceof Values.Undefined undefined) {
            throw undefined.error();
        }
        if (operator.equals("+") && left instanceof Text a && right instanceof Text b) {
            return joined(a, b, budget);
        }
        if (operator.equals("%") && left instanceof Text format) {
            return Format.percent(format, right, budget);
        }
        if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
            Budget.requireLength(a.size() + (long) b.size());
            budget.made(a.size() + (long) b.size());
            List<Object> both = new ArrayList<>(a);
            both.addAll(b);
            return left instanceof Values.Tuple ? new Values.Tuple(both) : both;
        }
        if (operator.equals("*") && (left instanceof Text || right instanceof Text)) {
            return repeated(left instanceof Text a ? a : Values.text(right), left instanceof Text ? right : left, budget);
        }
        if (!Values.isNumber(left) || !Values.isNumber(right)) {
            throw new JinjaException("'" + operator + "' cannot join " + Values.kind(left) + " and " + Values.kind(right));
        }
        return numbers(operator, Values.number(left), Values.number(right));
    }

    /** Where one of the two is markup, the other is escaped and the whole is markup. */
    private static Text joined(Text left, Text right, Budget budget) {
        boolean markup = left.isMarkup() || right.isMarkup();
        Text a = markup ? left.escaped() : left;
        Text b = markup ? right.escaped() : right;
        Budget.requireLength(a.length() + (long) b.length());
        budget.made(a.length() + (long) b.length());
        return markup ? a.concat(b).asMarkup() : a.concat(b);
    }

    private static Text repeated(Text text, Object times, Budget budget) {
        int count = text.isEmpty() ? 0 : Math.max(0, Values.index(times));
        Budget.requireLength((long) text.length() * count);
        budget.made((long) text.length() * count);
        Text.Builder result = new Text.Builder();
        for (int i = 0; i < count; i++) {
            result.append(text);
        }
        return text.isMarkup() ? result.build().asMarkup() : result.build();
    }

    private static Object numbers(String operator, Object left, Object right) {
        double a = ((Number) left).doubleValue();
        double b = ((Number) right).doubleValue();
        if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
            throw new JinjaException("division by zero");
        }
        if (operator.equals("/")) {
            return a / b;
        }
        if (left instanceof Long m && right instanceof Long n && !(operator.equals("**") && n < 0)) {
            try {
                return whole(operator, m, n);
            } catch (ArithmeticException e) {
                throw new JinjaException("a whole number is too large");
            }
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            case "**" -> Math.pow(a, b);
            default -> throw new IllegalStateException("operator " + operator);
        };
    }

    private static Long whole(String operator, long a, long b) {
        return switch (operator) {
            case "+" -> Math.addExact(a, b);
            case "-" -> Math.subtractExact(a, b);
            case "*" -> Math.multiplyExact(a, b);
            case "//" -> Math.floorDivExact(a, b);
            case "%" -> Math.floorMod(a, b);
            case "**" -> Math.powExact(a, Math.toIntExact(b));
            default -> throw new IllegalStateException("operator " + operator);
        };
    }
}
