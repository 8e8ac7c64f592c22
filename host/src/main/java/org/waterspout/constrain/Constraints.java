package org.waterspout.constrain;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.waterspout.model.text.Tokenizer;

/**
 * The forms asked of one model, made ready for its vocabulary: the vocabulary is read at the first of them, and those used last are kept.
 * Safe to use from several threads.
 */
public final class Constraints {

    private static final int KEPT = 16;

    private final Tokenizer tokenizer;
    private final Set<Integer> endTokens;
    private final Map<AnswerForm, Constraint> known = new LinkedHashMap<>(KEPT, 0.75f, true);
    private Optional<TokenTrie> trie = Optional.empty();

    /** @param endTokens tokens that end an answer of this model */
    public Constraints(Tokenizer tokenizer, Set<Integer> endTokens) {
        this.tokenizer = tokenizer;
        this.endTokens = Set.copyOf(endTokens);
    }

    /**
     * The form for this vocabulary.
     *
     * @throws org.waterspout.error.InvalidRequestException where the vocabulary can write no answer of this form
     */
    public synchronized Constraint of(AnswerForm form) {
        Constraint constraint = known.get(form);
        if (constraint == null) {
            if (trie.isEmpty()) {
                trie = Optional.of(TokenTrie.of(tokenizer, endTokens));
            }
            constraint = new Constraint(form, trie.get());
            known.put(form, constraint);
            if (known.size() > KEPT) {
                known.remove(known.keySet().iterator().next());
            }
        }
        return constraint;
    }
}
