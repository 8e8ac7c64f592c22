package org.waterspout.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.Translator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "logits", mixinStandardHelpOptions = true, sortOptions = false, description = "Prints the logits after a sequence of"
        + " tokens.")
final class LogitsCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Option(names = "--tokens", split = ",", required = true, paramLabel = "IDS", description = "Token ids, taken as they are.")
    private int[] tokens;

    @Option(names = "--decoder-tokens", split = ",", paramLabel = "IDS",
            description = "Of an encoder-decoder: token ids of the target, its start token first; --tokens are the source's.")
    private int[] decoderTokens;

    @Option(names = "--all", description = "After every token, not only the last.")
    private boolean all;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    LogitsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (decoderTokens != null) {
            try (Translator model = modelOptions.translator(LoadOptions.DEFAULT)) {
                List<float[]> rows = PrintedRows.rows(model.logits(tokens, decoderTokens), model.vocabulary());
                print(all ? rows : List.of(rows.getLast()), model.device().name());
            }
            return 0;
        }
        try (LanguageModel model = modelOptions.load(LoadOptions.DEFAULT)) {
            print(PrintedRows.rows(model.logits(tokens, all), model.vocabulary()), model.device().name());
        }
        return 0;
    }

    private void print(List<float[]> rows, String device) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("logits", all ? rows : rows.getFirst());
            object.put("backend", modelOptions.backend());
            object.put("device", device);
            console.json(object);
        } else {
            rows.forEach(row -> console.line(PrintedRows.line(row)));
        }
    }
}
