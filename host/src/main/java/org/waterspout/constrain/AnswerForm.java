package org.waterspout.constrain;

import java.util.List;
import org.waterspout.error.InvalidRequestException;

/**
 * What a whole answer has to be like (structured output): it restricts the tokens at each step (constrained decoding). Checked when it is
 * made; errors are {@link InvalidRequestException}s that say where in the form they are. What is supported of each:
 * docs/structured-output.md.
 */
public final class AnswerForm {

    private static final int MAX_CHARACTERS = 1 << 20;

    private final String kind;
    private final List<String> source;
    private final Grammar grammar;

    private AnswerForm(String kind, List<String> source, Grammar grammar) {
        this.kind = kind;
        this.source = List.copyOf(source);
        this.grammar = grammar;
        new Automaton(grammar, value -> true); // which refuses what can never be
    }

    /** One of these texts. */
    public static AnswerForm choices(List<String> texts) {
        if (texts.isEmpty() || texts.contains("")) {
            throw new InvalidRequestException(texts.isEmpty() ? "no choices are given: give one at least"
                    : "one of the choices is empty, and no answer is: leave it away");
        }
        checkLength(texts.stream().mapToLong(String::length).sum());
        return new AnswerForm("choices", texts, Grammar.of(GrammarExpression.oneOf(texts)));
    }

    /** A text that a regular expression matches as a whole; its syntax is a part of ECMAScript's. */
    public static AnswerForm regex(String expression) {
        checkLength(expression.length());
        return new AnswerForm("regex", List.of(expression), Grammar.of(RegexReader.whole("the regular expression", expression)));
    }

    /** A text of the rule {@code root} of a grammar in llama.cpp's GBNF. */
    public static AnswerForm grammar(String gbnf) {
        checkLength(gbnf.length());
        return new AnswerForm("grammar", List.of(gbnf), GbnfReader.read(gbnf));
    }

    /** A JSON value that a JSON schema holds for: a part of draft 2020-12; a keyword that is not supported is refused by name. */
    public static AnswerForm jsonSchema(String schema) {
        checkLength(schema.length());
        return new AnswerForm("JSON schema", List.of(schema), JsonSchemaReader.read(schema, false));
    }

    /** Any JSON value. */
    public static AnswerForm json() {
        return jsonSchema("true");
    }

    /** As {@link #jsonSchema}, without white space. */
    static AnswerForm compactJson(String schema) {
        return new AnswerForm("compact JSON schema", List.of(schema), JsonSchemaReader.read(schema, true));
    }

    private static void checkLength(long characters) {
        if (characters > MAX_CHARACTERS) {
            throw new InvalidRequestException("the form asked for has " + characters + " characters; it may have " + MAX_CHARACTERS);
        }
    }

    Grammar grammar() {
        return grammar;
    }

    /** Whether both were made of the same text in the same way. */
    @Override
    public boolean equals(Object other) {
        return other instanceof AnswerForm form && kind.equals(form.kind) && source.equals(form.source);
    }

    @Override
    public int hashCode() {
        return 31 * kind.hashCode() + source.hashCode();
    }

    @Override
    public String toString() {
        return kind + " " + source;
    }
}
