package org.waterspout.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.waterspout.error.InvalidRequestException;

/** HTTP/1.1 and HTTP/2 with TLS, with a certificate that the test makes. */
@Tag("slow")
class TlsTest {

    private static final String PASSWORD = "changeit";

    @TempDir
    private Path folder;
    private KeyStore store;
    private Address address;

    @BeforeEach
    void makeCertificate() throws Exception {
        Path file = folder.resolve("store.p12");
        Process made = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias",
                "server", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1", "-validity", "2",
                "-keystore", file.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD).redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile()).start();
        assertTrue(made.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, made.exitValue(), Files.readString(folder.resolve("keytool.log")));
        store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        Path chain = pem("CERTIFICATE", store.getCertificate("server").getEncoded());
        Path key = pem("PRIVATE KEY", store.getKey("server", PASSWORD.toCharArray()).getEncoded());
        address = new Address("127.0.0.1", 0, Optional.of(new Address.Certificate(chain, key)));
    }

    private Path pem(String kind, byte[] bytes) throws IOException {
        return Files.writeString(folder.resolve(kind + ".pem"), "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + kind + "-----\n");
    }

    private HttpClient client(HttpClient.Version version) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().version(version).sslContext(context).build();
    }

    @ParameterizedTest
    @EnumSource
    void requestsAreAnsweredOverTls(HttpClient.Version version) throws Exception {
        try (VertxServer server = new VertxServer(address, HttpLimits.DEFAULT, new Calling(request ->
                Response.text(200, request.header("host").orElse("") + " " + new String(request.body(), StandardCharsets.UTF_8))));
                HttpClient client = client(version)) {
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/"))
                    .POST(HttpRequest.BodyPublishers.ofString("body")).build(), BodyHandlers.ofString());
            assertEquals(version, answer.version());
            assertEquals("localhost:" + server.port() + " body", answer.body());
        }
    }

    @Test
    void whoSpeaksNoTlsIsClosed() throws IOException {
        HttpLimits limits = HttpLimits.DEFAULT.withReadTimeout(Duration.ofMillis(300));
        try (VertxServer server = new VertxServer(address, limits, new Calling(_ -> Response.text(200, "clear")));
                RawClient client = new RawClient(server.port()); RawClient silent = new RawClient(server.port())) {
            assertTrue(!client.get("/").rest().contains("clear"));
            assertEquals("", silent.rest());
        }
    }

    @Test
    void aKeyThatIsNoneIsRefused() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.pem"), "no key");
        Address wrong = new Address("127.0.0.1", 0, address.tls().map(tls -> new Address.Certificate(tls.chain(), broken)));
        assertThrows(InvalidRequestException.class, () -> new VertxServer(wrong, HttpLimits.DEFAULT, new Calling(_ -> null)));
        Address missing = new Address("127.0.0.1", 0, address.tls().map(tls -> new Address.Certificate(tls.chain(), folder.resolve("x"))));
        InvalidRequestException refused = assertThrows(InvalidRequestException.class,
                () -> new VertxServer(missing, HttpLimits.DEFAULT, new Calling(_ -> null)));
        assertTrue(refused.getMessage().contains("it does not exist"), refused.getMessage());
    }
}
