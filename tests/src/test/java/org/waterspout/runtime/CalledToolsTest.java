package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import org.waterspout.generate.RequestOptions;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.decode.ToolCalls;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.text.Tokenizer;
import org.waterspout.tests.ChatModel;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolCall;
import org.waterspout.tools.ToolCallFormat;
import org.waterspout.tools.ToolUse;

/** A tiny model is made to give answers with calls, whose marks are control tokens. */
class CalledToolsTest {

    private static final List<String> MARKS = List.of("<|tool_call|>", "<|/tool_call|>");
    private static final ToolUse USE = ToolUse.of(List.of(Tool.of("f", "", "{}"), Tool.of("g", "", "{}")));
    private static final int[] PROMPT = ChatModel.tokens("<|im_start|>user");

    @TempDir
    private static Path folder;
    private static Path model;

    private static synchronized Path model() throws IOException {
        model = model == null ? ChatModel.gguf(folder, ChatModel.TEMPLATE, MARKS) : model;
        return model;
    }

    private static List<GenerationEvent> events(String answer, Optional<ToolUse> use, GenerationRequest request) throws IOException {
        List<GenerationEvent> events = new ArrayList<>();
        try (ModelFile file = ModelFiles.open(model()); Backend backend = new CpuBackend(BackendOptions.DEFAULT);
                Tokenizer tokenizer = Tokenizer.of(file)) {
            int[] tokens = tokenizer.encode(answer + "<|im_end|>", true);
            ForcedPlan plan = new ForcedPlan(backend.prepare(GraphBuilder.build(file, Architecture.of(file), 400),
                    new PlanOptions(400, 1, 16, false)), (row, logits, at) ->
                    logits[at + tokens[Math.clamp(row.position() + 1 - PROMPT.length, 0, tokens.length - 1)]] = 1e6f);
            try (Decoder decoder = new Decoder(plan)) {
                Call<GenerationEvent> call = decoder.generate(Optional.of(tokenizer), Set.of(2), request, 1, GenerationConfig.GREEDY,
                        Optional.empty(), () -> use.map(some -> new ToolCalls(some, ToolCallFormat.BARRED_LIST, PROMPT, Optional.empty())),
                        PROMPT, RequestOptions.DEFAULT).getFirst();
                while (events.isEmpty() || !(events.getLast() instanceof GenerationEvent.Finished)) {
                    events.add(call.next().orElseThrow());
                }
            }
        }
        return events;
    }

    private static GenerationRequest request() {
        return GenerationRequest.of(new Prompt.Tokens(PROMPT)).withMaxTokens(300);
    }

    private static Completion last(List<GenerationEvent> events) {
        return ((GenerationEvent.Finished) events.getLast()).completion();
    }

    @Test
    void textAndCallsComeInTheirOrder() throws IOException {
        String answer = "let me see <|tool_call|>[{\"name\": \"f\", \"arguments\": {\"a\": \"x\"}}, {\"name\": \"g\"}]<|/tool_call|> done";
        List<GenerationEvent> events = events(answer, Optional.of(USE), request());
        Completion completion = last(events);
        assertEquals(FinishReason.TOOL_CALLS, completion.finishReason());
        assertEquals("let me see  done", completion.text());
        assertEquals(List.of("f", "g"), completion.toolCalls().stream().map(ToolCall::name).toList());
        assertEquals("{\"a\":\"x\"}", completion.toolCalls().getFirst().arguments());
        assertTrue(completion.toolCallFaults().isEmpty());
        StringBuilder told = new StringBuilder();
        for (GenerationEvent event : events) {
            told.append(switch (event) {
                case GenerationEvent.Text text -> text.text();
                case GenerationEvent.Called called -> "(" + called.call().name() + ")";
                case GenerationEvent.Prompt _, GenerationEvent.Token _, GenerationEvent.Finished _ -> "";
            });
        }
        assertEquals("let me see (f)(g) done", told.toString());
        assertEquals(completion.toolCalls(), last(events(answer, Optional.of(USE), request())).toolCalls(), "with the same ids");
    }

    @Test
    void whatIsNoCallIsTextAndSaysWhy() throws IOException {
        Completion broken = last(events("so <|tool_call|>[{\"name\": 1}] ok", Optional.of(USE), request()));
        assertEquals("so <|tool_call|>[{\"name\": 1}] ok", broken.text());
        assertEquals(FinishReason.END, broken.finishReason());
        assertTrue(broken.toolCalls().isEmpty() && broken.toolCallFaults().getFirst().contains("names no tool"),
                broken.toolCallFaults().toString());
        Completion cut = last(events("<|tool_call|>[{\"name\": \"f\"}]", Optional.of(USE), request().withMaxTokens(5)));
        assertEquals("<|tool_call|>[{\"n", cut.text());
        assertEquals(FinishReason.MAX_TOKENS, cut.finishReason());
        Completion stopped = last(events("<|tool_call|>[{\"name\": \"f\"}] stop", Optional.of(USE),
                request().withStopStrings(List.of("stop"))));
        assertEquals(FinishReason.STOP_STRING, stopped.finishReason());
        assertEquals(1, stopped.toolCalls().size());
    }

    @Test
    void withoutToolsMarksLeaveNoTrace() throws IOException {
        Completion plain = last(events("<|tool_call|>[{\"name\": \"f\"}]", Optional.empty(), request()));
        assertEquals("[{\"name\": \"f\"}]", plain.text());
        assertEquals(FinishReason.END, plain.finishReason());
    }
}
