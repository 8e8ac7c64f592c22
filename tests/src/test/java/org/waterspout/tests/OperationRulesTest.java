package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.waterspout.graph.Op;

/** A new operation is met by the compiler: who runs operations names them all, and what else there is to know, {@link Op} answers. */
class OperationRulesTest {

    /** Whose work is to find groups of certain operations. */
    private static final String MATCHER = "Fusion.java";

    private static final Pattern SWITCH = Pattern.compile("\\bswitch \\(");
    private static final Pattern LOOKUP = Pattern.compile("\\binstanceof (Op\\.)?([A-Z]\\w*)"
            + "|\\b(Op\\.)?([A-Z]\\w*)\\.class(?:::|\\.)isInstance");

    @Test
    void noOperationIsLookedForByItsType() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : SourceFiles.ending(".java")) {
            if (file.toString().contains("/src/main/")) {
                List<String> lookups = lookups(Files.readString(file));
                if (file.endsWith(MATCHER)) {
                    assertTrue(lookups.size() > 5, "only " + lookups + " are found where there are more");
                } else {
                    lookups.forEach(lookup -> found.add(file + ": " + lookup));
                }
            }
        }
        assertEquals(List.of(), found);
    }

    /** Questions whether something is an operation of one type, by its name in Op or by an import of that. */
    private static List<String> lookups(String source) {
        return LOOKUP.matcher(source).results().filter(found -> {
            boolean asks = found.group(2) != null;
            boolean qualified = found.group(asks ? 1 : 3) != null;
            String name = found.group(asks ? 2 : 4);
            return operations(Op.class).anyMatch(name::equals) && (qualified || source.contains("import org.waterspout.graph.Op." + name));
        }).map(MatchResult::group).toList();
    }

    /** Names of those that are no interfaces. */
    private static Stream<String> operations(Class<?> kind) {
        return kind.isInterface() ? Stream.of(kind.getPermittedSubclasses()).flatMap(OperationRulesTest::operations)
                : Stream.of(kind.getSimpleName());
    }

    @Test
    void aLookupIsFound() {
        assertEquals(List.of("instanceof Op.Norm", "Op.Add.class::isInstance", "Op.Rope.class.isInstance"),
                lookups("a(op instanceof Op.Norm norm || op instanceof Norm); "
                        + "b(Op.Add.class::isInstance); c(Op.Rope.class.isInstance(op))"));
        assertEquals(List.of("instanceof Norm", "Norm.class::isInstance"),
                lookups("import org.waterspout.graph.Op.Norm;\n(op instanceof Norm) (Norm.class::isInstance) (x instanceof Attention)"));
        assertEquals(List.of(), lookups("kept instanceof Kept.State; Op.Norm.class.getName()"));
    }

    @Test
    void switchesOverOperationsHaveNoDefault() throws IOException {
        List<String> found = new ArrayList<>();
        int switches = 0;
        for (Path file : SourceFiles.ending(".java")) {
            if (file.toString().contains("/src/main/")) {
                for (String body : switchesOverOperations(Files.readString(file))) {
                    switches++;
                    if (hasDefault(body)) {
                        found.add(file + ": " + body.lines().findFirst().orElse(""));
                    }
                }
            }
        }
        assertTrue(switches >= 6, "only " + switches + " switches over operations were found");
        assertEquals(List.of(), found);
    }

    /** From "switch" to the end of its block, of those with a case that is an operation. */
    private static List<String> switchesOverOperations(String source) {
        return SWITCH.matcher(source).results().map(MatchResult::start).map(start -> source.substring(start, end(source, start)))
                .filter(body -> outermost(body).contains("case Op.")).toList();
    }

    private static int end(String source, int start) {
        int depth = 0;
        for (int i = source.indexOf('{', start); i < source.length(); i++) {
            depth += source.charAt(i) == '{' ? 1 : source.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return i + 1;
            }
        }
        return source.length();
    }

    /** The block's own text, without the blocks in it. */
    private static String outermost(String body) {
        StringBuilder own = new StringBuilder();
        int depth = 0;
        for (char c : body.toCharArray()) {
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 1) {
                own.append(c);
            }
        }
        return own.toString();
    }

    private static boolean hasDefault(String body) {
        return Pattern.compile("\\bdefault\\b").matcher(outermost(body)).find();
    }

    @Test
    void aDefaultIsFound() {
        String with = "switch (op) { case Op.Add add -> { } default -> { } }";
        String within = "switch (op) { case Op.Add add -> { switch (n) { case 1 -> { } default -> { } } } }";
        assertEquals(List.of(true, false),
                switchesOverOperations(with + "\n" + within).stream().map(OperationRulesTest::hasDefault).toList());
        assertEquals(List.of(), switchesOverOperations("switch (n) { case 1 -> a(); default -> b(); }"));
    }
}
