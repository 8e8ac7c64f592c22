package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PlacedText;
import org.waterspout.model.text.subword.Vocabulary;

/** Pieces to text as the decoder of a tokenizer.json has it; each as Hugging Face's tokenizers (decoders/). */
@FunctionalInterface
public interface JsonDecoder {

    List<String> decode(List<String> pieces);

    /** @throws UnsupportedModelException if its type is not built */
    static JsonDecoder of(JsonNode json, String source) {
        if (json.isMissingNode() || json.isNull()) {
            return pieces -> List.of(String.join(" ", pieces));
        }
        String type = json.path("type").asText();
        return switch (type) {
            case "Sequence" -> {
                List<JsonDecoder> steps = new ArrayList<>();
                json.path("decoders").forEach(part -> steps.add(of(part, source)));
                yield pieces -> {
                    List<String> decoded = pieces;
                    for (JsonDecoder step : steps) {
                        decoded = step.decode(decoded);
                    }
                    return decoded;
                };
            }
            case "Fuse" -> pieces -> List.of(String.join("", pieces));
            case "Replace" -> {
                TextPattern pattern = TextPattern.of(json.path("pattern"), source);
                String content = json.path("content").asText();
                yield pieces -> pieces.stream().map(piece ->
                        JsonNormalizer.replace(PlacedText.of(piece), pattern, content, new Effort(piece.length())).text()).toList();
            }
            case "Strip" -> {
                int content = json.path("content").asText(" ").codePointAt(0);
                int start = json.path("start").asInt();
                int stop = json.path("stop").asInt();
                yield pieces -> pieces.stream().map(piece -> strip(piece, content, start, stop)).toList();
            }
            case "WordPiece" -> wordPiece(json.path("prefix").asText(Vocabulary.CONTINUES), json.path("cleanup").asBoolean(true));
            case "Metaspace" -> metaspace(json.path("replacement").asText(String.valueOf(Vocabulary.SPACE_MARK)),
                    json.path("add_prefix_space").asBoolean(true) && !json.path("prepend_scheme").asText().equals("never"));
            default -> throw new UnsupportedModelException("decoder " + Quoted.of(type) + " of " + source + " is not built here: "
                    + "use a model with another tokenizer");
        };
    }

    private static String strip(String piece, int content, int start, int stop) {
        int[] points = piece.codePoints().toArray();
        int from = 0;
        while (from < Math.min(start, points.length) && points[from] == content) {
            from++;
        }
        int to = points.length;
        while (to > from && points.length - to < stop && points[to - 1] == content) {
            to--;
        }
        return new String(points, from, to - from);
    }

    private static JsonDecoder wordPiece(String prefix, boolean cleanup) {
        return pieces -> {
            List<String> decoded = new ArrayList<>(pieces.size());
            for (int i = 0; i < pieces.size(); i++) {
                String piece = pieces.get(i);
                if (i > 0) {
                    piece = piece.startsWith(prefix) ? piece.substring(prefix.length()) : " " + piece;
                }
                decoded.add(cleanup ? cleaned(piece) : piece);
            }
            return decoded;
        };
    }

    private static String cleaned(String text) {
        return text.replace(" .", ".").replace(" ?", "?").replace(" !", "!").replace(" ,", ",").replace(" ' ", "'").replace(" n't", "n't")
                .replace(" 'm", "'m").replace(" do not", " don't").replace(" 's", "'s").replace(" 've", "'ve").replace(" 're", "'re");
    }

    private static JsonDecoder metaspace(String mark, boolean dropsFirst) {
        return pieces -> {
            List<String> decoded = new ArrayList<>(pieces.size());
            for (int i = 0; i < pieces.size(); i++) {
                decoded.add(pieces.get(i).replace(mark, i == 0 && dropsFirst ? "" : " "));
            }
            return decoded;
        };
    }
}
