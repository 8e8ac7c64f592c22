package org.waterspout.model.marian;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Options of Marian: those of a model, written into it, or those of its decoder, in a file beside it.
 *
 * @param source what the options are those of, for messages
 * @param values by name
 */
record MarianConfig(String source, Map<?, ?> values) {

    private static final int MAX_CHARACTERS = 1 << 20;
    private static final int MAX_NESTING = 8;
    private static final int MAX_SIZE = 1 << 24;

    /**
     * The options that change what is computed, with the values that are built: those of all of Firefox's models. What a file does not
     * say is Marian's default, which is one of these except where {@link #SAID} lists the option.
     */
    private static final Map<String, List<Object>> BUILT = Map.ofEntries(
            Map.entry("type", List.of("transformer")),
            Map.entry("dec-cell", List.of("ssru")),
            Map.entry("transformer-decoder-autoreg", List.of("rnn")),
            Map.entry("transformer-preprocess", List.of("")),
            Map.entry("transformer-postprocess", List.of("dan")),
            Map.entry("transformer-postprocess-emb", List.of("d", "")),
            Map.entry("transformer-postprocess-top", List.of("")),
            Map.entry("transformer-ffn-activation", List.of("relu")),
            Map.entry("transformer-ffn-depth", List.of(2)),
            Map.entry("transformer-train-position-embeddings", List.of(false)),
            Map.entry("transformer-no-projection", List.of(false)),
            Map.entry("transformer-pool", List.of(false)),
            Map.entry("transformer-tied-layers", List.of(List.of())),
            Map.entry("input-types", List.of(List.of())),
            Map.entry("lemma-dim-emb", List.of(0)),
            Map.entry("layer-normalization", List.of(false)),
            Map.entry("output-omit-bias", List.of(false)),
            Map.entry("right-left", List.of(false)),
            Map.entry("skip", List.of(false)),
            Map.entry("ulr", List.of(false)));

    /** These must be said: what Marian takes by default is not built. */
    private static final List<String> SAID = List.of("type", "dec-cell", "transformer-decoder-autoreg", "transformer-postprocess");

    static MarianConfig parse(String source, String yaml) {
        LoaderOptions limits = new LoaderOptions();
        limits.setCodePointLimit(MAX_CHARACTERS);
        limits.setNestingDepthLimit(MAX_NESTING);
        limits.setMaxAliasesForCollections(0);
        limits.setAllowDuplicateKeys(false);
        try {
            if (new Yaml(new SafeConstructor(limits)).load(yaml) instanceof Map<?, ?> map) {
                return new MarianConfig(source, map);
            }
        } catch (YAMLException malformed) {
            throw new ModelFormatException(source + " is no sound YAML: " + malformed.getMessage().lines().findFirst().orElse("")
                    + "; get the file again", malformed);
        }
        throw new ModelFormatException(source + " is no list of options; get the file again");
    }

    /** Refuses the options of a model that is not built. */
    void checkBuilt() {
        for (Map.Entry<String, List<Object>> option : BUILT.entrySet()) {
            if (!values.containsKey(option.getKey()) && !SAID.contains(option.getKey())) {
                continue;
            }
            Object value = values.get(option.getKey());
            if (value == null || !option.getValue().contains(value)) {
                throw new UnsupportedModelException(source + ": " + option.getKey() + " is " + Quoted.of(String.valueOf(value))
                        + ", but only " + option.getValue().getFirst() + " is built, as in Firefox's models");
            }
        }
        if (!flag("tied-embeddings-all") && !flag("tied-embeddings")) {
            throw new UnsupportedModelException(source + ": neither tied-embeddings-all nor tied-embeddings is true, but only models "
                    + "whose output is tied to the decoder's embedding are built");
        }
    }

    int size(String option) {
        return size(option, values.get(option));
    }

    int size(String option, Object value) {
        if (value instanceof Integer size && size > 0 && size <= MAX_SIZE) {
            return size;
        }
        throw new ModelFormatException(source + ": " + option + " is " + Quoted.of(String.valueOf(value)) + ", no size of a model");
    }

    /** Of the source's vocabulary and the target's. */
    List<Integer> vocabularies() {
        if (values.get("dim-vocabs") instanceof List<?> sizes && sizes.size() == 2) {
            return sizes.stream().map(size -> size("dim-vocabs", size)).toList();
        }
        throw new ModelFormatException(source + ": dim-vocabs is " + Quoted.of(String.valueOf(values.get("dim-vocabs")))
                + ", not two sizes");
    }

    boolean flag(String option) {
        return Boolean.TRUE.equals(values.get(option));
    }

    Optional<Double> number(String option) {
        Object value = values.get(option);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            return Optional.of(number.doubleValue());
        }
        throw new ModelFormatException(source + ": " + option + " is " + Quoted.of(value.toString()) + ", no number");
    }
}
