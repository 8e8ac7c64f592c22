package org.waterspout.model.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.waterspout.error.ModelFormatException;
import org.waterspout.model.text.json.TokenizerJson;

/**
 * BERT's way from text to tokens (Devlin et al. 2018; the original's tokenization.py): a list of pieces and four switches, written as
 * the tokenizer.json that says the same.
 *
 * @param pieces       [tokens] words, and {@code ##} before what continues one
 * @param lowercase    whether capital letters become small
 * @param stripAccents whether accents are dropped; empty: when {@code lowercase} is
 * @param splitChinese whether each Chinese character is a word
 * @param source       where the pieces came from, for messages
 */
record WordPieceVocabulary(List<String> pieces, boolean lowercase, Optional<Boolean> stripAccents, boolean splitChinese,
        String source) {

    /** Names of the special tokens: what begins, ends, hides, fills, and what is unknown. */
    private record Names(String cls, String sep, String mask, String pad, String unknown, boolean doubleSeparator) { }

    private static final Names BERT = new Names("[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", false);
    private static final Names MPNET = new Names("<s>", "</s>", "<mask>", "<pad>", "[UNK]", true);

    /** The tokenizer, whose special tokens {@code neighbours} names where they are not the usual ones. */
    JsonTokenizer tokenizer(Neighbours neighbours) {
        ObjectNode config = neighbours.config();
        Map<String, Integer> tokens = new LinkedHashMap<>();
        for (int token = 0; token < pieces.size(); token++) {
            tokens.put(pieces.get(token), token);
        }
        Names usual = tokens.containsKey(BERT.cls) || !tokens.containsKey(MPNET.cls) ? BERT : MPNET;
        Names names = new Names(name(config, "cls_token", usual.cls), name(config, "sep_token", usual.sep),
                name(config, "mask_token", usual.mask), name(config, "pad_token", usual.pad),
                name(config, "unk_token", usual.unknown), usual.doubleSeparator);
        for (String needed : List.of(names.cls, names.sep, names.unknown)) {
            if (!tokens.containsKey(needed)) {
                throw new ModelFormatException(source + " lacks the token " + needed + ", without which no text can be encoded");
            }
        }
        ObjectNode json = TokenizerJson.JSON.createObjectNode();
        ArrayNode added = json.putArray("added_tokens");
        for (String special : new LinkedHashSet<>(List.of(names.pad, names.unknown, names.cls, names.sep, names.mask))) {
            if (tokens.containsKey(special)) {
                added.addObject().put("id", tokens.get(special)).put("content", special).put("single_word", false)
                        .put("lstrip", special.equals(MPNET.mask)).put("rstrip", false).put("normalized", false)
                        .put("special", true);
            }
        }
        ObjectNode normalizer = json.putObject("normalizer").put("type", "BertNormalizer").put("clean_text", true)
                .put("handle_chinese_chars", splitChinese).put("lowercase", lowercase);
        stripAccents.ifPresentOrElse(strip -> normalizer.put("strip_accents", strip), () -> normalizer.putNull("strip_accents"));
        json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
        ObjectNode processor = json.putObject("post_processor")
                .put("type", names.doubleSeparator ? "RobertaProcessing" : "BertProcessing");
        processor.putArray("sep").add(names.sep).add(tokens.get(names.sep));
        processor.putArray("cls").add(names.cls).add(tokens.get(names.cls));
        if (names.doubleSeparator) {
            processor.put("trim_offsets", true).put("add_prefix_space", false);
        }
        json.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
        ObjectNode model = json.putObject("model").put("type", "WordPiece").put("unk_token", names.unknown)
                .put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
        ObjectNode vocab = model.putObject("vocab");
        tokens.forEach(vocab::put);
        ObjectNode named = TokenizerJson.JSON.createObjectNode().put("pad_token", names.pad).put("mask_token", names.mask)
                .put("clean_up_tokenization_spaces", config.path("clean_up_tokenization_spaces").asBoolean());
        for (String key : List.of("bos_token", "eos_token")) {
            if (config.has(key)) {
                named.set(key, config.get(key));
            }
        }
        return JsonTokenizer.of(new TokenizerJson(json, source), neighbours.with(named));
    }

    /** What {@code config} calls the token, by a string or an object with its content. */
    static String name(ObjectNode config, String key, String usual) {
        String name = config.path(key).isObject() ? config.path(key).path("content").asText() : config.path(key).asText();
        return config.hasNonNull(key) && !name.isEmpty() ? name : usual;
    }
}
