package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The library in a user's program, however that is packed: on the class path, on the module path, in one jar with all it needs, and in
 * Spring Boot's executable jar, whose libraries are jars within a jar. The JVM stays the user's: no property is set, nothing is written to
 * standard output or to the home folder, and logging is bound by nobody but the user.
 */
@Tag("slow")
class PackagingTest {

    private static final long LIMIT_SECONDS = 60;
    private static final Set<String> LIBRARIES = Set.of("jackson-core", "jackson-databind", "jackson-annotations", "slf4j-api", "snakeyaml",
            "tribuo-util-onnx", "protobuf-java");
    private static final Set<String> MODULES = Set.of("gpu-kernels", "model-io", "demo-models", "host");
    private static final String LOADER = "spring-boot-loader";
    private static final List<String> FLAGS = List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");

    @TempDir
    private Path folder;

    @Test
    void aClassPath() throws IOException, InterruptedException {
        List<Path> jars = libraries();
        assertWorks("-cp", String.join(File.pathSeparator, jars.stream().map(Path::toString).toList()), PackagedProgram.class.getName());
    }

    @Test
    void aModulePath() throws IOException, InterruptedException {
        libraries();
        assertWorks("--add-modules", "ALL-MODULE-PATH", "-p", folder.resolve("libraries").toString(), "-m",
                "program/" + PackagedProgram.class.getName());
    }

    @Test
    void aJarWithAllInIt() throws IOException, InterruptedException {
        Path jar = folder.resolve("shaded.jar");
        Set<String> written = new HashSet<>();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest(PackagedProgram.class.getName()))) {
            for (Path library : libraries()) {
                for (Map.Entry<String, byte[]> entry : entries(library).entrySet()) {
                    if (!entry.getKey().startsWith("META-INF/") && !entry.getKey().equals("module-info.class")
                            && written.add(entry.getKey())) {
                        write(out, entry.getKey(), entry.getValue(), false);
                    }
                }
            }
        }
        assertWorks("-jar", jar.toString());
    }

    @Test
    void anExecutableJarOfSpringBoot() throws IOException, InterruptedException {
        Path jar = folder.resolve("boot.jar");
        Manifest manifest = manifest("org.springframework.boot.loader.launch.JarLauncher");
        manifest.getMainAttributes().putValue("Start-Class", PackagedProgram.class.getName());
        manifest.getMainAttributes().putValue("Spring-Boot-Classes", "BOOT-INF/classes/");
        manifest.getMainAttributes().putValue("Spring-Boot-Lib", "BOOT-INF/lib/");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            for (Map.Entry<String, byte[]> entry : entries(classPath(LOADER).getFirst()).entrySet()) {
                if (entry.getKey().startsWith("org/")) {
                    write(out, entry.getKey(), entry.getValue(), false);
                }
            }
            for (String inner : List.of("BOOT-INF/", "BOOT-INF/classes/", "BOOT-INF/lib/")) {
                write(out, inner, new byte[0], false);
            }
            for (Map.Entry<String, byte[]> entry : program().entrySet()) {
                write(out, "BOOT-INF/classes/" + entry.getKey(), entry.getValue(), false);
            }
            for (Path library : libraries()) {
                if (!library.endsWith("program.jar")) {
                    write(out, "BOOT-INF/lib/" + library.getFileName(), Files.readAllBytes(library), true);
                }
            }
        }
        assertWorks("-jar", jar.toString());
    }

    private void assertWorks(String... words) throws IOException, InterruptedException {
        Path home = Files.createDirectory(folder.resolve("home"));
        Path errors = folder.resolve("errors");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.home=" + home));
        command.addAll(FLAGS);
        command.addAll(List.of(words));
        command.add(TaskModel.of("embedder").folder().toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().put("HOME", home.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), () -> read(errors));
        List<String> lines = output.lines().toList();
        assertEquals(3, lines.size(), output);
        assertTrue(lines.get(0).startsWith("tokens ["), output);
        assertTrue(lines.get(1).startsWith("first number ") && !lines.get(1).contains("NaN"), output);
        assertEquals("properties set []", lines.get(2));
        try (Stream<Path> files = Files.list(home)) {
            assertEquals(List.of(), files.toList());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    /** The program, the library and what it needs, each a jar in one folder; no binding of SLF4J among them. */
    private List<Path> libraries() throws IOException {
        Path all = Files.createDirectory(folder.resolve("libraries"));
        List<Path> jars = new ArrayList<>(List.of(jar(all.resolve("program.jar"), program())));
        for (String module : MODULES) {
            jars.add(jar(all.resolve(module + ".jar"), ours(module)));
        }
        for (String library : LIBRARIES) {
            Path found = classPath(library).getFirst();
            jars.add(Files.copy(found, all.resolve(found.getFileName())));
        }
        return jars;
    }

    private static Map<String, byte[]> program() throws IOException {
        String name = PackagedProgram.class.getName().replace('.', '/') + ".class";
        try (var in = PackagedProgram.class.getResourceAsStream("/" + name)) {
            return Map.of(name, in.readAllBytes());
        }
    }

    /** What a module of ours is made of: the build has it as a folder of classes or, later, as a jar. */
    private static Map<String, byte[]> ours(String module) throws IOException {
        Path folderOrJar = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
                .filter(path -> path.endsWith(Path.of(module, "target", "classes"))
                || path.getFileName().toString().matches(module + "(-[0-9].*)?\\.jar"))
                .findFirst().orElseThrow(() -> new AssertionError(module + " is not on the class path"));
        if (!Files.isDirectory(folderOrJar)) {
            return entries(folderOrJar);
        }
        Map<String, byte[]> entries = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folderOrJar)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                entries.put(folderOrJar.relativize(file).toString().replace(File.separatorChar, '/'), Files.readAllBytes(file));
            }
        }
        return entries;
    }

    private static List<Path> classPath(String artifact) {
        List<Path> found = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
                .filter(path -> path.getFileName().toString().matches(artifact + "-[0-9].*\\.jar")).toList();
        assertEquals(1, found.size(), artifact + " on the class path");
        return found;
    }

    private static Map<String, byte[]> entries(Path jar) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : file.stream().filter(one -> !one.isDirectory()).toList()) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                file.getInputStream(entry).transferTo(bytes);
                entries.put(entry.getName(), bytes.toByteArray());
            }
        }
        return entries;
    }

    private static Path jar(Path jar, Map<String, byte[]> entries) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar); JarOutputStream out = new JarOutputStream(file)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                write(out, entry.getKey(), entry.getValue(), false);
            }
        }
        return jar;
    }

    private static Manifest manifest(String main) {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main);
        return manifest;
    }

    /** @param plain as it is, not packed: what Spring Boot asks of jars within a jar */
    private static void write(JarOutputStream out, String name, byte[] content, boolean plain) throws IOException {
        JarEntry entry = new JarEntry(name);
        if (plain) {
            CRC32 sum = new CRC32();
            sum.update(content);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(content.length);
            entry.setCrc(sum.getValue());
        }
        out.putNextEntry(entry);
        out.write(content);
        out.closeEntry();
    }
}
