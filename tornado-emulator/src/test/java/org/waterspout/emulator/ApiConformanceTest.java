package org.waterspout.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.reflect.AccessFlag;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import uk.ac.manchester.tornado.api.KernelContext;

/**
 * Everything public in the emulator's API packages must be in the SDK's tornado-api with the same signature, so that what
 * compiles against the emulator compiles and links against the SDK.
 */
class ApiConformanceTest {
    private static final String API = "uk/ac/manchester/tornado/api";

    @Test
    void theSdkHasAllThatTheEmulatorOffers() throws Exception {
        String home = System.getenv("TORNADOVM_HOME");
        assumeTrue(home != null && !home.isBlank(),
                "ApiConformanceTest skipped: TORNADOVM_HOME is not set, so there is no tornado-api to compare with");
        List<String> differences = new ArrayList<>();
        List<ClassModel> classes = emulatorClasses();
        try (JarFile sdk = new JarFile(apiJar(Path.of(home)).toFile())) {
            for (ClassModel type : classes) {
                compare(type, sdk, differences);
            }
        }
        assertTrue(classes.size() > 60, "only " + classes.size() + " classes were compared");
        assertEquals("", String.join("\n", differences));
    }

    private static Path apiJar(Path home) throws IOException {
        try (Stream<Path> jars = Files.list(home.resolve("share/java/tornado"))) {
            return jars.filter(jar -> jar.getFileName().toString().matches("tornado-api-.*\\.jar")).max(Comparator.naturalOrder())
                    .orElseThrow(() -> new AssertionError("no tornado-api jar under " + home));
        }
    }

    private static List<ClassModel> emulatorClasses() throws IOException, URISyntaxException {
        Path root = Path.of(KernelContext.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(root.resolve(API))) {
            List<ClassModel> models = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).sorted().toList()) {
                ClassModel type = ClassFile.of().parse(file);
                if (type.flags().has(AccessFlag.PUBLIC)) {
                    models.add(type);
                }
            }
            return models;
        }
    }

    private static Optional<ClassModel> read(JarFile jar, String name) throws IOException {
        var entry = jar.getJarEntry(name + ".class");
        if (entry == null) {
            return Optional.empty();
        }
        try (InputStream bytes = jar.getInputStream(entry)) {
            return Optional.of(ClassFile.of().parse(bytes.readAllBytes()));
        }
    }

    /** A type of the SDK with the types above it that are in the same jar. */
    private static List<ClassModel> withAncestors(JarFile sdk, String name) throws IOException {
        List<ClassModel> found = new ArrayList<>();
        Optional<ClassModel> type = read(sdk, name);
        if (type.isPresent()) {
            found.add(type.get());
            List<ClassEntry> above = new ArrayList<>(type.get().interfaces());
            type.get().superclass().ifPresent(above::add);
            for (ClassEntry one : above) {
                found.addAll(withAncestors(sdk, one.asInternalName()));
            }
        }
        return found;
    }

    private static void compare(ClassModel ours, JarFile sdk, List<String> differences) throws IOException {
        String name = ours.thisClass().asInternalName();
        List<ClassModel> theirs = withAncestors(sdk, name);
        if (theirs.isEmpty()) {
            differences.add(name + ": not in the SDK");
            return;
        }
        ClassModel type = theirs.getFirst();
        for (AccessFlag flag : List.of(AccessFlag.PUBLIC, AccessFlag.INTERFACE, AccessFlag.ENUM)) {
            if (ours.flags().has(flag) != type.flags().has(flag)) {
                differences.add(name + ": " + flag + " differs");
            }
        }
        String ourParent = ours.superclass().map(ClassEntry::asInternalName).orElse("");
        String theirParent = type.superclass().map(ClassEntry::asInternalName).orElse("");
        if (!ourParent.equals(theirParent)) {
            differences.add(name + ": extends " + ourParent + ", in the SDK " + theirParent);
        }
        for (FieldModel field : ours.fields()) {
            if (field.flags().has(AccessFlag.PUBLIC)) {
                compareField(name, field, theirs, differences);
            }
        }
        for (MethodModel method : ours.methods()) {
            if (method.flags().has(AccessFlag.PUBLIC) && !method.flags().has(AccessFlag.SYNTHETIC)) {
                compareMethod(name, method, theirs, differences);
            }
        }
    }

    private static void compareField(String owner, FieldModel ours, List<ClassModel> types, List<String> differences) {
        String signature = ours.fieldType().stringValue() + " " + ours.fieldName().stringValue();
        Optional<FieldModel> theirs = types.stream().flatMap(type -> type.fields().stream())
                .filter(field -> signature.equals(field.fieldType().stringValue() + " " + field.fieldName().stringValue()))
                .findFirst();
        if (theirs.isEmpty()) {
            differences.add(owner + ": no field " + signature);
            return;
        }
        for (AccessFlag flag : List.of(AccessFlag.PUBLIC, AccessFlag.STATIC, AccessFlag.FINAL)) {
            if (ours.flags().has(flag) != theirs.get().flags().has(flag)) {
                differences.add(owner + "." + signature + ": " + flag + " differs");
            }
        }
    }

    private static void compareMethod(String owner, MethodModel ours, List<ClassModel> types, List<String> differences) {
        String signature = ours.methodName().stringValue() + ours.methodType().stringValue();
        // java.lang.Object's methods are everywhere.
        if (Set.of("toString()Ljava/lang/String;", "hashCode()I").contains(signature)) {
            return;
        }
        Optional<MethodModel> theirs = types.stream().flatMap(type -> type.methods().stream())
                .filter(method -> signature.equals(method.methodName().stringValue() + method.methodType().stringValue()))
                .findFirst();
        if (theirs.isEmpty()) {
            differences.add(owner + ": no method " + signature);
            return;
        }
        for (AccessFlag flag : List.of(AccessFlag.PUBLIC, AccessFlag.STATIC, AccessFlag.VARARGS)) {
            if (ours.flags().has(flag) != theirs.get().flags().has(flag)) {
                differences.add(owner + "." + signature + ": " + flag + " differs");
            }
        }
        if (!generic(ours).equals(generic(theirs.get()))) {
            differences.add(owner + "." + signature + ": generic type " + generic(ours) + ", in the SDK " + generic(theirs.get()));
        }
        if (!exceptions(ours).equals(exceptions(theirs.get()))) {
            differences.add(owner + "." + signature + ": throws " + exceptions(ours) + ", in the SDK " + exceptions(theirs.get()));
        }
    }

    private static String generic(MethodModel method) {
        return method.findAttribute(Attributes.signature()).map(signature -> signature.signature().stringValue()).orElse("");
    }

    private static Set<String> exceptions(MethodModel method) {
        return method.findAttribute(Attributes.exceptions()).stream().flatMap(attribute -> attribute.exceptions().stream())
                .map(ClassEntry::asInternalName).collect(Collectors.toCollection(TreeSet::new));
    }
}
