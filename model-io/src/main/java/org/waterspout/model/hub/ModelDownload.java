package org.waterspout.model.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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
    private static final byte[] GGUF = "GGUF".getBytes(StandardCharsets.US_ASCII);
    private static final int MOST_LISTING = 16 << 20;
    private static final int PIECE = 1 << 16;
    private static final int MOST_TRIES = 200;
    private static final int MOST_FRUITLESS_TRIES = 6;

    private final URI hub;
    private final Optional<String> token;
    private final Patience patience;
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
     * @param token of an account there, sent to that host only
     */
    public ModelDownload(URI hub, Optional<String> token, Patience patience) {
        this.hub = hub;
        this.token = token;
        this.patience = patience;
        this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.answer).build();
    }

    /**
     * From Hugging Face, or from the address in WATERSPOUT_HUB; with the token in HF_TOKEN where that is set.
     *
     * @throws InvalidRequestException if WATERSPOUT_HUB is no address, or HF_TOKEN no token
     */
    public static ModelDownload of(Map<String, String> environment) {
        String address = environment.getOrDefault("WATERSPOUT_HUB", HUGGING_FACE);
        Optional<String> token = Optional.ofNullable(environment.get("HF_TOKEN")).map(String::strip)
                .filter(text -> !text.isEmpty());
        if (token.isPresent() && !token.get().matches("[\\x21-\\x7E]+")) {
            throw new InvalidRequestException("HF_TOKEN holds characters that no token has; set it to the token alone");
        }
        return new ModelDownload(hubAddress(address), token, Patience.usual());
    }

    private static URI hubAddress(String address) {
        try {
            URI hub = URI.create(address);
            if (hub.getHost() != null && hub.getQuery() == null && hub.getFragment() == null
                    && ("https".equals(hub.getScheme()) || "http".equals(hub.getScheme()))) {
                return hub;
            }
        } catch (IllegalArgumentException malformed) {
            LOG.debug("WATERSPOUT_HUB is no address", malformed);
        }
        throw new InvalidRequestException("WATERSPOUT_HUB is '" + address.replaceAll("\\p{Cntrl}", "?")
                + "', no address such as " + HUGGING_FACE);
    }

    /**
     * Fetches one file; blocks until it is there.
     *
     * @param target where it shall be; what is there already is replaced
     * @throws DownloadException if it cannot be had: no such file, no access, no connection after several tries, a full disk,
     *         another content than promised. What arrived is kept beside {@code target} where a later call can go on with it
     */
    public void fetch(ModelReference reference, Path target, DownloadProgress progress) {
        try (PartialFile part = PartialFile.open(target.toAbsolutePath())) {
            Duration pause = patience.pause;
            int fruitless = 0;
            for (int tries = 1; ; tries++) {
                long before = part.length();
                Optional<Setback> outcome = tryOnce(reference, part, progress);
                if (outcome.isEmpty()) {
                    part.complete();
                    return;
                }
                Setback setback = outcome.get();
                boolean got = part.length() > before;
                fruitless = got ? 0 : fruitless + 1;
                pause = got ? patience.pause : pause;
                if (fruitless >= MOST_FRUITLESS_TRIES || tries >= MOST_TRIES) {
                    throw new DownloadException(reference + " did not arrive after " + tries + " tries (" + setback.reason
                            + "); check the network and run the same command again: it goes on from what is there",
                            setback.cause.orElse(null));
                }
                LOG.info("{}: {}; trying again", reference, setback.reason);
                Duration asked = setback.asked.orElse(pause);
                Thread.sleep(asked.compareTo(patience.longest) < 0 ? asked : patience.longest);
                pause = pause.multipliedBy(2).compareTo(patience.longest) < 0 ? pause.multipliedBy(2) : patience.longest;
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DownloadException(reference + " was interrupted; the same command goes on from what is there", interrupted);
        }
    }

    /**
     * The files of a model that is a whole folder.
     *
     * @throws DownloadException if the hub does not list them, or they hold no weights that can be read
     */
    public List<ModelReference> files(HubRepository repository) {
        try (HubResponse response = HubResponse.request(client, hub, repository.address(hub), token, 0, Optional.empty(), patience.answer)) {
            if (response.status() != 200) {
                throw new DownloadException(switch (response.status()) {
                    case 401, 403, 404 -> "the hub has no hf:" + repository.name() + " at " + repository.revision() + ", or does not show it ("
                            + response.status() + "): check the spelling; if it is private or gated, set HF_TOKEN";
                    default -> "the hub answers " + response.status() + " for hf:" + repository.name() + "; try again later";
                });
            }
            JsonNode listing = new ObjectMapper().readTree(response.body().readNBytes(MOST_LISTING));
            List<String> names = new ArrayList<>();
            listing.path("siblings").forEach(file -> names.add(file.path("rfilename").asText()));
            return repository.needed(names);
        } catch (JsonProcessingException malformed) {
            throw new DownloadException("the hub's list of the files of hf:" + repository.name() + " is no JSON; check WATERSPOUT_HUB", malformed);
        } catch (IOException failure) {
            throw new DownloadException("the files of hf:" + repository.name() + " cannot be listed (" + reason(failure)
                    + "); check the network and try again", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DownloadException("hf:" + repository.name() + " was interrupted; run the same command again", interrupted);
        }
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
    private Optional<Setback> tryOnce(ModelReference reference, PartialFile part, DownloadProgress progress)
            throws InterruptedException {
        PartialFile.Tag tag = part.tag();
        if (tag.none() || !reference.content().map(content -> tag.sha256().equals(Optional.of(content.sha256()))).orElse(true)) {
            part.truncate(0);
        }
        long from = part.length();
        try (HubResponse response = HubResponse.request(client, hub, reference.address(hub), token, from, tag.etag(),
                patience.answer)) {
            return switch (response.status()) {
                case 200, 206 -> receive(reference, part, tag, from, response, progress);
                case 416 -> nothingMore(reference, part, from, response);
                case 408, 429, 500, 502, 503, 504 ->
                        Optional.of(new Setback("the server answers " + response.status(), response.retryAfter(), Optional.empty()));
                default -> throw refused(reference, response.status());
            };
        } catch (IOException failure) {
            return Optional.of(new Setback(reason(failure), Optional.empty(), Optional.of(failure)));
        }
    }

    /** The server has no byte {@code from}: either all had arrived before, or what is here is no beginning of what is there. */
    private static Optional<Setback> nothingMore(ModelReference reference, PartialFile part, long from, HubResponse response) {
        if (from > 0 && response.totalBytes().equals(OptionalLong.of(from))) {
            return verify(reference, part, expectedSha256(reference, response), true);
        }
        part.truncate(0);
        return Setback.of("the server has no byte " + from);
    }

    private static String reason(IOException failure) {
        if (failure instanceof ConnectException || failure instanceof HttpConnectTimeoutException) {
            return "no connection";
        }
        String message = failure.getMessage() == null ? "" : ": " + failure.getMessage().lines().findFirst().orElse("");
        return "the connection failed with " + failure.getClass().getSimpleName() + message;
    }

    private DownloadException refused(ModelReference reference, int status) {
        String page = hub.toString().replaceAll("/+$", "") + "/" + reference.repository();
        return new DownloadException(switch (status) {
            case 401, 403 -> "the hub refuses " + reference + " (" + status + "): check the spelling; if it is private or gated, "
                    + "accept its terms at " + page + " and set HF_TOKEN to a token of your account";
            case 404 -> "the hub has no " + reference + " (404): look at " + page + " for the names of its files and revisions";
            default -> "the hub answers " + status + " for " + reference + ": look at " + page + ", or try again later";
        });
    }

    private Optional<Setback> receive(ModelReference reference, PartialFile part, PartialFile.Tag tag, long from, HubResponse response,
            DownloadProgress progress) throws IOException {
        Optional<String> sha256 = expectedSha256(reference, response);
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
        long total = expectedBytes(reference, response);
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
        return verify(reference, part, sha256, first > 0);
    }

    private static Optional<String> expectedSha256(ModelReference reference, HubResponse response) {
        Optional<String> known = reference.content().map(ModelReference.Content::sha256);
        if (known.isPresent() && response.linkedSha256().isPresent() && !known.equals(response.linkedSha256())) {
            throw new DownloadException("the hub offers another file under " + reference
                    + " than the catalogue lists (its SHA-256 differs); use a newer Waterspout, or name a revision");
        }
        return known.isPresent() ? known : response.linkedSha256();
    }

    private static long expectedBytes(ModelReference reference, HubResponse response) {
        OptionalLong known = reference.content().isPresent() ? OptionalLong.of(reference.content().get().bytes())
                : response.linkedBytes().isPresent() ? response.linkedBytes() : response.totalBytes();
        return known.orElseThrow(() -> new DownloadException("the hub does not say how long " + reference
                + " is, so it cannot be told whether it arrives whole; check WATERSPOUT_HUB"));
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

    private static Optional<Setback> verify(ModelReference reference, PartialFile part, Optional<String> sha256, boolean resumed) {
        String actual = sha256.isPresent() ? part.sha256() : "";
        if (sha256.isPresent() && !sha256.get().equals(actual)) {
            part.truncate(0);
            if (resumed) {
                return Setback.of("the parts do not fit together: wrong checksum");
            }
            throw new DownloadException(reference + " arrived with the wrong checksum (SHA-256 " + actual + ", not " + sha256.get()
                    + ") and was thrown away; try again, or another network");
        }
        if (reference.file().endsWith(".gguf") && !part.beginsWith(GGUF)) {
            part.truncate(0);
            throw new DownloadException(reference + " is no GGUF file, perhaps a page of a proxy or a login; open "
                    + "the address in a browser to see what it is");
        }
        return Optional.empty();
    }
}
