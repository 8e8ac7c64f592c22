package org.waterspout.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "logits", mixinStandardHelpOptions = true, sortOptions = false, description = "Prints the logits after a sequence of tokens.")
final class LogitsCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Option(names = "--tokens", split = ",", required = true, paramLabel = "IDS", description = "Token ids, taken as they are.")
    private int[] tokens;

    @Option(names = "--all", description = "After every token, not only the last.")
    private boolean all;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    LogitsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (LanguageModel model = modelOptions.load(LoadOptions.DEFAULT)) {
            float[] logits = model.logits(tokens, all);
            List<float[]> rows = new ArrayList<>();
            for (int at = 0; at < logits.length; at += model.vocabulary()) {
                rows.add(Arrays.copyOfRange(logits, at, at + model.vocabulary()));
            }
            if (json) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("logits", all ? rows : rows.getFirst());
                object.put("backend", modelOptions.backend());
                object.put("device", model.device().name());
                console.json(object);
            } else {
                for (float[] row : rows) {
                    StringBuilder line = new StringBuilder();
                    for (float logit : row) {
                        line.append(line.isEmpty() ? "" : " ").append(logit);
                    }
                    console.line(line.toString());
                }
            }
        }
        return 0;
    }
}
