package org.waterspout.tools;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * The tools of a request.
 *
 * @param tools  at least one, of different names
 * @param choice whether one is called
 * @param format how the model writes calls; empty to find it out from the model's chat template. Where it is given, a model whose template
 *               tells no tools, or a prompt past it, is taken, too: the prompt has to tell them itself
 */
public record ToolUse(List<Tool> tools, ToolChoice choice, Optional<ToolCallFormat> format) {

    public ToolUse {
        tools = List.copyOf(tools);
        if (tools.isEmpty()) {
            throw new InvalidRequestException("the list of tools is empty: give one at least, or none at all");
        }
        Set<String> names = new HashSet<>();
        for (Tool tool : tools) {
            if (!names.add(tool.name())) {
                throw new InvalidRequestException("two tools are called " + Quoted.of(tool.name()) + ": give each a name of its own");
            }
        }
        if (choice instanceof ToolChoice.Named(String name) && !names.contains(name)) {
            throw new InvalidRequestException("the tool " + Quoted.of(name) + " is to be called and is not among the tools: give it, too");
        }
    }

    /** The model decides, and its template tells how it writes calls. */
    public static ToolUse of(List<Tool> tools) {
        return new ToolUse(tools, ToolChoice.AUTO, Optional.empty());
    }

    public ToolUse withChoice(ToolChoice value) {
        return new ToolUse(tools, value, format);
    }

    public ToolUse withFormat(ToolCallFormat value) {
        return new ToolUse(tools, choice, Optional.of(value));
    }

    /** Whether the answer has to be a call. */
    public boolean isForced() {
        return choice == ToolChoice.REQUIRED || choice instanceof ToolChoice.Named;
    }

    /** The tools that may be called: with {@link ToolChoice.Named} that one, with {@link ToolChoice#NONE} none. */
    public List<Tool> callable() {
        return switch (choice) {
            case ToolChoice.Named(String name) -> tools.stream().filter(tool -> tool.name().equals(name)).toList();
            case ToolChoice.Mode mode -> mode == ToolChoice.Mode.NONE ? List.of() : tools;
        };
    }
}
