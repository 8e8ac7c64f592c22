package org.waterspout.generate;

import java.util.List;
import java.util.Set;
import org.waterspout.error.InvalidRequestException;

/**
 * Words and tokens that an answer may not have, or the only ones it may have. A word is meant as the model writes it within a text, behind
 * a blank and without one; one that begins with a blank only behind a blank. What is forbidden is the sequence of its tokens, as with
 * Transformers' bad_words_ids: the same letters in other tokens, such as a longer word that has a token of its own, are not.
 *
 * @param forbidden       words whose last token never follows those before it
 * @param allowed         words of whose tokens an answer is made, in any order; empty for all
 * @param forbiddenTokens sequences of token ids, as {@code forbidden}
 * @param allowedTokens   token ids of which an answer is made besides; tokens that end an answer need not be among them
 */
public record WordLimits(List<String> forbidden, List<String> allowed, List<List<Integer>> forbiddenTokens, Set<Integer> allowedTokens) {

    /** Every word may come. */
    public static final WordLimits ANY = new WordLimits(List.of(), List.of(), List.of(), Set.of());

    public WordLimits {
        forbidden = List.copyOf(forbidden);
        allowed = List.copyOf(allowed);
        forbiddenTokens = forbiddenTokens.stream().map(List::copyOf).toList();
        allowedTokens = Set.copyOf(allowedTokens);
        if (forbidden.stream().anyMatch(String::isBlank) || allowed.stream().anyMatch(String::isEmpty)
                || forbiddenTokens.stream().anyMatch(List::isEmpty)) {
            throw new InvalidRequestException("a forbidden or allowed word is empty: leave it out");
        }
    }

    public WordLimits withForbidden(List<String> value) {
        return new WordLimits(value, allowed, forbiddenTokens, allowedTokens);
    }

    public WordLimits withAllowed(List<String> value) {
        return new WordLimits(forbidden, value, forbiddenTokens, allowedTokens);
    }

    public WordLimits withForbiddenTokens(List<List<Integer>> value) {
        return new WordLimits(forbidden, allowed, value, allowedTokens);
    }

    public WordLimits withAllowedTokens(Set<Integer> value) {
        return new WordLimits(forbidden, allowed, forbiddenTokens, value);
    }

    /** Whether words are named by their text. */
    public boolean haveText() {
        return !forbidden.isEmpty() || !allowed.isEmpty();
    }
}
