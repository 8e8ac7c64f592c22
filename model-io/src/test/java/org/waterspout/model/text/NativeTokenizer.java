package org.waterspout.model.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.stream.IntStream;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.subword.TokenList;

/** Hugging Face's tokenizers library, by way of DJL, with nothing of DJL's own behaviour: no padding, no cutting, no network. */
final class NativeTokenizer implements AutoCloseable {

    static {
        // DJL reports its use to a server unless told not to; a setting of the user's own stays.
        if (System.getProperty("OPT_OUT_TRACKING") == null) {
            System.setProperty("OPT_OUT_TRACKING", "true");
        }
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }

    /** Without these DJL would cut a text off at 512 tokens. */
    private static final Map<String, String> OPTIONS = Map.of("addSpecialTokens", "false", "truncation", "DO_NOT_TRUNCATE",
            "padding", "DO_NOT_PAD", "modelMaxLength", Integer.toString(Integer.MAX_VALUE), "maxLength",
            Integer.toString(Integer.MAX_VALUE));

    private final HuggingFaceTokenizer tokenizer;
    private final String source;

    /**
     * @param json   a tokenizer.json, UTF-8
     * @param source where it came from, for messages
     */
    NativeTokenizer(byte[] json, String source) {
        this.source = source;
        try {
            tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS);
        } catch (LinkageError | EngineException e) {
            throw new UnsupportedModelException("the tokenizer library cannot be loaded on this system (" + firstLine(e)
                    + "): set DJL_CACHE_DIR to a folder that can be written", e);
        } catch (IOException | RuntimeException e) {
            throw new ModelFormatException("the tokenizer of " + source + " cannot be built: " + firstLine(e), e);
        }
    }

    /**
     * Adds the tokens of {@code text}, which holds no lone surrogate, with their places if {@code out} wants them.
     *
     * <p>Calls the library below DJL's own encoding, which would copy six more arrays (strings among them) for every text.
     */
    void encode(String text, TokenList out) {
        if (text.isEmpty()) {
            return;
        }
        long encoding = encoding(text);
        try {
            long[] ids = TokenizersLibrary.LIB.getTokenIds(encoding);
            CharSpan[] spans = out.withPlaces() ? TokenizersLibrary.LIB.getTokenCharSpans(encoding) : null;
            int[] places = spans == null ? null : places(text);
            long[] words = out.wantsWords() ? TokenizersLibrary.LIB.getWordIds(encoding) : null;
            for (int i = 0; i < ids.length; i++) {
                int start = spans == null || spans[i] == null ? 0 : spans[i].getStart();
                int end = spans == null || spans[i] == null ? 0 : spans[i].getEnd();
                if (words != null) {
                    out.inWord((int) words[i]);
                }
                out.add((int) ids[i], places == null ? start : places[start], places == null ? end : places[end]);
            }
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    /** A handle, which must be given back. */
    private long encoding(String text) {
        long handle = tokenizer.getHandle();
        try {
            return TokenizersLibrary.LIB.encode(handle, text, false);
        } catch (RuntimeException e) { // such as a vocabulary without the unknown token it names
            throw new ModelFormatException("the tokenizer of " + source + " cannot encode a text: " + firstLine(e), e);
        }
    }

    /** The text of {@code tokens}, special ones by name, as the file's decoder makes it. */
    String decode(int[] tokens) {
        return TokenizersLibrary.LIB.decode(tokenizer.getHandle(), IntStream.of(tokens).asLongStream().toArray(), false);
    }

    /** [code points + 1] Where each character of Unicode begins in UTF-16; null if each is one there. */
    private static int[] places(String text) {
        int points = text.codePointCount(0, text.length());
        if (points == text.length()) {
            return null;
        }
        int[] places = new int[points + 1];
        for (int point = 0, at = 0; point < points; point++) {
            places[point] = at;
            at += Character.charCount(text.codePointAt(at));
        }
        places[points] = text.length();
        return places;
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private static String firstLine(Throwable e) {
        String message = e.getMessage() != null || e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
        return String.valueOf(message).lines().findFirst().orElse(e.getClass().getSimpleName());
    }
}
