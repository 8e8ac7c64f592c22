package org.waterspout.model.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.InvalidRequestException;

class ModelReferenceTest {

    private static final URI HUB = URI.create("https://hub.example/");

    @Test
    void readsReferences() {
        ModelReference plain = ModelReference.parse("hf:owner/na.me-1/file.gguf");
        assertEquals(new ModelReference("owner/na.me-1", "file.gguf", "main", Optional.empty()), plain);
        assertEquals(URI.create("https://hub.example/owner/na.me-1/resolve/main/file.gguf"), plain.address(HUB));
        assertEquals(Path.of("owner/na.me-1/file.gguf"), plain.place());

        ModelReference deep = ModelReference.parse("hf:owner/name/a b/f%1.gguf@refs/pr/2");
        assertEquals(URI.create("https://hub.example/owner/name/resolve/refs%2Fpr%2F2/a%20b/f%251.gguf"), deep.address(HUB));
        assertEquals(Path.of("owner/name@refs-pr-2/a b/f%1.gguf"), deep.place());
        assertEquals("hf:owner/name/a b/f%1.gguf@refs/pr/2", deep.toString());
        assertEquals(deep, ModelReference.parse(deep.toString()));
    }

    @Test
    void readsCatalogueNames() {
        for (ModelCatalogue.Entry entry : ModelCatalogue.entries()) {
            assertEquals(entry.reference(), ModelReference.parse(entry.name()));
            assertTrue(entry.artifact().isPresent() || entry.reference().revision().matches("[0-9a-f]{40}"),
                    "a commit, not a branch that moves");
            assertTrue(entry.bytes() > 1_000_000, entry.name());
        }
        assertEquals(ModelCatalogue.entries().size(),
                ModelCatalogue.entries().stream().map(ModelCatalogue.Entry::name).distinct().count());
        ModelReference other = ModelReference.parse("SmolLM2-135M-Instruct@main");
        assertEquals("main", other.revision());
        assertEquals(Optional.empty(), other.content(), "another revision has another content");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hf:", "hf:owner", "hf:owner/name", "hf:owner/name/", "hf:/name/f.gguf", "hf:owner/../f.gguf",
        "hf:owner/name/../../f.gguf", "hf:owner/name/a//b.gguf", "hf:owner/name/f.gguf@", "hf:owner/name/f.gguf@../x",
        "hf:owner/name/f.gguf@a b", "hf:ow ner/name/f.gguf", "hf:owner/name/a\\b.gguf", "hf:owner/name/C:f.gguf",
        "hf:owner/name/f\n.gguf", "no-such-model", "hf:owner/name/m-00001-of-00000.gguf", "hf:owner/name/m-00001-of-99999.gguf"})
    void whatIsNoReferenceIsRefused(String text) {
        InvalidRequestException refused = assertThrows(InvalidRequestException.class, () -> ModelReference.parse(text).parts());
        assertEquals(1, refused.getMessage().lines().count());
        assertTrue(refused.getMessage().contains("hf:owner/name/file.gguf"), refused.getMessage());
    }

    @Test
    void aModelInPartsIsAllOfThem() {
        ModelReference first = ModelReference.parse("hf:owner/name/q8/m-00001-of-00003.gguf@v1");
        assertEquals(3, first.parts().size());
        assertEquals("q8/m-00003-of-00003.gguf", first.parts().getLast().file());
        assertEquals("v1", first.parts().getLast().revision());
        assertFalse(ModelReference.parse("hf:owner/name/m-00002-of-00003.gguf").parts().size() > 1);
    }
}
