package org.waterspout.model.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How one value is written: Python's "Format Specification Mini-Language".
 *
 * @param fill      what stands before or after a value shorter than {@code width}
 * @param align     {@code <}, {@code >}, {@code ^}, {@code =} (between sign and digits), or 0 for the kind's own
 * @param sign      {@code +}, a space, or {@code -} for negative numbers only
 * @param alternate with {@code 0x} and the like, or a point in any case
 * @param width     fewest characters (Unicode code points)
 * @param grouping  {@code ,} or {@code _} between thousands; empty for none
 * @param precision digits, or most characters of a string; -1 where none is given
 * @param type      a letter, or 0
 */
record FormatSpec(int fill, char align, char sign, boolean alternate, int width, String grouping, int precision, char type) {

    /** What differs between the two ways: a precision of whole numbers, and a type that fits only numbers of one kind. */
    enum Writing { FORMAT, PERCENT }

    private static final Pattern SPEC = Pattern.compile(
            "(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?([0-9]*)([,_])?(?:\\.([0-9]+))?(.)?", Pattern.DOTALL);
    private static final int MAX_DIGITS = 1000;

    static FormatSpec of(String written) {
        Matcher parts = SPEC.matcher(written);
        if (!parts.matches() || parts.group(4) != null) {
            throw new JinjaException("the format specification '" + written + "' is not built");
        }
        boolean zero = parts.group(6) != null;
        int fill = parts.group(1) != null ? parts.group(1).codePointAt(0) : zero && parts.group(2) == null ? '0' : ' ';
        char align = parts.group(2) != null ? parts.group(2).charAt(0) : zero ? '=' : 0;
        return new FormatSpec(fill, align, parts.group(3) == null ? '-' : parts.group(3).charAt(0), parts.group(5) != null,
                number(parts.group(7), 0), parts.group(8) == null ? "" : parts.group(8), number(parts.group(9), -1),
                parts.group(10) == null ? 0 : parts.group(10).charAt(0));
    }

    private static int number(String digits, int otherwise) {
        if (digits == null || digits.isEmpty()) {
            return otherwise;
        }
        Budget.requireLength(digits.length() > 9 ? Long.MAX_VALUE : Long.parseLong(digits));
        return Integer.parseInt(digits);
    }

    private boolean isPlain() {
        return equals(new FormatSpec(' ', (char) 0, '-', false, 0, "", -1, (char) 0));
    }

    /** Python's format(). */
    Text write(Object value) {
        if (value instanceof Text text) {
            if (align == '=' && fill != '0' || sign != '-' || alternate || !grouping.isEmpty() || type != 0 && type != 's') {
                throw new JinjaException("the format specification does not fit a string");
            }
            return text(text);
        }
        if (isPlain()) {
            return Values.print(value);
        }
        if (Values.isNumber(value)) {
            return type == 'c' ? text(Text.of(character(value))) : number(value, Writing.FORMAT);
        }
        throw new JinjaException("the format specification does not fit " + Values.kind(value));
    }

    static String character(Object value) {
        int c = Values.index(value);
        if (!Character.isValidCodePoint(c)) {
            throw new JinjaException(c + " is no character");
        }
        return Character.toString(c);
    }

    Text text(Text text) {
        Text cut = precision >= 0 && precision < Values.length(text)
                ? text.substring(0, text.string().offsetByCodePoints(0, precision)) : text;
        return padded(Text.EMPTY, cut, align == 0 || align == '=' ? '<' : align);
    }

    private Text padded(Text head, Text body, char side) {
        Budget.requireLength(width);
        long missing = Math.max(0, width - Values.length(head) - Values.length(body));
        long before = switch (side) {
            case '<' -> 0;
            case '^' -> missing / 2;
            default -> missing;
        };
        String filling = Character.toString(fill);
        Text.Builder out = new Text.Builder();
        if (side == '=') {
            return out.append(head).append(filling.repeat((int) missing)).append(body).build();
        }
        return out.append(filling.repeat((int) before)).append(head).append(body).append(filling.repeat((int) (missing - before))).build();
    }

    static BigInteger truncated(double real) {
        if (Double.isNaN(real) || Double.isInfinite(real)) {
            throw new JinjaException("a number that is not finite is no whole number");
        }
        return new BigDecimal(real).toBigInteger();
    }

    /** @param value a number, or a BigInteger */
    Text number(Object value, Writing way) {
        BigInteger whole = value instanceof BigInteger big ? big
                : Values.number(value) instanceof Long number ? BigInteger.valueOf(number) : null;
        boolean real = whole == null || "eEfFgG%".indexOf(type) >= 0 && type != 0;
        if (precision > MAX_DIGITS) {
            throw JinjaException.limit("a format wants more than " + MAX_DIGITS + " digits");
        }
        if (!real && precision >= 0 && way == Writing.FORMAT || real && type != 0 && "eEfFgG%".indexOf(type) < 0) {
            throw new JinjaException("the format specification does not fit " + Values.kind(value));
        }
        double number = real && whole == null ? (Double) Values.number(value) : 0;
        boolean negative = whole != null ? whole.signum() < 0 : Double.doubleToRawLongBits(number) < 0 && !Double.isNaN(number);
        String digits = !real ? whole(whole.abs())
                : whole != null ? real(new BigDecimal(whole.abs()), whole.abs().doubleValue())
                : Double.isNaN(number) || Double.isInfinite(number) ? (Double.isNaN(number) ? "nan" : "inf")
                : real(new BigDecimal(Math.abs(number)), Math.abs(number));
        String prefix = real || !alternate ? "" : switch (type) {
            case 'x' -> "0x";
            case 'X' -> "0X";
            case 'o' -> "0o";
            case 'b' -> "0b";
            default -> "";
        };
        if (type == 'E' || type == 'G' || type == 'F') {
            digits = digits.toUpperCase(Locale.ROOT);
        }
        String head = (negative ? "-" : sign == '-' ? "" : String.valueOf(sign)) + prefix;
        char side = align == 0 ? '>' : align;
        if (!grouping.isEmpty()) {
            digits = grouped(digits, side == '=' && fill == '0' ? width - head.length() : 0);
        }
        return padded(Text.of(head), Text.of(digits), side);
    }

    private String whole(BigInteger number) {
        String digits = switch (type) {
            case 0, 'd' -> number.toString();
            case 'x' -> number.toString(16);
            case 'X' -> number.toString(16).toUpperCase(Locale.ROOT);
            case 'o' -> number.toString(8);
            case 'b' -> number.toString(2);
            default -> throw new JinjaException("the format type '" + type + "' does not fit a whole number");
        };
        return "0".repeat(Math.max(0, precision - digits.length())) + digits;
    }

    /** @param exact a number of 0 or more, its binary value */
    private String real(BigDecimal exact, double nearest) {
        int digits = precision < 0 ? 6 : precision;
        return switch (type) {
            case 'f', 'F' -> pointed(exact.setScale(digits, RoundingMode.HALF_EVEN).toPlainString());
            case '%' -> pointed(exact.movePointRight(2).setScale(digits, RoundingMode.HALF_EVEN).toPlainString()) + "%";
            case 'e', 'E' -> scientific(exact, digits);
            case 0 -> precision < 0 ? Values.decimal(nearest) : general(exact, Math.max(1, digits), 1);
            default -> general(exact, Math.max(1, digits), 0);
        };
    }

    private String pointed(String digits) {
        return alternate && digits.indexOf('.') < 0 ? digits + "." : digits;
    }

    private static String exponent(int exponent) {
        return "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    private String scientific(BigDecimal exact, int digits) {
        BigDecimal rounded = exact.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        return pointed(rounded.movePointLeft(exponent).setScale(digits, RoundingMode.HALF_EVEN).toPlainString()) + exponent(exponent);
    }

    /** @param sooner how much sooner an exponent is written, and whether a point stands in any case */
    private String general(BigDecimal exact, int digits, int sooner) {
        BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        boolean scientific = exponent < -4 || exponent >= digits - sooner && (sooner == 0 || exponent >= digits - 1);
        String written = scientific ? rounded.movePointLeft(exponent).setScale(digits - 1, RoundingMode.HALF_EVEN).toPlainString()
                : rounded.setScale(Math.max(0, digits - 1 - exponent), RoundingMode.HALF_EVEN).toPlainString();
        if (!alternate && written.indexOf('.') >= 0) {
            written = written.replaceAll("0+$", "").replaceAll("\\.$", "");
        }
        if (sooner > 0 && !scientific && written.indexOf('.') < 0) {
            written += ".0";
        }
        return pointed(written) + (scientific ? exponent(exponent) : "");
    }

    private String grouped(String digits, int min) {
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0 && digits.charAt(end) != 'e') {
            end++;
        }
        int size = type == 'x' || type == 'X' || type == 'o' || type == 'b' ? 4 : 3;
        if (size == 4 && grouping.equals(",")) {
            throw new JinjaException("',' does not fit the format type '" + type + "'");
        }
        StringBuilder front = new StringBuilder(digits.substring(0, end));
        String rest = digits.substring(end);
        while (front.length() + (front.length() - 1) / size + rest.length() < min) {
            front.insert(0, '0');
        }
        for (int at = front.length() - size; at > 0; at -= size) {
            front.insert(at, grouping);
        }
        return front + rest;
    }
}
