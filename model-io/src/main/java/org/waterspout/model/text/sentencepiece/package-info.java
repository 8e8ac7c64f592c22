/**
 * A SentencePiece model's file and its normalizer. Only {@code org.waterspout.model.text} imports it, as {@code ImportRulesTest} says.
 */
package org.waterspout.model.text.sentencepiece;
