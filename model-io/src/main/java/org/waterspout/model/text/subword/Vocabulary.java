package org.waterspout.model.text.subword;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;

/**
 * The pieces of a tokenizer by token, and how a piece is written.
 *
 * @param pieces  [tokens] as the file writes them
 * @param kinds   [tokens]
 * @param writing how a normal piece stands for bytes
 */
public record Vocabulary(List<String> pieces, List<Kind> kinds, Writing writing) {

    /** What a token is; the order is that of {@code tokenizer.ggml.token_type}. */
    public enum Kind { UNDEFINED, NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE }

    /** How a normal piece stands for bytes. */
    public enum Writing {
        /** One character for each byte, as GPT-2 chose them. */
        BYTE_LEVEL,
        /** UTF-8, with U+2581 for a space and {@code <0xNN>} for a single byte. */
        SENTENCE_PIECE,
        /** UTF-8: a word with the space before it, or what continues one, marked by {@code ##}. */
        WORD_PIECE
    }

    /** What WordPiece writes before a piece that continues a word. */
    public static final String CONTINUES = "##";

    public static final char SPACE_MARK = '\u2581';

    /** [256] The character that stands for each byte: itself if it is visible Latin-1, else the next one from U+0100 on. */
    private static final char[] BYTE_TO_CHAR = byteToChar();
    /** [0x144] The byte each of those characters stands for, -1 where there is none. */
    private static final int[] CHAR_TO_BYTE = charToByte();

    public Vocabulary {
        if (pieces.size() != kinds.size()) {
            throw new ModelFormatException("the vocabulary has " + pieces.size() + " tokens but " + kinds.size()
                    + " token types");
        }
    }

    /** The character that a byte-level vocabulary writes for the byte {@code value}, 0 to 255. */
    public static char characterOf(int value) {
        return BYTE_TO_CHAR[value];
    }

    public int size() {
        return pieces.size();
    }

    public String piece(int token) {
        return pieces.get(checked(token));
    }

    Kind kind(int token) {
        return kinds.get(checked(token));
    }

    public boolean isSpecial(int token) {
        return switch (kind(token)) {
            case CONTROL, UNKNOWN -> true;
            case UNDEFINED, NORMAL, USER_DEFINED, UNUSED, BYTE -> false;
        };
    }

    public byte[] bytes(int token) {
        String piece = piece(token);
        return switch (kind(token)) {
            case CONTROL, UNKNOWN, USER_DEFINED -> piece.getBytes(StandardCharsets.UTF_8);
            case BYTE -> new byte[] {(byte) byteOf(piece)};
            case UNDEFINED, NORMAL, UNUSED -> switch (writing) {
                case BYTE_LEVEL -> byteLevel(piece);
                case SENTENCE_PIECE -> piece.replace(SPACE_MARK, ' ').getBytes(StandardCharsets.UTF_8);
                case WORD_PIECE -> (piece.startsWith(CONTINUES) ? piece.substring(CONTINUES.length()) : " " + piece)
                        .getBytes(StandardCharsets.UTF_8);
            };
        };
    }

    /** The value NN of a piece {@code <0xNN>}, or -1 for any other piece. */
    public static int byteOf(String piece) {
        if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(piece.charAt(3), 16);
        int low = Character.digit(piece.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    /** Tokens of the kinds that {@code wanted} names, by piece. */
    Map<String, Integer> tokensOf(java.util.Set<Kind> wanted) {
        Map<String, Integer> tokens = HashMap.newHashMap(pieces.size());
        for (int token = 0; token < pieces.size(); token++) {
            if (wanted.contains(kinds.get(token))) {
                tokens.putIfAbsent(pieces.get(token), token);
            }
        }
        return tokens;
    }

    /** The token written {@code piece}, searched one by one. */
    public OptionalInt id(String piece) {
        int token = pieces.indexOf(piece);
        return token < 0 ? OptionalInt.empty() : OptionalInt.of(token);
    }

    private static byte[] byteLevel(String piece) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(piece.length());
        for (int i = 0; i < piece.length(); i++) {
            char c = piece.charAt(i);
            if (c >= CHAR_TO_BYTE.length || CHAR_TO_BYTE[c] < 0) {
                // An added token that is not marked as one: Hugging Face's decoder then takes the whole piece as it stands.
                return piece.getBytes(StandardCharsets.UTF_8);
            }
            bytes.write(CHAR_TO_BYTE[c]);
        }
        return bytes.toByteArray();
    }

    private static char[] byteToChar() {
        char[] chars = new char[256];
        char next = 0x100;
        for (int b = 0; b < 256; b++) {
            boolean visible = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            chars[b] = visible ? (char) b : next++;
        }
        return chars;
    }

    private static int[] charToByte() {
        int[] bytes = new int[0x144];
        java.util.Arrays.fill(bytes, -1);
        for (int b = 0; b < 256; b++) {
            bytes[BYTE_TO_CHAR[b]] = b;
        }
        return bytes;
    }

    private int checked(int token) {
        if (token < 0 || token >= pieces.size()) {
            throw new InvalidRequestException("token " + token + " is not in the vocabulary: use 0 to " + (pieces.size() - 1));
        }
        return token;
    }
}
