package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Reason;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.model.Metadata;

/**
 * Messages name things as users know them: no types of Java, no options of the command line from the library, a file once, no advice that
 * cannot help.
 */
class MessagesTest {

    private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
    /** Options of Java itself, and of the script that finds an SDK. */
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--(?!add-modules|add-opens|opencl-cpu)[a-z]+");
    private static final Pattern TYPE = Pattern.compile("\\b(java\\.|javax\\.|[A-Z][a-zA-Z]+Exception|Input length)");

    @TempDir
    Path folder;

    private static List<Path> sources(String module) throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path root = Files.isDirectory(here.resolve(module)) ? here : here.getParent();
        try (Stream<Path> files = Files.walk(root.resolve(module).resolve("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    @Test
    void theLibraryDoesNotSpeakOfOptions() throws IOException {
        List<String> found = new ArrayList<>();
        int texts = 0;
        for (Path file : Stream.concat(sources("model-io").stream(), sources("host").stream()).toList()) {
            for (String line : Files.readAllLines(file)) {
                Matcher text = TEXT.matcher(line);
                while (text.find()) {
                    texts++;
                    if (OPTION.matcher(text.group()).find()) {
                        found.add(file.getFileName() + ": " + text.group());
                    }
                }
            }
        }
        assertEquals(List.of(), found);
        assertTrue(texts > 2000, texts + " texts");
    }

    @Test
    void noFailureOfAFileIsShownAsJavaHasIt() throws IOException {
        Pattern raw = Pattern.compile("cannot be (read|written|kept|had)[^;]*\\b\\w+\\.(getMessage|toString)\\(\\)");
        List<String> found = new ArrayList<>();
        for (String module : List.of("model-io", "host", "serve")) {
            for (Path file : sources(module)) {
                Matcher match = raw.matcher(Files.readString(file));
                while (match.find()) {
                    found.add(file.getFileName() + ": " + match.group());
                }
            }
        }
        assertEquals(List.of(), found);
    }

    @Test
    void reasonsAreWords() {
        Map.of(new NoSuchFileException("a/b"), "it does not exist", new AccessDeniedException("a/b"), "it may not be read or written",
                new FileSystemException("a/b", null, "No space left on device"), "No space left on device", new FileSystemException("a/b"),
                "the system does not say why", new FileSystemLoopException("a/b"), "its links lead in a circle",
                new MalformedInputException(1), "it is no text in UTF-8", new EOFException(), "it ends early",
                new FileNotFoundException("a/b (c) (Too many open files)"), "Too many open files", new IOException("one\ntwo"), "one?two",
                new IOException(), "the system does not say why").forEach((failure, words) -> assertEquals(words, Reason.of(failure)));
    }

    @Test
    void typesOfMetadataAreWords() {
        Metadata metadata = new Metadata(Map.of("a", "text", "b", 1L, "c", true, "d", List.of(1L, 2.5)));
        Map.of("metadata key a holds a text, not a whole number", "a", "metadata key c holds true or false, not a whole number", "c",
                "metadata key d holds a list, not a whole number", "d").forEach((message, key) ->
                assertEquals(message, assertThrows(ModelFormatException.class, () -> metadata.integer(key)).getMessage()));
        assertEquals("metadata key b holds a whole number, not a text",
                assertThrows(ModelFormatException.class, () -> metadata.optionalString("b")).getMessage());
        assertEquals("metadata key d holds a number, not a whole number",
                assertThrows(ModelFormatException.class, () -> metadata.list("d", Long.class)).getMessage());
    }

    private static String error(String... words) {
        CommandRun run = CommandRun.of(words);
        String message = run.err();
        assertTrue(run.exitCode() >= 2 && run.exitCode() <= 4, run.exitCode() + ": " + message);
        assertEquals(1, message.lines().count(), message);
        assertFalse(TYPE.matcher(message).find(), message);
        return message;
    }

    /** Wherever a file can be named: one that is missing, a folder, and one that is no text. */
    @Test
    void aFileThatCannotBeReadIsNamedOnce() throws IOException {
        Path bytes = Files.write(folder.resolve("bytes.txt"), new byte[] {'a', (byte) 0xff, '\n'});
        for (Path file : List.of(folder.resolve("missing.txt"), folder, bytes)) {
            String name = file.toString();
            for (String[] words : new String[][] {{"translate", "--file", name}, {"classify", "--file", name}, {"tokenize", "--file", name},
                    {"bench", "-m", "austen.gguf", "--file", name}, {"run", "-m", name, "x"}, {"inspect", "-m", name}}) {
                if (words[0].equals("tokenize") && file.equals(bytes)) {
                    continue; // takes any bytes
                }
                String message = error(words);
                assertEquals(2, message.split(Pattern.quote(name), -1).length, Arrays.toString(words) + ": " + message);
            }
        }
    }

    @Test
    void numbersThatAreNoneAreNamedInWords() {
        assertTrue(error("run", "--threads", "x", "y").contains("'x' is no whole number"));
        assertTrue(error("run", "--temperature", "x", "y").contains("'x' is no number"));
        assertTrue(error("logits", "--tokens", "1,x").contains("'x' is no whole number"));
    }

    /** A longer context is advised where the model has one, and not where it is used already. */
    @Test
    void adviceThatWasFollowedIsNotGiven() throws URISyntaxException {
        Path path = Path.of(MessagesTest.class.getResource("/families/llama.gguf").toURI());
        int max;
        try (LanguageModel model = LanguageModel.load(path)) {
            max = model.architecture().contextLength();
        }
        for (int context : new int[] {max - 1, max}) {
            try (LanguageModel model = LanguageModel.load(path, LoadOptions.DEFAULT.withContextLength(context))) {
                GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(new int[max + 1]));
                String message = assertThrows(InvalidRequestException.class, () -> model.generate(request)).getMessage();
                assertEquals(context < max, message.contains("longer context, of at most " + max), message);
            }
        }
    }
}
