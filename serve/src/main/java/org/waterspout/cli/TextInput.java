package org.waterspout.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;
import picocli.CommandLine.Option;

/** Where a command's texts come from: its words, the lines of a file, or those of standard input. */
final class TextInput {

    @Option(names = "--file", paramLabel = "F", description = "Texts, one a line, UTF-8; - for standard input, which is also read where"
            + " no text is given.")
    private Optional<String> file = Optional.empty();

    /**
     * @param words given on the command line; what they are, for messages
     * @throws InvalidRequestException when there are none, a line is empty, or a file cannot be read
     */
    List<String> lines(List<String> words, String what) {
        List<String> lines = linesOrNothing(words, what);
        for (int line = 0; words.isEmpty() && line < lines.size(); line++) {
            if (lines.get(line).isBlank()) {
                throw new InvalidRequestException("line " + (line + 1) + " of " + name() + " is empty: take it out");
            }
        }
        return lines;
    }

    /** As {@link #lines}, but lines may be empty. */
    List<String> linesOrNothing(List<String> words, String what) {
        if (file.isPresent() && !words.isEmpty()) {
            throw new InvalidRequestException("both a " + what + " and --file are given: give one of them");
        }
        if (!words.isEmpty()) {
            return words;
        }
        if (file.isEmpty() && System.console() != null && System.console().isTerminal()) {
            throw new InvalidRequestException("no " + what + " is given: name one, or --file");
        }
        List<String> lines = text(standard() ? Optional.empty() : file.map(Path::of), name()).lines().toList();
        if (lines.isEmpty()) {
            throw new InvalidRequestException(name() + " is empty: give a " + what);
        }
        return lines;
    }

    private boolean standard() {
        return file.isEmpty() || file.get().equals("-");
    }

    private String name() {
        return standard() ? "standard input" : file.get();
    }

    /**
     * The whole of a file.
     *
     * @throws InvalidRequestException for a file that is missing, closed to us, or no text in UTF-8
     */
    static String read(Path path) {
        return text(Optional.of(path), Quoted.of(path.toString()));
    }

    private static String text(Optional<Path> path, String name) {
        try (InputStream in = path.isPresent() ? Files.newInputStream(path.get()) : System.in) {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(in.readAllBytes())).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidRequestException(name + " is no text in UTF-8", e);
        } catch (IOException e) {
            throw new InvalidRequestException(name + " cannot be read: " + Reason.of(e), e);
        }
    }
}
