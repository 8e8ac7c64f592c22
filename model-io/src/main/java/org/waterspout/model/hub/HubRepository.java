package org.waterspout.model.hub;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.waterspout.error.DownloadException;

/**
 * A repository of the hub whose model is a whole folder: configuration, tokenizer and safetensors.
 *
 * @param name     owner and name with a slash between
 * @param revision branch, tag or commit
 */
public record HubRepository(String name, String revision) {

    private static final Pattern REFERENCE =
            Pattern.compile("hf:([A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*)(?:@([A-Za-z0-9_][A-Za-z0-9._-]*))?");

    /** What describes the model and its text; other configurations and examples are of no use here. */
    private static final Pattern DESCRIPTION = Pattern.compile("config\\.json|generation_config\\.json|preprocessor_config\\.json"
            + "|modules\\.json|config_sentence_transformers\\.json|sentence_bert_config\\.json|[0-9]_[A-Za-z]+/config\\.json"
            + "|tokenizer\\.json|tokenizer_config\\.json|special_tokens_map\\.json|added_tokens\\.json|vocab\\.txt|vocab\\.json"
            + "|target_vocab\\.json|merges\\.txt|chat_template\\.jinja|[A-Za-z0-9._-]+\\.(spm|model)");
    private static final String WEIGHTS = "model.safetensors";
    private static final Pattern SHARDS = Pattern.compile("model\\.safetensors\\.index\\.json|model-[0-9]{5}-of-[0-9]{5}\\.safetensors");

    /** Reads {@code hf:owner/name} or {@code hf:owner/name@revision}; absent if the text names a file, or no repository. */
    public static Optional<HubRepository> parse(String text) {
        Matcher matcher = REFERENCE.matcher(text);
        return matcher.matches() ? Optional.of(new HubRepository(matcher.group(1), Optional.ofNullable(matcher.group(2)).orElse("main")))
                : Optional.empty();
    }

    /** Where the hub lists its files. */
    URI address(URI hub) {
        return URI.create(hub.toString().replaceAll("/+$", "") + "/api/models/" + name + "/revision/"
                + URLEncoder.encode(revision, StandardCharsets.UTF_8));
    }

    /**
     * Those files that a model needs, its weights last.
     *
     * @param all names of the repository's files
     * @throws DownloadException if there are no safetensors among them
     */
    List<ModelReference> needed(List<String> all) {
        List<String> weights = all.contains(WEIGHTS) ? List.of(WEIGHTS)
                : all.stream().filter(file -> SHARDS.matcher(file).matches()).sorted().toList();
        if (weights.isEmpty() || !all.contains("config.json")) {
            String gguf = all.stream().filter(file -> file.endsWith(".gguf")).findFirst()
                    .map(file -> "; name one of its GGUF files, such as hf:" + name + "/" + file)
                    .orElse("; look for a revision or a copy of the model that has them");
            throw new DownloadException("hf:" + name + " has no " + (weights.isEmpty() ? "safetensors" : "config.json") + gguf);
        }
        return Stream.concat(all.stream().filter(file -> DESCRIPTION.matcher(file).matches()).sorted(), weights.stream())
                .map(file -> new ModelReference(name, file, revision, Optional.empty())).toList();
    }
}
