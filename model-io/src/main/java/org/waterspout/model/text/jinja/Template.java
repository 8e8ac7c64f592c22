package org.waterspout.model.text.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/** A parsed template. Safe to use from several threads. */
public final class Template {

    private final List<Statement> statements;

    private Template(List<Statement> statements) {
        this.statements = statements;
    }

    /** @throws JinjaException if the template is no Jinja, or uses what is not built */
    public static Template parse(String source) {
        return new Template(Parser.parse(source));
    }

    /**
     * The text the template makes of its variables.
     *
     * @param variables null, Boolean, Long, Double, String, and List and Map of them
     * @param clock     what {@code strftime_now} reads
     * @throws JinjaException if the template fails, refuses, or takes more steps or space than any honest one
     */
    public String render(Map<String, Object> variables, Clock clock) {
        try {
            return new Interpreter(clock).render(statements, variables);
        } catch (StackOverflowError e) {
            // lists within lists, made in a loop, are as deep as the loop is long; whatever walks them ends here
            throw new JinjaException("values are nested too deeply");
        }
    }
}
