package org.waterspout.cli;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.RequestOptions;
import org.waterspout.generate.TokenLogProbability;
import org.waterspout.tools.ToolCall;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "run", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Answers or continues a prompt, streaming; ends with a line of figures on standard error.")
final class RunCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Parameters(arity = "0..*", paramLabel = "PROMPT", description = "The prompt; a model with a chat template gets it as a user's"
            + " message.")
    private List<String> words = List.of();

    @Option(names = "--tokens", split = ",", paramLabel = "IDS", description = "Instead of a prompt: token ids, taken as they are.")
    private int[] tokens;

    @Option(names = "--raw", description = "Continue the bare text, past any chat template.")
    private boolean raw;

    @Option(names = "--parse-special",
            description = "Names of control tokens in what you write, such as <|im_end|>, count as these tokens; else they are plain text.")
    private boolean parseSpecial;

    @Option(names = {"-n", "--max-tokens"}, paramLabel = "N",
            description = "Most tokens to generate; default: as the model's file says, else 256.")
    private Optional<Integer> maxTokens = Optional.empty();

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private FormOptions forms;

    @Mixin
    private ToolOptions tools;

    @Option(names = "--logprobs", paramLabel = "N",
            description = "With --json: the log-probability of each token, and the N most likely tokens in its place, 0 or more.")
    private Optional<Integer> logProbabilities = Optional.empty();

    @Option(names = "--prompt-logprobs", description = "With --logprobs: those of the prompt's tokens too, from the second on.")
    private boolean ofPrompt;

    @Option(names = "--answers", paramLabel = "N", defaultValue = "1",
            description = "So many answers, one after the other, each with a seed one above that of the one before; default:"
            + " ${DEFAULT-VALUE}.") private int answers;

    @Mixin
    private SpeculationOptions speculation;

    @Option(names = "--json", description = "Print one JSON object, when done.")
    private boolean json;

    /** Whether text stands on a line that is not at its end. */
    private boolean lineBegun;

    RunCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Prompt prompt = prompt();
        sampling.sampling(UnaryOperator.identity()); // refuses wrong values before the model is loaded
        GenerationRequest base = GenerationRequest.of(prompt).withStopStrings(sampling.stopStrings());
        GenerationRequest free = maxTokens.map(base::withMaxTokens).orElse(base);
        GenerationRequest formed = forms.form().map(free::withForm).orElse(free);
        GenerationRequest told = logProbabilities().map(formed::withLogProbabilities).orElse(formed);
        GenerationRequest request = tools.use().map(told::withTools).orElse(told).withSpeculation(speculation.speculation());
        LoadOptions options = answers > 1 ? LoadOptions.DEFAULT.withSequences(Math.min(answers, LoadOptions.DEFAULT_SEQUENCES))
                : LoadOptions.DEFAULT;
        try (LanguageModel model = Progress.loading(console, () -> modelOptions.load(options, speculation.draft()))) {
            List<Generation> generations = model.generate(sampling.asked(request, model), answers, RequestOptions.DEFAULT);
            Progress.loading(console, model::warmUp); // else the first token's time would hold the compiler's
            List<Map<String, Object>> objects = new ArrayList<>();
            for (Generation generation : generations) {
                Completion completion = completion(generation);
                if (json) {
                    objects.add(object(model, completion));
                } else {
                    report(model, completion);
                }
            }
            if (json) {
                console.json(answers == 1 ? objects.getFirst() : Map.of("answers", objects));
            }
        }
        return 0;
    }

    private Completion completion(Generation generation) {
        while (true) {
            switch (generation.next()) {
                case GenerationEvent.Text text -> show(text.text(), generation);
                case GenerationEvent.Called called -> showCall(called.call());
                case GenerationEvent.Prompt _, GenerationEvent.Token _ -> { } // the completion has them all
                case GenerationEvent.Finished finished -> {
                    return finished.completion();
                }
            }
        }
    }

    private Optional<LogProbabilities> logProbabilities() {
        if (logProbabilities.isPresent() && !json || ofPrompt && logProbabilities.isEmpty()) {
            throw new InvalidRequestException(json ? "--prompt-logprobs needs --logprobs N: say how many tokens of each place you want"
                    : "--logprobs shows its numbers in JSON only: give --json too");
        }
        return logProbabilities.map(top -> new LogProbabilities(top, ofPrompt));
    }

    private Prompt prompt() {
        if (tokens != null && !words.isEmpty()) {
            throw new InvalidRequestException("both a prompt and --tokens are given: give one of them");
        }
        if (tokens != null) {
            return new Prompt.Tokens(tokens);
        }
        if (words.isEmpty()) {
            throw new InvalidRequestException("no prompt is given: run \"some text\", or --tokens 1,2,3");
        }
        String text = String.join(" ", words);
        return raw ? new Prompt.Raw(text, parseSpecial) : new Prompt.Message(text, parseSpecial);
    }

    private void show(String text, Generation generation) {
        if (!json) {
            console.print(text);
            lineBegun = !text.endsWith("\n");
            if (console.isClosed()) {
                generation.cancel();
            }
        }
    }

    /** A call on a line of its own, as JSON. */
    private void showCall(ToolCall call) {
        if (!json) {
            console.line((lineBegun ? "\n" : "") + ToolOptions.line(call));
            lineBegun = false;
        }
    }

    private void report(LanguageModel model, Completion completion) {
        if (lineBegun || completion.toolCalls().isEmpty()) {
            // without a tokenizer there is no text to show
            console.line(model.readsText() ? "" : Arrays.stream(completion.tokens()).mapToObj(Integer::toString)
                    .collect(Collectors.joining(",")));
        }
        completion.toolCallFaults().forEach(fault -> console.remark("waterspout: no call of a tool: " + fault));
        console.remark(figures(model, modelOptions.backend(), completion));
    }

    static String figures(LanguageModel model, String backend, Completion completion) {
        return String.format(Locale.ROOT, "%s | %s | %s | prompt %d tokens, %.1f/s | generated %d tokens, %.1f/s%s", model.name(), backend,
                model.device().name(), completion.promptTokens(), completion.prefillTokensPerSecond(), completion.tokens().length,
                completion.decodeTokensPerSecond(), completion.seed().isPresent() ? " | seed " + completion.seed().getAsLong() : "");
    }

    private Map<String, Object> object(LanguageModel model, Completion completion) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("text", completion.text());
        object.put("tokens", completion.tokens());
        if (!completion.toolCalls().isEmpty()) {
            object.put("tool_calls", completion.toolCalls().stream().map(ToolOptions::object).toList());
        }
        if (!completion.toolCallFaults().isEmpty()) {
            object.put("tool_call_faults", completion.toolCallFaults());
        }
        object.put("prompt_tokens", completion.promptTokens());
        object.put("finish_reason", completion.finishReason().label());
        completion.seed().ifPresent(seed -> object.put("seed", seed));
        logProbabilities.ifPresent(_ -> object.put("logprobs", rows(model, completion.logProbabilities())));
        if (ofPrompt && !completion.promptLogProbabilities().isEmpty()) {
            object.put("prompt_logprobs", rows(model, completion.promptLogProbabilities()));
        }
        if (speculation.isPresent()) {
            object.put("proposed_tokens", completion.proposedTokens());
            object.put("accepted_tokens", completion.acceptedTokens());
        }
        object.put("model", model.name());
        object.put("backend", modelOptions.backend());
        object.put("device", model.device().name());
        object.put("prefill_tokens_per_second", completion.prefillTokensPerSecond());
        object.put("decode_tokens_per_second", completion.decodeTokensPerSecond());
        return object;
    }

    private static List<Map<String, Object>> rows(LanguageModel model, List<TokenLogProbability> tokens) {
        return tokens.stream().map(token -> {
            Map<String, Object> row = row(model, token.id(), token.logProbability());
            row.put("top_logprobs", token.top().stream().map(top -> row(model, top.id(), top.logProbability())).toList());
            return row;
        }).toList();
    }

    /** As OpenAI's API has it, with the id. */
    private static Map<String, Object> row(LanguageModel model, int token, double logProbability) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", token);
        if (model.readsText()) {
            row.put("token", new String(model.tokenizer().bytes(token), StandardCharsets.UTF_8));
        }
        row.put("logprob", logProbability);
        return row;
    }
}
