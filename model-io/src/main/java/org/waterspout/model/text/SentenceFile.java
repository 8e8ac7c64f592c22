package org.waterspout.model.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The file beside a tokenizer in which sentence-transformers says how long texts may be, and whether their letters become small. */
public final class SentenceFile {

    /** Each kind of model once had its own; the first that is there counts. */
    private static final List<String> NAMES = List.of("sentence_bert_config.json", "sentence_roberta_config.json",
            "sentence_distilbert_config.json", "sentence_camembert_config.json", "sentence_albert_config.json",
            "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json");

    private SentenceFile() {
    }

    public static Optional<Path> in(Path folder) {
        return NAMES.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }
}
