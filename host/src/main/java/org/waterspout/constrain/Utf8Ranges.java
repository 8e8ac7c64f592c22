package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.List;

/**
 * A set of characters as sequences of ranges of bytes: each character's UTF-8 is in exactly one of them (RFC 3629; the way to split them is
 * that of R. Cox's "Regular Expression Matching in the Wild", 2010).
 */
final class Utf8Ranges {

    private static final int[] LAST_OF_LENGTH = {0x7f, 0x7ff, 0xffff, 0x10ffff};

    private final List<int[]> sequences = new ArrayList<>();

    private Utf8Ranges() {
    }

    /** Of each sequence the first and last value of each of its one to four bytes: [2 x bytes]. */
    static List<int[]> of(CodePoints set) {
        Utf8Ranges ranges = new Utf8Ranges();
        for (int i = 0; i < set.ranges(); i++) {
            int first = set.first(i);
            for (int last : LAST_OF_LENGTH) {
                if (first <= last && first <= set.last(i)) {
                    ranges.split(first, Math.min(last, set.last(i)));
                    first = last + 1;
                }
            }
        }
        return ranges.sequences;
    }

    /** Both of equal length: cut until the bytes vary independently of each other. */
    private void split(int first, int last) {
        for (int bits = 6; bits <= 18; bits += 6) {
            int low = (1 << bits) - 1;
            if (first >> bits != last >> bits && first > 0x7f) {
                if ((first & low) != 0) {
                    split(first, first | low);
                    split((first | low) + 1, last);
                    return;
                }
                if ((last & low) != low) {
                    split(first, (last & ~low) - 1);
                    split(last & ~low, last);
                    return;
                }
            }
        }
        byte[] from = Character.toString(first).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] to = Character.toString(last).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        int[] sequence = new int[2 * from.length];
        for (int i = 0; i < from.length; i++) {
            sequence[2 * i] = from[i] & 0xff;
            sequence[2 * i + 1] = to[i] & 0xff;
        }
        sequences.add(sequence);
    }
}
