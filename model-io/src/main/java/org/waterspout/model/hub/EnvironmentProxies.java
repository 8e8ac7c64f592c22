package org.waterspout.model.hub;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Reason;

/**
 * The proxies that HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name, in small letters or in capitals, except for the hosts in NO_PROXY, read as
 * curl reads them. What they leave open is for Java's own settings.
 *
 * @param proxies by the scheme of the address that is asked for
 * @param direct  hosts that are asked without a proxy
 */
record EnvironmentProxies(Map<String, ProxyAddress> proxies, List<String> direct) {

    private static final Logger LOG = LoggerFactory.getLogger(EnvironmentProxies.class);
    private static final String NOT_SENT = "jdk.http.auth.tunneling.disabledSchemes";

    /**
     * @param variable that names it
     * @param login    of a user with a password, as the header Proxy-Authorization has it
     */
    record ProxyAddress(String variable, InetSocketAddress address, Optional<String> login) {
    }

    /** @throws InvalidRequestException if a variable names no proxy, or one of a kind that Java cannot use */
    static EnvironmentProxies of(Map<String, String> environment) {
        Map<String, ProxyAddress> proxies = new HashMap<>();
        for (String scheme : List.of("https", "http")) {
            variable(environment, scheme + "_proxy").or(() -> variable(environment, "all_proxy"))
                    .ifPresent(found -> proxies.put(scheme, proxy(found.getKey(), found.getValue())));
        }
        List<String> direct = variable(environment, "no_proxy").map(Map.Entry::getValue).stream()
                .flatMap(text -> Arrays.stream(text.split("[,\\s]+"))).filter(host -> !host.isEmpty())
                .map(host -> host.toLowerCase(Locale.ROOT)).toList();
        return new EnvironmentProxies(Map.copyOf(proxies), direct);
    }

    private static Optional<Map.Entry<String, String>> variable(Map<String, String> environment, String name) {
        return List.of(name, name.toUpperCase(Locale.ROOT)).stream().filter(one -> !environment.getOrDefault(one, "").isBlank())
                .map(one -> Map.entry(one, environment.get(one).strip())).findFirst();
    }

    private static ProxyAddress proxy(String variable, String text) {
        try {
            URI address = URI.create(text.contains("://") ? text : "http://" + text);
            if (!"http".equalsIgnoreCase(address.getScheme())) {
                throw new InvalidRequestException(variable + " names a proxy that is spoken to by " + address.getScheme()
                        + "; only those that are spoken to by http can be used");
            }
            if (address.getHost() != null) {
                return new ProxyAddress(variable, InetSocketAddress.createUnresolved(
                        address.getHost(), address.getPort() < 0 ? 80 : address.getPort()),
                        Optional.ofNullable(address.getRawUserInfo()).map(EnvironmentProxies::login));
            }
        } catch (IllegalArgumentException malformed) {
            LOG.debug("{} is no address: {}", variable, malformed.getClass().getSimpleName()); // its message holds the password
        }
        throw new InvalidRequestException(variable + " is no address of a proxy, such as http://proxy.example.org:3128");
    }

    private static String login(String userInfo) {
        return "Basic " + Base64.getEncoder().encodeToString(decoded(userInfo.contains(":") ? userInfo : userInfo + ":")
                .getBytes(StandardCharsets.UTF_8));
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** @throws InvalidRequestException if a proxy asks for a password that this Java does not send */
    HttpClient.Builder apply(HttpClient.Builder client) {
        if (proxies.isEmpty()) {
            return client;
        }
        for (Map.Entry<String, ProxyAddress> proxy : proxies.entrySet()) {
            if (proxy.getKey().equals("https") && proxy.getValue().login.isPresent() && !sendsPasswords()) {
                throw new InvalidRequestException(proxy.getValue().variable
                        + " holds a password, which this Java sends to no proxy: start it with -D"
                        + NOT_SENT + "= or leave the password away");
            }
        }
        return client.proxy(new Selector());
    }

    /** Java's default, in its file net.properties, is not to send passwords to a proxy before it tunnels. */
    private static boolean sendsPasswords() {
        return !System.getProperty(NOT_SENT, "Basic").toLowerCase(Locale.ROOT).contains("basic");
    }

    /** The header Proxy-Authorization of a request to an address; Java sends it to the proxy only. */
    Optional<String> login(URI address) {
        return proxyOf(address).flatMap(ProxyAddress::login);
    }

    /** The proxy for an address; nothing where the host is asked without one, or the environment leaves it open. */
    Optional<ProxyAddress> proxyOf(URI address) {
        return isDirect(address) ? Optional.empty() : Optional.ofNullable(proxies.get(address.getScheme().toLowerCase(Locale.ROOT)));
    }

    private boolean isDirect(URI address) {
        String host = address.getHost().toLowerCase(Locale.ROOT).replaceAll("^\\[|\\]$|\\.$", "");
        return direct.stream().anyMatch(entry -> entry.equals("*") || matches(entry, host, address));
    }

    /** A host with all below it, with or without a point before it or a port behind it; an address; or a range of addresses. */
    private static boolean matches(String entry, String host, URI address) {
        int slash = entry.indexOf('/');
        if (slash > 0) {
            return isWithin(entry.substring(0, slash), entry.substring(slash + 1), host);
        }
        boolean withPort = entry.matches("[^:]*:\\d+|\\[.*\\]:\\d+");
        int port = address.getPort() >= 0 ? address.getPort() : "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
        String name = (withPort ? entry.substring(0, entry.lastIndexOf(':')) : entry).replaceAll("^\\*?\\.|^\\[|\\]$|\\.$", "");
        return !name.isEmpty() && (host.equals(name) || host.endsWith("." + name))
                && (!withPort || Integer.toString(port).equals(entry.substring(entry.lastIndexOf(':') + 1)));
    }

    private static boolean isWithin(String network, String bits, String host) {
        try {
            byte[] wanted = InetAddress.ofLiteral(network).getAddress();
            byte[] actual = InetAddress.ofLiteral(host).getAddress();
            int count = Integer.parseInt(bits);
            boolean within = wanted.length == actual.length && count >= 0 && count <= wanted.length * Byte.SIZE;
            for (int bit = 0; bit < count && within; bit++) {
                within = ((wanted[bit / 8] ^ actual[bit / 8]) >> 7 - bit % 8 & 1) == 0;
            }
            return within;
        } catch (IllegalArgumentException noAddress) {
            LOG.debug("{} is no address in {}/{}", host, network, bits);
            return false;
        }
    }

    private final class Selector extends ProxySelector {

        @Override
        public List<Proxy> select(URI address) {
            if (isDirect(address)) {
                return List.of(Proxy.NO_PROXY);
            }
            return proxyOf(address).map(proxy -> List.of(new Proxy(Proxy.Type.HTTP, proxy.address)))
                    .orElseGet(() -> ProxySelector.getDefault().select(address));
        }

        @Override
        public void connectFailed(URI address, SocketAddress proxy, IOException failure) {
            LOG.info("the proxy {} does not answer: {}", proxy, Reason.of(failure));
        }
    }
}
