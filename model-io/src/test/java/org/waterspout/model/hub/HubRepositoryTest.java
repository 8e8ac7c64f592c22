package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.DownloadException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.WaterspoutException;

/** Models that are whole folders of the hub. */
class HubRepositoryTest {

    private static final HubRepository REPOSITORY = HubRepository.parse("hf:owner/name").orElseThrow();

    @TempDir
    Path folder;

    @Test
    void readsReferences() {
        assertEquals(new HubRepository("owner/na.me-1", "main"), HubRepository.parse("hf:owner/na.me-1").orElseThrow());
        assertEquals("v1.0", HubRepository.parse("hf:owner/name@v1.0").orElseThrow().revision());
        for (String other : List.of("owner/name", "hf:owner", "hf:owner/name/file.gguf", "hf:../name", "hf:owner/..", "hf:owner/name@../x",
                "")) {
            assertEquals(Optional.empty(), HubRepository.parse(other), other);
        }
    }

    @Test
    void takesWhatTheModelNeedsAndItsWeightsLast() {
        List<String> all = List.of("model.safetensors", "README.md", "config.json", "tokenizer.json", "1_Pooling/config.json",
                "onnx/model.onnx", "pytorch_model.bin", "vocab.txt", "modules.json", "../config.json", "source.spm", "tf_model.h5",
                "openvino/config.json");
        assertEquals(List.of("1_Pooling/config.json", "config.json", "modules.json", "source.spm", "tokenizer.json", "vocab.txt",
                "model.safetensors"), REPOSITORY.needed(all).stream().map(ModelReference::file).toList());
        assertEquals(List.of("config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json"), REPOSITORY.needed(List.of(
                "model.safetensors.index.json", "model-00002-of-00002.safetensors", "config.json",
                        "model-00001-of-00002.safetensors")).stream().map(ModelReference::file).toList());
        assertTrue(assertThrows(DownloadException.class, () -> REPOSITORY.needed(List.of("config.json", "a.gguf"))).getMessage()
                .contains("hf:owner/name/a.gguf"));
        assertTrue(assertThrows(DownloadException.class, () -> REPOSITORY.needed(List.of("config.json", "pytorch_model.bin"))).getMessage()
                .contains("no safetensors"));
    }

    @Test
    void theHubsListIsPulledAndFound() throws IOException {
        ModelStore store = new ModelStore(folder.resolve("pulled"), List.of());
        assertTrue(assertThrows(ModelNotFoundException.class, () -> store.find("hf:owner/name")).getMessage()
                .contains("waterspout pull hf:owner/name"));
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            boolean listing = request.path().equals("/api/models/owner/name/revision/main");
            byte[] content = (listing ? "{\"siblings\": [{\"rfilename\": \"config.json\"}, {\"rfilename\": \"model.safetensors\"}]}"
                    : request.path()).getBytes(StandardCharsets.UTF_8);
            ScriptedServer.head(out, 200, "Content-Length: " + content.length);
            out.write(content);
        })) {
            ModelDownload download = download(server);
            for (ModelReference file : download.files(REPOSITORY)) {
                store.pull(file, download, (bytes, total) -> { });
            }
            assertEquals("/owner/name/resolve/main/model.safetensors",
                    Files.readString(folder.resolve("pulled/owner/name/model.safetensors")));
            assertEquals(3, server.requests.size());
        }
        assertEquals(store.placeOf(REPOSITORY), store.find("hf:owner/name"));
        assertEquals(folder.resolve("pulled/owner/name"), store.find("owner/name"));
        assertEquals(folder.resolve("pulled/owner/name"), store.find("Name"), "by its name alone");
        assertEquals(List.of(folder.resolve("pulled/owner/name")), store.list());
        assertEquals("/owner/name/resolve/main/config.json".length() + "/owner/name/resolve/main/model.safetensors".length(),
                ModelStore.bytes(store.list().getFirst()));
    }

    @Test
    void whatTheHubDoesNotListIsRefusedInOneLine() throws IOException {
        for (String body : List.of("404", "500", "200 no JSON", "200 {}")) {
            try (ScriptedServer server = new ScriptedServer((request, out) -> {
                ScriptedServer.head(out, Integer.parseInt(body.substring(0, 3)), "Content-Length: " + (body.length() - 3));
                out.write(body.substring(3).getBytes(StandardCharsets.UTF_8));
            })) {
                WaterspoutException refused = assertThrows(DownloadException.class, () -> download(server).files(REPOSITORY), body);
                assertEquals(1, refused.getMessage().lines().count());
            }
        }
    }

    private static ModelDownload download(ScriptedServer server) {
        return new ModelDownload(server.address(), Optional.empty(), new ModelDownload.Patience(
                Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(5), Duration.ofMillis(5)));
    }
}
