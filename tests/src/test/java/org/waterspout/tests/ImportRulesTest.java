package org.waterspout.tests;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.model.text.jinja.Rendered;

/**
 * Holds modules and packages to the direction that docs/design.md gives: what stands below imports what stands above, never the reverse.
 */
@Tag("slow")
class ImportRulesTest {

    private static final String TORNADO_API = "uk.ac.manchester.tornado..";
    private static final String MODEL = "org.waterspout.model..";
    private static final String TOOLS = "org.waterspout.tools..";
    private static final String ERROR = "org.waterspout.error..";
    private static final String KERNELS = "org.waterspout.kernels..";
    private static final String GRAPH = "org.waterspout.graph..";
    private static final String BACKEND = "org.waterspout.backend..";
    private static final String TORNADO_BACKEND = "org.waterspout.backend.tornado..";
    private static final String GENERATE = "org.waterspout.generate..";
    private static final String DECODE = "org.waterspout.decode..";
    private static final String RUNTIME = "org.waterspout.runtime..";
    private static final String CLI = "org.waterspout.cli..";
    private static final String LOAD = "org.waterspout.load";
    private static final String SERVER = "org.waterspout.server..";
    private static final String HTTP = "org.waterspout.server.http";
    private static final String EMULATOR = "org.waterspout.emulator..";

    /** Inner packages, and who may import them besides themselves. */
    private static final Map<String, List<String>> BORDERS = Map.ofEntries(
            entry("org.waterspout.model.text.characters", List.of("org.waterspout.model.text", "org.waterspout.model.text.subword",
                    "org.waterspout.model.text.sentencepiece", "org.waterspout.model.text.json")),
            entry("org.waterspout.model.text.subword", List.of("org.waterspout.model.text", "org.waterspout.model.text.sentencepiece",
                    "org.waterspout.model.text.json")),
            entry("org.waterspout.model.text.sentencepiece", List.of("org.waterspout.model.text")),
            entry("org.waterspout.model.text.json", List.of("org.waterspout.model.text")),
            entry("org.waterspout.backend.cpu.kernels", List.of("org.waterspout.backend.cpu", "org.waterspout.backend.cpu.cache")),
            entry("org.waterspout.backend.cpu.cache", List.of("org.waterspout.backend.cpu")),
            entry("org.waterspout.backend.tornado.buffers", List.of("org.waterspout.backend.tornado",
                    "org.waterspout.backend.tornado.launches", "org.waterspout.backend.tornado.lowering")),
            entry("org.waterspout.backend.tornado.launches", List.of("org.waterspout.backend.tornado",
                    "org.waterspout.backend.tornado.lowering")),
            entry("org.waterspout.backend.tornado.lowering", List.of("org.waterspout.backend.tornado")),
            entry(HTTP, List.of("org.waterspout.server", "org.waterspout.server.openai", "org.waterspout.server.route",
                    "org.waterspout.server.task", "org.waterspout.cli")),
            entry("org.waterspout.server.json", List.of("org.waterspout.server", "org.waterspout.server.model",
                    "org.waterspout.server.openai", "org.waterspout.server.route", "org.waterspout.server.task")),
            entry("org.waterspout.server.model", List.of("org.waterspout.server", "org.waterspout.server.openai",
                    "org.waterspout.server.route", "org.waterspout.server.task", "org.waterspout.cli")),
            entry("org.waterspout.server.route", List.of("org.waterspout.server", "org.waterspout.server.openai",
                    "org.waterspout.server.task")),
            entry("org.waterspout.server.openai", List.of("org.waterspout.server")),
            entry("org.waterspout.server.task", List.of("org.waterspout.server")));

    private static JavaClasses ours;

    @BeforeAll
    static void readClasses() {
        ours = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("org.waterspout");
        assertTrue(ours.size() > 100, "only " + ours.size() + " classes were found to check");
    }

    @Test
    void kernelsImportTheTornadoApiAndNothingElse() {
        classes().that().resideInAPackage(KERNELS).should().onlyDependOnClassesThat()
                .resideInAnyPackage(KERNELS, TORNADO_API, "java.lang..").check(ours);
    }

    @Test
    void modelFilesKnowNothingOfWhatRunsThem() {
        noClasses().that().resideInAnyPackage(MODEL, ERROR, TOOLS).should().dependOnClassesThat()
                .resideInAnyPackage(GRAPH, BACKEND, KERNELS, GENERATE, CLI, TORNADO_API).check(ours);
    }

    @Test
    void graphsKnowNoBackend() {
        noClasses().that().resideInAPackage(GRAPH).should().dependOnClassesThat()
                .resideInAnyPackage(BACKEND, KERNELS, GENERATE, CLI, TORNADO_API).check(ours);
    }

    @Test
    void onlyTheTornadoBackendKnowsTornado() {
        noClasses().that().resideOutsideOfPackages(TORNADO_BACKEND, KERNELS, EMULATOR, TORNADO_API).should().dependOnClassesThat()
                .resideInAnyPackage(TORNADO_API, KERNELS).check(ours);
    }

    @Test
    void backendsKnowNoRequests() {
        noClasses().that().resideInAPackage(BACKEND).should().dependOnClassesThat().resideInAnyPackage(GENERATE, CLI).check(ours);
    }

    @Test
    void whatIsAskedForKnowsNoScheduler() {
        noClasses().that().resideInAnyPackage(GRAPH, BACKEND, GENERATE, DECODE, "org.waterspout.encode..", "org.waterspout.validate..")
                .should().dependOnClassesThat().resideInAPackage(RUNTIME).check(ours);
    }

    @Test
    void nothingKnowsTheCommandLine() {
        noClasses().that().resideOutsideOfPackage(CLI).should().dependOnClassesThat().resideInAPackage(CLI).check(ours);
    }

    @Test
    void onlyTheCommandLineKnowsTheServer() {
        noClasses().that().resideOutsideOfPackages(SERVER, CLI).should().dependOnClassesThat().resideInAPackage(SERVER).check(ours);
    }

    @Test
    void theLoadToolKnowsNoServerAndNoModel() {
        noClasses().that().resideOutsideOfPackages(LOAD, CLI).should().dependOnClassesThat().resideInAPackage(LOAD).check(ours);
        noClasses().that().resideInAPackage(LOAD).should().dependOnClassesThat().resideInAnyPackage(SERVER, GENERATE, RUNTIME, BACKEND,
                MODEL).check(ours);
    }

    @Test
    void onlyOnePackageKnowsTheHttpLibrary() {
        noClasses().that().resideOutsideOfPackage(HTTP).should().dependOnClassesThat().resideInAnyPackage("io.vertx..", "io.netty..")
                .check(ours);
        noClasses().that().resideInAPackage(HTTP).should().dependOnClassesThat().resideInAnyPackage(GENERATE, RUNTIME, BACKEND, MODEL)
                .check(ours);
    }

    @Test
    void packagesHaveNoCircles() {
        slices().matching("org.waterspout.(**)").should().beFreeOfCycles().check(ours);
    }

    /** What is not public there takes options that users name; all else has a package of its own below. */
    @Test
    void theFrontHoldsWhatUsersName() {
        assertEquals(List.of("LoadedEncoder", "LoadedModel", "TranslationText"), ours.stream()
                .filter(one -> one.getPackageName().equals("org.waterspout") && one.isTopLevelClass())
                .filter(one -> !one.getModifiers().contains(JavaModifier.PUBLIC)).map(JavaClass::getSimpleName).sorted().toList());
    }

    @Test
    void innerPackagesAreImportedByTheirOwnersOnly() {
        BORDERS.forEach((inner, owners) -> {
            assertTrue(ours.stream().anyMatch(one -> one.getPackageName().equals(inner)), "there is no package " + inner);
            String[] allowed = Stream.concat(Stream.of(inner), owners.stream()).toArray(String[]::new);
            noClasses().that().resideOutsideOfPackages(allowed).should().dependOnClassesThat().resideInAPackage(inner).check(ours);
        });
    }

    /** What is public in an inner package is what its owners name; all else is seen there only. */
    @Test
    void innerPackagesShowWhatTheirOwnersName() {
        assertEquals(List.of(), ours.stream().filter(one -> BORDERS.containsKey(one.getPackageName()) && one.isTopLevelClass())
                .filter(one -> one.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(one -> ours.stream().filter(user -> !user.getPackageName().equals(one.getPackageName()))
                        .flatMap(user -> user.getDirectDependenciesFromSelf().stream())
                        .noneMatch(dependency -> inside(dependency.getTargetClass(), one)))
                .map(JavaClass::getName).sorted().toList());
    }

    /** Whether {@code inner} is {@code outer} or stands within it. */
    private static boolean inside(JavaClass inner, JavaClass outer) {
        return inner.equals(outer) || inner.getName().startsWith(outer.getName() + "$");
    }

    @Test
    void ofTheTemplateLanguageOnlyARenderedTextIsSeen() {
        noClasses().that().resideOutsideOfPackage("org.waterspout.model.text..").should().dependOnClassesThat(
                resideInAPackage("org.waterspout.model.text.jinja").and(not(belongToAnyOf(Rendered.class)))).check(ours);
    }

    @Test
    void noSimpleNameStandsTwice() {
        Map<String, List<String>> names = ours.stream().filter(JavaClass::isTopLevelClass)
                .filter(one -> !one.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getSimpleName, TreeMap::new,
                Collectors.mapping(JavaClass::getName, Collectors.toList())));
        assertEquals(List.of(), names.values().stream().filter(same -> same.size() > 1).toList());
    }

    @Test
    void namesSayWhatAClassIs() {
        noClasses().that().resideInAPackage("org.waterspout..").should()
                .haveSimpleNameEndingWith("Manager").orShould().haveSimpleNameEndingWith("Helper").orShould()
                .haveSimpleNameEndingWith("Util").orShould().haveSimpleNameEndingWith("Utils").orShould().haveSimpleNameEndingWith("Impl")
                .orShould().haveSimpleNameStartingWith("Abstract").orShould().haveSimpleNameEndingWith("Base").check(ours);
    }

    @Test
    void theRulesFindABreach() {
        ArchRule breached = noClasses().that().resideInAPackage(BACKEND).should().dependOnClassesThat().resideInAPackage(GRAPH);
        assertThrows(AssertionError.class, () -> breached.check(ours));
    }
}
