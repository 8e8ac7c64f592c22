package org.waterspout.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.waterspout.LanguageModel;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.WordLimits;
import picocli.CommandLine.Option;

/** The options that say how tokens are chosen: {@link Sampling} has their meaning. */
final class SamplingOptions {

    private static final Sampling DEFAULT = Sampling.GREEDY.withTemperature(0.7f).withTopP(0.95f);

    @Option(names = "--temperature", paramLabel = "T",
            description = "0 for the most likely token always; default: as the model's file says, else 0.7.")
    private Optional<Float> temperature = Optional.empty();

    @Option(names = "--top-k", paramLabel = "K", description = "Keep the K most likely tokens; 0 keeps all.")
    private Optional<Integer> topK = Optional.empty();

    @Option(names = "--top-p", paramLabel = "P",
            description = "Keep the most likely tokens that together reach P; default: as the model's file says, else 0.95.")
    private Optional<Float> topP = Optional.empty();

    @Option(names = "--min-p", paramLabel = "P", description = "Drop tokens less likely than P times the best.")
    private Optional<Float> minP = Optional.empty();

    @Option(names = "--repetition-penalty", paramLabel = "X", defaultValue = "1", description = "Above 1 discourages tokens seen before.")
    private float repetitionPenalty;

    @Option(names = "--presence-penalty", paramLabel = "X", defaultValue = "0", description = "Subtracted for tokens of the answer.")
    private float presencePenalty;

    @Option(names = "--frequency-penalty", paramLabel = "X", defaultValue = "0", description = "Subtracted for each use in the answer.")
    private float frequencyPenalty;

    @Option(names = "--logit-bias", paramLabel = "TOKEN=X", description = "Added to a token's logit; may be given several times.")
    private Map<Integer, Float> logitBias = new HashMap<>();

    @Option(names = "--forbid", paramLabel = "WORD", description = "This word does not come, behind a blank or not; may be given several"
            + " times.")
    private List<String> forbidden = List.of();

    @Option(names = "--allow", paramLabel = "WORD",
            description = "Only tokens of this word come, of others that are given so, and those that end an answer.")
    private List<String> allowed = List.of();

    @Option(names = "--seed", paramLabel = "S",
            description = "The same seed gives the same text on the same backend; default: drawn, and shown with the figures.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be given several times.")
    private List<String> stop = List.of();

    /**
     * What the options say; where they say nothing, what the model's file says.
     *
     * @param ofModel what the file says, and where it says nothing, what is given
     */
    Sampling sampling(UnaryOperator<Sampling> ofModel) {
        Sampling base = temperature.isPresent() && temperature.get() == 0 ? DEFAULT : ofModel.apply(DEFAULT);
        Sampling sampling = base.withTemperature(temperature.orElse(base.temperature())).withTopK(topK.orElse(base.topK()))
                .withTopP(topP.orElse(base.topP())).withMinP(minP.orElse(base.minP()))
                .withPenalties(repetitionPenalty, presencePenalty, frequencyPenalty).withLogitBias(logitBias);
        return seed.map(sampling::withSeed).orElse(sampling);
    }

    /** {@code request} with how tokens are drawn, unless nothing is said here and the model's file asks for a search. */
    GenerationRequest asked(GenerationRequest request, LanguageModel model) {
        boolean silent = temperature.isEmpty() && topK.isEmpty() && topP.isEmpty() && minP.isEmpty() && seed.isEmpty()
                && logitBias.isEmpty() && repetitionPenalty == 1 && presencePenalty == 0 && frequencyPenalty == 0;
        GenerationRequest worded = request.withWords(WordLimits.ANY.withForbidden(forbidden).withAllowed(allowed));
        return silent && model.beams() > 1 ? worded : worded.withSampling(sampling(model::sampling));
    }

    List<String> stopStrings() {
        return stop;
    }
}
