package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PieceTrie;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.subword.TokenList;
import org.waterspout.model.text.subword.Vocabulary;

/**
 * WordPiece of a tokenizer.json: the longest piece from the left, then the longest that continues it; unknown if that does not reach the
 * end.
 */
final class JsonWordPieces implements JsonModel {

    private final PieceTrie words;
    private final PieceTrie continuations;
    private final int[] tokens;
    private final int unknown;
    private final int longestWord;
    private final String source;

    JsonWordPieces(JsonNode model, Map<String, Integer> vocabulary, String source) {
        String prefix = model.path("continuing_subword_prefix").asText(Vocabulary.CONTINUES);
        String[] pieces = vocabulary.keySet().toArray(String[]::new);
        String[] continuing = new String[pieces.length];
        tokens = new int[pieces.length];
        for (int i = 0; i < pieces.length; i++) {
            tokens[i] = vocabulary.get(pieces[i]);
            continuing[i] = pieces[i].startsWith(prefix) ? pieces[i].substring(prefix.length()) : null;
        }
        this.words = new PieceTrie(pieces);
        this.continuations = new PieceTrie(continuing);
        this.unknown = JsonModel.unknown(model.path("unk_token"), vocabulary);
        this.longestWord = model.path("max_input_chars_per_word").asInt(100);
        this.source = source;
    }

    @Override
    public void encode(PlacedText word, Effort effort, TokenList out) {
        String text = word.text();
        int before = out.size();
        boolean bad = text.codePointCount(0, text.length()) > longestWord;
        for (int from = 0; !bad && from < text.length();) {
            effort.step();
            PieceTrie trie = from == 0 ? words : continuations;
            int piece = trie.longestPieceAt(text, from);
            int length = piece < 0 ? 0 : trie.longestAt(text, from);
            bad = length == 0;
            if (!bad) {
                out.add(tokens[piece], word.start(from), word.end(from + length - 1));
            }
            from += length;
        }
        if (bad) {
            if (unknown < 0) {
                throw JsonModel.withoutUnknown(text, source);
            }
            out.cutTo(before);
            out.add(unknown, word.start(0), word.end(text.length() - 1));
        }
    }
}
