package org.waterspout.model.text.subword;

/** Ordinary text, in which no token is written by name, to tokens. */
public sealed interface FragmentEncoder extends AutoCloseable permits ByteLevelEncoder, SentencePieceEncoder, UnigramEncoder {

    /** @param text without lone surrogates, not empty */
    void encode(String text, TokenList out);

    /** Whether every character of a text ends up in a token, however strange it is. */
    boolean keepsAll();

    @Override
    void close();
}
