package org.waterspout.model.text;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.text.jinja.Rendered;

/**
 * Text to tokens and back. Safe to use from several threads; {@link #close()} only after the last use.
 *
 * <p>Text is taken as Unicode: a lone surrogate in a string, like an ill-formed sequence in UTF-8 bytes, counts as U+FFFD.
 */
public sealed interface Tokenizer extends AutoCloseable permits GgufTokenizer, JsonTokenizer, SentencePieceTokenizer {

    /**
     * The tokenizer a GGUF file describes (keys {@code tokenizer.ggml.*}); tokens are those llama.cpp gives for the file.
     *
     * @throws org.waterspout.error.UnsupportedModelException if its model or pre-tokenizer is not built; the message names it
     * @throws org.waterspout.error.ModelFormatException      if keys are missing or contradict each other
     */
    static Tokenizer of(Metadata metadata) {
        return GgufTokenizer.of(metadata);
    }

    /**
     * The tokenizer of an open model: the one its metadata describes, else the one it names, else the one in its folder. Errors as the
     * other two.
     */
    static Tokenizer of(ModelFile file) {
        return file.metadata().has("tokenizer.ggml.model") ? of(file.metadata()) : of(TokenizerFiles.textPath(file));
    }

    /**
     * The tokenizer of a Hugging Face model directory, or of one file: {@code tokenizer.json}, WordPiece's {@code vocab.txt},
     * byte-level BPE's {@code vocab.json} (with {@code merges.txt} beside it), or a SentencePiece model ({@code .model},
     * {@code .spm}). {@code tokenizer_config.json} in the same folder is read where there is one. Of a directory with two
     * vocabularies this is the source language's; see {@link TranslationTokenizer}.
     *
     * @throws org.waterspout.error.ModelNotFoundException    if there is no such file, or the directory holds none
     * @throws org.waterspout.error.UnsupportedModelException if it asks for what is not built; the message names it
     * @throws org.waterspout.error.ModelFormatException      if the file is not a tokenizer
     */
    static Tokenizer of(Path fileOrDirectory) {
        return TokenizerFiles.of(fileOrDirectory);
    }

    /**
     * The tokens of {@code text}, nothing added: for the continuation of a text, or one whose special tokens are written out.
     *
     * @param parseSpecial whether a special token's name in the text ({@code <|im_end|>}) means that token; false for
     *                     whatever a user wrote
     */
    int[] encode(String text, boolean parseSpecial);

    /** {@link #encode(String, boolean)} of UTF-8 bytes. */
    default int[] encode(byte[] utf8, boolean parseSpecial) {
        return encode(new String(utf8, StandardCharsets.UTF_8), parseSpecial);
    }

    /**
     * The tokens of a text that starts a sequence: {@link #encode(String, boolean)} with the begin token before it and the end
     * token after it where the model file asks for them. A begin token the text already starts with is not doubled.
     */
    int[] encodePrompt(String text, boolean parseSpecial);

    /**
     * The tokens of a conversation that starts a sequence: as {@link #encodePrompt(String, boolean)} of the whole text, in which the names
     * of special tokens mean these tokens where the template wrote them, and are plain text in what came from outside.
     */
    int[] encodePrompt(Rendered conversation);

    /**
     * The tokens of {@code text} with their places in it, nothing added: {@link #encode(String, boolean)} with offsets. What
     * {@link SequenceTemplate#around(Encoding)} takes, whole or as a {@link Encoding#slice}.
     *
     * @param parseSpecial as for {@link #encode(String, boolean)}
     */
    Encoding pieces(String text, boolean parseSpecial);

    /** So many tokens come of {@code text} at least: found at once, without cutting it; 0 where that cannot be known. */
    default long minTokens(String text) {
        return 0;
    }

    /** The special tokens this model wants around one text and around two, and how many they are. */
    SequenceTemplate template();

    /** One text as an encoder takes it: its tokens with the template's special tokens. Names of tokens in it are plain text. */
    default Encoding encode(String text) {
        return template().around(pieces(text, false));
    }

    /**
     * Two texts as an encoder takes them, such as a question and a document.
     *
     * @throws org.waterspout.error.InvalidRequestException if the model takes no pairs
     */
    default Encoding encode(String first, String second) {
        return template().around(pieces(first, false), pieces(second, false));
    }

    /**
     * The text of a whole sequence. Bytes that form no character become U+FFFD. The space that encoding put before the first
     * word, if this tokenizer does so, is taken off again.
     *
     * @param withSpecial whether special tokens appear by name; else they leave no trace
     * @throws org.waterspout.error.InvalidRequestException if a token is not in the vocabulary
     */
    default String decode(int[] tokens, boolean withSpecial) {
        StreamDecoder decoder = StreamDecoder.fromStart(this, withSpecial);
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append(decoder.next(token));
        }
        return text.append(decoder.end()).toString();
    }

    /** The bytes {@code token} adds to a text: a word's UTF-8 with its space, one byte, or a special token's name. */
    byte[] bytes(int token);

    /** The token as the vocabulary writes it, such as {@code Ġthe}, {@code ▁the} or {@code <0x0A>}. */
    String piece(int token);

    int vocabularySize();

    /** The token that begins a sequence, whether or not {@link #encodePrompt} adds it. */
    OptionalInt bos();

    /** The token that ends a sequence. */
    OptionalInt eos();

    /** The token for what the vocabulary cannot write. */
    OptionalInt unknown();

    /** The token that fills shorter rows up to longer ones; also the first token of some models' decoders. */
    OptionalInt pad();

    /** The token that stands for a hidden word. */
    OptionalInt mask();

    /** The token that the vocabulary, or the list of added tokens, writes as {@code piece}. */
    OptionalInt id(String piece);

    /** Tokens after which generation stops: end of sequence, of turn, of message. */
    Set<Integer> endTokens();

    /** Whether {@code token} is a control or unknown token, which is no part of a text. */
    boolean isSpecial(int token);

    /** Whether encoding puts a space before the first word (SentencePiece's dummy prefix), which decoding takes off. */
    boolean addsLeadingSpace();

    @Override
    void close();
}
