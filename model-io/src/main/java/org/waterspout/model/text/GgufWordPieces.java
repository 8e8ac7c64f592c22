package org.waterspout.model.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.waterspout.model.Metadata;
import org.waterspout.model.text.json.TokenizerJson;
import org.waterspout.model.text.subword.Vocabulary;

/**
 * WordPiece from the keys of a GGUF file. llama.cpp's converter writes a word's first piece with U+2581 before it and what continues
 * one without {@code ##}; control tokens stay as they are.
 */
final class GgufWordPieces {

    private static final String PREFIX = "tokenizer.ggml.";

    private GgufWordPieces() { }

    static Tokenizer of(Metadata metadata, Vocabulary vocabulary) {
        List<String> pieces = new ArrayList<>();
        boolean anyCapital = false;
        for (int token = 0; token < vocabulary.size(); token++) {
            String piece = vocabulary.pieces().get(token);
            boolean bracketed = piece.length() > 2 && piece.startsWith("[") && piece.endsWith("]");
            boolean control = vocabulary.isSpecial(token) || bracketed;
            boolean begins = !piece.isEmpty() && piece.charAt(0) == Vocabulary.SPACE_MARK;
            anyCapital |= !control && piece.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
            pieces.add(control ? piece : begins ? piece.substring(1) : "##" + piece);
        }
        ObjectNode config = TokenizerJson.JSON.createObjectNode();
        name(config, "cls_token", pieces, id(metadata, vocabulary, "cls_token_id", "bos_token_id"));
        name(config, "sep_token", pieces, id(metadata, vocabulary, "seperator_token_id", "eos_token_id"));
        name(config, "mask_token", pieces, id(metadata, vocabulary, "mask_token_id"));
        name(config, "pad_token", pieces, id(metadata, vocabulary, "padding_token_id"));
        name(config, "unk_token", pieces, id(metadata, vocabulary, "unknown_token_id"));
        name(config, "bos_token", pieces, id(metadata, vocabulary, "bos_token_id"));
        name(config, "eos_token", pieces, id(metadata, vocabulary, "eos_token_id"));
        // The keys do not say whether capitals count; a vocabulary of small letters alone has no other use for them.
        return new WordPieceVocabulary(pieces, !anyCapital, Optional.empty(), true, "the model file").tokenizer(Neighbours.only(config));
    }

    private static OptionalInt id(Metadata metadata, Vocabulary vocabulary, String... keys) {
        for (String key : keys) {
            if (metadata.has(PREFIX + key)) {
                return GgufTokenizer.token(metadata, vocabulary, key, -1);
            }
        }
        return OptionalInt.empty();
    }

    private static void name(ObjectNode config, String key, List<String> pieces, OptionalInt token) {
        token.ifPresent(number -> config.put(key, pieces.get(number)));
    }
}
