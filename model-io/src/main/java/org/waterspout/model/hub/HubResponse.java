package org.waterspout.model.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.waterspout.error.DownloadException;

/**
 * The answer to a request for a file, after the redirects from the hub to whoever has the data. For large files the hub's own
 * answer carries the SHA-256 (X-Linked-ETag) and the length (X-Linked-Size); the data's answer has neither for certain.
 *
 * @param status       of the last answer
 * @param headers      of the last answer
 * @param body         of the last answer; must be closed
 * @param linkedSha256 lower-case hexadecimal, where the hub gave one
 * @param linkedBytes  where the hub gave it
 */
record HubResponse(int status, HttpHeaders headers, InputStream body, Optional<String> linkedSha256, OptionalLong linkedBytes)
        implements AutoCloseable {

    private static final int MAX_REDIRECTS = 8;
    private static final Pattern SHA256 = Pattern.compile("\"?([0-9a-fA-F]{64})\"?");
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (?:(\\d{1,18})-\\d{1,18}|\\*)/(\\d{1,18}|\\*)");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

    /**
     * @param secrets headers for an address, and for no other: each redirect asks again
     * @param from    first byte wanted; 0 asks for the whole file
     * @param ifRange the ETag under which the bytes before {@code from} were received
     */
    static HubResponse request(HttpClient client, URI address, Function<URI, Map<String, String>> secrets, long from,
            Optional<String> ifRange, Duration timeout) throws IOException, InterruptedException {
        URI at = address;
        Optional<String> sha256 = Optional.empty();
        OptionalLong bytes = OptionalLong.empty();
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(timeout).header("User-Agent", "waterspout")
                    // compressed data could not be resumed, nor compared with the published length
                    .header("Accept-Encoding", "identity");
            secrets.apply(at).forEach(request::header);
            if (from > 0) {
                request.header("Range", "bytes=" + from + "-");
                ifRange.ifPresent(etag -> request.header("If-Range", etag));
            }
            HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            HttpHeaders headers = response.headers();
            if (sha256.isEmpty()) {
                sha256 = headers.firstValue("X-Linked-ETag").flatMap(HubResponse::sha256);
                bytes = number(headers, "X-Linked-Size");
            }
            if (response.statusCode() / 100 != 3 || response.statusCode() == 304) {
                return new HubResponse(response.statusCode(), headers, response.body(), sha256, bytes);
            }
            response.body().close();
            at = target(at, headers);
        }
        throw new DownloadException(address + " is redirected more than " + MAX_REDIRECTS
                + " times; check the address, or try again later");
    }

    private static URI target(URI from, HttpHeaders headers) {
        String location = headers.firstValue("Location").orElseThrow(() ->
                new DownloadException(from + " redirects to nowhere; check the address, or try again later"));
        try {
            URI to = from.resolve(location);
            String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
            if (to.getHost() != null && (scheme.equals("https") || scheme.equals("http") && from.getScheme().equals("http"))) {
                return to;
            }
        } catch (IllegalArgumentException malformed) {
            throw new DownloadException(from.getHost() + " redirects to an address that is none; try again later", malformed);
        }
        throw new DownloadException(from.getHost() + " redirects to an insecure or unusable address; check the address that was asked for");
    }

    private static Optional<String> sha256(String etag) {
        Matcher matcher = SHA256.matcher(etag);
        return matcher.matches() ? Optional.of(matcher.group(1).toLowerCase(Locale.ROOT)) : Optional.empty();
    }

    private static OptionalLong number(HttpHeaders headers, String name) {
        return headers.firstValue(name).filter(value -> NUMBER.matcher(value).matches())
                .map(value -> OptionalLong.of(Long.parseLong(value))).orElseGet(OptionalLong::empty);
    }

    /** A strong ETag; a weak one does not promise the same bytes. */
    Optional<String> strongEtag() {
        return headers.firstValue("ETag").filter(etag -> etag.matches("\"[\\x21\\x23-\\x7E]{1,200}\""));
    }

    /** Index of the body's first byte in the whole file. */
    OptionalLong firstByte() {
        if (status != 206) {
            return OptionalLong.of(0);
        }
        Matcher range = contentRange();
        return range.matches() && range.group(1) != null ? OptionalLong.of(Long.parseLong(range.group(1))) : OptionalLong.empty();
    }

    /** Length of the whole file, as far as this answer tells. */
    OptionalLong totalBytes() {
        if (status == 200) {
            return number(headers, "Content-Length");
        }
        Matcher range = contentRange();
        return range.matches() && !range.group(2).equals("*") ? OptionalLong.of(Long.parseLong(range.group(2)))
                : OptionalLong.empty();
    }

    private Matcher contentRange() {
        return CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
    }

    /** How long the server asks to be left alone. */
    Optional<Duration> retryAfter() {
        return number(headers, "Retry-After").stream().mapToObj(Duration::ofSeconds).findFirst();
    }

    @Override
    public void close() throws IOException {
        body.close();
    }
}
