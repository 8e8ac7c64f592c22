package org.waterspout.model.text.jinja;

/** A template that cannot be parsed or evaluated; the message is one line. */
public final class JinjaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Why a rendering ended. */
    public enum Cause {
        /** The template is wrong, or asks for what is not built. */
        FAULT,
        /** The template itself refused, through {@code raise_exception}. */
        RAISED,
        /** It takes more time or space than any honest template does for as much input. */
        LIMIT,
        /** The thread was interrupted. */
        INTERRUPTED
    }

    private final Cause why;

    private JinjaException(String message, Cause why) {
        super(message);
        this.why = why;
    }

    JinjaException(String message) {
        this(message, Cause.FAULT);
    }

    static JinjaException raisedByTemplate(String message) {
        return new JinjaException(message, Cause.RAISED);
    }

    static JinjaException limit(String message) {
        return new JinjaException(message, Cause.LIMIT);
    }

    static JinjaException interrupted() {
        return new JinjaException("the rendering was interrupted", Cause.INTERRUPTED);
    }

    JinjaException at(int line) {
        return why == Cause.RAISED || getMessage().startsWith("line ") ? this
                : new JinjaException("line " + line + ": " + getMessage(), why);
    }

    public Cause why() {
        return why;
    }
}
