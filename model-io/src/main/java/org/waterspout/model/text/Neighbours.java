package org.waterspout.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.waterspout.model.text.json.TokenizerJson;
import org.waterspout.model.text.subword.Vocabulary;

/**
 * What the files beside a tokenizer say of its special tokens.
 *
 * @param config     tokenizer_config.json
 * @param map        special_tokens_map.json, which older directories have
 * @param generation generation_config.json
 * @param model      config.json
 * @param sentences  what sentence-transformers says of the texts, in the first of its files that is there
 */
record Neighbours(ObjectNode config, ObjectNode map, ObjectNode generation, ObjectNode model, ObjectNode sentences) {

    static Neighbours of(Path folder) {
        return new Neighbours(TokenizerJson.optionalObject(folder, "tokenizer_config.json"),
                TokenizerJson.optionalObject(folder, "special_tokens_map.json"),
                TokenizerJson.optionalObject(folder, "generation_config.json"), TokenizerJson.optionalObject(folder, "config.json"),
                SentenceFile.in(folder).map(TokenizerJson::object).orElseGet(TokenizerJson.JSON::createObjectNode));
    }

    /** The same, with {@code tokens} instead of tokenizer_config.json's names. */
    Neighbours with(ObjectNode tokens) {
        return new Neighbours(tokens, map, generation, model, sentences);
    }

    /** No file but a tokenizer_config.json of these contents. */
    static Neighbours only(ObjectNode config) {
        ObjectNode none = TokenizerJson.JSON.createObjectNode();
        return new Neighbours(config, none, none, none, none);
    }

    /** The token that {@code key} ({@code eos_token}) names, or whose number the model's files give ({@code eos_token_id}). */
    OptionalInt token(Vocabulary vocabulary, String key) {
        for (ObjectNode file : new ObjectNode[] {config, map}) {
            // a string, or an object whose content is the name
            JsonNode name = file.path(key).isObject() ? file.path(key).path("content") : file.path(key);
            OptionalInt token = name.isTextual() ? vocabulary.id(name.asText()) : OptionalInt.empty();
            if (token.isPresent()) {
                return token;
            }
        }
        for (ObjectNode file : new ObjectNode[] {generation, model}) {
            JsonNode number = file.path(key + "_id").isArray() ? file.path(key + "_id").path(0) : file.path(key + "_id");
            if (number.isInt() && number.asInt() >= 0 && number.asInt() < vocabulary.size()) {
                return OptionalInt.of(number.asInt());
            }
        }
        return OptionalInt.empty();
    }

    /** {@code eos}, all that the model's files count as such, and special tokens with a name that ends a turn or a text. */
    Set<Integer> endTokens(Vocabulary vocabulary, OptionalInt eos) {
        Set<Integer> tokens = new LinkedHashSet<>();
        eos.ifPresent(tokens::add);
        for (ObjectNode file : new ObjectNode[] {generation, model}) {
            JsonNode numbers = file.path("eos_token_id");
            numbers.forEach(number -> tokens.add(number.asInt(-1)));
            if (numbers.isInt()) {
                tokens.add(numbers.asInt());
            }
        }
        for (int token = 0; token < vocabulary.size(); token++) {
            if (vocabulary.isSpecial(token) && GgufTokenizer.END_NAMES.contains(vocabulary.pieces().get(token))) {
                tokens.add(token);
            }
        }
        tokens.removeIf(token -> token < 0 || token >= vocabulary.size());
        return Collections.unmodifiableSet(tokens);
    }

    /**
     * What a chat template may write: every {@code *_token} that the files name, by a string or an object, and the tokenizer's own begin
     * and end tokens where they do not.
     */
    Map<String, Object> names(Tokenizer tokenizer) {
        Map<String, Object> names = new LinkedHashMap<>();
        tokenizer.bos().ifPresent(token -> names.put("bos_token", tokenizer.piece(token)));
        tokenizer.eos().ifPresent(token -> names.put("eos_token", tokenizer.piece(token)));
        for (ObjectNode file : new ObjectNode[] {map, config}) { // tokenizer_config.json has the last word
            file.properties().forEach(entry -> {
                JsonNode name = entry.getValue().isObject() ? entry.getValue().path("content") : entry.getValue();
                if (entry.getKey().endsWith("_token") && name.isTextual()) {
                    names.put(entry.getKey(), name.textValue());
                }
            });
        }
        return names;
    }

    /** The class that the directory names, without the "Fast" of its other implementation; else the one of the model's type, or empty. */
    String tokenizerClass() {
        String name = config.path("tokenizer_class").asText();
        if (name.isEmpty()) {
            name = model.path("tokenizer_class").asText();
        }
        if (name.isEmpty()) {
            name = switch (model.path("model_type").asText()) {
                case "bert", "nomic_bert" -> "BertTokenizer";
                case "distilbert" -> "DistilBertTokenizer";
                case "mpnet" -> "MPNetTokenizer";
                case "roberta", "bart" -> "RobertaTokenizer";
                case "gpt2" -> "GPT2Tokenizer";
                default -> "";
            };
        }
        return name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name;
    }

    /** Whether sentence-transformers makes letters small before the tokenizer sees them. */
    boolean lowersCase() {
        return sentences.path("do_lower_case").asBoolean();
    }

    boolean cleansSpaces() {
        return config.path("clean_up_tokenization_spaces").asBoolean();
    }
}
