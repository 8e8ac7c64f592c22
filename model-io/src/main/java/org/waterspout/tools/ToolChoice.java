package org.waterspout.tools;

/** Whether an answer calls a tool. */
public sealed interface ToolChoice {

    /** Without the name of a tool. */
    enum Mode implements ToolChoice {
        /** The model decides. */
        AUTO,
        /** It is told the tools, and calls none: what looks like a call is text. */
        NONE,
        /** The answer is one call, of any of the tools, whose arguments fit the tool's JSON schema. */
        REQUIRED
    }

    /** As {@link Mode#REQUIRED}, a call of this tool. */
    record Named(String name) implements ToolChoice {
    }

    ToolChoice AUTO = Mode.AUTO;
    ToolChoice NONE = Mode.NONE;
    ToolChoice REQUIRED = Mode.REQUIRED;

    /** A call of the tool of this name. */
    static ToolChoice named(String name) {
        return new Named(name);
    }
}
