package org.waterspout.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.tools.ForcedCall;
import org.waterspout.tools.ToolCall;
import org.waterspout.tools.ToolCallFormat;
import org.waterspout.tools.ToolCallParser;
import org.waterspout.tools.ToolUse;

/** The calls of tools in an answer, found in its text as it comes. For one thread. */
public final class ToolCalls {

    private final ToolCallFormat format;
    private final ToolCallParser parser;
    private final List<ToolCall> all = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    /**
     * @param prompt tokens of the prompt, from which ids of calls follow, so that the same request gets the same
     * @param forced what the prompt ends with, where the answer has to be a call
     */
    public ToolCalls(ToolUse use, ToolCallFormat format, int[] prompt, Optional<ForcedCall> forced) {
        this.format = format;
        parser = new ToolCallParser(format, use.callable(), 31L * prompt.length + Arrays.hashCode(prompt),
                forced.map(ForcedCall::opening).orElse(""));
    }

    /** Texts that have to stay in the answer's text, be they control tokens or not. */
    public List<String> marks() {
        return format.marks();
    }

    /** What of the answer is sure after more of its text. */
    public List<GenerationEvent> accept(String text) {
        return events(parser.accept(text));
    }

    /** What was held back, when no more text comes. */
    public List<GenerationEvent> end() {
        return events(parser.end());
    }

    private List<GenerationEvent> events(List<ToolCallParser.Part> parts) {
        List<GenerationEvent> events = new ArrayList<>();
        for (ToolCallParser.Part part : parts) {
            switch (part) {
                case ToolCallParser.Part.Text text -> events.add(new GenerationEvent.Text(text.text()));
                case ToolCallParser.Part.Call call -> {
                    all.add(call.call());
                    events.add(new GenerationEvent.Called(call.call()));
                }
                case ToolCallParser.Part.Fault fault -> faults.add(fault.reason());
            }
        }
        return events;
    }

    /** The calls so far. */
    public List<ToolCall> all() {
        return List.copyOf(all);
    }

    /** Why texts that began as calls are none. */
    public List<String> faults() {
        return List.copyOf(faults);
    }
}
