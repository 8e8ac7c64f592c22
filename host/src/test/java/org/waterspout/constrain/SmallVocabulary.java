package org.waterspout.constrain;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** A vocabulary with an end token, every byte, and given words; a token of two bytes may hold parts of two characters. */
final class SmallVocabulary {

    static final int END = 0;

    private final List<byte[]> bytes = new ArrayList<>(List.of(new byte[0]));

    SmallVocabulary(String... words) {
        for (int value = 0; value < 256; value++) {
            bytes.add(new byte[] {(byte) value});
        }
        for (String word : words) {
            bytes.add(word.getBytes(StandardCharsets.UTF_8));
        }
    }

    SmallVocabulary with(byte[] word) {
        bytes.add(word);
        return this;
    }

    TokenTrie trie() {
        return new TokenTrie(bytes, Set.of(END));
    }

    Constraint constraint(AnswerForm form) {
        return new Constraint(form, trie());
    }

    int size() {
        return bytes.size();
    }

    byte[] bytes(int token) {
        return bytes.get(token);
    }

    /** The tokens of one byte each that write {@code text}. */
    static int[] tokens(String text) {
        return tokens(text.getBytes(StandardCharsets.UTF_8));
    }

    static int[] tokens(byte[] text) {
        return IntStream.range(0, text.length).map(i -> 1 + (text[i] & 0xff)).toArray();
    }

    /** Whether {@code text} is a whole answer, byte by byte; every byte is also looked up in the mask. */
    static boolean accepts(Constraint constraint, String text) {
        Constraint.Progress progress = constraint.start();
        for (int token : tokens(text)) {
            if (!progress.allowed().allows(token)) {
                return false;
            }
            progress = progress.accept(token);
        }
        return progress.mayEnd();
    }

    /** A whole answer of allowed tokens drawn at random; after {@code patience} tokens the shortest way to an end. */
    String draw(Constraint constraint, Random random, int patience) {
        java.io.ByteArrayOutputStream text = new java.io.ByteArrayOutputStream();
        Constraint.Progress progress = constraint.start();
        for (int i = 0; !progress.mustEnd(); i++) {
            if (i >= patience && progress.mayEnd()) {
                break;
            }
            int[] allowed = progress.allowed().tokens();
            int token = i < patience || progress.mayEnd() ? allowed[random.nextInt(allowed.length)] : ending(progress, allowed, random);
            if (token == END) {
                break;
            }
            text.writeBytes(bytes(token));
            progress = progress.accept(token);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    /** Mostly what closes: an end, a quotation mark, a bracket; else anything. */
    private static int ending(Constraint.Progress progress, int[] allowed, Random random) {
        for (char closing : "\"]},:".toCharArray()) {
            if (random.nextInt(3) > 0 && progress.allowed().allows(1 + closing)) {
                return 1 + closing;
            }
        }
        return allowed[random.nextInt(allowed.length)];
    }
}
