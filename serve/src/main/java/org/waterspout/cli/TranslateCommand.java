package org.waterspout.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.waterspout.LoadOptions;
import org.waterspout.Translation;
import org.waterspout.TranslationOptions;
import org.waterspout.TranslationOptions.Splitting;
import org.waterspout.Translator;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.Hypothesis;
import org.waterspout.generate.Sampling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "translate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Translates texts with an encoder-decoder; without a model, English dates and numbers in words into digits.")
final class TranslateCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private TextInput input;

    @Parameters(arity = "0..*", paramLabel = "TEXT", description = "Texts, each an argument.")
    private List<String> words = List.of();

    @Option(names = "--tokens", split = ",", paramLabel = "IDS", description =
            "Instead of texts: token ids of one source, taken as they are.")
    private int[] tokens;

    @Option(names = "--from", paramLabel = "LANGUAGE", description = "Language of the texts, such as en, where the model has several.")
    private Optional<String> from = Optional.empty();

    @Option(names = "--to", paramLabel = "LANGUAGE", description = "Language to translate into.")
    private Optional<String> to = Optional.empty();

    @Option(names = "--prefix", paramLabel = "TEXT", defaultValue = "",
            description = "Put before each text, for models that want to be told what to do: \"translate English to German: \".")
    private String prefix;

    @Option(names = "--beam", paramLabel = "N", description = "Hypotheses at a time, 1 for greedy search; default: as the model's file"
            + " says.")
    private Optional<Integer> beam = Optional.empty();

    @Option(names = "--n-best", paramLabel = "N", defaultValue = "1",
            description = "Translations of each text, best first: number of the text, score, translation; default: ${DEFAULT-VALUE}.")
    private int best;

    @Option(names = "--length-penalty", paramLabel = "X", description = "Scores are divided by the length to this power.")
    private Optional<Double> lengthPenalty = Optional.empty();

    @Option(names = "--patience", paramLabel = "X", description = "Wait for this many times as many finished hypotheses as the beam has.")
    private Optional<Float> patience = Optional.empty();

    @Option(names = "--min-tokens", paramLabel = "N", description = "Least tokens of a translation.")
    private Optional<Integer> minTokens = Optional.empty();

    @Option(names = {"-n", "--max-tokens"}, paramLabel = "N", description = "Most tokens of a translation, its end counted.")
    private Optional<Integer> maxTokens = Optional.empty();

    @Option(names = "--no-repeat-ngram", paramLabel = "N", description = "No N tokens in a row occur twice in a translation.")
    private Optional<Integer> noRepeatNgram = Optional.empty();

    @Option(names = "--temperature", paramLabel = "T", description = "Draw translations at random instead of searching the most likely.")
    private Optional<Float> temperature = Optional.empty();

    @Option(names = "--seed", paramLabel = "N", description = "Seed of --temperature; default: drawn, and shown by --json.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--split", paramLabel = "WHEN", defaultValue = "long",
            description = "Into sentences: long (texts of several lines, or too long for the model), sentences (always), never; default: "
                    + "${DEFAULT-VALUE}.")
    private Splitting splitting;

    @Option(names = "--no-shortlist", description = "Do without the model's list of likely words.")
    private boolean noShortlist;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    TranslateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        TranslationOptions options = options();
        if (tokens != null && !words.isEmpty()) {
            throw new InvalidRequestException("both texts and --tokens are given: give one of them");
        }
        List<String> texts = tokens != null ? List.of() : input.linesOrNothing(words, "text");
        if (!words.isEmpty() && words.stream().allMatch(String::isBlank)) {
            throw new InvalidRequestException("the text is empty: give one to translate");
        }
        try (Translator translator = Progress.loading(console, this::load)) {
            if (tokens != null) {
                sequences(translator, translator.translateTokens(List.of(tokens), options).getFirst());
            } else {
                translations(translator, Progress.steps(console, "translating",
                        steps -> translator.translate(texts, options, steps::done)));
            }
        }
        return 0;
    }

    private Translator load() {
        return modelOptions.translator(LoadOptions.DEFAULT.withSequences(Math.max(1, Math.max(best, beam.orElse(1)))));
    }

    private TranslationOptions options() {
        TranslationOptions options = TranslationOptions.DEFAULT.withPrefix(prefix).withBest(best).withSplitting(splitting)
                .withShortlist(!noShortlist).withAdjustment(this::adjusted);
        options = from.map(options::withFrom).orElse(options);
        options = to.map(options::withTo).orElse(options);
        options = beam.map(options::withBeams).orElse(options);
        options = lengthPenalty.map(options::withLengthPenalty).orElse(options);
        options = minTokens.map(options::withMinTokens).orElse(options);
        options = maxTokens.map(options::withMaxTokens).orElse(options);
        return noRepeatNgram.map(options::withNoRepeatNgram).orElse(options);
    }

    private GenerationConfig adjusted(GenerationConfig config) {
        GenerationConfig changed = patience.map(value -> config.withRule(config.rule().withPatience(value))).orElse(config);
        Optional<Sampling> sampling = changed.sampling().or(() -> temperature.map(Sampling.GREEDY::withTemperature));
        return sampling.map(one -> temperature.map(one::withTemperature).orElse(one)).map(one -> seed.map(one::withSeed).orElse(one))
                .map(changed::withSampling).orElse(changed);
    }

    private void sequences(Translator translator, List<Hypothesis> found) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("sequences", found.stream().map(one -> {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("tokens", one.tokens());
                row.put("score", one.score());
                row.put("ended", one.ended());
                return row;
            }).toList());
            found.stream().findFirst().ifPresent(one -> one.seed().ifPresent(value -> object.put("seed", value)));
            console.json(withModel(object, translator));
            return;
        }
        for (Hypothesis one : found) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%.6f", one.score()));
            for (int token : one.tokens()) {
                line.append(' ').append(token);
            }
            console.line(line.toString());
        }
    }

    private void translations(Translator translator, List<Translation> translations) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("translations", translations.stream().map(one -> {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("text", one.text());
                row.put("score", one.score());
                row.put("alternatives", one.alternatives());
                return row;
            }).toList());
            translations.stream().flatMapToLong(one -> one.seed().stream()).findFirst().ifPresent(value -> object.put("seed", value));
            console.json(withModel(object, translator));
            return;
        }
        for (int text = 0; text < translations.size(); text++) {
            Translation one = translations.get(text);
            if (best == 1) {
                console.line(one.text());
                continue;
            }
            String number = (text + 1) + "\t";
            console.line(number + String.format(Locale.ROOT, "%.6f\t", one.score()) + one.text());
            one.alternatives().forEach(other -> console.line(number + String.format(Locale.ROOT, "%.6f\t", other.score()) + other.text()));
        }
    }

    private Map<String, Object> withModel(Map<String, Object> object, Translator translator) {
        object.put("model", translator.name());
        object.put("backend", modelOptions.backend());
        object.put("device", translator.device().name());
        return object;
    }
}
