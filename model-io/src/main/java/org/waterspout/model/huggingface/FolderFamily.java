package org.waterspout.model.huggingface;

import java.util.List;
import java.util.Set;

/**
 * How the folders of a family are read.
 *
 * @param family     general.architecture of the canonical form
 * @param modelTypes model_type in config.json
 * @param prefixes   that names of tensors may have before those of the table, as part of a model with a head
 * @param output     whose weights the output has
 * @param names      of its tensors
 * @param keys       from its configuration
 */
record FolderFamily(String family, Set<String> modelTypes, List<String> prefixes, Output output, NameTable names, KeyReader keys) {

    /** Whose weights the output has where the configuration does not say (tie_word_embeddings). */
    enum Output {
        /** The embedding's. */
        TIED,
        /** Its own. */
        OWN,
        /** Its own where the files have them, else the embedding's, whatever the configuration says: it means something else by it. */
        AS_STORED
    }

    /** Turns a configuration into canonical keys. */
    @FunctionalInterface
    interface KeyReader {
        void read(Config config, Keys keys);
    }
}
