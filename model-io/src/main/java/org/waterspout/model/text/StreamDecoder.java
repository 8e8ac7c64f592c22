package org.waterspout.model.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Tokens in, text out as soon as it is certain. A character whose bytes are spread over several tokens is held back until it
 * is whole, so the pieces joined are exactly {@link Tokenizer#decode} of all tokens. For one thread.
 */
public final class StreamDecoder {

    private final Tokenizer tokenizer;
    private final IntPredicate shown;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private boolean dropSpace;
    /** The first bytes of a character that is not whole yet: at most three. */
    private byte[] pending = {};

    /** @param shown special tokens that appear by name */
    private StreamDecoder(Tokenizer tokenizer, IntPredicate shown, boolean dropSpace) {
        this.tokenizer = tokenizer;
        this.shown = shown;
        this.dropSpace = dropSpace;
    }

    /** A decoder for a sequence from its first token on: the space that encoding put before it is taken off. */
    public static StreamDecoder fromStart(Tokenizer tokenizer, boolean withSpecial) {
        return new StreamDecoder(tokenizer, token -> withSpecial, tokenizer.addsLeadingSpace());
    }

    /** A decoder for what follows a prompt: every space is the text's own. */
    public static StreamDecoder continuing(Tokenizer tokenizer, boolean withSpecial) {
        return new StreamDecoder(tokenizer, token -> withSpecial, false);
    }

    /** As {@link #continuing(Tokenizer, boolean)}, with those special tokens only that are one of {@code names}. */
    public static StreamDecoder continuing(Tokenizer tokenizer, List<String> names) {
        Set<Integer> shown = new HashSet<>();
        names.forEach(name -> tokenizer.id(name).ifPresent(shown::add));
        return new StreamDecoder(tokenizer, shown::contains, false);
    }

    /**
     * The text that {@code token} completes, often empty.
     *
     * @throws org.waterspout.error.InvalidRequestException if the token is not in the vocabulary
     */
    public String next(int token) {
        byte[] bytes = tokenizer.bytes(token);
        if (tokenizer.isSpecial(token)) {
            // A special token is no part of the text: a leading space after it is still the encoder's, as llama.cpp has it.
            return shown.test(token) ? decode(bytes, 0, false) : "";
        }
        int from = dropSpace && bytes.length > 0 && bytes[0] == ' ' ? 1 : 0;
        dropSpace &= bytes.length == 0;
        return decode(bytes, from, false);
    }

    /** The rest: U+FFFD if the text ends within a character, else nothing. The decoder can then take a new text's tokens. */
    public String end() {
        return decode(new byte[0], 0, true);
    }

    private String decode(byte[] bytes, int from, boolean last) {
        ByteBuffer in = ByteBuffer.allocate(pending.length + bytes.length - from)
                .put(pending).put(bytes, from, bytes.length - from).flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        utf8.decode(in, out, last);
        if (last) {
            utf8.flush(out);
            utf8.reset();
        }
        pending = new byte[in.remaining()];
        in.get(pending);
        return out.flip().toString();
    }
}
