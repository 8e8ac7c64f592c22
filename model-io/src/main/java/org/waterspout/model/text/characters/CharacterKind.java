package org.waterspout.model.text.characters;

import java.util.BitSet;
import java.util.Locale;

/**
 * Kinds of characters as Hugging Face's tokenizers know them. Its tables (the crates unicode_categories and
 * unicode-normalization-alignments, and the standard library of Rust) are of other versions of Unicode than the JDK's: where they differ
 * was found by asking both for every character.
 */
public final class CharacterKind {

    /** Punctuation to one and not to the other. */
    private static final BitSet OTHER_PUNCTUATION =
            ranges("61d 9fd a76 c77 c84 166d 1b4e-1b4f 1b7d-1b7f 2e43-2e4f 2e52-2e5d 10d6e 10ead 10f55-10f59 10f86-10f89 111c9 "
            + "113d4-113d5 113d7-113d8 1144b-1144f 1145a-1145b 1145d 11660-1166c 116b9 1183b 11944-11946 119e2 11a3f-11a46 "
            + "11a9a-11a9c 11a9e-11aa2 11b00-11b09 11be1 11c41-11c45 11c70-11c71 11ef7-11ef8 11f43-11f4f 11fff 12ff1-12ff2 "
            + "16d6d-16d6f 16e97-16e9a 16fe2 1e5ff 1e95e-1e95f");
    /** Numbers likewise. */
    private static final BitSet OTHER_NUMBERS = ranges("11de0-11de9 16ff4-16ff6");
    /** Control and format characters likewise. */
    private static final BitSet OTHER_CONTROL = ranges("890-891 8e2 110cd 13430-1343f");
    /** Marks that take no space likewise. */
    private static final BitSet OTHER_NON_SPACING =
            ranges("7fd 897-89f 8ca-8e1 9fe afa-aff b55 c04 c3c d00 d3b-d3c d81 eba ece 1734 180f 1885-1886 1abf-1ace 1df6-1dfb "
            + "a82c a8c5 a8ff a9bd 10d24-10d27 10d69-10d6d 10eab-10eac 10efc-10eff 10f46-10f50 10f82-10f85 11070 "
            + "11073-11074 110c2 111c9 111cf 1123e 11241 1133b 113bb-113c0 113ce "
            + "113d0 113d2 113e1-113e2 11438-1143f 11442-11444 11446 1145e 1171e 1182f-11837 11839-1183a 1193b-1193c "
            + "1193e 11943 119d4-119d7 119da-119db 119e0 11a01-11a0a 11a33-11a38 11a3b-11a3e 11a47 11a51-11a56 11a59-11a5b "
            + "11a8a-11a96 11a98-11a99 11c30-11c36 11c38-11c3d 11c3f 11c92-11ca7 11caa-11cb0 11cb2-11cb3 11cb5-11cb6 "
            + "11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47 11d90-11d91 11d95 11d97 11ef3-11ef4 11f00-11f01 11f36-11f3a "
            + "11f40 11f42 11f5a 13440 13447-13455 1611e-16129 1612d-1612f 16f4f 16fe4 1cf00-1cf2d 1cf30-1cf46 "
            + "1e000-1e006 1e008-1e018 1e01b-1e021 1e023-1e024 1e026-1e02a 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef "
            + "1e5ee-1e5ef 1e944-1e94a");
    /** Marks of all kinds likewise. */
    private static final BitSet OTHER_MARKS =
            ranges("7fd 897-89f 8ca-8d3 9fe afa-aff b55 c04 c3c cf3 d00 d3b-d3c d81 eba ece 1715 180f 1abf-1ace 1cf2-1cf3 1cf7 "
            + "1df6-1dfa a82c a8ff 10d24-10d27 10d69-10d6d 10eab-10eac 10efc-10eff 10f46-10f50 10f82-10f85 11070 11073-11074 "
            + "110c2 11145-11146 111c9 111ce-111cf 11241 1133b 113b8-113c0 113c2 113c5 113c7-113ca 113cc-113d0 113d2 "
            + "113e1-113e2 1145e 1182c-1183a 11930-11935 11937-11938 1193b-1193e 11940 11942-11943 119d1-119d7 119da-119e0 "
            + "119e4 11a01-11a0a 11a33-11a39 11a3b-11a3e 11a47 11a51-11a5b 11a8a-11a99 11d31-11d36 11d3a 11d3c-11d3d "
            + "11d3f-11d45 11d47 11d8a-11d8e 11d90-11d91 11d93-11d97 11ef3-11ef6 11f00-11f01 11f03 11f34-11f3a 11f3e-11f42 "
            + "11f5a 13440 13447-13455 1611e-1612f 16f4f 16f7f-16f87 16fe4 16ff0-16ff1 1cf00-1cf2d 1cf30-1cf46 1e08f "
            + "1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef");
    /** Characters that the library does not decompose, as they are newer than its table. */
    private static final BitSet WHOLE = ranges(
            "32ff a7f2-a7f4 ab69 105c9 105e4 10781-10785 10787-107b0 107b2-107ba 11383 11385 1138e 11391 113c5 113c7-113c8 "
            + "11938 16121-16128 16d68-16d6a 1ccd6-1ccf9 1e030-1e06d 1f16c 1fbf0-1fbf9");

    private CharacterKind() { }

    private static BitSet ranges(String written) {
        BitSet set = new BitSet();
        for (String range : written.split(" ")) {
            int dash = range.indexOf('-');
            set.set(Integer.parseInt(dash < 0 ? range : range.substring(0, dash), 16),
                    Integer.parseInt(range.substring(dash + 1), 16) + 1);
        }
        return set;
    }

    /** Unicode's White_Space. */
    public static boolean isSpace(int point) {
        return point >= 0x09 && point <= 0x0D || point == ' ' || point == 0x85 || point == 0xA0 || point == 0x1680
                || point >= 0x2000 && point <= 0x200A || point == 0x2028 || point == 0x2029 || point == 0x202F || point == 0x205F
                || point == 0x3000;
    }

    public static boolean isPunctuation(int point) {
        if (point < 0x80) {
            return point >= '!' && point <= '/' || point >= ':' && point <= '@' || point >= '[' && point <= '`'
                    || point >= '{' && point <= '~';
        }
        boolean found = switch (Character.getType(point)) {
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION, Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION, Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
        return found ^ OTHER_PUNCTUATION.get(point);
    }

    /** What {@code \w} matches. */
    public static boolean isWord(int point) {
        return Character.isAlphabetic(point) || isMark(point) || Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER
                || Character.getType(point) == Character.CONNECTOR_PUNCTUATION || point == 0x200C || point == 0x200D;
    }

    public static boolean isNumber(int point) {
        boolean found = switch (Character.getType(point)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
        return found ^ OTHER_NUMBERS.get(point);
    }

    /** What StripAccents leaves out. */
    public static boolean isAccent(int point) {
        return isMark(point) ^ OTHER_MARKS.get(point);
    }

    /** Whether the library's tables know nothing of {@code point}, which then has no combining class and no parts. */
    static boolean isNewer(int point) {
        return WHOLE.get(point) || OTHER_MARKS.get(point) || OTHER_NON_SPACING.get(point) && isNonSpacingType(point);
    }

    private static boolean isNonSpacingType(int point) {
        return Character.getType(point) == Character.NON_SPACING_MARK;
    }

    static boolean isMark(int point) {
        return switch (Character.getType(point)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> false;
        };
    }

    public static boolean isNonSpacingMark(int point) {
        return isNonSpacingType(point) ^ OTHER_NON_SPACING.get(point);
    }

    /** What BERT's normalizer leaves out: control, format and private characters, but not the white space among them. */
    public static boolean isControl(int point) {
        if (point == '\t' || point == '\n' || point == '\r') {
            return false;
        }
        boolean found = switch (Character.getType(point)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
            default -> false;
        };
        return found ^ OTHER_CONTROL.get(point);
    }

    /** [characters of Unicode] Small letters; of capitals that are newer than the JDK's table too. */
    public static int[] small(int point) {
        boolean newer = point == 0xA7CE || point == 0xA7D2 || point == 0xA7D4 || point >= 0x16EA0 && point <= 0x16EB8;
        return newer ? new int[] {point < 0x10000 ? point + 1 : point + 0x1B}
                : Character.toString(point).toLowerCase(Locale.ROOT).codePoints().toArray();
    }

    /** Those that BERT's normalizer sets apart: Chinese, and not the other scripts of China, Japan and Korea. */
    public static boolean isChinese(int point) {
        return point >= 0x4E00 && point <= 0x9FFF || point >= 0x3400 && point <= 0x4DBF || point >= 0x20000 && point <= 0x2A6DF
                || point >= 0x2A700 && point <= 0x2B73F || point >= 0x2B740 && point <= 0x2B81F || point >= 0x2B920 && point <= 0x2CEAF
                || point >= 0xF900 && point <= 0xFAFF || point >= 0x2F800 && point <= 0x2FA1F;
    }

    /** {@code text} with U+FFFD for each lone surrogate, which UTF-8 cannot write. */
    public static String wellFormed(String text) {
        StringBuilder copy = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (copy == null) {
                copy = new StringBuilder(text);
            }
            copy.setCharAt(i, '\uFFFD');
        }
        return copy == null ? text : copy.toString();
    }
}
