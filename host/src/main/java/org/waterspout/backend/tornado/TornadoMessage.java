package org.waterspout.backend.tornado;

/** What TornadoVM says of a failure, fit for a message of ours. */
final class TornadoMessage {

    private TornadoMessage() {
    }

    /** The message of the first cause, or its kind where it has none. */
    static String ofCause(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return of(root);
    }

    static String of(Throwable failure) {
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : plain(failure.getMessage());
    }

    /**
     * A line without colours, the stack trace that it may carry, the announcement of running as plain Java, which never happens here
     * ({@link TornadoFlags} switches it off), and advice to set a flag that the launcher sets: our messages have their own.
     */
    static String plain(String message) {
        String bare = message.replaceAll("\u001B\\[[0-9;]*m", "");
        int trace = bare.indexOf("Stacktrace:");
        return (trace < 0 ? bare : bare.substring(0, trace)).replaceAll("(?i)\\s*deoptimi[sz]ing to sequential execution\\.?", "")
                .replaceAll("\\s*To increase the maximum device memory, use -D\\S+", "")
                .replaceAll("\\[(?:WARNING|ERROR)\\]\\s*", "").strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
