package org.waterspout.model.text.jinja;

import java.util.List;

/**
 * What a template made.
 *
 * @param text     the whole text
 * @param stretches the parts of it that came from outside and not from the template, in order
 */
public record Rendered(String text, List<Stretch> stretches) {

    /**
     * Characters from outside.
     *
     * @param from where they begin in the text, in UTF-16 units
     * @param to   one past their end
     */
    public record Stretch(int from, int to) { }

    /** A string for a template that is remembered as one from outside, whatever the template makes of it. */
    public record Outside(String text) { }

    public Rendered {
        stretches = List.copyOf(stretches);
    }
}
