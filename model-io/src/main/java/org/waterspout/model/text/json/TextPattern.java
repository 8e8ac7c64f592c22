package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.IntPredicate;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.SplitExpression;

/** What a tokenizer.json looks for in a text. */
interface TextPattern {

    /** Told of each match in order; what lies between does not match. */
    void find(String text, Effort effort, SplitExpression.Matches matches);

    /** {@code {"String": ...}} or {@code {"Regex": ...}}, or the string alone, as old files have it. */
    static TextPattern of(JsonNode pattern, String source) {
        if (pattern.path("Regex").isTextual()) {
            SplitExpression expression = SplitExpression.of(pattern.path("Regex").asText(), source);
            return (text, effort, matches) -> expression.find(text, 0, text.length(), effort, matches);
        }
        JsonNode string = pattern.isTextual() ? pattern : pattern.path("String");
        if (!string.isTextual()) {
            throw new UnsupportedModelException("a pattern of the tokenizer of " + source + " is neither a String nor a Regex: "
                    + "use a model with another tokenizer");
        }
        return ofText(string.asText());
    }

    static TextPattern ofText(String searched) {
        return (text, effort, matches) -> {
            if (searched.isEmpty()) {
                return;
            }
            for (int at = text.indexOf(searched); at >= 0; at = text.indexOf(searched, at + searched.length())) {
                effort.step();
                matches.match(at, at + searched.length());
            }
        };
    }

    /** Each character of the kind is a match of its own. */
    static TextPattern ofCharacters(IntPredicate kind) {
        return (text, effort, matches) -> {
            for (int at = 0; at < text.length();) {
                effort.step();
                int point = text.codePointAt(at);
                int to = at + Character.charCount(point);
                if (kind.test(point)) {
                    matches.match(at, to);
                }
                at = to;
            }
        };
    }
}
