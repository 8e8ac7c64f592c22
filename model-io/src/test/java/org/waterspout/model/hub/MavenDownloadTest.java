package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.DownloadException;

/** Against shell scripts in the place of Maven, which put a jar where Maven is told to. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the stand-in for Maven is a shell script")
class MavenDownloadTest {

    private static final byte[] MODEL = "the model".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TOKENIZER = "{}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private Path target;

    @BeforeEach
    void makeJar() throws IOException {
        target = folder.resolve("models/owner/name/model.onnx");
        try (OutputStream out = Files.newOutputStream(folder.resolve("source.jar")); ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("inner/model.onnx"));
            zip.write(MODEL);
            zip.putNextEntry(new ZipEntry("tokenizer-of-it.json"));
            zip.write(TOKENIZER);
        }
    }

    /** Finds -DoutputDirectory among the arguments, as Maven does. */
    private MavenDownload maven(String body) throws IOException {
        Path script = folder.resolve("mvn.sh");
        Files.writeString(script, "for a in \"$@\"; do case $a in -DoutputDirectory=*) out=${a#-DoutputDirectory=};; "
                + "-Dartifact=*) artifact=${a#-Dartifact=};; esac; done\n" + body);
        return new MavenDownload(List.of("sh", script.toString()));
    }

    private MavenArtifact artifact(String sha256) {
        return new MavenArtifact("g:a:1", List.of(
                new MavenArtifact.Packed("inner/model.onnx", "model.onnx", new ModelReference.Content(MODEL.length, sha256)),
                new MavenArtifact.Packed("tokenizer-of-it.json", "tokenizer.json", new ModelReference.Content(2, sha256(TOKENIZER)))),
                Map.of("1_Pooling/config.json", "{}"));
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException missing) {
            throw new AssertionError(missing);
        }
    }

    @Test
    void theFilesComeOutOfTheJarAndNothingElseIsLeft() throws IOException {
        List<Long> reported = new ArrayList<>();
        maven("test \"$artifact\" = g:a:1 && mkdir -p \"$out\" && cp " + folder.resolve("source.jar") + " \"$out\"/a-1.jar")
                .fetch(artifact(sha256(MODEL)), target, (bytes, total) -> reported.add(bytes));
        assertEquals("the model", Files.readString(target));
        assertEquals("{}", Files.readString(target.resolveSibling("tokenizer.json")));
        assertEquals("{}", Files.readString(target.resolveSibling("1_Pooling/config.json")));
        assertEquals(List.of(9L, 2L), reported);
        assertOnly(List.of("1_Pooling", "model.onnx", "tokenizer.json"));
    }

    private void assertOnly(List<String> names) throws IOException {
        try (Stream<Path> files = Files.list(target.getParent())) {
            assertEquals(names, files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void anotherContentIsRefusedAndNotKept() throws IOException {
        String message = refused(maven("mkdir -p \"$out\" && cp " + folder.resolve("source.jar") + " \"$out\"/a-1.jar"),
                artifact(sha256(TOKENIZER)));
        assertTrue(message.contains("SHA-256 differs"), message);
        assertFalse(Files.exists(target));
        assertOnly(List.of());
    }

    @Test
    void aMavenThatFailsIsQuoted() throws IOException {
        String message = refused(maven("echo WARNING: old; echo '[ERROR] no such artifact'; exit 1"), artifact(sha256(MODEL)));
        assertTrue(message.contains("[ERROR] no such artifact") && message.contains("network"), message);
        assertTrue(refused(maven("exit 3"), artifact(sha256(MODEL))).contains("it said nothing"));
        assertTrue(refused(maven("exit 0"), artifact(sha256(MODEL))).contains("left no jar"));
    }

    @Test
    void aMissingMavenIsNamed() {
        String message = refused(new MavenDownload(List.of(folder.resolve("absent").toString())), artifact(sha256(MODEL)));
        assertTrue(message.contains("install Maven"), message);
    }

    @Test
    void aJarThatLacksTheModelIsRefused() throws IOException {
        MavenArtifact other = new MavenArtifact("g:a:1", List.of(new MavenArtifact.Packed("other.onnx", "model.onnx",
                new ModelReference.Content(1, sha256(MODEL)))), Map.of());
        String message = refused(maven("mkdir -p \"$out\" && cp " + folder.resolve("source.jar") + " \"$out\"/a-1.jar"), other);
        assertTrue(message.contains("has no other.onnx"), message);
    }

    private String refused(MavenDownload maven, MavenArtifact artifact) {
        DownloadException refused = assertThrows(DownloadException.class, () -> maven.fetch(artifact, target, (bytes, total) -> { }));
        assertEquals(1, refused.getMessage().lines().count());
        return refused.getMessage();
    }

    @Test
    void theCatalogueHasMiniLm() {
        ModelReference reference = ModelReference.parse("all-minilm-l6-v2");
        assertEquals("all-minilm-l6-v2.onnx", reference.file());
        assertTrue(ModelCatalogue.artifact(reference).isPresent());
        assertTrue(ModelCatalogue.find("all-minilm-l6-v2").orElseThrow().source().startsWith("maven:dev.langchain4j:"));
    }
}
