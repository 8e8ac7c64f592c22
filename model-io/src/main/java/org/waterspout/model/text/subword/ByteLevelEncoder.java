package org.waterspout.model.text.subword;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.SplitExpression;
import org.waterspout.model.text.characters.Utf8;

/**
 * Byte-level BPE: text is cut into words by the pre-tokenizer's expressions, and the bytes of each word are merged. Own code, so that no
 * text can end the process: the library's engine for expressions gives up on long runs, and takes the JVM with it.
 */
public final class ByteLevelEncoder implements FragmentEncoder {

    private static final String SOURCE = "the model file";
    /** Bytes of a word: joining them takes some 40 bytes of memory for each. */
    private static final int LONGEST = 1 << 24;

    private final Map<String, Integer> tokens;
    /** [256] -1 for a byte that the vocabulary cannot write. */
    private final int[] byteTokens = new int[256];
    private final PairMerges merges;
    private final List<SplitExpression> expressions;
    private final boolean ignoreMerges;

    /** @param merges pairs of pieces, a space between them, best first */
    public ByteLevelEncoder(Vocabulary vocabulary, List<String> merges, PreTokenizer preTokenizer) {
        // others are found by name before this, and never the result of a merge
        this.tokens = vocabulary.tokensOf(EnumSet.of(Vocabulary.Kind.NORMAL, Vocabulary.Kind.UNDEFINED, Vocabulary.Kind.UNUSED,
                Vocabulary.Kind.BYTE));
        for (int b = 0; b < 256; b++) {
            byteTokens[b] = tokens.getOrDefault(String.valueOf(Vocabulary.characterOf(b)), -1);
        }
        this.merges = PairMerges.of(merges, tokens, SOURCE);
        this.expressions = preTokenizer.expressions().stream().map(each -> SplitExpression.of(each, SOURCE)).toList();
        this.ignoreMerges = preTokenizer.ignoreMerges();
    }

    @Override
    public void encode(String text, TokenList out) {
        Effort effort = new Effort(text.length());
        Cuts cuts = cuts(text, effort);
        Word word = new Word();
        for (int i = 0, from = 0; i < cuts.count; from = cuts.ends[i++]) {
            effort.step();
            word.encode(text, from, cuts.ends[i], effort, out);
        }
    }

    /** [words] Where the words of {@code text} end, in order. */
    public int[] words(String text) {
        Cuts cuts = cuts(text, new Effort(text.length()));
        return Arrays.copyOf(cuts.ends, cuts.count);
    }

    private Cuts cuts(String text, Effort effort) {
        Cuts cuts = new Cuts();
        cuts.add(text.length());
        for (SplitExpression expression : expressions) {
            Cuts finer = new Cuts();
            for (int i = 0, from = 0; i < cuts.count; from = cuts.ends[i++]) {
                expression.find(text, from, cuts.ends[i], effort, (start, end) -> {
                    finer.add(start);
                    finer.add(end);
                });
                finer.add(cuts.ends[i]);
            }
            cuts = finer;
        }
        return cuts;
    }

    /** Where words end, in order. */
    private static final class Cuts {
        private int[] ends = new int[64];
        private int count;

        void add(int end) {
            if (end == 0 || count > 0 && ends[count - 1] == end) {
                return;
            }
            if (count == ends.length) {
                ends = Arrays.copyOf(ends, 2 * count);
            }
            ends[count++] = end;
        }
    }

    /** Memory for one word after the other. */
    private final class Word {
        /** Tokens of bytes, and then what they are joined to. */
        private int[] pieces = new int[64];
        /** Of each piece: the end, counted in the word's bytes. */
        private int[] ends = new int[64];
        /** The word as the vocabulary writes it, where that is asked for. */
        private char[] written = new char[ignoreMerges ? 64 : 0];
        private int bytes;
        private int count;

        void encode(String text, int from, int to, Effort effort, TokenList out) {
            read(text, from, to);
            Integer whole = ignoreMerges ? tokens.get(new String(written, 0, bytes)) : null;
            if (whole != null) {
                out.add(whole, from, to);
                return;
            }
            int left = merges.merge(pieces, ends, count, effort);
            int at = from; // the character that holds byte number `passed`
            int passed = 0;
            for (int i = 0; i < left; i++) {
                int start = at;
                int last = at;
                while (passed < ends[i]) {
                    int point = text.codePointAt(at);
                    int width = Utf8.width(point);
                    last = at + Character.charCount(point);
                    if (passed + width > ends[i]) {
                        break; // this character's other bytes are the next token's
                    }
                    passed += width;
                    at = last;
                }
                out.add(pieces[i], start, last);
            }
        }

        private void read(String text, int from, int to) {
            int max = utf8Length(text, from, to);
            if (pieces.length < max) {
                int size = (int) Math.min(LONGEST, Math.max(max, 2L * pieces.length));
                pieces = new int[size];
                ends = new int[size];
                written = new char[ignoreMerges ? size : 0];
            }
            bytes = 0;
            count = 0;
            for (int at = from; at < to;) {
                int point = text.codePointAt(at);
                int width = Utf8.width(point);
                for (int i = 0; i < width; i++) {
                    add(Utf8.part(point, width, i));
                }
                at += Character.charCount(point);
            }
        }

        private void add(int value) {
            if (ignoreMerges) {
                written[bytes] = Vocabulary.characterOf(value);
            }
            bytes++;
            if (byteTokens[value] >= 0) {
                pieces[count] = byteTokens[value];
                ends[count++] = bytes;
            }
        }
    }

    /** @throws InvalidRequestException if that is too many */
    private static int utf8Length(String text, int from, int to) {
        long length = 0;
        for (int at = from; at < to; at++) {
            char c = text.charAt(at);
            length += Character.isSurrogate(c) ? 2 : Utf8.width(c);
        }
        if (length > LONGEST) {
            throw new InvalidRequestException("the text has a word of " + length + " bytes: at most " + LONGEST
                    + " are taken without a place to cut; put blanks or line breaks into it");
        }
        return (int) length;
    }

    @Override
    public boolean keepsAll() {
        return Arrays.stream(byteTokens).allMatch(token -> token >= 0);
    }

    @Override
    public void close() {
        // nothing but Java objects
    }
}
