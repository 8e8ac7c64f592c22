package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.DownloadException;
import org.waterspout.error.InvalidRequestException;

@Timeout(60)
class ModelDownloadTest {

    private static final ModelDownload.Patience SHORT = new ModelDownload.Patience(Duration.ofSeconds(5), Duration.ofMillis(400),
            Duration.ofMillis(5), Duration.ofMillis(50));
    private static final byte[] MODEL = model(300_001);
    private static final String SHA256 = sha256(MODEL);
    private static final ModelReference REFERENCE = ModelReference.parse("hf:owner/name/folder/a model.gguf");

    @TempDir
    Path folder;

    @Test
    void arrivesWhole() throws Exception {
        List<Long> reported = new ArrayList<>();
        try (ScriptedServer server = new ScriptedServer((request, out) -> send(out, request.from(), MODEL.length))) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> {
                assertEquals(MODEL.length, total);
                reported.add(bytes);
            });
            assertEquals("/owner/name/resolve/main/folder/a%20model.gguf", server.requests.getFirst().path());
            assertEquals(Optional.empty(), server.requests.getFirst().header("authorization"));
        }
        assertArrived();
        assertEquals(reported.stream().sorted().toList(), reported);
        assertEquals(MODEL.length, reported.getLast());
    }

    @Test
    void goesOnWhereAConnectionBroke() throws Exception {
        try (ScriptedServer server = new ScriptedServer((request, out) ->
                send(out, request.from(), Math.min(MODEL.length, request.from() + 100_000)))) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
            assertEquals(4, server.requests.size());
            for (ScriptedServer.Request again : server.requests.subList(1, 4)) {
                assertTrue(again.from() > 0, "asks for the rest only");
                assertEquals(Optional.of("\"tag\""), again.header("if-range"));
            }
        }
        assertArrived();
    }

    @Test
    void goesOnInALaterCall() throws Exception {
        AtomicInteger max = new AtomicInteger(200_000);
        try (ScriptedServer server = new ScriptedServer((request, out) -> send(out, request.from(), max.get()))) {
            String message = assertRefused(server, REFERENCE);
            assertTrue(message.contains("goes on from what is there"), message);
            assertFalse(Files.exists(target()));
            assertEquals(200_000, Files.size(target().resolveSibling("model.gguf.part")));
            max.set(MODEL.length);
            server.requests.clear();
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
            assertEquals(200_000, server.requests.getFirst().from());
        }
        assertArrived();
    }

    @Test
    void aServerThatIgnoresRangesIsReadFromTheStart() throws Exception {
        AtomicInteger count = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            ScriptedServer.head(out, 200, "Content-Length: " + MODEL.length, "ETag: \"tag\"");
            out.write(MODEL, 0, count.getAndIncrement() < 2 ? 150_000 : MODEL.length);
        })) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
        }
        assertArrived();
    }

    @Test
    void aFileThatChangedMeanwhileIsReadFromTheStart() throws Exception {
        byte[] other = model(200_000);
        AtomicInteger count = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            if (count.getAndIncrement() == 0) {
                ScriptedServer.head(out, 200, "Content-Length: " + other.length, "X-Linked-ETag: \"" + sha256(other) + "\"");
                out.write(other, 0, 100_000);
            } else {
                ScriptedServer.head(out, request.from() > 0 ? 206 : 200, "Content-Length: " + (MODEL.length - request.from()),
                        "Content-Range: bytes " + request.from() + "-" + (MODEL.length - 1) + "/" + MODEL.length,
                        "X-Linked-ETag: \"" + SHA256 + "\"");
                out.write(MODEL, request.from(), MODEL.length - request.from());
            }
        })) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
        }
        assertArrived();
    }

    @Test
    void partsThatDoNotFitTogetherAreFetchedAgain() throws Exception {
        AtomicInteger count = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            byte[] spoilt = MODEL.clone();
            if (count.getAndIncrement() == 0) {
                spoilt[10] ^= 1;
            }
            send(out, spoilt, request.from(), count.get() == 1 ? 100_000 : MODEL.length, "X-Linked-ETag: \"" + SHA256 + "\"");
        })) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
            assertEquals(3, server.requests.size());
        }
        assertArrived();
    }

    @Test
    void allThatWasMissingWasTheMove() throws Exception {
        Files.write(target().resolveSibling("model.gguf.part"), MODEL);
        Files.write(target().resolveSibling("model.gguf.part.tag"), List.of(SHA256, ""));
        try (ScriptedServer server = new ScriptedServer((request, out) ->
                ScriptedServer.head(out, 416, "Content-Range: bytes */" + MODEL.length, "X-Linked-ETag: \"" + SHA256 + "\""))) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
        }
        assertArrived();
    }

    @Test
    void aPartThatIsNoBeginningIsThrownAway() throws Exception {
        Files.write(target().resolveSibling("model.gguf.part"), new byte[MODEL.length + 5]);
        Files.write(target().resolveSibling("model.gguf.part.tag"), List.of(SHA256, ""));
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            if (request.from() >= MODEL.length) {
                ScriptedServer.head(out, 416, "Content-Range: bytes */" + MODEL.length);
            } else {
                send(out, request.from(), MODEL.length);
            }
        })) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
        }
        assertArrived();
    }

    @Test
    void aSilentServerIsLeft() throws Exception {
        AtomicInteger count = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            boolean silent = count.getAndIncrement() == 0;
            send(out, request.from(), silent ? 100_000 : MODEL.length);
            out.flush();
            if (silent) {
                Thread.sleep(30_000);
            }
        })) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
            assertEquals(2, server.requests.size());
        }
        assertArrived();
    }

    @Test
    void liesAboutLengthsEndInOneLine() throws Exception {
        String longer = assertRefusedAlways("Content-Length: " + (MODEL.length + 10), "ETag: \"tag\"");
        assertTrue(longer.contains("did not arrive after"), longer);
        String shorter = assertRefusedAlways("Content-Length: 1000", "X-Linked-Size: " + MODEL.length);
        assertTrue(shorter.contains("1000 bytes, not " + MODEL.length), shorter);
        String more = assertRefusedAlways("Transfer-Encoding: identity", "X-Linked-Size: 1000");
        assertTrue(more.contains("more than the 1000 bytes"), more);
        String silent = assertRefusedAlways("X-Nothing: 1");
        assertTrue(silent.contains("does not say how long"), silent);
    }

    private String assertRefusedAlways(String... headers) throws Exception {
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            ScriptedServer.head(out, 200, headers);
            out.write(MODEL);
        })) {
            return assertRefused(server, REFERENCE);
        }
    }

    @Test
    void aWrongChecksumIsRefusedAndNothingKept() throws Exception {
        byte[] other = MODEL.clone();
        other[77] ^= 4;
        try (ScriptedServer server = new ScriptedServer((request, out) ->
                send(out, other, 0, other.length, "X-Linked-ETag: \"" + SHA256 + "\""))) {
            String message = assertRefused(server, REFERENCE);
            assertTrue(message.contains("wrong checksum"), message);
            assertEquals(1, server.requests.size());
        }
        assertEquals(List.of(), filesLeft());
    }

    @Test
    void aPinnedFileMustBeTheOneThatIsListed() throws Exception {
        ModelReference pinned = new ModelReference("owner/name", "m.gguf", "main",
                Optional.of(new ModelReference.Content(MODEL.length, SHA256)));
        try (ScriptedServer server = new ScriptedServer((request, out) ->
                send(out, MODEL, 0, MODEL.length, "X-Linked-ETag: \"" + "0".repeat(64) + "\""))) {
            String message = assertRefused(server, pinned);
            assertTrue(message.contains("another file"), message);
        }
    }

    @Test
    void refusalsSayWhatToDo() throws Exception {
        for (int status : new int[] {401, 403, 404, 410}) {
            try (ScriptedServer server = new ScriptedServer((request, out) -> ScriptedServer.head(out, status, "Content-Length: 0"))) {
                String message = assertRefused(server, REFERENCE);
                assertTrue(message.contains(Integer.toString(status)), message);
                assertTrue(message.contains(server.address() + "/owner/name"), message);
                assertEquals(1, server.requests.size(), "no use in trying again");
                if (status < 404) {
                    assertTrue(message.contains("HF_TOKEN"), message);
                }
            }
        }
        for (int status : new int[] {429, 500, 503}) {
            try (ScriptedServer server = new ScriptedServer((request, out) -> ScriptedServer.head(out, status, "Content-Length: 0"))) {
                String message = assertRefused(server, REFERENCE);
                assertTrue(message.contains("answers " + status), message);
            }
        }
        assertEquals(List.of(), filesLeft());
    }

    @Test
    void aBusyServerIsAskedAgainLater() throws Exception {
        AtomicInteger count = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer((request, out) -> {
            if (count.getAndIncrement() < 2) {
                ScriptedServer.head(out, 429, "Retry-After: 3600", "Content-Length: 0");
            } else {
                send(out, 0, MODEL.length);
            }
        })) {
            download(server).fetch(REFERENCE, target(), (bytes, total) -> { });
        }
        assertArrived();
    }

    @Test
    void badRedirectsAreRefused() throws Exception {
        for (String location : new String[] {"Location: /again", "Location: file:///etc/passwd", "Location: ht tp://x", "X-None: 1"}) {
            try (ScriptedServer server = new ScriptedServer((request, out) ->
                    ScriptedServer.head(out, 302, location, "Content-Length: 0"))) {
                String message = assertRefused(server, REFERENCE);
                assertTrue(message.contains("redirect"), message);
            }
        }
    }

    @Test
    void aPageInsteadOfAModelIsNotKept() throws Exception {
        byte[] page = "<html>log in first</html>".getBytes(StandardCharsets.UTF_8);
        try (ScriptedServer server = new ScriptedServer((request, out) -> send(out, page, 0, page.length))) {
            assertTrue(assertRefused(server, REFERENCE).contains("no GGUF file"));
        }
        assertEquals(List.of(), filesLeft());
    }

    @Test
    void tooLittleRoomIsSaidBeforeAnythingIsWritten() throws Exception {
        try (ScriptedServer server = new ScriptedServer((request, out) ->
                ScriptedServer.head(out, 200, "Content-Length: " + (1L << 58)))) {
            String message = assertRefused(server, REFERENCE);
            assertTrue(message.contains("make room"), message);
        }
    }

    @Test
    void nobodyAnswers() throws Exception {
        ScriptedServer server = new ScriptedServer((request, out) -> { });
        server.close();
        String message = assertRefused(server, REFERENCE);
        assertTrue(message.contains("check the network"), message);
    }

    @Test
    void twoDownloadsDoNotWriteOneFile() throws Exception {
        try (PartialFile first = PartialFile.open(target())) {
            DownloadException refused = assertThrows(DownloadException.class, () -> PartialFile.open(target()));
            assertTrue(refused.getMessage().contains("another"), refused.getMessage());
            assertEquals(0, first.length());
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");
        try (ScriptedServer server = new ScriptedServer((request, out) -> send(out, 0, MODEL.length))) {
            DownloadException refused = assertThrows(DownloadException.class,
                    () -> download(server).fetch(REFERENCE, file.resolve("model.gguf"), (bytes, total) -> { }));
            assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
        }
    }

    @Test
    void anInterruptEndsIt() throws Exception {
        try (ScriptedServer server = new ScriptedServer((request, out) -> Thread.sleep(20_000))) {
            Thread.currentThread().interrupt();
            String message = assertRefused(server, REFERENCE);
            assertTrue(Thread.interrupted(), "the interrupt is not swallowed");
            assertTrue(message.contains("interrupted"), message);
        }
    }

    @Test
    void theEnvironmentIsChecked() {
        assertThrows(InvalidRequestException.class, () -> ModelDownload.of(Map.of("WATERSPOUT_HUB", "not an address")));
        assertThrows(InvalidRequestException.class, () -> ModelDownload.of(Map.of("WATERSPOUT_HUB", "ftp://host")));
        assertThrows(InvalidRequestException.class, () -> ModelDownload.of(Map.of("HF_TOKEN", "a\nb")));
        ModelDownload.of(Map.of("WATERSPOUT_HUB", URI.create("http://localhost:1").toString(), "HF_TOKEN", "abc\n"));
    }

    private ModelDownload download(ScriptedServer server) {
        return new ModelDownload(server.address(), Optional.empty(), SHORT);
    }

    private Path target() {
        return folder.resolve("model.gguf");
    }

    private String assertRefused(ScriptedServer server, ModelReference reference) {
        DownloadException refused = assertThrows(DownloadException.class,
                () -> download(server).fetch(reference, target(), (bytes, total) -> { }));
        assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
        assertFalse(Files.exists(target()), "nothing half-written is in its place");
        return refused.getMessage();
    }

    private void assertArrived() throws IOException {
        assertArrayEquals(MODEL, Files.readAllBytes(target()));
        assertEquals(List.of("model.gguf"), filesLeft());
    }

    private List<String> filesLeft() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void send(OutputStream out, int from, int to) throws IOException {
        send(out, MODEL, from, to, "ETag: \"tag\"");
    }

    /** Announces all from {@code from} on, and sends what comes before {@code to}. */
    private static void send(OutputStream out, byte[] file, int from, int to, String... headers) throws IOException {
        List<String> all = new ArrayList<>(List.of(headers));
        all.add("Content-Length: " + (file.length - from));
        if (from > 0) {
            all.add("Content-Range: bytes " + from + "-" + (file.length - 1) + "/" + file.length);
        }
        ScriptedServer.head(out, from > 0 ? 206 : 200, all.toArray(String[]::new));
        out.write(file, from, Math.max(0, to - from));
    }

    private static byte[] model(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        System.arraycopy("GGUF".getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, 4);
        return bytes;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException missing) {
            throw new AssertionError(missing);
        }
    }
}
