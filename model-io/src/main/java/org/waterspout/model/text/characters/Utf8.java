package org.waterspout.model.text.characters;

/** Bytes of characters, without an array of them. */
public final class Utf8 {

    private Utf8() { }

    /** Bytes of a character in UTF-8. */
    public static int width(int point) {
        return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    }

    /** Byte number {@code i} of a character of {@code width}. */
    public static int part(int point, int width, int i) {
        return width == 1 ? point : i == 0 ? (0xF00 >> width & 0xFF) | point >> 6 * (width - 1)
                : 0x80 | point >> 6 * (width - 1 - i) & 0x3F;
    }
}
