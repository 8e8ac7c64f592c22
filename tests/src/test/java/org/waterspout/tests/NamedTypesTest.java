package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A file is called as its type is, and documents name types that there are. The changelog names those of the past, too. */
class NamedTypesTest {

    private static final Pattern TYPE = Pattern.compile("\\b(?:class|record|interface|enum)\\s+([A-Z]\\w*)");
    private static final Pattern QUOTED = Pattern.compile("`([^`\\n]+)`");
    /** Two words at least, so that no word of the text's own is taken for one; a part of a qualified name is looked at by its beginning. */
    private static final Pattern NAME = Pattern.compile("(?<![\\w.-])[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+(?![\\w-])");
    /** Of the JDK and TornadoVM; and what stands for a kernel's name. */
    private static final Set<String> OTHERS = Set.of("BreakIterator", "NullPointerException", "MethodInlineBailoutLimit",
            "TornadoInliningException", "GroupXKernels", "WideXKernels");

    private static Set<String> types(String source) {
        return TYPE.matcher(source).results().map(found -> found.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> names(String document) {
        return QUOTED.matcher(document).results().map(found -> found.group(1)).map(NAME::matcher).flatMap(Matcher::results)
                .map(found -> found.group());
    }

    @Test
    void documentsNameTypesThatThereAre() throws IOException {
        Set<String> known = new TreeSet<>(OTHERS);
        for (Path file : SourceFiles.ending(".java")) {
            known.addAll(types(Files.readString(file)));
        }
        Set<String> unknown = new TreeSet<>();
        int named = 0;
        for (Path file : SourceFiles.ending(".md")) {
            if (!file.endsWith("CHANGELOG.md")) {
                List<String> names = names(Files.readString(file)).toList();
                named += names.size();
                names.stream().filter(name -> !known.contains(name)).forEach(name -> unknown.add(file + ": " + name));
            }
        }
        assertTrue(named > 100, "only " + named + " names were found");
        assertEquals(Set.of(), unknown);
    }

    @Test
    void filesAreCalledAsTheirTypes() throws IOException {
        Set<String> others = new TreeSet<>();
        for (Path file : SourceFiles.ending(".java")) {
            String name = file.getFileName().toString().replace(".java", "");
            if (!name.contains("-") && !types(Files.readString(file)).contains(name)) {
                others.add(file.toString());
            }
        }
        assertEquals(Set.of(), others);
    }

    @Test
    void aNameIsFoundInQuotesOnly() {
        assertEquals(List.of("OneTwo", "ThreeFour"), names("FiveSix `OneTwo.SevenEight`, `a ThreeFour b`, `Nine`").toList());
        assertEquals(Set.of("One", "Two"), types("final class One { record  Two(int a) { } }"));
    }
}
