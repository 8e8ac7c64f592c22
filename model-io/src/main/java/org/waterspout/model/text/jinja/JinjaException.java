package org.waterspout.model.text.jinja;

/** A template that cannot be parsed or evaluated; the message is one line. */
public final class JinjaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Whether the template itself refused, through {@code raise_exception}. */
    private final boolean raised;

    private JinjaException(String message, boolean raised) {
        super(message);
        this.raised = raised;
    }

    JinjaException(String message) {
        this(message, false);
    }

    static JinjaException raisedByTemplate(String message) {
        return new JinjaException(message, true);
    }

    JinjaException at(int line) {
        return raised || getMessage().startsWith("line ") ? this : new JinjaException("line " + line + ": " + getMessage());
    }

    public boolean raised() {
        return raised;
    }
}
