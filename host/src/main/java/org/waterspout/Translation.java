package org.waterspout;

import java.util.List;
import java.util.OptionalLong;

/**
 * A text in another language.
 *
 * @param text         the best translation
 * @param score        of it: the mean log-probability of a token, as the length penalty changes it; of a text in several pieces their mean
 * @param alternatives other translations, best first; those asked for, where the beam found as many
 * @param seed         what tokens were drawn with; empty where none were
 */
public record Translation(String text, double score, List<Alternative> alternatives, OptionalLong seed) {

    public Translation {
        alternatives = List.copyOf(alternatives);
    }

    /** Another translation of the same text. */
    public record Alternative(String text, double score) {
    }
}
