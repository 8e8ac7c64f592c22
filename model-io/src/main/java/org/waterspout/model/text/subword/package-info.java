/**
 * Vocabularies, and ordinary text to their tokens: byte-level BPE, SentencePiece's BPE, unigram. Knows no file. Only the packages of
 * {@code org.waterspout.model.text} import it, as {@code ImportRulesTest} says.
 */
package org.waterspout.model.text.subword;
