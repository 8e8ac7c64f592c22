/**
 * Characters and stretches of text, before there are tokens: kinds of characters, normal forms, words, expressions that cut, and what a
 * text may cost. Only the packages of {@code org.waterspout.model.text} import it, as {@code ImportRulesTest} says.
 */
package org.waterspout.model.text.characters;
