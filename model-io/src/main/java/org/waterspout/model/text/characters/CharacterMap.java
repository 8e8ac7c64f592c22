package org.waterspout.model.text.characters;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.waterspout.error.ModelFormatException;

/**
 * SentencePiece's precompiled character map (normalizer.cc): rules that replace a sequence of characters by a string. The bytes
 * are the size of a double-array trie (darts-clone: 32-bit units), the trie over the UTF-8 of what is replaced, and the
 * replacements, each ended by a zero byte; a trie's value is where among them its own begins.
 */
public final class CharacterMap {

    private static final int ASCII = 128;

    private final int[] units;
    /** The replacements; places in it are the bytes'. */
    private final byte[] replacements;
    /** [128] Whether no rule is for this character alone, or with others below 128. */
    private final boolean[] plain = new boolean[ASCII];

    /** Where the last {@link #match} found its rule: the replacement. */
    public static final class Match {
        /** Number of UTF-16 characters replaced; 0: no rule applies. */
        public int length;
        public String replacement;
    }

    /** @param source where the bytes came from, for messages */
    public CharacterMap(byte[] precompiled, String source) {
        Arrays.fill(plain, true);
        if (precompiled.length == 0) {
            units = new int[0];
            replacements = new byte[0];
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(precompiled).order(ByteOrder.LITTLE_ENDIAN);
        int size = precompiled.length < Integer.BYTES ? -1 : bytes.getInt();
        if (size < Integer.BYTES || size % Integer.BYTES != 0 || size > bytes.remaining()) {
            throw new ModelFormatException("the character map of " + source + " is damaged: its trie does not fit");
        }
        units = new int[size / Integer.BYTES];
        bytes.asIntBuffer().get(units);
        bytes.position(bytes.position() + size);
        replacements = new byte[bytes.remaining()];
        bytes.get(replacements);
        for (int first = 0; first < ASCII; first++) {
            int node = step(offset(units[0]), first);
            plain[first] = node < 0 || !hasLeaf(units[node]);
            for (int second = 0; second < ASCII && node >= 0; second++) {
                plain[first] &= step(node ^ offset(units[node]), second) < 0;
            }
        }
    }

    /** Whether no rule begins at {@code c} when the character after it is {@code following}; false where that is not plain to see. */
    public boolean isPlain(char c, char following) {
        return c < ASCII && following < ASCII && plain[c];
    }

    /** Finds the longest rule that begins at {@code at}, a character's first place in well-formed text. */
    public void match(CharSequence text, int at, Match match) {
        match.length = 0;
        if (units.length == 0) {
            return;
        }
        int base = offset(units[0]);
        int value = -1;
        for (int i = at; i < text.length();) {
            int point = Character.codePointAt(text, i);
            int lead = leadByte(point);
            int node = step(base, lead);
            for (int shift = 6 * (utf8Length(point) - 2); node >= 0 && shift >= 0; shift -= 6) {
                node = step(node ^ offset(units[node]), 0x80 | point >> shift & 0x3F);
            }
            if (node < 0) {
                break;
            }
            i += Character.charCount(point);
            base = node ^ offset(units[node]);
            if (hasLeaf(units[node]) && base < units.length && base >= 0) {
                value = units[base] & 0x7FFFFFFF;
                match.length = i - at;
            }
        }
        if (match.length > 0) {
            match.replacement = replacement(value);
        }
    }

    /** The replacement by the rule for the shortest beginning of what {@code text} has between; null if there is none. */
    public String shortest(String text, int from, int to) {
        if (units.length == 0) {
            return null;
        }
        int base = offset(units[0]);
        for (int i = from; i < to;) {
            int point = text.codePointAt(i);
            int width = utf8Length(point);
            for (int number = 0; number < width; number++) {
                int value = Utf8.part(point, width, number);
                int node = value == 0 ? -1 : step(base, value);
                if (node < 0) {
                    return null;
                }
                base = node ^ offset(units[node]);
                if (hasLeaf(units[node]) && base >= 0 && base < units.length) {
                    return replacement(units[base] & 0x7FFFFFFF);
                }
            }
            i += Character.charCount(point);
        }
        return null;
    }

    private String replacement(int from) {
        int to = from;
        while (to < replacements.length && replacements[to] != 0) {
            to++;
        }
        // beyond the end there is nothing to put in
        return from >= replacements.length ? "" : new String(replacements, from, to - from, StandardCharsets.UTF_8);
    }

    /** The node for the byte {@code label} after a node whose children begin at {@code base}; -1 if there is none. */
    private int step(int base, int label) {
        int node = base ^ label;
        return node >= 0 && node < units.length && (units[node] & 0x800000FF) == label ? node : -1;
    }

    private static boolean hasLeaf(int unit) {
        return (unit >>> 8 & 1) == 1;
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    private static int utf8Length(int point) {
        return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    }

    private static int leadByte(int point) {
        return switch (utf8Length(point)) {
            case 1 -> point;
            case 2 -> 0xC0 | point >> 6;
            case 3 -> 0xE0 | point >> 12;
            default -> 0xF0 | point >> 18;
        };
    }
}
