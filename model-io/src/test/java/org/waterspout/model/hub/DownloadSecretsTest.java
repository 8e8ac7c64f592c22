package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.DownloadException;

/** Who hears a token or a password: servers with and without encryption, and proxies, on this machine. */
@Timeout(60)
class DownloadSecretsTest {

    private static final ModelDownload.Patience SHORT = new ModelDownload.Patience(
            Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(5), Duration.ofMillis(5));
    private static final ModelReference REFERENCE = ModelReference.parse("hf:owner/name/model.gguf");
    private static final byte[] MODEL = "GGUF and more".getBytes(StandardCharsets.UTF_8);
    private static final String PASSWORD = "changeit";

    @TempDir
    static Path keys;
    @TempDir
    Path folder;

    private static SSLContext trust;

    @BeforeAll
    static void makeCertificate() throws Exception {
        Path store = keys.resolve("keys.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair",
                "-alias", "server", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1", "-validity", "30",
                "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, keytool.waitFor(), said);
        KeyStore certificate = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            certificate.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(certificate, PASSWORD.toCharArray());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(certificate);
        trust = SSLContext.getInstance("TLS");
        trust.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    }

    /** An encrypted server that keeps the Authorization headers it hears and redirects where it is told to. */
    private static final class SecretServer implements AutoCloseable {
        private final List<String> heard = new CopyOnWriteArrayList<>();
        private final HttpsServer server;

        SecretServer(Optional<String> redirect) throws IOException {
            server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
            server.setHttpsConfigurator(new HttpsConfigurator(trust));
            server.createContext("/", exchange -> {
                heard.add(exchange.getRequestURI().getPath() + " " + Optional.ofNullable(
                        exchange.getRequestHeaders().getFirst("Authorization")).orElse("-")
                        + " " + Optional.ofNullable(exchange.getRequestHeaders().getFirst("Proxy-Authorization")).orElse("-"));
                redirect.ifPresent(to -> exchange.getResponseHeaders().set("Location", to));
                exchange.sendResponseHeaders(redirect.isPresent() ? 302 : 200, redirect.isPresent() ? -1 : MODEL.length);
                try (OutputStream out = exchange.getResponseBody()) {
                    if (redirect.isEmpty()) {
                        out.write(MODEL);
                    }
                }
            });
            server.start();
        }

        URI address(String host) {
            return URI.create("https://" + host + ":" + server.getAddress().getPort());
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private void fetch(URI hub, Map<String, String> environment) {
        new ModelDownload(hub, hub, Optional.of("secret"), SHORT, EnvironmentProxies.of(environment),
                HttpClient.newBuilder().sslContext(trust)).fetch(REFERENCE, folder.resolve("model.gguf"), (bytes, total) -> { });
    }

    private static final String PATH = "/owner/name/resolve/main/model.gguf";

    @Test
    void anEncryptedHubHearsTheToken() throws IOException {
        try (SecretServer hub = new SecretServer(Optional.empty())) {
            fetch(hub.address("localhost"), Map.of());
            assertEquals(List.of(PATH + " Bearer secret -"), hub.heard);
        }
    }

    /** Another name, another port, or another scheme: all are somebody else. */
    @Test
    void nobodyElseHearsItOnARedirect() throws IOException {
        try (SecretServer data = new SecretServer(Optional.empty())) {
            for (String host : List.of("127.0.0.1", "localhost")) {
                data.heard.clear();
                try (SecretServer hub = new SecretServer(Optional.of(data.address(host) + "/elsewhere"))) {
                    fetch(hub.address("localhost"), Map.of());
                    assertEquals(List.of(PATH + " Bearer secret -"), hub.heard);
                    assertEquals(List.of("/elsewhere - -"), data.heard);
                }
            }
        }
        try (ScriptedServer plain = new ScriptedServer((request, out) -> ScriptedServer.head(out, 404));
                SecretServer hub = new SecretServer(Optional.of(plain.address() + "/elsewhere"))) {
            assertTrue(assertThrows(DownloadException.class, () -> fetch(hub.address("localhost"), Map.of())).getMessage()
                    .contains("insecure"));
            assertEquals(List.of(), plain.requests);
        }
    }

    @Test
    void aHubWithoutEncryptionDoesNotHearIt() throws IOException {
        try (ScriptedServer hub = new ScriptedServer((request, out) -> {
            ScriptedServer.head(out, 401, "Content-Length: 0");
        })) {
            String message = assertThrows(DownloadException.class, () -> fetch(hub.address(), Map.of())).getMessage();
            assertTrue(message.contains("https") && message.contains("HF_TOKEN is sent to no other"), message);
            assertEquals(List.of(Optional.empty()), hub.requests.stream().map(request -> request.header("authorization")).toList());
        }
    }

    /** A proxy that tunnels, for as long as both ends want. */
    private static final class Tunnel implements AutoCloseable {
        private final List<String> asked = new CopyOnWriteArrayList<>();
        private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));

        Tunnel() throws IOException {
            Thread.ofVirtual().start(() -> {
                while (!socket.isClosed()) {
                    try {
                        Socket client = socket.accept();
                        Thread.ofVirtual().start(() -> carry(client));
                    } catch (IOException closed) {
                        return;
                    }
                }
            });
        }

        private void carry(Socket client) {
            try (client) {
                StringBuilder head = new StringBuilder();
                while (!head.toString().endsWith("\r\n\r\n")) {
                    head.append((char) client.getInputStream().read());
                }
                asked.add(head.toString());
                String[] target = head.toString().split(" ")[1].split(":");
                try (Socket server = new Socket(InetAddress.getByName("127.0.0.1"), Integer.parseInt(target[1]))) {
                    client.getOutputStream().write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                    Thread back = Thread.ofVirtual().start(() -> pump(server, client));
                    pump(client, server);
                    back.join();
                }
            } catch (IOException closed) {
                return; // one end has seen enough
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }

        private static void pump(Socket from, Socket to) {
            try {
                from.getInputStream().transferTo(to.getOutputStream());
                to.shutdownOutput();
            } catch (IOException closed) {
                return; // one end has seen enough
            }
        }

        String address() {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void httpsGoesThroughTheProxyUnlessNoProxyNamesTheHost() throws IOException, GeneralSecurityException {
        try (SecretServer hub = new SecretServer(Optional.empty()); Tunnel proxy = new Tunnel()) {
            fetch(hub.address("localhost"), Map.of("HTTPS_PROXY", proxy.address()));
            assertEquals(1, proxy.asked.size());
            assertTrue(proxy.asked.getFirst().startsWith("CONNECT localhost:" + hub.address("x").getPort() + " "), proxy.asked.getFirst());
            assertTrue(!proxy.asked.getFirst().contains("secret"), "the token is for the hub, not for the proxy");
            assertEquals(List.of(PATH + " Bearer secret -"), hub.heard);
            fetch(hub.address("localhost"), Map.of("HTTPS_PROXY", proxy.address(), "NO_PROXY", "example.org,localhost"));
            assertEquals(1, proxy.asked.size());
            assertEquals(2, hub.heard.size());
        }
    }

    /** A plain server stands for the proxy: it is asked for whole addresses. */
    @Test
    void theProxyHearsItsPasswordAndTheServerDoesNot() throws IOException {
        try (ScriptedServer proxy = new ScriptedServer((request, out) -> {
            ScriptedServer.head(out, 200, "Content-Length: " + MODEL.length);
            out.write(MODEL);
        })) {
            String address = "http://user:pass@127.0.0.1:" + proxy.address().getPort();
            fetch(URI.create("http://hub.example"), Map.of("http_proxy", address));
            assertEquals("http://hub.example" + PATH, proxy.requests.getFirst().path());
            assertEquals(Optional.of("Basic dXNlcjpwYXNz"), proxy.requests.getFirst().header("proxy-authorization"));
            assertEquals(Optional.empty(), proxy.requests.getFirst().header("authorization"));
            fetch(proxy.address(), Map.of("http_proxy", address, "no_proxy", "127.0.0.1"));
            assertEquals(Optional.empty(), proxy.requests.getLast().header("proxy-authorization"));
            assertEquals(PATH, proxy.requests.getLast().path());
        }
    }

    @Test
    void aProxyThatWantsAPasswordSaysSo() throws IOException {
        for (String hub : List.of("http://hub.example", "https://hub.example")) {
            try (ScriptedServer proxy = new ScriptedServer((request, out) ->
                    ScriptedServer.head(out, 407, "Proxy-Authenticate: Basic realm=\"x\"", "Content-Length: 0"))) {
                String message = assertThrows(DownloadException.class,
                        () -> fetch(URI.create(hub), Map.of("ALL_PROXY", proxy.address().toString()))).getMessage();
                assertTrue(message.contains("the proxy wants a user and a password"), message);
            }
        }
    }
}
