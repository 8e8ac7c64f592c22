package org.waterspout.model.text;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * Byte-level BPE: text is cut into words by the pre-tokenizer's expressions, and the bytes of each word are merged. Own code, so that no
 * text can end the process: the library's engine for expressions gives up on long runs, and takes the JVM with it.
 */
final class ByteLevelEncoder implements FragmentEncoder {

    private static final String SOURCE = "the model file";

    private final Map<String, Integer> tokens;
    /** [256] -1 for a byte that the vocabulary cannot write. */
    private final int[] byteTokens = new int[256];
    private final PairMerges merges;
    private final List<SplitExpression> expressions;
    private final boolean ignoreMerges;

    /** @param merges pairs of pieces, a space between them, best first */
    ByteLevelEncoder(Vocabulary vocabulary, List<String> merges, PreTokenizer preTokenizer) {
        // others are found by name before this, and never the result of a merge
        this.tokens = vocabulary.tokensOf(EnumSet.of(Vocabulary.Kind.NORMAL, Vocabulary.Kind.UNDEFINED, Vocabulary.Kind.UNUSED,
                Vocabulary.Kind.BYTE));
        for (int b = 0; b < 256; b++) {
            byteTokens[b] = tokens.getOrDefault(String.valueOf(Vocabulary.characterOf(b)), -1);
        }
        this.merges = new PairMerges(merges, tokens, SOURCE);
        this.expressions = preTokenizer.expressions().stream().map(each -> SplitExpression.of(each, SOURCE)).toList();
        this.ignoreMerges = preTokenizer.ignoreMerges();
    }

    @Override
    public void encode(String text, TokenList out) {
        Effort effort = new Effort(text.length());
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
        for (int i = 0, from = 0; i < cuts.count; from = cuts.ends[i++]) {
            word(text, from, cuts.ends[i], out);
        }
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

    private void word(String text, int from, int to, TokenList out) {
        int[] word = new int[4 * (to - from)];
        int[] ends = new int[word.length];
        int[] places = new int[word.length]; // of each byte: its character's
        char[] written = ignoreMerges ? new char[word.length] : null;
        int bytes = 0;
        int count = 0;
        for (int at = from; at < to;) {
            int point = text.codePointAt(at);
            int width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
            for (int i = 0; i < width; i++) {
                int b = width == 1 ? point
                        : i == 0 ? (0xF00 >> width & 0xFF) | point >> 6 * (width - 1) : 0x80 | point >> 6 * (width - 1 - i) & 0x3F;
                places[bytes] = at;
                if (written != null) {
                    written[bytes] = Vocabulary.characterOf(b);
                }
                bytes++;
                if (byteTokens[b] >= 0) {
                    word[count] = byteTokens[b];
                    ends[count++] = bytes;
                }
            }
            at += Character.charCount(point);
        }
        Integer whole = written == null ? null : tokens.get(new String(written, 0, bytes));
        if (whole != null) {
            out.add(whole, from, to);
            return;
        }
        int left = merges.merge(word, ends, count);
        for (int i = 0, begin = 0; i < left; begin = ends[i++]) {
            int last = places[ends[i] - 1];
            out.add(word[i], places[begin], last + Character.charCount(text.codePointAt(last)));
        }
    }

    @Override
    public void close() {
        // nothing but Java objects
    }
}
