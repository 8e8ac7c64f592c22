package org.waterspout.decode;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.generate.Prompt;
import org.waterspout.model.text.ChatTemplate;
import org.waterspout.model.text.Tokenizer;
import org.waterspout.tools.ForcedCall;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolCallFormat;
import org.waterspout.tools.ToolChoice;
import org.waterspout.tools.ToolUse;

/**
 * The tools of a request, for one model.
 *
 * @param use      as asked
 * @param template what tells the model its tools, where a template does
 * @param format   how it writes calls; empty where none is looked for
 * @param forced   how its answer begins and goes on, where it has to be a call
 */
public record ToolRequest(ToolUse use, Optional<ChatTemplate> template, Optional<ToolCallFormat> format, Optional<ForcedCall> forced) {

    /**
     * A model's templates.
     *
     * @param usual for any conversation
     * @param tools for one with tools
     */
    public record Templates(Optional<ChatTemplate> usual, Optional<ChatTemplate> tools) {
    }

    /**
     * @throws InvalidRequestException   for a prompt that tells no tools, and no word of their format; or a choice that the format does not
     *                                   allow
     * @throws UnsupportedModelException for a template that tells tools, and does not show how they are called
     */
    public static ToolRequest of(ToolUse use, Prompt prompt, Templates templates) {
        boolean templated = prompt instanceof Prompt.Conversation || prompt instanceof Prompt.Message && templates.usual().isPresent();
        Optional<ChatTemplate> template = templated ? templates.tools().filter(ChatTemplate::readsTools) : Optional.empty();
        if (template.isEmpty() && use.format().isEmpty()) {
            throw new InvalidRequestException((templated ? "the model's chat template tells no tools (it does not read tools)"
                    : "tools are told by a chat template, and this prompt goes through none")
                    + ": describe them in the prompt and say in which format the model writes calls, or ask without tools");
        }
        if (use.choice() == ToolChoice.NONE) {
            return new ToolRequest(use, template, Optional.empty(), Optional.empty());
        }
        ToolCallFormat format = use.format().or(() -> template.flatMap(ChatTemplate::toolCallFormat)).orElseThrow(() ->
                new UnsupportedModelException(
                        "the model's chat template shows no format of calls that is known: say in which the model writes them"));
        return new ToolRequest(use, template, Optional.of(format),
                use.isForced() ? Optional.of(ForcedCall.of(use, format)) : Optional.empty());
    }

    /** The tools that the template tells. */
    public List<Tool> told() {
        return template.isPresent() ? use.tools() : List.of();
    }

    /** What the answer has to be like. */
    public Optional<AnswerForm> form() {
        return forced.map(call -> AnswerForm.jsonSchema(call.schema()));
    }

    /** Finds calls in the answer to {@code prompt}. */
    public Optional<ToolCalls> calls(int[] prompt) {
        return format.map(known -> new ToolCalls(use, known, prompt, forced));
    }

    /** The prompt with the beginning of the answer. */
    public int[] after(int[] prompt, Tokenizer tokenizer) {
        return forced.filter(call -> !call.opening().isEmpty()).map(call -> IntStream.concat(IntStream.of(prompt),
                IntStream.of(tokenizer.encode(call.opening(), true))).toArray()).orElse(prompt);
    }

    /** @throws UnsupportedModelException for a prompt that begins thoughts, behind which a call would not be one */
    public void check(String conversation) {
        if (forced.isPresent() && conversation.stripTrailing().endsWith("<think>")) {
            throw new UnsupportedModelException(
                    "the model's chat template begins an answer with <think>, so that it cannot begin with a call:"
                    + " let the model decide whether it calls a tool");
        }
    }
}
