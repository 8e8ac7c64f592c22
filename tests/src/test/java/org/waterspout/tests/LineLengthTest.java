package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Lines of code and prose are short enough to read. Tables, commands to copy and addresses in Markdown may be longer. */
class LineLengthTest {

    private static final int MAX = 140;
    private static final Set<String> NOT_OURS = Set.of("target", "node_modules");

    @Test
    void linesHaveAtMost140Characters() throws IOException {
        List<String> tooLong = new ArrayList<>();
        int[] files = new int[2];
        Files.walkFileTree(Path.of(".."), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                return NOT_OURS.contains(name) || name.startsWith(".") && !name.equals("..") ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = file.getFileName().toString();
                if (name.endsWith(".java") || name.endsWith(".md")) {
                    files[name.endsWith(".md") ? 1 : 0]++;
                    tooLong.addAll(tooLong(file, Files.readAllLines(file)));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        assertTrue(files[0] > 500 && files[1] > 10, "only " + files[0] + " sources and " + files[1] + " documents were found");
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
