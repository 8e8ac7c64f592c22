/**
 * Text to tokens and back, and conversations to text: {@code Tokenizer}, {@code TranslationTokenizer}, {@code ChatTemplate} and what goes
 * in and out of them. The packages below are its own; {@code jinja} shows {@code Rendered}, a conversation as text.
 */
package org.waterspout.model.text;
