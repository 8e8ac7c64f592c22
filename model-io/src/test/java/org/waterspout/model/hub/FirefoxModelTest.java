package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.DownloadException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.marian.MarianFile;

/** Against a server on this machine with a registry in the form of Mozilla's. */
@Timeout(60)
class FirefoxModelTest {

    private static final FirefoxModel MODEL = FirefoxModel.parse("firefox-en-pt").orElseThrow();
    private static final String FOLDER = "models/en-pt/run_1/exported/";

    @TempDir
    Path folder;

    /** Content by path, packed as the server has it. */
    private final Map<String, byte[]> served = new TreeMap<>();
    private byte[] weights;
    private String entry;

    @BeforeEach
    void publish() throws IOException {
        weights = MarianFile.class.getResourceAsStream("model.xxyy.bin").readAllBytes();
        served.put(FOLDER + "model.enpt.intgemm.alphas.bin.gz", packed(weights));
        served.put(FOLDER + "lex.50.50.enpt.s2t.bin.gz", packed(MarianFile.class.getResourceAsStream("lex.xxyy.bin").readAllBytes()));
        served.put(FOLDER + "vocab.enpt.spm.gz", packed("a vocabulary".getBytes(StandardCharsets.UTF_8)));
        entry = entry("Release", FOLDER, sha256(weights));
    }

    private String entry(String status, String at, String sha256) {
        return """
                {"architecture": "base", "releaseStatus": %s, "sourceLanguage": "en", "targetLanguage": "pt", "files": {
                 "lexicalShortlist": {"path": "%slex.50.50.enpt.s2t.bin.gz"}, "vocab": {"path": "%svocab.enpt.spm.gz"},
                 "model": {"path": "%smodel.enpt.intgemm.alphas.bin.gz", "uncompressedSize": %d, "uncompressedHash": "%s"}}}
                """.formatted(status == null ? "null" : "\"" + status + "\"", at, at, at, weights.length, sha256);
    }

    private static byte[] packed(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException missing) {
            throw new AssertionError(missing);
        }
    }

    private ScriptedServer server() throws IOException {
        return new ScriptedServer((request, out) -> {
            if (request.path().equals("/db/models.json")) {
                String base = "http://" + request.header("host").orElseThrow();
                send(out, ("{\"generated\": \"2026-01-01T00:00:00Z\", \"baseUrl\": \"" + base + "\", \"models\": {\"en-pt\": [" + entry
                        + "]}}").getBytes(StandardCharsets.UTF_8), 0);
            } else if (served.containsKey(request.path().substring(1))) {
                send(out, served.get(request.path().substring(1)), request.from());
            } else {
                ScriptedServer.head(out, 404, "Content-Length: 0");
            }
        });
    }

    private static void send(OutputStream out, byte[] bytes, int from) throws IOException {
        ScriptedServer.head(out, from > 0 ? 206 : 200, "Content-Length: " + (bytes.length - from), "ETag: \"" + sha256(bytes) + "\"",
                "Content-Range: bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        out.write(bytes, from, bytes.length - from);
    }

    private static ModelDownload download(ScriptedServer server) {
        ModelDownload.Patience patience = new ModelDownload.Patience(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(5),
                Duration.ofMillis(5));
        return new ModelDownload(URI.create("https://hub.example"), server.address().resolve("/db/models.json"), Optional.of("secret"),
                patience, EnvironmentProxies.of(Map.of()), HttpClient.newBuilder());
    }

    private ModelStore store() {
        return new ModelStore(folder.resolve("pulled"), List.of());
    }

    private Path pull() throws IOException {
        try (ScriptedServer server = server()) {
            return store().pull(MODEL, download(server), (bytes, total) -> { });
        }
    }

    private String refused() {
        String message = assertThrows(DownloadException.class, this::pull).getMessage();
        assertEquals(1, message.lines().count(), message);
        assertFalse(Files.exists(store().placeOf(MODEL)), message);
        return message;
    }

    @Test
    void namesAreLanguages() {
        assertEquals(new FirefoxModel("pt", "en"), FirefoxModel.parse("Firefox-PT-en").orElseThrow());
        assertEquals(new FirefoxModel("en", "zh_hant"), FirefoxModel.parse("firefox-en-zh_hant").orElseThrow());
        assertEquals("firefox-hbs-en", FirefoxModel.parse("firefox-hbs-en").orElseThrow().name());
        for (String other : List.of("firefox-enpt", "firefox-en-pt-br", "firefox-en", "firefox-e-pt", "opus-en-pt", "hf:firefox/en-pt",
                "firefox-en-../x")) {
            assertEquals(Optional.empty(), FirefoxModel.parse(other), other);
        }
    }

    @Test
    void aModelIsPulledUnpackedFoundListedAndOpened() throws IOException {
        ModelNotFoundException missing = assertThrows(ModelNotFoundException.class, () -> store().find("firefox-en-pt"));
        assertTrue(missing.getMessage().contains("waterspout pull firefox-en-pt"), missing.getMessage());
        Path pulled;
        try (ScriptedServer server = server()) {
            pulled = store().pull(MODEL, download(server), (bytes, total) -> { });
            assertEquals(List.of("/db/models.json", "/" + FOLDER + "model.enpt.intgemm.alphas.bin.gz", "/" + FOLDER + "vocab.enpt.spm.gz",
                    "/" + FOLDER + "lex.50.50.enpt.s2t.bin.gz"), server.requests.stream().map(ScriptedServer.Request::path).toList());
            assertTrue(server.requests.stream().allMatch(request -> request.header("authorization").isEmpty()),
                    "the hub's token is the hub's");
            store().pull(MODEL, download(server), (bytes, total) -> { });
            assertEquals(5, server.requests.size(), "what is there is not fetched again");
        }
        try (Stream<Path> files = Files.list(pulled)) {
            assertEquals(List.of("decoder.yml", "lex.50.50.enpt.s2t.bin", "model.enpt.intgemm.alphas.bin", "registry.json",
                    "vocab.enpt.spm"), files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertArrayEquals(weights, Files.readAllBytes(pulled.resolve("model.enpt.intgemm.alphas.bin")));
        assertEquals(pulled, store().find("firefox-en-pt"));
        assertEquals(List.of(pulled), store().list());
        try (ModelFile file = ModelFiles.open(pulled)) {
            assertEquals("pt", file.metadata().optionalString("translation.target_language").orElseThrow());
            assertEquals(2f, file.metadata().numberOr("generation.max_length_factor", 0));
            assertTrue(file.textPath().isPresent() && file.shortlistPath().isPresent());
        }
    }

    @Test
    void aNewVersionTakesTheOldOnesPlaceWhole() throws IOException {
        Path pulled = pull();
        byte[] vocabulary = packed("another vocabulary".getBytes(StandardCharsets.UTF_8));
        for (String path : List.copyOf(served.keySet())) {
            served.put(path.replace("run_1", "run_2"), path.contains("vocab") ? vocabulary : served.get(path));
        }
        entry = entry("Release", FOLDER.replace("run_1", "run_2"), sha256(weights)) + "," + entry("Nightly", FOLDER, sha256(weights));
        assertEquals(pulled, pull());
        assertEquals("another vocabulary", Files.readString(pulled.resolve("vocab.enpt.spm")));
    }

    @Test
    void aBrokenDownloadGoesOnWhereItStopped() throws IOException {
        byte[] vocabulary = served.remove(FOLDER + "vocab.enpt.spm.gz");
        assertTrue(refused().contains("has no firefox-en-pt/vocab.enpt.spm (404)"));
        assertEquals(List.of(), store().list(), "half a model is none");
        served.put(FOLDER + "vocab.enpt.spm.gz", vocabulary);
        try (ScriptedServer server = server()) {
            store().pull(MODEL, download(server), (bytes, total) -> { });
            assertTrue(server.requests.stream().noneMatch(request -> request.path().endsWith("alphas.bin.gz")));
        }
    }

    @Test
    void theReleaseForTheDesktopIsTaken() throws IOException {
        String other = "0".repeat(64);
        entry = entry("Nightly", "x/", other) + "," + entry(null, "x/", other) + "," + entry("Release Android", "x/", other) + "," + entry;
        pull();
        assertTrue(Files.readString(store().placeOf(MODEL).resolve("registry.json")).contains("\"Release\""));
    }

    @Test
    void whatTheRegistryDoesNotHaveIsRefused() throws IOException {
        entry = entry(null, FOLDER, sha256(weights));
        assertTrue(refused().contains("never released"));
        entry = "";
        assertTrue(refused().contains("lists no models"));
        entry = entry("Release", FOLDER, "unknown");
        assertTrue(refused().contains("what the weights of firefox-en-pt must be"));
        for (String elsewhere : List.of("../../", "/etc/", "a/../../", "a b/")) {
            entry = entry("Release", elsewhere, sha256(weights));
            assertTrue(refused().contains("where the file model of"), elsewhere);
        }
        entry = entry("Release", FOLDER, sha256(weights));
        try (ScriptedServer server = server()) {
            String message = assertThrows(DownloadException.class, () ->
                    store().pull(new FirefoxModel("en", "xx"), download(server), (bytes, total) -> { })).getMessage();
            assertTrue(message.contains("no model from en to xx") && message.contains("en, pt"), message);
        }
    }

    @Test
    void anotherContentIsRefusedAndNotKept() throws IOException {
        String name = FOLDER + "model.enpt.intgemm.alphas.bin.gz";
        byte[] right = served.get(name);
        byte[] other = weights.clone();
        other[other.length / 2] ^= 1;
        served.put(name, packed(other));
        assertTrue(refused().contains("SHA-256"));
        served.put(name, packed(new byte[weights.length + 1]));
        assertTrue(refused().contains("has more than"));
        byte[] spoilt = right.clone();
        spoilt[spoilt.length - 6] ^= 1; // the sum of gzip
        served.put(name, spoilt);
        assertTrue(refused().contains("no sound gzip file"));
        served.put(name, right);
        byte[] vocabulary = served.put(FOLDER + "vocab.enpt.spm.gz", "<html>log in first</html>".getBytes(StandardCharsets.UTF_8));
        assertTrue(refused().contains("vocab.enpt.spm is no sound gzip file"));
        served.put(FOLDER + "vocab.enpt.spm.gz", vocabulary);
        assertTrue(Files.exists(pull()), "what was wrong is fetched again");
    }
}
