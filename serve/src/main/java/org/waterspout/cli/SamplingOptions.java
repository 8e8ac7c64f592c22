package org.waterspout.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.generate.Sampling;
import picocli.CommandLine.Option;

/** The options that say how tokens are chosen: {@link Sampling} has their meaning. */
final class SamplingOptions {

    @Option(names = "--temperature", paramLabel = "T", defaultValue = "0.7",
            description = "0 for the most likely token always; default: ${DEFAULT-VALUE}.")
    private float temperature;

    @Option(names = "--top-k", paramLabel = "K", defaultValue = "0", description = "Keep the K most likely tokens; 0 keeps all.")
    private int topK;

    @Option(names = "--top-p", paramLabel = "P", defaultValue = "0.95",
            description = "Keep the most likely tokens that together reach P; default: ${DEFAULT-VALUE}.")
    private float topP;

    @Option(names = "--min-p", paramLabel = "P", defaultValue = "0", description = "Drop tokens less likely than P times the best.")
    private float minP;

    @Option(names = "--repetition-penalty", paramLabel = "X", defaultValue = "1", description = "Above 1 discourages tokens seen before.")
    private float repetitionPenalty;

    @Option(names = "--presence-penalty", paramLabel = "X", defaultValue = "0", description = "Subtracted for tokens of the answer.")
    private float presencePenalty;

    @Option(names = "--frequency-penalty", paramLabel = "X", defaultValue = "0", description = "Subtracted for each use in the answer.")
    private float frequencyPenalty;

    @Option(names = "--logit-bias", paramLabel = "TOKEN=X", description = "Added to a token's logit; may be given several times.")
    private Map<Integer, Float> logitBias = new HashMap<>();

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0",
            description = "The same seed gives the same text on the same backend; default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be given several times.")
    private List<String> stop = List.of();

    Sampling sampling() {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias, seed);
    }

    List<String> stopStrings() {
        return stop;
    }
}
