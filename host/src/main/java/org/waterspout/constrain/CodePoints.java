package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A set of Unicode characters. Surrogates are none: they are in no set. */
final class CodePoints {

    static final int LAST = Character.MAX_CODE_POINT;
    static final CodePoints NONE = new CodePoints(new int[0]);
    static final CodePoints ALL = of(0, LAST);
    static final CodePoints DIGITS = of('0', '9');

    /** Ascending, disjoint and not touching: first and last of each range. */
    private final int[] bounds;

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    /** Those from {@code first} to {@code last}, both among them; none where the first is above the last. */
    static CodePoints of(int first, int last) {
        return normalized(List.of(new int[] {first, last}));
    }

    static CodePoints of(int point) {
        return of(point, point);
    }

    /** Those that {@code text} holds. */
    static CodePoints in(String text) {
        return normalized(text.codePoints().mapToObj(point -> new int[] {point, point}).toList());
    }

    private static CodePoints normalized(List<int[]> ranges) {
        List<int[]> whole = new ArrayList<>();
        for (int[] range : ranges) {
            addBeside(whole, range[0], Math.min(range[1], Character.MIN_SURROGATE - 1));
            addBeside(whole, Math.max(range[0], Character.MAX_SURROGATE + 1), range[1]);
        }
        whole.sort(Comparator.comparingInt(range -> range[0]));
        int[] bounds = new int[2 * whole.size()];
        int count = 0;
        for (int[] range : whole) {
            if (count > 0 && range[0] <= bounds[count - 1] + 1) {
                bounds[count - 1] = Math.max(bounds[count - 1], range[1]);
            } else {
                bounds[count++] = range[0];
                bounds[count++] = range[1];
            }
        }
        return new CodePoints(Arrays.copyOf(bounds, count));
    }

    private static void addBeside(List<int[]> ranges, int first, int last) {
        if (first <= last) {
            ranges.add(new int[] {first, last});
        }
    }

    CodePoints or(CodePoints other) {
        List<int[]> all = new ArrayList<>();
        for (CodePoints set : List.of(this, other)) {
            for (int i = 0; i < set.ranges(); i++) {
                all.add(new int[] {set.first(i), set.last(i)});
            }
        }
        return normalized(all);
    }

    CodePoints not() {
        List<int[]> gaps = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < ranges(); i++) {
            addBeside(gaps, next, first(i) - 1);
            next = last(i) + 1;
        }
        addBeside(gaps, next, LAST);
        return normalized(gaps);
    }

    CodePoints and(CodePoints other) {
        return not().or(other.not()).not();
    }

    CodePoints without(CodePoints other) {
        return and(other.not());
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    boolean contains(int point) {
        for (int i = 0; i < ranges(); i++) {
            if (point >= first(i) && point <= last(i)) {
                return true;
            }
        }
        return false;
    }

    int ranges() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    int last(int range) {
        return bounds[2 * range + 1];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CodePoints set && Arrays.equals(bounds, set.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }
}
