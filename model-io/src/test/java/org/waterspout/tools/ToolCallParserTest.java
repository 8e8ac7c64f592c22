package org.waterspout.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers as families of models write them, cut at random into the pieces of a stream. */
class ToolCallParserTest {

    private static final List<Tool> TOOLS = List.of(Tool.of("get_weather", "", """
            {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "now": {"type": "boolean"},
             "where": {"type": "object"}}}"""), Tool.of("now", "", "{}"));
    private static final String A = "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"K\u00f6ln } \\\" ] </tool_call>\", \"days\":"
            + " 2}}";
    private static final String B = "{\"name\": \"now\", \"arguments\": {}}";
    private static final String CALL_A = "get_weather({\"city\":\"K\u00f6ln } \\\" ] </tool_call>\",\"days\":2})";

    /** Texts as they are, calls as name(arguments) in brackets, faults as !. */
    private static String read(ToolCallFormat format, String answer, Random random) {
        ToolCallParser parser = new ToolCallParser(format, TOOLS, 7, "");
        List<ToolCallParser.Part> parts = new ArrayList<>();
        for (int at = 0; at < answer.length();) {
            int to = Math.min(answer.length(), at + 1 + random.nextInt(9));
            parts.addAll(parser.accept(answer.substring(at, to)));
            at = to;
        }
        parts.addAll(parser.end());
        StringBuilder all = new StringBuilder();
        for (ToolCallParser.Part part : parts) {
            all.append(switch (part) {
                case ToolCallParser.Part.Text text -> text.text();
                case ToolCallParser.Part.Call call -> "\u2039" + call.call().name() + "(" + call.call().arguments() + ")\u203a";
                case ToolCallParser.Part.Fault fault -> "!";
            });
        }
        return all.toString();
    }

    private static void check(ToolCallFormat format, String answer, String expected) {
        for (int seed = 0; seed < 20; seed++) {
            assertEquals(expected, read(format, answer, new Random(seed)), answer + " seed " + seed);
        }
    }

    private static String called(String... calls) {
        return "\u2039" + String.join("\u203a\u2039", calls) + "\u203a";
    }

    @Test
    void taggedObjects() {
        ToolCallFormat format = ToolCallFormat.TAGGED_OBJECT;
        check(format, "<tool_call>\n" + A + "\n</tool_call>", called(CALL_A));
        check(format, "I look.\n<tool_call>\n" + A + "\n</tool_call>\n<tool_call>\n" + B + "\n</tool_call>",
                "I look.\n" + called(CALL_A, "now({})"));
        check(format, "\n\n<tool_call>" + B + "</tool_call>\n So.", called("now({})") + "\n So.");
        check(format, "<tool_call>\n" + A + "\n" + B + "\n</tool_call>", called(CALL_A, "now({})"));
        check(format, "<tool_call>" + B, called("now({})")); // the closing mark may be the end token's text, or missing
        check(format, "a < b <tool> <tool_cal </tool_call> {\"a\": 1}", "a < b <tool> <tool_cal </tool_call> {\"a\": 1}");
        check(format, "<tool_call>{\"name\": \"now\"}</tool_call>", called("now({})"));
        check(format, "<tool_call>{\"name\": \"now\", \"arguments\": \"{\\\"a\\\": 1}\"}</tool_call>", called("now({\"a\":1})"));
        check(format, "<tool_call>{\"type\": \"function\", \"function\": " + B + "}</tool_call>", called("now({})"));
        check(format, "<tool_call>{\"name\": \"other\", \"arguments\": {\"n\": 1.50}}</tool_call>", called("other({\"n\":1.50})"));
        check(format, "", "");
        check(format, " \n", " \n");
    }

    @Test
    void lists() {
        check(ToolCallFormat.TAGGED_LIST, "<tool_call>[" + A + ", " + B + "]</tool_call>", called(CALL_A, "now({})"));
        check(ToolCallFormat.TAGGED_LIST, "<tool_call>[]</tool_call>", "<tool_call>[]!</tool_call>");
        check(ToolCallFormat.BARRED_LIST, "<|tool_call|>[" + A + "]", called(CALL_A));
        check(ToolCallFormat.BARRED_LIST, "<|tool_call|>\n[" + A + "," + B + "]<|/tool_call|>x", called(CALL_A, "now({})") + "x");
        check(ToolCallFormat.FUNCTOOLS_LIST, "Use functools. functools[" + B + "]", "Use functools. " + called("now({})"));
        check(ToolCallFormat.MARKED_LIST, "[TOOL_CALLS] [" + A + ", " + B + "]", called(CALL_A, "now({})"));
        check(ToolCallFormat.MARKED_LIST, "[TOOL_CALLS][{\"name\": \"now\", \"arguments\": {}, \"id\": \"abc123DEF\"}]", called("now({})"));
        check(ToolCallFormat.MARKED_LIST, "[1] [TOOL", "[1] [TOOL");
    }

    @Test
    void namesBeforeArguments() {
        check(ToolCallFormat.MARKED_NAME, "[TOOL_CALLS]get_weather[ARGS]{\"city\": \"x[ARGS]{\"}[TOOL_CALLS]now[CALL_ID]123456789[ARGS]{}",
                called("get_weather({\"city\":\"x[ARGS]{\"})", "now({})"));
        check(ToolCallFormat.MARKED_NAME, "So: [TOOL_CALLS]now{}", "So: " + called("now({})"));
        check(ToolCallFormat.MARKED_NAME, "[TOOL_CALLS]now[ARGS][1]", "[TOOL_CALLS]now[ARGS][1]!");
        ToolCallParser parser = new ToolCallParser(ToolCallFormat.MARKED_NAME, TOOLS, 7, "[TOOL_CALLS]now[ARGS]");
        assertEquals(new ToolCallParser.Part.Call(new ToolCall(id(7), "now", "{\"a\":1}")), parser.accept("{\"a\": 1}").getFirst());
        ToolCallParser named = new ToolCallParser(ToolCallFormat.MARKED_NAME, TOOLS, 7, "");
        assertEquals(List.of(new ToolCallParser.Part.Call(new ToolCall("123456789", "now", "{}"))),
                named.accept("[TOOL_CALLS]now[CALL_ID]123456789[ARGS]{}"));
    }

    private static String id(long seed) {
        ToolCallParser parser = new ToolCallParser(ToolCallFormat.TAGGED_OBJECT, TOOLS, seed, "");
        return ((ToolCallParser.Part.Call) parser.accept("<tool_call>" + B).getFirst()).call().id();
    }

    @Test
    void bareObjects() {
        ToolCallFormat format = ToolCallFormat.BARE_OBJECT;
        String call = A.replace("arguments", "parameters");
        check(format, call, called(CALL_A));
        check(format, "\n<|python_tag|>" + call, called(CALL_A));
        check(format, call + "; " + B, called(CALL_A, "now({})"));
        check(format, "{\"name\": \"nobody\", \"parameters\": {}}", "{\"name\": \"nobody\", \"parameters\": {}}"); // an answer that is JSON
        check(format, " {\"name\": \"now\", \"age\": 7} and more", " {\"name\": \"now\", \"age\": 7} and more");
        check(format, "In JSON: " + call, "In JSON: " + call);
        check(format, "<|python_tag|>print(1)", "<|python_tag|>!print(1)");
        check(format, "{x}", "{x}!");
    }

    @Test
    void xml() {
        ToolCallFormat format = ToolCallFormat.TAGGED_XML;
        String call = """
                <tool_call>
                <function=get_weather>
                <parameter=city>
                12
                </parameter>
                <parameter=days>
                3
                </parameter>
                <parameter=where>
                {"a": [1]}
                </parameter>
                <parameter=now>
                maybe
                </parameter>
                <parameter=more>
                two
                lines
                </parameter>
                </function>
                </tool_call>""";
        String expected = "get_weather({\"city\":\"12\",\"days\":3,\"where\":{\"a\":[1]},\"now\":\"maybe\",\"more\":\"two\\nlines\"})";
        check(format, "Ok.\n" + call + "\n" + call, "Ok.\n" + called(expected, expected));
        check(format, "<function=now></function>", called("now({})"));
        check(format, "<tool_call>\n<function=now>\n<parameter=a>\n1\n</function>",
                "<tool_call>\n<function=now>\n<parameter=a>\n1\n</function>!");
        check(format, "<tool_call>{}", "<tool_call>!{}");
    }

    @Test
    void whatIsNoCallIsTextWithTheReason() {
        ToolCallFormat format = ToolCallFormat.TAGGED_OBJECT;
        check(format, "<tool_call>call it</tool_call>", "<tool_call>!call it</tool_call>");
        check(format, "<tool_call><tool_call>" + B + "</tool_call>", "<tool_call>!" + called("now({})"));
        String open = "<tool_call>{\"name\": \"now\", \"arguments\": {\"a\": 1}";
        check(format, open + "</tool_call>.", open + "!</tool_call>.");
        check(format, open, open + "!");
        check(format, "<tool_call>{\"name\": \"now\", \"arguments\": [1]}</tool_call>",
                "<tool_call>{\"name\": \"now\", \"arguments\": [1]}!</tool_call>");
        check(format, "<tool_call>{\"name\": 1}</tool_call>", "<tool_call>{\"name\": 1}!</tool_call>");
        check(format, "<tool_call>{\"a\": 1, \"a\": 2}</tool_call>", "<tool_call>{\"a\": 1, \"a\": 2}!</tool_call>");
        check(format, "<tool_call>{\"a\": 01 x }</tool_call>", "<tool_call>{\"a\": 01 x }!</tool_call>");
        check(format, "<tool_call>{]" + B, "<tool_call>{!]" + B);
    }

    @Test
    void idsAreNineLettersAndDigitsAndDiffer() {
        ToolCallParser parser = new ToolCallParser(ToolCallFormat.TAGGED_OBJECT, TOOLS, 7, "");
        List<String> ids = new ArrayList<>();
        for (ToolCallParser.Part part : parser.accept(("<tool_call>" + B + "</tool_call>").repeat(100))) {
            ids.add(((ToolCallParser.Part.Call) part).call().id());
        }
        assertEquals(100, ids.stream().distinct().count());
        assertTrue(ids.stream().allMatch(id -> id.matches("[0-9A-Za-z]{9}")), ids.toString());
        assertEquals(ids.getFirst(), id(7));
        assertTrue(!id(8).equals(id(7)));
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    void hostileAnswersAreBoundedAndStayText(ToolCallFormat format) {
        String mark = format.opening();
        for (String hostile : List.of("{".repeat(1_000_000), mark + "{".repeat(1_000_000), mark + "{\"a\": [".repeat(100_000),
                mark + "{\"" + "x".repeat(2_000_000), (mark + "{").repeat(100_000), mark.repeat(100_000), mark + " ".repeat(1_500_000),
                mark.substring(0, mark.length() - 1).repeat(100_000), "{\"name\":".repeat(200_000), mark + "[".repeat(1_000_000),
                mark + "x".repeat(2_000_000), mark + "<function=".repeat(200_000), " ".repeat(1_500_000), mark + "\\".repeat(1_500_000))) {
            String read = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
                ToolCallParser parser = new ToolCallParser(format, TOOLS, 1, "");
                StringBuilder text = new StringBuilder();
                for (int at = 0; at < hostile.length(); at += 3) {
                    parser.accept(hostile.substring(at, Math.min(hostile.length(), at + 3))).forEach(part -> add(part, text));
                }
                parser.end().forEach(part -> add(part, text));
                return text.toString();
            });
            assertEquals(hostile.length(), read.length(), hostile.substring(0, 40));
            assertEquals(hostile, read, hostile.substring(0, 40));
        }
    }

    private static void add(ToolCallParser.Part part, StringBuilder text) {
        if (part instanceof ToolCallParser.Part.Text one) {
            text.append(one.text());
        }
    }
}
