package org.waterspout.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.waterspout.backend.tornado.TornadoDevices;

/**
 * Where a command writes: answers on standard output, everything else on standard error, both in UTF-8 whatever the locale.
 * The output may be closed early by its reader ("| head"); that ends the command without a word.
 */
final class Console {

    /** Standard output, keeping why it could not be written: a PrintStream tells only that. */
    private static final class Answers extends FilterOutputStream {
        private IOException failure;

        Answers(OutputStream target) {
            super(target);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            try {
                out.write(bytes, from, length);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }

    private final PrintStream out;
    private final PrintStream err;
    private final Optional<Answers> answers;

    Console(PrintStream out, PrintStream err) {
        this(out, err, Optional.empty());
    }

    private Console(PrintStream out, PrintStream err, Optional<Answers> answers) {
        this.out = out;
        this.err = err;
        this.answers = answers;
    }

    /** With an SDK in this JVM, whose native code writes on standard output, answers get it for themselves: {@link SavedOutput}. */
    static Console standard() {
        Optional<OutputStream> saved = TornadoDevices.sdkPresent() ? SavedOutput.take().map(OutputStream.class::cast) : Optional.empty();
        Answers answers = new Answers(saved.orElseGet(() -> new FileOutputStream(FileDescriptor.out)));
        return new Console(new PrintStream(answers, false, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8), Optional.of(answers));
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

    /** Whether nothing more of the answer can be written: its reader went away, or the disk is full. */
    boolean isClosed() {
        return out.checkError();
    }

    /** Why the answer, or a part of it, was lost. A reader that went away has lost nothing that it wanted. */
    Optional<String> loss() {
        out.flush();
        return answers.map(stream -> stream.failure).map(IOException::getMessage).filter(message -> !message.contains("Broken pipe"));
    }
}
