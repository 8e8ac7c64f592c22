package org.waterspout.model.text;

/** Ordinary text, in which no token is written by name, to tokens. */
sealed interface FragmentEncoder extends AutoCloseable permits ByteLevelEncoder, SentencePieceEncoder {

    /** @param text without lone surrogates, not empty */
    int[] encode(String text);

    @Override
    void close();
}
