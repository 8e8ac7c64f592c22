package org.waterspout.model.huggingface;

import java.util.List;
import java.util.Set;

/**
 * How the folders of a family are read.
 *
 * @param family     general.architecture of the canonical form
 * @param modelTypes model_type in config.json
 * @param prefixes   that names of tensors may have before those of the table, as part of a model with a head
 * @param tied       whether the output is tied to the embedding where the configuration does not say
 * @param names      of its tensors
 * @param keys       from its configuration
 */
record Row(String family, Set<String> modelTypes, List<String> prefixes, boolean tied, NameTable names, KeyReader keys) {

    /** Turns a configuration into canonical keys. */
    @FunctionalInterface
    interface KeyReader {
        void read(Config config, Keys keys);
    }
}
