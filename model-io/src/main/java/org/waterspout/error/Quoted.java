package org.waterspout.error;

/** Text from outside, such as a file or a command line, made fit for a one-line message. */
public final class Quoted {

    private static final int LONGEST = 80;

    private Quoted() {
    }

    /** {@code text} between quotation marks, shortened to 80 characters, on one line. */
    public static String of(String text) {
        String shown = text.codePoints().limit(LONGEST).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return "'" + oneLine(shown) + (shown.length() < text.length() ? "..." : "") + "'";
    }

    /** {@code text} with '?' for each line break and other control character. */
    static String oneLine(String text) {
        return text.codePoints().map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
