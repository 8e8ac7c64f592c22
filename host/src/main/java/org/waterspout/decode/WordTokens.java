package org.waterspout.decode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.generate.LogitRules;
import org.waterspout.generate.WordLimits;
import org.waterspout.model.text.Tokenizer;

/** Turns {@link WordLimits} into rules about tokens. */
public final class WordTokens {

    private static final String BLANK = " ";
    /** Stands before a word that is to be written without a blank, where encoding puts one before a text. */
    private static final String LINE = "\n";

    private WordTokens() {
    }

    /**
     * {@code rules} with what {@code words} ask for.
     *
     * @param ends tokens that end an answer, which may always come; none where it goes on after them
     * @throws InvalidRequestException for a word that the vocabulary cannot write, words where there is no tokenizer, or an end token as a
     *                                 forbidden word
     */
    public static LogitRules add(WordLimits words, LogitRules rules, Optional<Tokenizer> tokenizer, Set<Integer> ends) {
        if (words.haveText() && tokenizer.isEmpty()) {
            throw new InvalidRequestException(
                    "the model has no tokenizer, so it knows tokens and no words: name those that are forbidden or allowed by their ids");
        }
        LogitRules changed = rules;
        List<List<Integer>> forbidden = new ArrayList<>(rules.badWords());
        words.forbidden().forEach(word -> forbidden.addAll(sequences(word, tokenizer.orElseThrow())));
        for (List<Integer> sequence : words.forbiddenTokens()) {
            if (sequence.size() == 1 && ends.contains(sequence.getFirst())) {
                throw new InvalidRequestException("token " + sequence.getFirst()
                        + " ends an answer and is no word that can be forbidden: ignore the end, or give the token a bias of -Infinity");
            }
            forbidden.add(sequence);
        }
        if (forbidden.size() > rules.badWords().size()) {
            changed = changed.withBadWords(forbidden);
        }
        if (words.allowed().isEmpty() && words.allowedTokens().isEmpty()) {
            return changed;
        }
        Set<Integer> allowed = new TreeSet<>(words.allowedTokens());
        words.allowed().forEach(word -> sequences(word, tokenizer.orElseThrow()).forEach(allowed::addAll));
        allowed.addAll(ends);
        return changed.withAllowed(allowed);
    }

    /**
     * The tokens of a word behind a blank, and of the word without one.
     *
     * @throws InvalidRequestException where the vocabulary can write neither
     */
    static Set<List<Integer>> sequences(String word, Tokenizer tokenizer) {
        Set<List<Integer>> found = new LinkedHashSet<>();
        String bare = word.startsWith(BLANK) ? word.substring(1) : word;
        keep(tokenizer.encode(tokenizer.addsLeadingSpace() ? bare : BLANK + bare, false), tokenizer, found);
        if (!word.startsWith(BLANK)) {
            keep(tokenizer.addsLeadingSpace() ? behindLine(bare, tokenizer) : tokenizer.encode(bare, false), tokenizer, found);
        }
        if (found.isEmpty()) {
            throw new InvalidRequestException("the model's vocabulary has no token for the word " + Quoted.of(word) + ": leave it out");
        }
        return found;
    }

    private static void keep(int[] tokens, Tokenizer tokenizer, Set<List<Integer>> found) {
        if (tokens.length > 0 && IntStream.of(tokens).noneMatch(token -> tokenizer.unknown().isPresent()
                && token == tokenizer.unknown().getAsInt())) {
            found.add(IntStream.of(tokens).boxed().toList());
        }
    }

    /** The last tokens of a text that ends with the word, where they spell it; else none. */
    private static int[] behindLine(String bare, Tokenizer tokenizer) {
        int[] tokens = tokenizer.encode(LINE + bare, false);
        byte[] wanted = bare.getBytes(StandardCharsets.UTF_8);
        int from = tokens.length;
        for (int left = wanted.length; left > 0 && from > 0;) {
            byte[] bytes = tokenizer.bytes(tokens[--from]);
            if (bytes.length > left || !Arrays.equals(bytes, 0, bytes.length, wanted, left - bytes.length, left)) {
                return new int[0];
            }
            left -= bytes.length;
        }
        return Arrays.copyOfRange(tokens, from, tokens.length);
    }
}
