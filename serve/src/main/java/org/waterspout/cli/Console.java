package org.waterspout.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Where a command writes: answers on standard output, everything else on standard error, both in UTF-8 whatever the locale.
 * The output may be closed early by its reader ("| head"); that ends the command without a word.
 */
final class Console {

    private final PrintStream out;
    private final PrintStream err;

    Console(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    static Console standard() {
        return new Console(new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    }

    /** Part of an answer, shown at once. */
    void print(String text) {
        out.print(text);
        out.flush();
    }

    void line(String text) {
        out.println(text);
        out.flush();
    }

    /** The one object that {@code --json} prints. */
    void json(Map<String, ?> object) {
        try {
            line(new ObjectMapper().writeValueAsString(object));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result that is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** A remark to the person who started the command. */
    void remark(String text) {
        err.println(text);
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    /** Whether the reader of the answer went away. */
    boolean isClosed() {
        return out.checkError();
    }
}
