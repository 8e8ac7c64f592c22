package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's operators on two values. Whole numbers are 64-bit; what does not fit is refused. */
final class Arithmetic {

    private Arithmetic() { }

    static Object apply(String operator, Object left, Object right) {
        if (left instanceof Values.Undefined undefined) {
            throw undefined.error();
        }
        if (right instanceof Values.Undefined undefined) {
            throw undefined.error();
        }
        if (operator.equals("+") && left instanceof String a && right instanceof String b) {
            return Values.limited(a.concat(b));
        }
        if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
            if (a.size() + (long) b.size() > Values.LARGEST) {
                throw new JinjaException("a list grows beyond " + Values.LARGEST + " elements");
            }
            List<Object> both = new ArrayList<>(a);
            both.addAll(b);
            return both;
        }
        if (operator.equals("*") && (left instanceof String || right instanceof String)) {
            return repeated(left instanceof String a ? a : Values.text(right), left instanceof String ? right : left);
        }
        if (!Values.isNumber(left) || !Values.isNumber(right)) {
            throw new JinjaException("'" + operator + "' cannot join " + Values.kind(left) + " and " + Values.kind(right));
        }
        return numbers(operator, Values.number(left), Values.number(right));
    }

    private static String repeated(String text, Object times) {
        int count = Math.max(0, Values.index(times));
        if ((long) text.length() * count > Values.LARGEST) {
            throw new JinjaException("a text grows beyond " + Values.LARGEST + " characters");
        }
        return text.repeat(count);
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
