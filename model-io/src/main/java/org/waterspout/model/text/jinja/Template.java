package org.waterspout.model.text.jinja;

import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A parsed template. Safe to use from several threads. */
public final class Template {

    private final List<Statement> statements;
    private final Set<String> literals;
    private final Set<String> names;

    private Template(List<Statement> statements, Set<String> literals, Set<String> names) {
        this.statements = statements;
        this.literals = Set.copyOf(literals);
        this.names = Set.copyOf(names);
    }

    /** @throws JinjaException if the template is no Jinja, or uses what is not built and not only reached by chance */
    public static Template parse(String source) {
        Set<String> literals = new HashSet<>();
        Set<String> names = new HashSet<>();
        List<Statement> statements = Parser.parse(source, literals, names);
        return new Template(statements, literals, names);
    }

    /** Whether {@code word} stands in the template's own text or in one of its strings, as a word of its own. */
    public boolean mentions(String word) {
        Pattern whole = Pattern.compile("(?<![\\p{L}\\p{N}_])" + Pattern.quote(word) + "(?![\\p{L}\\p{N}_])");
        return literals.stream().anyMatch(literal -> whole.matcher(literal).find());
    }

    /** Whether a variable, attribute or key of this name is looked at anywhere. */
    public boolean reads(String name) {
        return names.contains(name) || literals.contains(name);
    }

    /**
     * The text the template makes of its variables.
     *
     * @param variables null, Boolean, Long, Double, String, {@link Rendered.Outside}, and List and Map of them
     * @param clock     what {@code strftime_now} reads
     * @param maxSteps how many statements and parts of expressions may be run
     * @throws JinjaException if the template fails, refuses, or takes more steps or space than any honest one; or when the thread is
     *                        interrupted
     */
    public Rendered render(Map<String, Object> variables, Clock clock, long maxSteps) {
        try {
            Text text = new Interpreter(clock, maxSteps).render(statements, variables);
            return new Rendered(text.string(), text.stretches());
        } catch (StackOverflowError e) {
            // lists within lists, made in a loop, are as deep as the loop is long; whatever walks them ends here
            throw new JinjaException("values are nested too deeply");
        }
    }
}
