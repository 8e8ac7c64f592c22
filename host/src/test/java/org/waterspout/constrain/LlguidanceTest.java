package org.waterspout.constrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The tokens that llguidance allows after the same beginnings (record_answer_forms.py). */
class LlguidanceTest {

    /** RFC 8259 lets the byte 0x7f stand in strings, and a slash be escaped; llguidance does not. */
    private static final int DELETE = 1 + 0x7f;
    private static final int SLASH = 1 + '/';
    private static final int BACKSLASH = 1 + '\\';

    @TestFactory
    Stream<DynamicTest> sameTokensAreAllowed() throws IOException {
        JsonNode recorded;
        try (InputStream in = LlguidanceTest.class.getResourceAsStream("/constrain/llguidance.json")) {
            recorded = new ObjectMapper().readTree(in);
        }
        List<byte[]> tokens = recorded.get("tokens").valueStream().map(hex -> HexFormat.of().parseHex(hex.textValue())).toList();
        TokenTrie trie = new TokenTrie(tokens, Set.of(0));
        return StreamSupport.stream(recorded.get("cases").spliterator(), false).map(one -> DynamicTest.dynamicTest(
                one.get("kind").textValue() + " " + one.get("source"), () -> compare(new Constraint(form(one), trie), one.get("steps"),
                        one.get("kind").textValue().equals("json"))));
    }

    private static AnswerForm form(JsonNode one) {
        JsonNode source = one.get("source");
        return switch (one.get("kind").textValue()) {
            case "regex" -> AnswerForm.regex(source.textValue());
            case "choices" -> AnswerForm.choices(source.valueStream().map(JsonNode::textValue).toList());
            case "grammar" -> AnswerForm.grammar(source.textValue());
            default -> AnswerForm.compactJson(source.toString());
        };
    }

    private static void compare(Constraint constraint, JsonNode steps, boolean json) {
        assertTrue(!steps.isEmpty(), "no beginnings were recorded");
        for (JsonNode step : steps) {
            Constraint.Progress progress = constraint.start();
            for (JsonNode token : step.get(0)) {
                progress = progress.accept(token.intValue());
            }
            assertEquals(step.get(1).valueStream().map(JsonNode::intValue).collect(Collectors.toList()),
                    java.util.Arrays.stream(progress.allowed().tokens()).filter(token -> !json || !isOursAlone(token, step.get(0))).boxed()
                    .toList(), "after " + step.get(0));
        }
    }

    private static boolean isOursAlone(int token, JsonNode before) {
        return token == DELETE || token == SLASH && before.path(before.size() - 1).asInt() == BACKSLASH;
    }
}
