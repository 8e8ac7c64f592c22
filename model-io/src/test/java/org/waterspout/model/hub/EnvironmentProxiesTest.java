package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.InvalidRequestException;

class EnvironmentProxiesTest {

    private static Optional<String> proxy(Map<String, String> environment, String address) {
        return EnvironmentProxies.of(environment).proxyOf(URI.create(address))
                .map(proxy -> proxy.address().getHostString() + ":" + proxy.address().getPort());
    }

    @Test
    void theSchemeOfTheAddressChoosesTheVariable() {
        Map<String, String> both = Map.of("HTTPS_PROXY", "http://secure.example:3128", "http_proxy", "plain.example:8080", "ALL_PROXY",
                "http://all.example");
        assertEquals(Optional.of("secure.example:3128"), proxy(both, "https://hub.example/x"));
        assertEquals(Optional.of("plain.example:8080"), proxy(both, "http://hub.example/x"));
        assertEquals(Optional.of("all.example:80"), proxy(Map.of("ALL_PROXY", "http://all.example/"), "https://hub.example"));
        assertEquals(Optional.of("small.example:1"), proxy(Map.of("https_proxy", "small.example:1", "HTTPS_PROXY", "capital.example:2"),
                "https://hub.example"));
        assertEquals(Optional.empty(), proxy(Map.of("HTTPS_PROXY", " ", "HTTP_PROXY", ""), "https://hub.example"));
        assertEquals(Optional.empty(), proxy(Map.of("HTTPS_PROXY", "http://p.example:1"), "http://hub.example"));
    }

    @CsvSource({"*, https://hub.example, true", "hub.example, https://hub.example, true", "HUB.example, https://cdn.hub.Example, true",
            ".hub.example, https://hub.example, true", "*.hub.example, https://a.b.hub.example, true",
            "ub.example, https://hub.example, false",
            "hub.example, https://hub.example.org, false", "other;hub.example, https://hub.example, true",
            "'other, hub.example', https://hub.example, true",
            "hub.example:443, https://hub.example, true", "hub.example:8443, https://hub.example, false",
            "hub.example:80, http://hub.example, true",
            "127.0.0.1, https://127.0.0.1:8443, true", "10.0.0.0/8, https://10.9.8.7, true", "10.0.0.0/8, https://11.9.8.7, false",
            "10.0.0.0/8, https://hub.example, false", "192.168.4.0/22, https://192.168.7.255, true",
            "192.168.4.0/22, https://192.168.8.0, false",
            "[::1], 'https://[::1]:1', true", "::1, 'https://[::1]', true", "fd00::/8, 'https://[fd12::1]', true",
            "fd00::/8, 'https://[fe12::1]', false",
            "10.0.0.0/x, https://10.0.0.1, false", "'', https://hub.example, false", "., https://hub.example, false"})
    @ParameterizedTest
    void hostsInNoProxyAreAskedWithoutOne(String direct, String address, boolean expected) {
        Map<String, String> environment = Map.of("ALL_PROXY", "http://p.example:1", "NO_PROXY", direct.replace(';', ' '));
        assertEquals(expected, proxy(environment, address).isEmpty());
    }

    @Test
    void aPasswordIsTheProxys() {
        EnvironmentProxies proxies = EnvironmentProxies.of(
                Map.of("HTTP_PROXY", "http://us%20er:p%40ss+w:rd@p.example:1", "NO_PROXY", "direct.example"));
        String login = "Basic " + Base64.getEncoder().encodeToString("us er:p@ss+w:rd".getBytes(StandardCharsets.UTF_8));
        assertEquals(Optional.of(login), proxies.login(URI.create("http://hub.example")));
        assertEquals(Optional.empty(), proxies.login(URI.create("http://direct.example")));
        assertEquals(Optional.empty(), proxies.login(URI.create("https://hub.example")));
    }

    @ValueSource(strings = {"socks5://user:secret@p.example:1", "https://p.example", "http://", "http://a b",
            "http://user:sec ret@p.example:1", "://"})
    @ParameterizedTest
    void whatIsNoProxyIsRefusedAndItsPasswordNotShown(String text) {
        Map<String, String> environment = new HashMap<>(Map.of("HTTPS_PROXY", text));
        String message = assertThrows(InvalidRequestException.class, () -> EnvironmentProxies.of(environment)).getMessage();
        assertTrue(message.startsWith("HTTPS_PROXY "), message);
        assertFalse(message.contains("sec"), message);
    }

    @Test
    void aPasswordThatJavaWouldNotSendIsRefused() {
        EnvironmentProxies proxies = EnvironmentProxies.of(Map.of("https_proxy", "http://user:secret@p.example:1"));
        String message = assertThrows(InvalidRequestException.class, () -> proxies.apply(HttpClient.newBuilder())).getMessage();
        assertTrue(message.startsWith("https_proxy holds a password") && message.contains("disabledSchemes"), message);
    }
}
