package org.waterspout.constrain;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Numbers in JSON, within bounds. A number has at most {@value #DIGITS} digits before the point and as many behind it, or as many as its
 * bounds have; one without bounds may have an exponent of two digits.
 */
final class JsonNumbers {

    /** Whole numbers of so many digits are exact for a reader that has doubles only. */
    static final int DIGITS = 15;

    /** Values that a list of multiples may have, and remainders that an endless one may have. */
    private static final int MAX_MULTIPLES = 10_000;
    private static final int MAX_REMAINDERS = 500;

    private static final GrammarExpression DIGIT = new GrammarExpression.Characters(CodePoints.DIGITS);
    private static final GrammarExpression NONE = new GrammarExpression.Choice(List.of());
    private static final GrammarExpression FRACTION = fraction(DIGITS);

    /** A limit of values; whether it is a value itself. */
    record Bound(BigDecimal value, boolean included) {
        private Bound negated() {
            return new Bound(value.negate(), included);
        }
    }

    private JsonNumbers() {
    }

    private static GrammarExpression fraction(int digits) {
        return GrammarExpression.optional(GrammarExpression.sequence(GrammarExpression.text("."),
                new GrammarExpression.Repeat(DIGIT, 1, digits)));
    }

    /** Any number. */
    static GrammarExpression number() {
        return GrammarExpression.sequence(integer(), FRACTION, GrammarExpression.optional(
                GrammarExpression.sequence(GrammarExpression.characters("eE"),
                GrammarExpression.optional(GrammarExpression.characters("+-")), new GrammarExpression.Repeat(DIGIT, 1, 2))));
    }

    /** Any integer. */
    static GrammarExpression integer() {
        return GrammarExpression.sequence(GrammarExpression.optional(GrammarExpression.text("-")), natural());
    }

    private static GrammarExpression natural() {
        return GrammarExpression.choice(GrammarExpression.text("0"), GrammarExpression.sequence(
                new GrammarExpression.Characters(CodePoints.of('1', '9')), new GrammarExpression.Repeat(DIGIT, 0, DIGITS - 1)));
    }

    /** Integers within bounds; none where they exclude each other. */
    static GrammarExpression integer(Optional<Bound> min, Optional<Bound> max) {
        BigInteger low = min.map(JsonNumbers::smallest).orElse(null);
        BigInteger high = max.map(bound -> smallest(bound.negated()).negate()).orElse(null);
        BigInteger limit = BigInteger.TEN.pow(Math.max(DIGITS, Math.max(digits(low), digits(high)))).subtract(BigInteger.ONE);
        BigInteger from = low == null ? limit.negate() : low;
        BigInteger to = high == null ? limit : high;
        List<GrammarExpression> all = new ArrayList<>();
        if (to.signum() >= 0) {
            all.add(naturals(from.max(BigInteger.ZERO), to));
        }
        if (from.signum() < 0) {
            all.add(GrammarExpression.sequence(GrammarExpression.text("-"), naturals(to.negate().max(BigInteger.ONE), from.negate())));
        }
        return GrammarExpression.choice(all);
    }

    private static BigInteger smallest(Bound bound) {
        BigInteger up = bound.value().setScale(0, java.math.RoundingMode.CEILING).toBigInteger();
        boolean next = !bound.included() && new BigDecimal(up).compareTo(bound.value()) == 0;
        return next ? up.add(BigInteger.ONE) : up;
    }

    private static int digits(BigInteger value) {
        return value == null ? 0 : value.abs().toString().length();
    }

    private static GrammarExpression naturals(BigInteger from, BigInteger to) {
        if (from.compareTo(to) > 0) {
            return NONE;
        }
        List<GrammarExpression> all = new ArrayList<>();
        String low = from.toString();
        for (int length = low.length(); length <= digits(to); length++) {
            String first = length == low.length() ? low : "1" + "0".repeat(length - 1);
            String last = length == digits(to) ? to.toString() : "9".repeat(length);
            all.add(between(first, last));
        }
        return GrammarExpression.choice(all);
    }

    /** Digits from {@code first} to {@code last}, which are equally many. */
    private static GrammarExpression between(String first, String last) {
        int length = first.length();
        if (first.chars().allMatch(c -> c == '0') && last.chars().allMatch(c -> c == '9')) {
            return new GrammarExpression.Repeat(DIGIT, length, length);
        }
        char low = first.charAt(0);
        char high = last.charAt(0);
        if (low == high) {
            return GrammarExpression.sequence(GrammarExpression.text(String.valueOf(low)), between(first.substring(1), last.substring(1)));
        }
        List<GrammarExpression> all = new ArrayList<>();
        all.add(GrammarExpression.sequence(GrammarExpression.text(String.valueOf(low)),
                between(first.substring(1), "9".repeat(length - 1))));
        if (high - low > 1) {
            all.add(GrammarExpression.sequence(new GrammarExpression.Characters(CodePoints.of(low + 1, high - 1)),
                    new GrammarExpression.Repeat(DIGIT, length - 1, length - 1)));
        }
        all.add(GrammarExpression.sequence(GrammarExpression.text(String.valueOf(high)),
                between("0".repeat(length - 1), last.substring(1))));
        return GrammarExpression.choice(all);
    }

    /**
     * Numbers within bounds, without an exponent.
     *
     * @param places most digits behind the point
     */
    static GrammarExpression number(Optional<Bound> min, Optional<Bound> max, int places) {
        List<GrammarExpression> all = new ArrayList<>();
        Bound zero = new Bound(BigDecimal.ZERO, true);
        if (max.isEmpty() || max.get().value().signum() >= 0) {
            Bound low = min.filter(bound -> bound.value().signum() >= 0).orElse(zero);
            all.add(notNegative(low, max, places));
        }
        if (min.isEmpty() || min.get().value().signum() < 0) {
            Bound low = max.filter(bound -> bound.value().signum() <= 0).map(Bound::negated).orElse(zero);
            all.add(GrammarExpression.sequence(GrammarExpression.text("-"), notNegative(low, min.map(Bound::negated), places)));
        }
        return GrammarExpression.choice(all);
    }

    private static GrammarExpression notNegative(Bound low, Optional<Bound> high, int places) {
        BigInteger from = low.value().toBigInteger();
        Optional<String> above = Optional.of(behindPoint(low.value()));
        BigInteger limit = BigInteger.TEN.pow(Math.max(DIGITS, digits(from) + 1)).subtract(BigInteger.ONE);
        BigInteger to = high.map(bound -> bound.value().toBigInteger()).orElse(limit);
        Optional<String> below = high.map(bound -> behindPoint(bound.value()));
        boolean highIncluded = high.map(Bound::included).orElse(true);
        int compared = from.compareTo(to);
        if (compared > 0) {
            return NONE;
        }
        if (compared == 0) {
            return GrammarExpression.sequence(GrammarExpression.text(from.toString()),
                    fraction(above, low.included(), below, highIncluded, places));
        }
        return GrammarExpression.choice(
                GrammarExpression.sequence(GrammarExpression.text(from.toString()),
                fraction(above, low.included(), Optional.empty(), true, places)),
                GrammarExpression.sequence(naturals(from.add(BigInteger.ONE), to.subtract(BigInteger.ONE)),
                places == 0 ? GrammarExpression.EMPTY : fraction(places)),
                GrammarExpression.sequence(GrammarExpression.text(to.toString()),
                fraction(Optional.empty(), true, below, highIncluded, places)));
    }

    private static String behindPoint(BigDecimal value) {
        String plain = value.toPlainString();
        return plain.indexOf('.') < 0 ? "" : plain.substring(plain.indexOf('.') + 1).replaceAll("0+$", "");
    }

    /** Nothing, or a point and digits, as the digits of the bounds say. */
    private static GrammarExpression fraction(Optional<String> above, boolean aboveIncluded, Optional<String> below, boolean belowIncluded,
            int places) {
        GrammarExpression some = GrammarExpression.sequence(GrammarExpression.text("."),
                digits(above, aboveIncluded, below, belowIncluded, places, false));
        return places == 0 ? mayEnd(above, aboveIncluded, below, belowIncluded) ? GrammarExpression.EMPTY : NONE
                : mayEnd(above, aboveIncluded, below, belowIncluded) ? GrammarExpression.optional(some) : some;
    }

    /** Whether only zeros from here on are within the bounds: what is left of their digits, without zeros at the end. */
    private static boolean mayEnd(Optional<String> above, boolean aboveIncluded, Optional<String> below, boolean belowIncluded) {
        return (above.isEmpty() || above.get().isEmpty() && aboveIncluded) && (below.isEmpty() || !below.get().isEmpty() || belowIncluded);
    }

    /** Digits behind the point that follow such as are equal to the beginning of a bound, for each bound that is given. */
    private static GrammarExpression digits(Optional<String> above, boolean aboveIncluded, Optional<String> below, boolean belowIncluded,
            int places, boolean begun) {
        if (above.isEmpty() && below.isEmpty()) {
            return new GrammarExpression.Repeat(DIGIT, begun ? 0 : 1, places);
        }
        List<GrammarExpression> all = new ArrayList<>();
        if (begun && mayEnd(above, aboveIncluded, below, belowIncluded)) {
            all.add(GrammarExpression.EMPTY);
        }
        int low = above.map(JsonNumbers::digit).orElse(-1);
        int high = below.map(JsonNumbers::digit).orElse(10);
        if (places > 0) {
            if (low >= 0 && low <= high) {
                all.add(GrammarExpression.sequence(GrammarExpression.text(String.valueOf(low)),
                        digits(above.map(JsonNumbers::rest), aboveIncluded, low == high ? below.map(JsonNumbers::rest) : Optional.empty(),
                        belowIncluded, places - 1, true)));
            }
            if (low + 1 <= high - 1) {
                all.add(GrammarExpression.sequence(new GrammarExpression.Characters(CodePoints.of('0' + low + 1, '0' + high - 1)),
                        new GrammarExpression.Repeat(DIGIT, 0, places - 1)));
            }
            if (high <= 9 && low < high) {
                all.add(GrammarExpression.sequence(GrammarExpression.text(String.valueOf(high)),
                        digits(Optional.empty(), true, below.map(JsonNumbers::rest), belowIncluded, places - 1, true)));
            }
        }
        return GrammarExpression.choice(all);
    }

    private static int digit(String digits) {
        return digits.isEmpty() ? 0 : digits.charAt(0) - '0';
    }

    private static String rest(String digits) {
        return digits.isEmpty() ? "" : digits.substring(1);
    }

    /** Multiples of a whole number within bounds; empty where that is not built. */
    static Optional<GrammarExpression> multiples(BigInteger of, Optional<Bound> min, Optional<Bound> max) {
        if (min.isPresent() && max.isPresent()) {
            BigInteger low = smallest(new Bound(min.get().value(), min.get().included()));
            BigInteger high = smallest(max.get().negated()).negate();
            BigInteger first = low.add(low.negate().mod(of));
            if (high.subtract(first).divide(of).bitLength() > 30 || high.subtract(first).divide(of).intValue() >= MAX_MULTIPLES) {
                return Optional.empty();
            }
            List<String> all = new ArrayList<>();
            for (BigInteger value = first; value.compareTo(high) <= 0; value = value.add(of)) {
                all.add(value.toString());
            }
            return Optional.of(all.isEmpty() ? NONE : GrammarExpression.oneOf(all));
        }
        boolean natural = min.isPresent() && min.get().included() && min.get().value().signum() == 0;
        if (of.bitLength() > 30 || of.intValue() > MAX_REMAINDERS || max.isPresent() || min.isPresent() && !natural) {
            return Optional.empty();
        }
        GrammarExpression positive = GrammarExpression.choice(GrammarExpression.text("0"), multiples(of.intValue()));
        return Optional.of(natural ? positive : GrammarExpression.sequence(
                GrammarExpression.optional(GrammarExpression.text("-")), positive));
    }

    /** The state is the number of digits so far and the remainder of what they say. */
    private static GrammarExpression multiples(int of) {
        List<GrammarExpression.Edge> edges = new ArrayList<>();
        BitSet accepting = new BitSet();
        for (int length = 0; length < DIGITS; length++) {
            for (int remainder = 0; remainder < (length == 0 ? 1 : of); remainder++) {
                for (int digit = length == 0 ? 1 : 0; digit <= 9; digit++) {
                    int next = (10 * remainder + digit) % of;
                    edges.add(new GrammarExpression.Edge(length * of + remainder, GrammarExpression.text(String.valueOf(digit)),
                            (length + 1) * of + next));
                }
            }
            accepting.set((length + 1) * of);
        }
        return new GrammarExpression.Graph((DIGITS + 1) * of, edges, accepting);
    }
}
