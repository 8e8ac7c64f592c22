package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Lines of code and prose are short enough to read. Tables, commands to copy and addresses in Markdown may be longer. */
class LineLengthTest {

    private static final int MAX = 140;

    @Test
    void linesHaveAtMost140Characters() throws IOException {
        List<String> tooLong = new ArrayList<>();
        List<Path> sources = SourceFiles.ending(".java");
        List<Path> documents = SourceFiles.ending(".md");
        for (Path file : Stream.concat(sources.stream(), documents.stream()).toList()) {
            tooLong.addAll(tooLong(file, Files.readAllLines(file)));
        }
        assertTrue(sources.size() > 500 && documents.size() > 10,
                "only " + sources.size() + " sources and " + documents.size() + " documents were found");
        assertEquals(List.of(), tooLong);
    }

    private static List<String> tooLong(Path file, List<String> lines) {
        boolean prose = file.toString().endsWith(".md");
        List<String> found = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean free = prose && (line.startsWith("|") || line.startsWith("    ") || line.strip().matches("\\S*https?://\\S+"));
            if (line.codePointCount(0, line.length()) > MAX && !free) {
                found.add(file + ":" + (i + 1));
            }
        }
        return found;
    }

    @Test
    void aLongLineIsFound() {
        String line = "x".repeat(MAX + 1);
        assertEquals(List.of("a.java:2"), tooLong(Path.of("a.java"), List.of("", line, line.substring(1))));
        assertEquals(List.of("a.md:1"), tooLong(Path.of("a.md"), List.of(line, "| " + line, "    " + line, "https://" + line)));
        assertEquals(List.of("a.java:1"), tooLong(Path.of("a.java"), List.of("    " + line)));
    }
}
