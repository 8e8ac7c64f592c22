package org.waterspout.model.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.IntFunction;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.DownloadException;
import org.waterspout.error.InvalidRequestException;

/**
 * Fetches files from the hub (Hugging Face, or a mirror of it). A broken download goes on where it stopped, within a call
 * and in a later one; a file appears in its place only when its length and, where the hub or the catalogue tells it, its
 * SHA-256 are right.
 */
public final class ModelDownload {

    private static final Logger LOG = LoggerFactory.getLogger(ModelDownload.class);
    private static final String HUGGING_FACE = "https://huggingface.co";
    private static final String MOZILLA =
            "https://storage.googleapis.com/moz-fx-translations-data--303e-prod-translations-data/db/models.json";
    private static final byte[] GGUF = "GGUF".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_LISTING = 16 << 20;
    private static final int PIECE = 1 << 16;
    private static final int MAX_TRIES = 200;
    private static final int MAX_FRUITLESS_TRIES = 6;

    private final URI hub;
    private final URI registry;
    private final Optional<String> token;
    private final Patience patience;
    private final EnvironmentProxies proxies;
    private final HttpClient client;

    /**
     * How long to wait for what.
     *
     * @param answer  for the beginning of an answer
     * @param silence between two pieces of it
     * @param pause   before the second try; doubled with each further one
     * @param longest such pause, and the longest a server may ask for
     */
    public record Patience(Duration answer, Duration silence, Duration pause, Duration longest) {

        public static Patience usual() {
            return new Patience(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofMillis(500), Duration.ofSeconds(60));
        }
    }

    /**
     * @param hub   where repositories are; http or https
     * @param token of an account there, sent to that host only, and to it only where its address begins with https
     */
    public ModelDownload(URI hub, Optional<String> token, Patience patience) {
        this(hub, URI.create(MOZILLA), token, patience, EnvironmentProxies.of(Map.of()), HttpClient.newBuilder());
    }

    /**
     * @param registry where Mozilla lists Firefox's models
     * @param client   how connections are made else
     */
    ModelDownload(URI hub, URI registry, Optional<String> token, Patience patience, EnvironmentProxies proxies, HttpClient.Builder client) {
        this.hub = hub;
        this.registry = registry;
        this.token = token;
        this.patience = patience;
        this.proxies = proxies;
        this.client = proxies.apply(client.version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.answer)).build();
        if (token.isPresent() && !isSecret(hub)) {
            LOG.warn("HF_TOKEN is not sent to {}, whose connections are not encrypted", hub);
        }
    }

    /**
     * From Hugging Face, or from the address in WATERSPOUT_HUB, Firefox's models from Mozilla's registry, or from the copy of it whose
     * address is in WATERSPOUT_FIREFOX_REGISTRY; with the token in HF_TOKEN where that is set, through the proxy in HTTPS_PROXY or
     * HTTP_PROXY where NO_PROXY does not take the host out.
     *
     * @throws InvalidRequestException if one of these cannot be understood
     */
    public static ModelDownload of(Map<String, String> environment) {
        Optional<String> token = Optional.ofNullable(environment.get("HF_TOKEN")).map(String::strip)
                .filter(text -> !text.isEmpty());
        if (token.isPresent() && !token.get().matches("[\\x21-\\x7E]+")) {
            throw new InvalidRequestException("HF_TOKEN holds characters that no token has; set it to the token alone");
        }
        return new ModelDownload(address(environment, "WATERSPOUT_HUB", HUGGING_FACE),
                address(environment, "WATERSPOUT_FIREFOX_REGISTRY", MOZILLA), token,
                Patience.usual(), EnvironmentProxies.of(environment), HttpClient.newBuilder());
    }

    private static URI address(Map<String, String> environment, String variable, String usual) {
        String text = environment.getOrDefault(variable, usual);
        try {
            URI address = URI.create(text);
            if (address.getHost() != null && address.getQuery() == null && address.getFragment() == null
                    && ("https".equals(address.getScheme()) || "http".equals(address.getScheme()))) {
                return address;
            }
        } catch (IllegalArgumentException malformed) {
            LOG.debug("{} is no address", variable, malformed);
        }
        throw new InvalidRequestException(variable + " is '" + text.replaceAll("\\p{Cntrl}", "?") + "', no address such as " + usual);
    }

    /**
     * Fetches one file; blocks until it is there.
     *
     * @param target where it shall be; what is there already is replaced
     * @throws DownloadException if it cannot be had: no such file, no access, no connection after several tries, a full disk,
     *         another content than promised. What arrived is kept beside {@code target} where a later call can go on with it
     */
    public void fetch(ModelReference reference, Path target, DownloadProgress progress) {
        fetch(RemoteFile.of(reference, hub), target, progress);
    }

    /** As {@link #fetch(ModelReference, Path, DownloadProgress)}. */
    void fetch(RemoteFile file, Path target, DownloadProgress progress) {
        try (PartialFile part = PartialFile.open(target.toAbsolutePath())) {
            Duration pause = patience.pause;
            int fruitless = 0;
            for (int tries = 1; ; tries++) {
                long before = part.length();
                Optional<Setback> outcome = tryOnce(file, part, progress);
                if (outcome.isEmpty()) {
                    part.complete();
                    return;
                }
                Setback setback = outcome.get();
                boolean got = part.length() > before;
                fruitless = got ? 0 : fruitless + 1;
                pause = got ? patience.pause : pause;
                if (fruitless >= MAX_FRUITLESS_TRIES || tries >= MAX_TRIES) {
                    throw new DownloadException(file.name() + " did not arrive after " + tries + " tries (" + setback.reason
                            + "); check the network and run the same command again: it goes on from what is there",
                            setback.cause.orElse(null));
                }
                LOG.info("{}: {}; trying again", file.name(), setback.reason);
                Duration asked = setback.asked.orElse(pause);
                Thread.sleep(asked.compareTo(patience.longest) < 0 ? asked : patience.longest);
                pause = pause.multipliedBy(2).compareTo(patience.longest) < 0 ? pause.multipliedBy(2) : patience.longest;
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DownloadException(file.name() + " was interrupted; the same command goes on from what is there", interrupted);
        }
    }

    /**
     * The files of a model that is a whole folder.
     *
     * @throws DownloadException if the hub does not list them, or they hold no weights that can be read
     */
    public List<ModelReference> files(HubRepository repository) {
        JsonNode listing = json(repository.address(hub), "the list of the files of hf:" + repository.name(), status -> switch (status) {
            case 401, 403, 404 -> "the hub has no hf:" + repository.name() + " at " + repository.revision() + ", or does not show it ("
                    + status + "): check the spelling; if it is private or gated, " + tokenAdvice();
            default -> "the hub answers " + status + " for hf:" + repository.name() + "; try again later";
        });
        List<String> names = new ArrayList<>();
        listing.path("siblings").forEach(file -> names.add(file.path("rfilename").asText()));
        return repository.needed(names);
    }

    /**
     * A small file of JSON.
     *
     * @param what    it is, for messages
     * @param refused what is to be said of an answer other than 200
     * @throws DownloadException if it cannot be had, or is no JSON
     */
    JsonNode json(URI address, String what, IntFunction<String> refused) {
        try (HubResponse response = request(address, 0, Optional.empty())) {
            if (response.status() != 200) {
                throw new DownloadException(refused.apply(response.status()));
            }
            byte[] bytes = response.body().readNBytes(MAX_LISTING + 1);
            if (bytes.length > MAX_LISTING) {
                throw new DownloadException(what + " has more than " + PartialFile.megabytes(MAX_LISTING) + "; check the address "
                        + address);
            }
            return new ObjectMapper().readTree(bytes);
        } catch (JsonProcessingException malformed) {
            throw new DownloadException(what + " is no JSON; check the address " + address, malformed);
        } catch (IOException failure) {
            throw new DownloadException(what + " cannot be had (" + reason(failure) + "); check the network and try again", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DownloadException(what + " was interrupted; do the same again", interrupted);
        }
    }

    /** What Mozilla's registry has under the name of a model. Errors as {@link FirefoxModel#release} and {@link #json}. */
    FirefoxModel.Release release(FirefoxModel model) {
        return model.release(json(registry, "the list of Firefox's models", status -> "the server answers " + status + " for " + registry
                + "; try again later, or check WATERSPOUT_FIREFOX_REGISTRY where that is set"), registry);
    }

    private HubResponse request(URI address, long from, Optional<String> ifRange) throws IOException, InterruptedException {
        return HubResponse.request(client, address, this::secrets, from, ifRange, patience.answer);
    }

    /** The hub's token for the hub alone, and where nobody between can read it; a proxy's password. */
    private Map<String, String> secrets(URI address) {
        Map<String, String> headers = new TreeMap<>();
        token.filter(_ -> isOfHub(address) && isSecret(address)).ifPresent(secret -> headers.put("Authorization", "Bearer " + secret));
        proxies.login(address).ifPresent(login -> headers.put("Proxy-Authorization", login));
        return headers;
    }

    private static boolean isSecret(URI address) {
        return "https".equalsIgnoreCase(address.getScheme());
    }

    private boolean isOfHub(URI address) {
        return hub.getScheme().equalsIgnoreCase(address.getScheme()) && hub.getHost().equalsIgnoreCase(address.getHost())
                && hub.getPort() == address.getPort();
    }

    private String tokenAdvice() {
        return isSecret(hub) ? "set HF_TOKEN to a token of your account"
                : "set WATERSPOUT_HUB to an address that begins with https, since HF_TOKEN is sent to no other";
    }

    /**
     * Why a try ended early, where a further one may help; what no further try can help is thrown.
     *
     * @param asked how long the server wants to be left alone
     */
    private record Setback(String reason, Optional<Duration> asked, Optional<IOException> cause) {

        static Optional<Setback> of(String reason) {
            return Optional.of(new Setback(reason, Optional.empty(), Optional.empty()));
        }
    }

    /** Goes on from what is there; empty if then all is there and right. */
    private Optional<Setback> tryOnce(RemoteFile file, PartialFile part, DownloadProgress progress)
            throws InterruptedException {
        PartialFile.Tag tag = part.tag();
        if (tag.none() || !file.content().map(content -> tag.sha256().equals(Optional.of(content.sha256()))).orElse(true)) {
            part.truncate(0);
        }
        long from = part.length();
        try (HubResponse response = request(file.address(), from, tag.etag())) {
            return switch (response.status()) {
                case 200, 206 -> receive(file, part, tag, from, response, progress);
                case 416 -> nothingMore(file, part, from, response);
                case 408, 429, 500, 502, 503, 504 ->
                        Optional.of(new Setback("the server answers " + response.status(), response.retryAfter(), Optional.empty()));
                default -> throw refused(file, response.status());
            };
        } catch (IOException failure) {
            return Optional.of(new Setback(reason(failure), Optional.empty(), Optional.of(failure)));
        }
    }

    /** The server has no byte {@code from}: either all had arrived before, or what is here is no beginning of what is there. */
    private static Optional<Setback> nothingMore(RemoteFile file, PartialFile part, long from, HubResponse response) {
        if (from > 0 && response.totalBytes().equals(OptionalLong.of(from))) {
            return verify(file, part, expectedSha256(file, response), true);
        }
        part.truncate(0);
        return Setback.of("the server has no byte " + from);
    }

    private static String reason(IOException failure) {
        return switch (failure) {
            case ConnectException _, HttpConnectTimeoutException _, UnknownHostException _ -> "no connection";
            case HttpTimeoutException _ -> "no answer in time";
            case SSLException unsafe -> "no secure connection: " + firstLine(unsafe);
            default -> "the connection broke" + (failure.getMessage() == null ? "" : ": " + firstLine(failure));
        };
    }

    private static String firstLine(IOException failure) {
        return failure.getMessage().lines().findFirst().orElse("");
    }

    private DownloadException refused(RemoteFile file, int status) {
        return new DownloadException(switch (status) {
            case 401, 403 -> !isOfHub(file.address()) ? file.name() + " is refused by the server (" + status + "): look at " + file.page()
                    + ", or try again later" : "the hub refuses " + file.name() + " (" + status
                    + "): check the spelling; if it is private or gated, accept its terms at " + file.page() + " and " + tokenAdvice();
            case 407 -> "the proxy wants a user and a password: put them into HTTPS_PROXY or HTTP_PROXY, as in"
                    + " http://user:password@proxy.example.org:3128";
            case 404 -> "the server has no " + file.name() + " (404): look at " + file.page() + " for the names of its files and revisions";
            default -> "the server answers " + status + " for " + file.name() + ": look at " + file.page() + ", or try again later";
        });
    }

    private Optional<Setback> receive(RemoteFile file, PartialFile part, PartialFile.Tag tag, long from, HubResponse response,
            DownloadProgress progress) throws IOException {
        Optional<String> sha256 = expectedSha256(file, response);
        if (from > 0 && tag.sha256().isPresent() && sha256.isPresent() && !tag.sha256().equals(sha256)) {
            part.truncate(0);
            return Setback.of("the file has changed since its first part arrived");
        }
        long first = response.firstByte().orElse(-1);
        if (first != from && first != 0) {
            part.truncate(0);
            return Setback.of("the server sends other bytes than those asked for");
        }
        part.truncate(first);
        long total = expectedBytes(file, response);
        if (response.totalBytes().orElse(total) != total) {
            return Setback.of("the server says the file has " + response.totalBytes().getAsLong() + " bytes, not " + total);
        }
        part.checkRoom(total - first);
        part.tag(new PartialFile.Tag(sha256, response.strongEtag()));
        progress.report(first, total);
        copy(response.body(), part, first, total, progress);
        if (part.length() < total) {
            return Setback.of("the server stopped after " + part.length() + " of " + total + " bytes");
        }
        return verify(file, part, sha256, first > 0);
    }

    private static Optional<String> expectedSha256(RemoteFile file, HubResponse response) {
        Optional<String> known = file.content().map(ModelReference.Content::sha256);
        if (known.isPresent() && response.linkedSha256().isPresent() && !known.equals(response.linkedSha256())) {
            throw new DownloadException("the hub offers another file under " + file.name()
                    + " than the catalogue lists (its SHA-256 differs); use a newer Waterspout, or name a revision");
        }
        return known.isPresent() ? known : response.linkedSha256();
    }

    private static long expectedBytes(RemoteFile file, HubResponse response) {
        OptionalLong known = file.content().isPresent() ? OptionalLong.of(file.content().get().bytes())
                : response.linkedBytes().isPresent() ? response.linkedBytes() : response.totalBytes();
        return known.orElseThrow(() -> new DownloadException("the hub does not say how long " + file.name()
                + " is, so it cannot be told whether it arrives whole; check the address " + file.address()));
    }

    private void copy(InputStream body, PartialFile part, long first, long total, DownloadProgress progress) throws IOException {
        byte[] piece = new byte[PIECE];
        long at = first;
        try (SilenceGuard guard = new SilenceGuard(body, patience.silence)) {
            for (int read; (read = body.read(piece)) >= 0; ) {
                guard.heard();
                if (read > total - at) {
                    throw new IOException("the server sends more than the " + total + " bytes it announced");
                }
                part.append(piece, read);
                at += read;
                progress.report(at, total);
            }
        }
    }

    private static Optional<Setback> verify(RemoteFile file, PartialFile part, Optional<String> sha256, boolean resumed) {
        String actual = sha256.isPresent() ? part.sha256() : "";
        if (sha256.isPresent() && !sha256.get().equals(actual)) {
            part.truncate(0);
            if (resumed) {
                return Setback.of("the parts do not fit together: wrong checksum");
            }
            throw new DownloadException(file.name() + " arrived with the wrong checksum (SHA-256 " + actual + ", not " + sha256.get()
                    + ") and was thrown away; try again, or another network");
        }
        if (file.isGguf() && !part.beginsWith(GGUF)) {
            part.truncate(0);
            throw new DownloadException(file.name() + " is no GGUF file, perhaps a page of a proxy or a login; open "
                    + "the address in a browser to see what it is");
        }
        return Optional.empty();
    }
}
