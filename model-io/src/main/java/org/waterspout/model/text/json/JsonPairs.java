package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.characters.Utf8;
import org.waterspout.model.text.subword.PairMerges;
import org.waterspout.model.text.subword.TokenList;

/** BPE of a tokenizer.json. Lengths are counted in bytes of UTF-8, as a character may become several tokens. */
final class JsonPairs implements JsonModel {

    private static final int LONGEST = 1 << 24;

    private final Map<String, Integer> tokens;
    private final PairMerges merges;
    private final String prefix;
    private final String suffix;
    private final String unknownName;
    private final int unknown;
    private final boolean fusesUnknown;
    private final boolean ignoreMerges;
    /** [256] Tokens of bytes, for characters that are no token; null where there is no such way. */
    private final int[] byteTokens;
    private final String source;

    JsonPairs(JsonNode model, Map<String, Integer> tokens, String source) {
        if (model.path("dropout").asDouble() > 0) {
            throw new UnsupportedModelException("the tokenizer of " + source + " drops merges at random (dropout), which is for training: "
                    + "set its dropout to null");
        }
        this.tokens = tokens;
        this.source = source;
        this.prefix = model.path("continuing_subword_prefix").asText("");
        this.suffix = model.path("end_of_word_suffix").asText("");
        this.merges = new PairMerges(pairs(model.path("merges"), source), prefix.length(), tokens, source);
        this.unknownName = model.path("unk_token").asText("");
        this.unknown = JsonModel.unknown(model.path("unk_token"), tokens);
        this.fusesUnknown = model.path("fuse_unk").asBoolean();
        this.ignoreMerges = model.path("ignore_merges").asBoolean();
        if (model.path("byte_fallback").asBoolean()) {
            byteTokens = new int[256];
            for (int b = 0; b < 256; b++) {
                byteTokens[b] = tokens.getOrDefault(String.format("<0x%02X>", b), -1);
            }
        } else {
            byteTokens = null;
        }
    }

    /** Each a string with a space between the two, or a list of two. */
    private static List<String[]> pairs(JsonNode merges, String source) {
        List<String[]> pairs = new ArrayList<>(merges.size());
        for (JsonNode merge : merges) {
            String[] pair = merge.isArray() && merge.size() == 2 ? new String[] {merge.path(0).asText(), merge.path(1).asText()}
                    : merge.asText().split(" ", -1);
            if (pair.length != 2) {
                throw new ModelFormatException("the tokenizer of " + source + " cannot be built: its merge " + Quoted.of(merge.toString())
                        + " is no pair of pieces");
            }
            pairs.add(pair);
        }
        return pairs;
    }

    @Override
    public void encode(PlacedText word, Effort effort, TokenList out) {
        String text = word.text();
        Integer whole = ignoreMerges ? tokens.get(text) : null;
        if (whole != null) {
            out.add(whole, word.start(0), word.end(word.length() - 1));
            return;
        }
        Row row = new Row(text.length());
        int pending = -1; // bytes of unknown characters that are not written yet
        for (int at = 0; at < text.length();) {
            effort.step();
            int point = text.codePointAt(at);
            int end = at + Character.charCount(point);
            int width = Utf8.width(point);
            String written = text.substring(at, end);
            String piece = (at > 0 ? prefix : "") + written + (end == text.length() ? suffix : "");
            Integer token = tokens.get(piece);
            if (token != null) {
                if (pending >= 0) {
                    row.add(unknown, pending);
                    pending = -1;
                }
                row.add(token, width);
            } else if (!row.addBytes(piece) && !unknownName.isEmpty()) {
                if (unknown < 0) {
                    throw JsonModel.withoutUnknown(written, source);
                }
                if (pending >= 0 && !fusesUnknown) {
                    row.add(unknown, pending);
                    pending = width;
                } else {
                    pending = Math.max(pending, 0) + width;
                }
            }
            at = end;
        }
        if (pending >= 0) {
            row.add(unknown, pending);
        }
        row.write(word, effort, out);
    }

    private final class Row {
        private int[] pieces;
        private int[] ends;
        private int count;
        private int bytes;

        Row(int characters) {
            pieces = new int[characters + 8];
            ends = new int[characters + 8];
        }

        void add(int token, int width) {
            if (count == pieces.length) {
                if (count >= LONGEST) {
                    throw new InvalidRequestException("the text has a word of more than " + LONGEST + " bytes without a place to cut: "
                            + "put blanks or line breaks into it");
                }
                pieces = Arrays.copyOf(pieces, Math.min(LONGEST, 2 * count));
                ends = Arrays.copyOf(ends, pieces.length);
            }
            bytes += width;
            pieces[count] = token;
            ends[count++] = bytes;
        }

        boolean addBytes(String piece) {
            if (byteTokens == null) {
                return false;
            }
            byte[] written = piece.getBytes(StandardCharsets.UTF_8);
            for (byte b : written) {
                if (byteTokens[b & 0xFF] < 0) {
                    return false;
                }
            }
            for (byte b : written) {
                add(byteTokens[b & 0xFF], 1);
            }
            return true;
        }

        void write(PlacedText word, Effort effort, TokenList out) {
            int left = merges.merge(pieces, ends, count, effort);
            String text = word.text();
            int at = 0; // the character that holds byte number `passed`
            int passed = 0;
            for (int i = 0; i < left; i++) {
                int first = Math.min(at, text.length() - 1);
                int last = first;
                while (passed < ends[i] && at < text.length()) {
                    int point = text.codePointAt(at);
                    int width = Utf8.width(point);
                    last = at;
                    if (passed + width > ends[i]) {
                        break; // this character's other bytes are the next token's
                    }
                    passed += width;
                    at += Character.charCount(point);
                }
                out.add(pieces[i], word.start(first), word.end(last));
            }
        }
    }
}
