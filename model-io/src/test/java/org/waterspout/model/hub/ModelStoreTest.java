package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.DownloadException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;

class ModelStoreTest {

    private static final String LISTED = "smollm2-135m-instruct";

    @TempDir
    Path folder;

    @Test
    void theEnvironmentSaysWhere() {
        Path home = folder.resolve("home");
        assertEquals(new ModelStore(home.resolve(".waterspout/models"), List.of()), ModelStore.of(Map.of(), home));
        assertEquals(new ModelStore(Path.of("/data/models"), List.of(Path.of("/a"), Path.of("/b"))), ModelStore.of(
                Map.of("WATERSPOUT_HOME", "/data", "WATERSPOUT_MODELS", "/a" + File.pathSeparator + File.pathSeparator + "/b"), home));
        assertThrows(InvalidRequestException.class, () -> ModelStore.of(Map.of("WATERSPOUT_HOME", "a\0b"), home));
    }

    @Test
    void aPathComesFirst() throws IOException {
        Path file = create("elsewhere/m.gguf");
        assertEquals(file, store().find(file.toString()));
    }

    @Test
    void namesAreFoundWithOrWithoutTheirEnding() throws IOException {
        Path file = create("mine/Some-Model.Q8_0.gguf");
        for (String name : List.of("Some-Model.Q8_0.gguf", "some-model.q8_0", "some-model", "Some")) {
            assertEquals(file, store().find(name), name);
        }
        assertThrows(ModelNotFoundException.class, () -> store().find("some-mod"), "no whole part of the name");
        assertThrows(ModelNotFoundException.class, () -> store().find(""));
        assertThrows(ModelNotFoundException.class, () -> store().find("a\0b"));
    }

    @Test
    void theUsersFoldersComeBeforeTheStoreAndInTheirOrder() throws IOException {
        Path second = create("yours/m.gguf");
        Path pulled = create("pulled/o/n/m.gguf");
        assertEquals(second, store().find("m"));
        Path first = create("mine/m.gguf");
        assertEquals(first, store().find("m"));
        assertEquals(List.of(first, second, pulled), store().list());
    }

    @Test
    void severalOfOneNameAreRefused() throws IOException {
        create("mine/model-Q4_0.gguf");
        create("mine/model-Q8_0.gguf");
        InvalidRequestException refused = assertThrows(InvalidRequestException.class, () -> store().find("model"));
        assertTrue(refused.getMessage().contains("model-Q4_0.gguf") && refused.getMessage().contains("model-Q8_0.gguf"));
        assertEquals(folder.resolve("mine/model-Q4_0.gguf"), store().find("model-q4_0"));
    }

    @Test
    void catalogueNamesFindWhatWasPulled() throws IOException {
        ModelNotFoundException missing = assertThrows(ModelNotFoundException.class, () -> store().find(LISTED));
        assertTrue(missing.getMessage().contains("waterspout pull " + LISTED), missing.getMessage());
        Path similar = create("mine/SmolLM2-135M-Instruct.Q4_1.gguf");
        assertEquals(similar, store().find(LISTED));
        Path pulled = store().placeOf(ModelReference.parse(LISTED));
        create(folder.relativize(pulled).toString());
        assertEquals(pulled, store().find(LISTED), "what was pulled under this name comes before what is called alike");
        assertEquals(pulled, store().find("SmolLM2-135M-Instruct-Q8_0"));
        Path byReference = create("pulled/owner/name/deep/f.gguf");
        assertEquals(byReference, store().find("hf:owner/name/deep/f.gguf"));
    }

    @Test
    void whatIsNotFoundIsNamedWithWhatIsNear() throws IOException {
        create("mine/austen.gguf");
        ModelNotFoundException near = assertThrows(ModelNotFoundException.class, () -> store().find("asten"));
        assertTrue(near.getMessage().contains("did you mean austen.gguf"), near.getMessage());
        ModelNotFoundException listed = assertThrows(ModelNotFoundException.class, () -> store().find("smollm2-135m-instrukt"));
        assertTrue(listed.getMessage().contains(LISTED), listed.getMessage());
        ModelNotFoundException far = assertThrows(ModelNotFoundException.class, () -> store().find("zzz\nzzz"));
        assertTrue(far.getMessage().contains("pull") && far.getMessage().contains(folder.resolve("mine").toString()));
        assertEquals(1, far.getMessage().lines().count());
    }

    @Test
    void modelsInPartsAreListedOnce() throws IOException {
        Path first = create("mine/big-00001-of-00002.gguf");
        create("mine/big-00002-of-00002.gguf");
        Files.writeString(folder.resolve("mine/notes.txt"), "no model");
        create("mine/half.gguf.part");
        assertEquals(List.of(first), store().list());
        assertEquals(first, store().find("big"));
    }

    @Test
    void linksInACircleDoNotHang() throws IOException {
        Path file = create("mine/m.gguf");
        Files.createSymbolicLink(folder.resolve("mine/again"), folder.resolve("mine"));
        assertEquals(List.of(file), store().list());
    }

    @Test
    void pullsEveryPartOnce() throws IOException {
        byte[] content = "GGUF and more".getBytes(StandardCharsets.UTF_8);
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            ScriptedServer.head(out, request.path().contains("absent") ? 404 : 200, "Content-Length: " + content.length);
            out.write(content);
        })) {
            ModelDownload download = new ModelDownload(server.address(), Optional.empty(), new ModelDownload.Patience(
                    Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(5), Duration.ofMillis(5)));
            ModelReference reference = ModelReference.parse("hf:owner/name/m-00001-of-00002.gguf");
            Path first = store().pull(reference, download, (bytes, total) -> { });
            assertEquals(folder.resolve("pulled/owner/name/m-00001-of-00002.gguf"), first);
            assertTrue(Files.exists(first.resolveSibling("m-00002-of-00002.gguf")));
            store().pull(reference, download, (bytes, total) -> { });
            assertEquals(2, server.requests.size(), "nothing is fetched twice");
            assertThrows(DownloadException.class,
                    () -> store().pull(ModelReference.parse("hf:owner/name/absent.gguf"), download, (bytes, total) -> { }));
        }
    }

    private ModelStore store() {
        return new ModelStore(folder.resolve("pulled"), List.of(folder.resolve("mine"), folder.resolve("yours"), folder.resolve("none")));
    }

    private Path create(String path) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "GGUF");
    }
}
