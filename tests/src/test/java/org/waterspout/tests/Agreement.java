package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.waterspout.LanguageModel;

/**
 * Judges greedy tokens by another computation of the same model. Two backends need not choose the same token where the best two
 * are nearly equally likely, and after one such choice all that follows differs; so every token is judged by the logits that the
 * judge computes for the tokens before it, the judged ones.
 *
 * @param tie a token passes whose logit is less than this below the judge's best
 */
record Agreement(float tie) {

    /**
     * @param judge  has a free sequence and room for all tokens
     * @param prompt what the tokens continue
     * @param tokens [steps] the judged ones
     */
    void check(LanguageModel judge, int[] prompt, int[] tokens) {
        assertTrue(tokens.length > 0, "no tokens to judge");
        int[] all = Arrays.copyOf(prompt, prompt.length + tokens.length);
        System.arraycopy(tokens, 0, all, prompt.length, tokens.length);
        int vocabulary = judge.vocabulary();
        float[] logits = judge.logits(Arrays.copyOf(all, all.length - 1), true);
        for (int step = 0; step < tokens.length; step++) {
            int row = (prompt.length - 1 + step) * vocabulary;
            int best = 0;
            for (int token = 1; token < vocabulary; token++) {
                if (logits[row + token] > logits[row + best]) {
                    best = token;
                }
            }
            float behind = logits[row + best] - logits[row + tokens[step]];
            assertTrue(tokens[step] == best || behind < tie, "step " + step + ": token " + tokens[step] + " ("
                    + judge.tokenizer().piece(tokens[step]) + ") is " + behind + " behind " + best + " ("
                    + judge.tokenizer().piece(best) + "); tokens " + Arrays.toString(tokens));
        }
    }
}
