package org.waterspout.model.text;

import java.util.Random;

/** Random texts of many scripts with what is hard to cut: blanks, line ends, digits, apostrophes, marks, the newest blocks of Unicode. */
final class MixedTexts {

    /** First and last of ranges; each is drawn as often as another. */
    private static final int[][] RANGES = {{'a', 'z'}, {'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {' ', ' '}, {' ', ' '}, {'\t', '\r'}, {'!', '~'},
        {0x80, 0x24F}, {0x250, 0x36F}, {0x370, 0x52F}, {0x590, 0x6FF}, {0x900, 0xDFF}, {0xE00, 0xEFF}, {0x1000, 0x109F}, {0x1100, 0x11FF},
        {0x1E00, 0x1FFF}, {0x2000, 0x206F}, {0x20A0, 0x218F}, {0x2460, 0x24FF}, {0x3000, 0x30FF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3},
        {0xE000, 0xF8FF}, {0xFB00, 0xFDFF}, {0xFE00, 0xFE2F}, {0xFF00, 0xFFEF}, {0x10000, 0x1056F}, {0x1D400, 0x1D7FF}, {0x1F1E6, 0x1F1FF},
        {0x1F300, 0x1FAFF}, {0x20000, 0x323AF}, {0xE0000, 0xE01EF}, {0x10FFF0, 0x10FFFF},
        // Unicode 15.1 and 16
        {0x1C80, 0x1C8F}, {0xA7C0, 0xA7DF}, {0x10D40, 0x10D8F}, {0x105C0, 0x105FF}, {0x11380, 0x113FF}, {0x116D0, 0x116FF},
        {0x11BC0, 0x11BFF}, {0x13460, 0x1355F}, {0x16100, 0x1613F}, {0x16D40, 0x16D7F}, {0x1CC00, 0x1CEBF}, {0x1E5D0, 0x1E5FF},
        {0x2EBF0, 0x2EE5F}};
    private static final String[] PIECES = {" ", "  ", "    ", "\n", "\r\n", "\n\n", " \n ", "\t", "'s", "'S", "'\u017F", "'re", "'LL",
            "'t", "\u2019s", "don't", "K\u212Ak", "123", "4567", "e\u0301", "a\u0308\u0304", "\uD83D\uDC69\u200D\uD83D\uDC66",
            "\u2764\uFE0F",
        "1\uFE0F\u20E3", "//", "...", " the", "Hello", "HTTP", "CamelCase", "\u00A0", "\u3000", "\u0085", "\u2028", "\u200B", "_", "$",
        "<", "\u0000"};

    private MixedTexts() { }

    static String draw(Random random, int max) {
        StringBuilder text = new StringBuilder();
        for (int i = 1 + random.nextInt(max); i > 0; i--) {
            if (random.nextInt(3) == 0) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            } else {
                int[] range = RANGES[random.nextInt(RANGES.length)];
                int point = range[0] + random.nextInt(range[1] - range[0] + 1);
                for (int times = random.nextInt(8) == 0 ? 1 + random.nextInt(5) : 1; times > 0; times--) {
                    text.appendCodePoint(point);
                }
            }
        }
        return text.toString();
    }

    static String shown(String text) {
        return text.codePoints().mapToObj(c -> c >= ' ' && c <= '~' ? Character.toString(c) : String.format("\\u{%x}", c))
                .reduce("", String::concat);
    }
}
