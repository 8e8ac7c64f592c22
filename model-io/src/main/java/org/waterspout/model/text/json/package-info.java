/**
 * What a tokenizer.json says, part by part: normalizer, pre-tokenizer, model, decoder. Its border is {@code TokenizerJson} with what is
 * made of it ({@code JsonEncoder}, {@code JsonDecoder}, {@code MinTokenCount}, {@code PlainWordPieces}). Only
 * {@code org.waterspout.model.text} imports it, as {@code ImportRulesTest} says.
 */
package org.waterspout.model.text.json;
