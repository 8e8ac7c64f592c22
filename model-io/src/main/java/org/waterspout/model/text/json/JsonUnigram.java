package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.waterspout.error.ModelFormatException;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PieceTrie;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.subword.TokenList;

/**
 * The unigram model of a tokenizer.json (unigram/model.rs): the way to cut with the highest sum of scores; unknown characters in a row are
 * one.
 */
final class JsonUnigram implements JsonModel {

    /** What an unknown character scores below the worst piece. */
    private static final double UNKNOWN_PENALTY = 10;

    private final Map<String, Integer> tokens;
    private final PieceTrie trie;
    /** [pieces] */
    private final double[] scores;
    private final double unknownScore;
    private final int unknown;
    /** [256] Tokens of bytes, for characters that are no piece; null where there is no such way. */
    private final int[] byteTokens;
    /** [pieces] Those that no text becomes; empty if there are none. */
    private final boolean[] hidden;
    private final String source;

    JsonUnigram(JsonNode model, ArrayNode vocab, String source) {
        String[] pieces = new String[vocab.size()];
        tokens = HashMap.newHashMap(pieces.length);
        scores = new double[pieces.length];
        double min = Double.MAX_VALUE;
        for (int i = 0; i < pieces.length; i++) {
            if (!vocab.path(i).path(0).isTextual() || !vocab.path(i).path(1).isNumber()) {
                throw new ModelFormatException("the tokenizer of " + source + " cannot be built: its piece " + i
                        + " is no pair of a text and a score");
            }
            pieces[i] = vocab.path(i).path(0).asText();
            scores[i] = vocab.path(i).path(1).asDouble();
            min = Math.min(min, scores[i]);
            Integer before = tokens.put(pieces[i], i);
            if (before != null) {
                pieces[before] = null;
            }
        }
        this.trie = new PieceTrie(pieces);
        this.unknownScore = min - UNKNOWN_PENALTY;
        this.unknown = model.path("unk_id").asInt(-1);
        this.hidden = new boolean[0];
        this.source = source;
        byteTokens = model.path("byte_fallback").asBoolean() ? new int[256] : null;
        for (int b = 0; byteTokens != null && b < 256; b++) {
            byteTokens[b] = tokens.getOrDefault(String.format("<0x%02X>", b), -1);
        }
    }

    private JsonUnigram(JsonUnigram from, boolean[] hidden) {
        this.tokens = from.tokens;
        this.trie = from.trie;
        this.scores = from.scores;
        this.unknownScore = from.unknownScore;
        this.unknown = from.unknown;
        this.byteTokens = from.byteTokens;
        this.source = from.source;
        this.hidden = hidden;
    }

    @Override
    public JsonModel without(Set<String> names) {
        boolean[] without = new boolean[scores.length];
        for (String name : names) {
            if (tokens.containsKey(name)) {
                without[tokens.get(name)] = true;
            }
        }
        return new JsonUnigram(this, without);
    }

    private boolean isHidden(int piece) {
        return hidden.length > 0 && hidden[piece];
    }

    @Override
    public void encode(PlacedText word, Effort effort, TokenList out) {
        String text = word.text();
        int length = text.length();
        double[] best = new double[length + 1];
        int[] piece = new int[length + 1];
        int[] start = new int[length + 1];
        Arrays.fill(start, -1);
        for (int at = 0; at < length;) {
            int width = Character.charCount(text.codePointAt(at));
            boolean single = false;
            int node = PieceTrie.ROOT;
            for (int i = at; i < length; i++) {
                effort.step();
                node = trie.next(node, text.charAt(i));
                if (node < 0) {
                    break;
                }
                int found = trie.piece(node);
                if (found >= 0 && !isHidden(found)) {
                    double sum = scores[found] + best[at];
                    if (start[i + 1] < 0 || sum > best[i + 1]) {
                        best[i + 1] = sum;
                        piece[i + 1] = found;
                        start[i + 1] = at;
                    }
                    single |= i + 1 - at == width;
                }
            }
            int next = at + width;
            if (!single && (start[next] < 0 || unknownScore + best[at] > best[next])) {
                if (unknown < 0) {
                    throw JsonModel.withoutUnknown(text.substring(at, next), source);
                }
                best[next] = unknownScore + best[at];
                piece[next] = unknown;
                start[next] = at;
            }
            at = next;
        }
        write(word, piece, start, out);
    }

    private void write(PlacedText word, int[] piece, int[] start, TokenList out) {
        int[] next = new int[start.length]; // of each place on the way: the next one
        for (int end = word.length(); end > 0; end = start[end]) {
            next[start[end]] = end;
        }
        for (int from = 0; from < word.length();) {
            int to = next[from];
            while (piece[to] == unknown && to < word.length() && piece[next[to]] == unknown) {
                to = next[to];
            }
            write(word, from, to, out);
            from = to;
        }
    }

    private void write(PlacedText word, int from, int to, TokenList out) {
        String text = word.text().substring(from, to);
        int begin = word.start(from);
        int end = word.end(to - 1);
        Integer token = tokens.get(text);
        if (token != null && !isHidden(token)) {
            out.add(token, begin, end);
            return;
        }
        byte[] bytes = byteTokens == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        boolean all = bytes.length > 0;
        for (byte b : bytes) {
            all &= byteTokens[b & 0xFF] >= 0;
        }
        if (all) {
            for (byte b : bytes) {
                out.add(byteTokens[b & 0xFF], begin, end);
            }
            return;
        }
        out.add(unknown, begin, end);
    }
}
