package org.waterspout.model.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.DownloadException;

/**
 * A translation model of Firefox by a name such as firefox-en-pt, in Mozilla's public registry: the file models.json, which db/updater.py
 * of the repository mozilla/translations writes.
 *
 * @param source language, as the registry calls it
 * @param target language
 */
public record FirefoxModel(String source, String target) {

    private static final Logger LOG = LoggerFactory.getLogger(FirefoxModel.class);
    private static final String LANGUAGE = "([a-z]{2,3}(?:_[a-z]{2,8})?)";
    private static final Pattern NAME = Pattern.compile("firefox-" + LANGUAGE + "-" + LANGUAGE);
    private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_./-]*/([A-Za-z0-9_][A-Za-z0-9._-]*\\.(?:bin|spm))\\.gz");
    /** What Firefox on a desktop takes first comes first. */
    private static final List<String> RELEASES = List.of("Release Desktop", "Release", "Release Android", "Nightly");

    /**
     * A file of the model.
     *
     * @param name    in the model's folder
     * @param packed  the file as the server has it, packed by gzip
     * @param content what it must be once it is unpacked, where the registry says it: for the weights
     */
    record Part(String name, RemoteFile packed, Optional<ModelReference.Content> content) {
    }

    /**
     * Which files the registry has for the model.
     *
     * @param entry as the registry has it, which tells one version from another
     */
    record Release(String entry, List<Part> parts) {
    }

    /** Reads {@code firefox-SOURCE-TARGET}; absent for any other text. */
    public static Optional<FirefoxModel> parse(String text) {
        Matcher name = NAME.matcher(text.toLowerCase(Locale.ROOT));
        return name.matches() ? Optional.of(new FirefoxModel(name.group(1), name.group(2))) : Optional.empty();
    }

    /** What the command line calls it. */
    public String name() {
        return "firefox-" + source + "-" + target;
    }

    /** Where its folder is kept, relative to the folder of pulled models. */
    Path place() {
        return Path.of("mozilla", name());
    }

    /**
     * @param registry the content of models.json
     * @param address  where that was
     * @throws DownloadException if there is no released model of these languages, or the registry says something that is no model
     */
    Release release(JsonNode registry, URI address) {
        JsonNode entry = released(registry, address);
        JsonNode files = entry.path("files");
        String base = registry.path("baseUrl").asText().replaceAll("/+$", "");
        List<Part> parts = new ArrayList<>();
        for (String role : files.has("vocab") ? List.of("model", "vocab", "lexicalShortlist")
                : List.of("model", "srcVocab", "trgVocab", "lexicalShortlist")) {
            if (files.has(role) || !role.equals("lexicalShortlist")) {
                parts.add(part(role, files.path(role), base, address));
            }
        }
        return new Release(entry.toPrettyString(), parts);
    }

    private JsonNode released(JsonNode registry, URI address) {
        List<JsonNode> entries = registry.path("models").path(source + "-" + target).valueStream().toList();
        if (entries.isEmpty()) {
            TreeSet<String> languages = new TreeSet<>();
            registry.path("models").forEach(models -> models.forEach(model -> {
                languages.add(model.path("sourceLanguage").asText());
                languages.add(model.path("targetLanguage").asText());
            }));
            throw new DownloadException(languages.isEmpty() ? address + " lists no models; check the address"
                    : "Mozilla has no model from " + source + " to " + target + "; its languages, most of them to and from en, are "
                            + String.join(", ", languages));
        }
        for (String release : RELEASES) {
            for (JsonNode entry : entries) {
                if (entry.path("releaseStatus").asText().equals(release)) {
                    if (release.equals("Nightly")) {
                        LOG.warn("{} is not in a release of Firefox yet, only in its nightly builds", name());
                    }
                    return entry;
                }
            }
        }
        throw new DownloadException(name() + " is listed by Mozilla, but was never released");
    }

    private Part part(String role, JsonNode file, String base, URI registry) {
        Matcher path = FILE.matcher(file.path("path").asText());
        boolean sound = path.matches() && !path.group().contains("..")
                && (base.startsWith("https://") || base.startsWith(registry.getScheme() + "://"));
        Optional<ModelReference.Content> content = Optional.of(file).filter(stated -> stated.has("uncompressedHash"))
                .filter(stated -> stated.path("uncompressedHash").asText().matches("[0-9a-f]{64}")
                && stated.path("uncompressedSize").asLong() > 0).map(stated ->
                new ModelReference.Content(stated.path("uncompressedSize").asLong(), stated.path("uncompressedHash").asText()));
        if (!sound || role.equals("model") && content.isEmpty()) {
            throw new DownloadException(registry + " does not say " + (sound ? "what the weights of " : "where the file " + role + " of ")
                    + name() + (sound ? " must be" : " is") + "; check the address, or try again later");
        }
        return new Part(path.group(1), new RemoteFile(name() + "/" + path.group(1), URI.create(base + "/" + path.group()),
                registry.toString(), Optional.empty()), content);
    }
}
