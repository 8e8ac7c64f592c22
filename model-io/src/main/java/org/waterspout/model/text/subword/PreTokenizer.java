package org.waterspout.model.text.subword;

import java.util.List;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/**
 * How a byte-level tokenizer cuts text into words before it merges bytes: the values of {@code tokenizer.ggml.pre} and
 * the expressions llama.cpp (llama-vocab.cpp) and the tokenizer.json files of the models use for them.
 *
 * @param names        values of the key that mean this one
 * @param expressions  applied one after the other, each cutting what the one before left whole; both what matches and
 *                     what lies between becomes a piece
 * @param ignoreMerges whether a word that is itself a token is taken whole, whatever the merges say
 * @param addsBos      whether a prompt gets a begin token when the file does not say
 */
public record PreTokenizer(List<String> names, List<String> expressions, boolean ignoreMerges, boolean addsBos) {

    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String CONTRACTION = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
    private static final String AFTER_DIGITS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String WORDS = CONTRACTION + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String CASED_WORDS = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+|[^\\r\\n\\p{L}\\p{N}]?"
            + UPPER + "+" + LOWER + "*";
    private static final String AFTER_DIGITS_SLASH = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final List<PreTokenizer> TABLE = List.of(
            new PreTokenizer(List.of("default"),
                    List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"), false, false),
            new PreTokenizer(List.of("gpt-2", "phi-2", "roberta-bpe", "mpt", "olmo", "jais", "exaone4", "trillion", "jina-es", "jina-de",
                    "jina-v1-en", "jina-v2-es", "jina-v2-de"), List.of(GPT2), false, false),
            new PreTokenizer(List.of("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"),
                    List.of("\\p{N}", GPT2), false, false),
            new PreTokenizer(List.of("llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral"),
                    List.of(WORDS + "|\\p{N}{1,3}" + AFTER_DIGITS), true, true),
            new PreTokenizer(List.of("dbrx", "smaug-bpe"),
                    List.of(WORDS + "|\\p{N}{1,3}" + AFTER_DIGITS), false, false),
            new PreTokenizer(List.of("qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan"),
                    List.of(WORDS + "|\\p{N}" + AFTER_DIGITS), false, false),
            new PreTokenizer(List.of("tekken"),
                    List.of(CASED_WORDS + "|\\p{N}" + AFTER_DIGITS_SLASH), true, true));

    public static List<PreTokenizer> all() {
        return TABLE;
    }

    /** @throws UnsupportedModelException if no row of the table has {@code name} */
    public static PreTokenizer of(String name) {
        for (PreTokenizer row : TABLE) {
            if (row.names.contains(name)) {
                return row;
            }
        }
        throw new UnsupportedModelException("pre-tokenizer " + Quoted.of(name) + " (tokenizer.ggml.pre) is not built: use a model with "
                + "one of " + TABLE.stream().flatMap(row -> row.names.stream()).sorted().toList());
    }
}
