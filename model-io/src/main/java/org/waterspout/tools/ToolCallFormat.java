package org.waterspout.tools;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How models write the calls of an answer: a row for each way, found from marks in the model's chat template, the first that fits.
 * JSON is an object {@code {"name": ..., "arguments": {...}}} or a list of them in each of them.
 */
public enum ToolCallFormat {

    /** {@code [TOOL_CALLS]name[ARGS]{...}}, for each call: Mistral from late 2024 on. */
    MARKED_NAME(Payload.NAME_AND_ARGUMENTS, "[TOOL_CALLS]", "", "arguments", List.of(List.of("[TOOL_CALLS]", "[ARGS]"))),
    /** {@code [TOOL_CALLS] [{...}, ...]}: Mistral before. */
    MARKED_LIST(Payload.LIST, "[TOOL_CALLS]", "", "arguments", List.of(List.of("[TOOL_CALLS]"))),
    /** <code>&lt;|tool_call|>[{...}, ...]</code>: Granite 3, Phi-4-mini. */
    BARRED_LIST(Payload.LIST, "<|tool_call|>", "<|/tool_call|>", "arguments",
            List.of(List.of("<|tool_call|>"), List.of("<|start_of_role|>", "available_tools"))),
    /** {@code <tool_call><function=name><parameter=key>value</parameter></function></tool_call>}: Qwen3-Coder. */
    TAGGED_XML(Payload.XML, "<tool_call>", "</tool_call>", "", List.of(List.of("<function=", "<parameter="))),
    /** {@code <tool_call>[{...}, ...]</tool_call>}: SmolLM2. */
    TAGGED_LIST(Payload.LIST, "<tool_call>", "</tool_call>", "arguments", List.of(List.of("<tool_call>["))),
    /** {@code <tool_call>{...}</tool_call>}, for each call: Hermes, Qwen2.5, Qwen3, SmolLM3, Granite 4. */
    TAGGED_OBJECT(Payload.OBJECT, "<tool_call>", "</tool_call>", "arguments", List.of(List.of("<tool_call>"))),
    /** {@code functools[{...}, ...]}: Firefunction, Phi-4-mini's first template. */
    FUNCTOOLS_LIST(Payload.LIST, "functools[", "", "arguments", List.of(List.of("functools["))),
    /** {@code {"name": ..., "parameters": {...}}} as the whole answer, with or without {@code <|python_tag|>} before it: Llama 3. */
    BARE_OBJECT(Payload.OBJECT, "<|python_tag|>", "", "parameters", List.of(
            List.of("<|python_tag|>", "!<function="), List.of("ipython", "\"parameters\"", "!<function=")));

    /** What stands behind the opening mark. */
    enum Payload { OBJECT, LIST, NAME_AND_ARGUMENTS, XML }

    private final Payload payload;
    private final String opening;
    private final String closing;
    private final String argumentsKey;
    /** One of these lists has all its texts in the template, and none of those behind a !. */
    private final List<List<String>> signs;

    ToolCallFormat(Payload payload, String opening, String closing, String argumentsKey, List<List<String>> signs) {
        this.payload = payload;
        this.opening = opening;
        this.closing = closing;
        this.argumentsKey = argumentsKey;
        this.signs = signs;
    }

    /** The format of a model whose chat template has this text; empty where no row fits. */
    public static Optional<ToolCallFormat> of(String template) {
        return Arrays.stream(values()).filter(format -> format.signs.stream().anyMatch(all -> all.stream().allMatch(sign ->
                sign.startsWith("!") ? !template.contains(sign.substring(1)) : template.contains(sign)))).findFirst();
    }

    /** Texts that may be control tokens of the model, and have to stay in the text that calls are looked for in. */
    public List<String> marks() {
        return isNamed() ? List.of(opening, "[ARGS]", "[CALL_ID]") : closing.isEmpty() ? List.of(opening) : List.of(opening, closing);
    }

    Payload payload() {
        return payload;
    }

    String opening() {
        return opening;
    }

    /** Empty where a call ends with its payload. */
    String closing() {
        return closing;
    }

    /** What the arguments are called in JSON. */
    String argumentsKey() {
        return argumentsKey;
    }

    /** Whether the tool's name may stand before an object with the arguments alone. */
    boolean isNamed() {
        return opening.equals("[TOOL_CALLS]");
    }

    /** Whether an answer that begins with an object may be a call without any mark. */
    boolean isBare() {
        return this == BARE_OBJECT;
    }
}
