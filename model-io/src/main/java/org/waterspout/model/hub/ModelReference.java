package org.waterspout.model.hub;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * A file of a repository on the hub.
 *
 * @param repository owner and name with a slash between
 * @param file       path within the repository
 * @param revision   branch, tag or commit
 * @param content    what the file must be, where that is known beforehand
 */
public record ModelReference(String repository, String file, String revision, Optional<Content> content) {

    private static final String SCHEME = "hf:";
    private static final String DEFAULT_REVISION = "main";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
    private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/-]*");
    private static final Pattern SHARD = Pattern.compile("(.*)-00001-of-(\\d{5})\\.gguf");
    private static final int MAX_SHARDS = 1000;

    /** Length in bytes and SHA-256 in lower-case hexadecimal. */
    public record Content(long bytes, String sha256) {

        public Content {
            if (bytes <= 0 || !sha256.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException("no content has " + bytes + " bytes and the SHA-256 " + sha256);
            }
        }
    }

    public ModelReference {
        String[] ownerAndName = repository.split("/", -1);
        boolean sound = ownerAndName.length == 2 && Arrays.stream(ownerAndName).allMatch(part -> NAME.matcher(part).matches())
                && Arrays.stream(file.split("/", -1)).allMatch(ModelReference::isFileName)
                && REVISION.matcher(revision).matches() && !revision.contains("..") && !revision.endsWith("/");
        if (!sound) {
            throw malformed(SCHEME + repository + "/" + file + "@" + revision);
        }
    }

    /**
     * Reads {@code hf:owner/name/file.gguf}, {@code hf:owner/name/file.gguf@revision}, or a name of {@link ModelCatalogue}
     * with or without a revision.
     *
     * @throws InvalidRequestException if it is none of these
     */
    public static ModelReference parse(String text) {
        int at = text.lastIndexOf('@');
        String place = at < 0 ? text : text.substring(0, at);
        Optional<String> revision = at < 0 ? Optional.empty() : Optional.of(text.substring(at + 1));
        if (!place.startsWith(SCHEME)) {
            ModelReference listed = ModelCatalogue.find(place).orElseThrow(() -> unknown(text)).reference();
            // another revision has another content
            return revision.map(other -> new ModelReference(listed.repository, listed.file, other, Optional.empty()))
                    .orElse(listed);
        }
        String[] parts = place.substring(SCHEME.length()).split("/", 3);
        if (parts.length < 3) {
            throw malformed(text);
        }
        return new ModelReference(parts[0] + "/" + parts[1], parts[2], revision.orElse(DEFAULT_REVISION), Optional.empty());
    }

    private static InvalidRequestException unknown(String text) {
        return new InvalidRequestException(Quoted.of(text) + " is no catalogue name (" + ModelCatalogue.names()
                + "), no name of Firefox's models such as firefox-en-pt, and not hf:owner/name/file.gguf");
    }

    private static InvalidRequestException malformed(String text) {
        return new InvalidRequestException(Quoted.of(text) + " is no reference to a model; write hf:owner/name/file.gguf or "
                + "hf:owner/name/file.gguf@revision");
    }

    private static boolean isFileName(String part) {
        return !part.isBlank() && !part.equals(".") && !part.equals("..")
                && part.chars().noneMatch(c -> Character.isISOControl(c) || c == '\\' || c == ':');
    }

    /** All files of the model: this one, or where its name says it is the first of several parts, all of them. */
    public List<ModelReference> parts() {
        Matcher shard = SHARD.matcher(file);
        if (!shard.matches()) {
            return List.of(this);
        }
        int count = Integer.parseInt(shard.group(2));
        if (count < 1 || count > MAX_SHARDS) {
            throw malformed(SCHEME + repository + "/" + file);
        }
        return IntStream.rangeClosed(1, count).mapToObj(i -> i == 1 ? this : new ModelReference(repository,
                "%s-%05d-of-%05d.gguf".formatted(shard.group(1), i, count), revision, Optional.empty())).toList();
    }

    /** Where the hub offers the file. */
    URI address(URI hub) {
        String root = hub.toString().replaceAll("/+$", "");
        String path = Arrays.stream(file.split("/")).map(ModelReference::encode).collect(Collectors.joining("/"));
        return URI.create(root + "/" + repository + "/resolve/" + encode(revision) + "/" + path);
    }

    private static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Where the file is kept, relative to the folder of pulled models; one of another revision has a folder of its own. */
    Path place() {
        boolean usual = content.isPresent() || revision.equals(DEFAULT_REVISION);
        return Path.of(usual ? repository : repository + "@" + revision.replace('/', '-'), file.split("/"));
    }

    @Override
    public String toString() {
        return SCHEME + repository + "/" + file + (revision.equals(DEFAULT_REVISION) ? "" : "@" + revision);
    }
}
