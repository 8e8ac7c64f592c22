package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.List;
import org.waterspout.error.InvalidRequestException;

/**
 * A context-free grammar over characters.
 *
 * @param names [rules] what messages call a rule
 * @param rules what each stands for
 * @param root  the rule that a whole answer is of
 */
record Grammar(List<String> names, List<GrammarExpression> rules, int root) {

    Grammar {
        names = List.copyOf(names);
        rules = List.copyOf(rules);
    }

    /** The grammar of one expression without calls. */
    static Grammar of(GrammarExpression expression) {
        return new Grammar(List.of("root"), List.of(expression), 0);
    }

    /** A grammar on its way: a rule can be called before it is known. */
    static final class Draft {

        private static final int MAX_RULES = 50_000;

        private final List<String> names = new ArrayList<>();
        private final List<GrammarExpression> rules = new ArrayList<>();

        /** A new rule, which {@link #define} gives its meaning. */
        int declare(String name) {
            if (names.size() == MAX_RULES) {
                throw new InvalidRequestException("the form asked for needs more than " + MAX_RULES + " rules: make it simpler");
            }
            names.add(name);
            rules.add(null);
            return names.size() - 1;
        }

        void define(int rule, GrammarExpression expression) {
            rules.set(rule, expression);
        }

        /** A rule of its own for an expression that occurs often. */
        GrammarExpression rule(String name, GrammarExpression expression) {
            int rule = declare(name);
            define(rule, expression);
            return new GrammarExpression.Call(rule);
        }

        Grammar withRoot(int root) {
            return new Grammar(names, rules, root);
        }
    }
}
