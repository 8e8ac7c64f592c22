package org.waterspout.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sharing;
import org.waterspout.generate.Speculation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures a decoder's prefill and decode speed, the first token of a cold process, and memory; with --file the"
        + " texts a second of an encoder or a translator.")
final class BenchCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private SpeculationOptions speculation;

    @Option(names = "--prompt-tokens", paramLabel = "N", defaultValue = "128", description = "Length of the prompt; default:"
            + " ${DEFAULT-VALUE}.")
    private int promptTokens;

    @Option(names = "--gen-tokens", paramLabel = "N", defaultValue = "64", description = "Tokens to generate, 2 or more; default:"
            + " ${DEFAULT-VALUE}.")
    private int generatedTokens;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5", description = "Runs that count; default: ${DEFAULT-VALUE}.")
    private int runs;

    @Option(names = "--warmup", paramLabel = "N", defaultValue = "2", description = "Runs before them; default: ${DEFAULT-VALUE}.")
    private int warmup;

    @Option(names = "--file", paramLabel = "F", description = "Texts to embed or to translate, one a line.")
    private Optional<Path> file = Optional.empty();

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1", description =
            "Texts handed over at a time; default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--streams", paramLabel = "N,...", split = ",",
            description = "Also measures so many answers at once, each from a prompt of its own: 1,4,8,16.")
    private List<Integer> streams = List.of();

    @Option(names = "--no-cold", description = "Leave out the first token of a cold process, which starts one.")
    private boolean noCold;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (promptTokens < 1 || generatedTokens < 2 || runs < 1 || warmup < 0 || streams.stream().anyMatch(count -> count < 1)) {
            throw new InvalidRequestException(
                    "--prompt-tokens, --runs and --streams must be 1 or more, --gen-tokens 2 or more, --warmup 0 or more");
        }
        Speculation how = speculation.speculation();
        if (file.isPresent() && speculation.isPresent()) {
            throw new InvalidRequestException("no tokens are proposed where whole texts are measured: leave --file, or --speculate and"
                    + " --draft-model, away");
        }
        if (file.isPresent()) {
            print(new TextBench(console, modelOptions, file.get(), batch, runs).run(json));
            return 0;
        }
        Map<String, Object> object = new LinkedHashMap<>();
        try (LanguageModel model = Progress.loading(console, () -> modelOptions.load(loadOptions(), speculation.draft()))) {
            if (promptTokens + generatedTokens > model.contextLength()) {
                throw new InvalidRequestException("--prompt-tokens and --gen-tokens together exceed the context of "
                        + model.contextLength());
            }
            GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt(model.vocabulary())))
                    .withMaxTokens(generatedTokens).withIgnoreEnd(true).withSharing(Sharing.NONE).withSpeculation(how);
            Progress.loading(console, model::warmUp);
            List<Double> prefill = new ArrayList<>();
            List<Double> decode = new ArrayList<>();
            int proposed = 0;
            int accepted = 0;
            for (int run = -warmup; run < runs; run++) {
                try (Generation generation = model.generate(request)) {
                    Completion completion = generation.complete();
                    if (run >= 0) {
                        prefill.add(completion.prefillTokensPerSecond());
                        decode.add(completion.decodeTokensPerSecond());
                        proposed += completion.proposedTokens();
                        accepted += completion.acceptedTokens();
                    }
                }
            }
            object.put("model", model.name());
            object.put("backend", modelOptions.backend());
            object.put("device", model.device().name());
            object.put("prompt_tokens", promptTokens);
            object.put("gen_tokens", generatedTokens);
            object.put("runs", runs);
            Speed prefillSpeed = Speed.of(prefill);
            Speed decodeSpeed = Speed.of(decode);
            object.put("prefill_tokens_per_second", json ? prefillSpeed : prefillSpeed.text("tokens"));
            object.put("decode_tokens_per_second", json ? decodeSpeed : decodeSpeed.text("tokens"));
            if (speculation.isPresent()) {
                object.put("proposed_tokens", proposed);
                object.put("accepted_tokens", accepted);
            }
            if (!streams.isEmpty()) {
                List<StreamBench.Row> rows = StreamBench.run(model, streams, promptTokens, generatedTokens, runs, how);
                object.put("streams", json ? rows : StreamBench.text(rows));
            }
            object.put("peak_memory_bytes", ProcessMemory.peakBytes());
            if (!noCold) {
                object.put("first_token_seconds", ColdStart.firstTokenSeconds(arguments(), prompt(model.vocabulary())));
            }
        }
        print(object);
        return 0;
    }

    private LoadOptions loadOptions() {
        return streams.isEmpty() ? LoadOptions.DEFAULT : LoadOptions.DEFAULT.withSequences(
                streams.stream().mapToInt(count -> count).max().getAsInt());
    }

    private List<String> arguments() {
        return Stream.concat(modelOptions.arguments().stream(), speculation.arguments().stream()).toList();
    }

    private void print(Map<String, Object> object) {
        if (json) {
            console.json(object);
        } else {
            object.forEach((key, value) -> console.line(String.format(Locale.ROOT, "%-28s %s", key, value)));
        }
    }

    /** The same varied tokens every time; which ones does not matter to the speed. */
    private int[] prompt(int vocabulary) {
        SplittableRandom random = new SplittableRandom(1);
        int[] tokens = new int[promptTokens];
        Arrays.setAll(tokens, i -> random.nextInt(vocabulary));
        return tokens;
    }
}
