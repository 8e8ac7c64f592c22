package org.waterspout.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Backend;
import org.waterspout.backend.registry.Backends;
import org.waterspout.encode.Sequence;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Task;
import org.waterspout.runtime.Encoder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "hidden", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Prints what an encoder makes of sequences of tokens: hidden rows, and pooled vectors and head where it has them.")
final class HiddenCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Option(names = "--tokens", required = true, paramLabel = "IDS", description =
            "Token ids of a sequence, taken as they are; may be given several times.")
    private List<String> tokens;

    @Option(names = "--types", paramLabel = "IDS", description = "Token types of a sequence, in the order of --tokens; default: zeros.")
    private List<String> types = List.of();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    HiddenCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<Sequence> sequences = sequences();
        try (ModelFile file = ModelOptions.open(modelOptions.model());
                Backend backend = Backends.open(modelOptions.backend(), modelOptions.backendOptions())) {
            Architecture architecture = Architecture.of(file);
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("hidden", rows(file, architecture, backend, Target.HIDDEN, sequences));
            boolean head = architecture.head().isPresent();
            boolean judgesRows = architecture.head().stream().anyMatch(one -> one.task() == Task.TOKENS || one.task() == Task.SPAN);
            if (architecture.pooling().isPresent()) {
                object.put("pooled", firsts(rows(file, architecture, backend, Target.VECTOR, sequences)));
            } else if (head && !judgesRows) {
                object.put("pooled", firsts(rows(file, architecture, backend, Target.POOLED, sequences)));
            }
            if (architecture.head().stream().anyMatch(one -> !one.labels().isEmpty())) {
                List<List<float[]>> made = rows(file, architecture, backend, Target.HEAD, sequences);
                object.put("head", judgesRows ? made : firsts(made));
            }
            if (json) {
                object.put("backend", modelOptions.backend());
                object.put("device", backend.device().name());
                console.json(object);
            } else {
                object.forEach(this::print);
            }
        }
        return 0;
    }

    /** [sequence][row][width]. */
    private List<List<float[]>> rows(ModelFile file, Architecture architecture, Backend backend, Target target, List<Sequence> sequences) {
        LoadOptions options = modelOptions.options(LoadOptions.DEFAULT);
        int context = LanguageModel.contextLength(architecture, options);
        try (Encoder engine = Encoder.prepare(file, architecture, target, backend, options.planOptions(architecture, context))) {
            return engine.run(sequences).stream().map(numbers -> PrintedRows.rows(numbers, engine.width())).toList();
        }
    }

    private static List<float[]> firsts(List<List<float[]>> rows) {
        return rows.stream().map(List::getFirst).toList();
    }

    private List<Sequence> sequences() {
        if (types.size() > tokens.size()) {
            throw new InvalidRequestException("--types is given " + types.size() + " times, --tokens " + tokens.size() + " times");
        }
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            int[] ids = numbers("--tokens", tokens.get(i));
            int[] kinds = i < types.size() ? numbers("--types", types.get(i)) : new int[ids.length];
            if (kinds.length != ids.length) {
                throw new InvalidRequestException("--types " + types.get(i) + " has " + kinds.length + " numbers for " + ids.length
                        + " tokens");
            }
            sequences.add(Sequence.of(ids, kinds));
        }
        return sequences;
    }

    private static int[] numbers(String option, String list) {
        try {
            return Arrays.stream(list.split(",", -1)).mapToInt(number -> Integer.parseInt(number.strip())).toArray();
        } catch (NumberFormatException e) {
            throw new InvalidRequestException(option + " takes numbers with commas between, such as 1,2,3, not '" + list + "'", e);
        }
    }

    private void print(String name, Object value) {
        int number = 0;
        for (Object sequence : (List<?>) value) {
            console.line(name + " " + number++);
            if (sequence instanceof float[] row) {
                console.line(PrintedRows.line(row));
            } else {
                ((List<?>) sequence).forEach(row -> console.line(PrintedRows.line((float[]) row)));
            }
        }
    }
}
