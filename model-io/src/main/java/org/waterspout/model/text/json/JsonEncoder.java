package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Set;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.subword.TokenList;
import org.waterspout.model.text.subword.Vocabulary;

/**
 * Text to tokens as a tokenizer.json says: added tokens, normalizer, pre-tokenizer, model, and the places that a byte-level post-processor
 * trims.
 */
public final class JsonEncoder {

    private final Vocabulary vocabulary;
    /** With special tokens found by name, and without. */
    private final JsonAddedTokens all;
    private final JsonAddedTokens plain;
    private final JsonPreTokenizer preTokenizer;
    private final JsonModel model;
    private final JsonModel plainModel;
    /** Whether places leave out spaces, and whether the first word's space counts as put there. */
    private final boolean trims;
    private final boolean spaced;

    public JsonEncoder(TokenizerJson file, Vocabulary vocabulary) {
        ObjectNode json = file.json();
        JsonNode tokens = json.path("added_tokens");
        JsonNode vocab = json.path("model").path("vocab");
        Set<String> special = new HashSet<>();
        for (JsonNode token : tokens) {
            if (token.path("special").asBoolean()) {
                special.add(token.path("content").asText());
            }
        }
        JsonNormalizer normalizer = JsonNormalizer.of(json.path("normalizer"), file.source());
        JsonNode trimming = trimming(json.path("post_processor"));
        this.vocabulary = vocabulary;
        this.all = new JsonAddedTokens(tokens, vocab, normalizer, true);
        this.plain = new JsonAddedTokens(tokens, vocab, normalizer, false);
        this.preTokenizer = JsonPreTokenizer.of(json.path("pre_tokenizer"), file.source());
        this.model = JsonModel.of(file.model(), json.path("model"), file.source());
        this.plainModel = model.without(special);
        this.trims = !trimming.isMissingNode();
        this.spaced = trimming.path("add_prefix_space").asBoolean(true);
    }

    private JsonEncoder(JsonEncoder from, JsonPreTokenizer preTokenizer) {
        this.vocabulary = from.vocabulary;
        this.all = from.all;
        this.plain = from.plain;
        this.preTokenizer = preTokenizer;
        this.model = from.model;
        this.plainModel = from.plainModel;
        this.trims = from.trims;
        this.spaced = from.spaced;
    }

    /** The same, but with the pre-tokenizer that {@code file} has. */
    public JsonEncoder cutAs(TokenizerJson file) {
        return new JsonEncoder(this, JsonPreTokenizer.of(file.json().path("pre_tokenizer"), file.source()));
    }

    /** The post-processor, or the part of one, that trims places; missing if there is none. */
    private static JsonNode trimming(JsonNode processor) {
        String type = processor.path("type").asText();
        if ((type.equals("ByteLevel") || type.equals("RobertaProcessing")) && processor.path("trim_offsets").asBoolean(true)) {
            return processor;
        }
        for (JsonNode part : processor.path("processors")) {
            JsonNode found = trimming(part);
            if (!found.isMissingNode()) {
                return found;
            }
        }
        return processor.path("none");
    }

    /**
     * @param text        without lone surrogates
     * @param withSpecial whether special tokens are found by name
     */
    public void encode(String text, boolean withSpecial, TokenList out) {
        Effort effort = new Effort(text.length());
        JsonModel used = withSpecial ? model : plainModel;
        int[] word = new int[1];
        int begin = out.size();
        (withSpecial ? all : plain).split(PlacedText.of(text), effort, (stretch, token) -> {
            if (token >= 0) {
                out.inWord(word[0]++);
                out.add(token, stretch.start(0), stretch.end(stretch.length() - 1));
                trim(text, stretch.text(), out, begin, out.size() - 1);
                return;
            }
            preTokenizer.cut(stretch, effort, piece -> {
                effort.step();
                out.inWord(word[0]++);
                int from = out.size();
                used.encode(piece, effort, out);
                for (int i = from; trims && i < out.size(); i++) {
                    trim(text, vocabulary.pieces().get(out.token(i)), out, begin, i);
                }
            });
        });
    }

    /** Spaces that a token begins or ends with are no part of its place. */
    private void trim(String text, String written, TokenList out, int begin, int at) {
        if (!trims || !out.withPlaces()) {
            return;
        }
        int leading = 0;
        while (leading < written.length() && isSpace(written.charAt(leading))) {
            leading++;
        }
        int trailing = 0;
        while (trailing < written.length() && isSpace(written.charAt(written.length() - 1 - trailing))) {
            trailing++;
        }
        int start = out.start(at) - out.origin();
        int end = out.end(at) - out.origin();
        boolean put = leading == 1 && spaced && (at == begin || start == 0);
        for (int i = put ? 0 : leading; i > 0 && start < end; i--) {
            start += Character.charCount(text.codePointAt(start));
        }
        for (int i = trailing; i > 0 && end > start; i--) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        out.place(at, out.origin() + start, out.origin() + end);
    }

    private static boolean isSpace(char c) {
        return c == Vocabulary.characterOf(' ') || CharacterKind.isSpace(c);
    }
}
