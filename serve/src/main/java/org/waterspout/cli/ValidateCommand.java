package org.waterspout.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Backend;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.registry.Backends;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ValidationException;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.validate.ValidationReport;
import org.waterspout.validate.Validator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "validate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Checks every operation of a model on a backend against the reference.")
final class ValidateCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Option(names = "--prompt-tokens", paramLabel = "N", defaultValue = "13",
            description = "Tokens of the prompt to check with; default: ${DEFAULT-VALUE}.")
    private int promptTokens;

    @Option(names = "--decode-tokens", paramLabel = "N", defaultValue = "3", description = "Steps of one token after it; default:"
            + " ${DEFAULT-VALUE}.")
    private int decodeTokens;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "1", description = "Which tokens; default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ValidateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (promptTokens < 1 || decodeTokens < 0) {
            throw new InvalidRequestException("--prompt-tokens must be 1 or more, --decode-tokens 0 or more");
        }
        ValidationReport report = Progress.loading(console, this::run);
        if (json) {
            console.json(object(report));
        } else {
            console.line(modelOptions.backend() + " on " + report.device().name());
            console.print(report.print());
        }
        if (!report.ok() && json) {
            return ValidationException.EXIT_CODE;
        }
        report.requireOk();
        return 0;
    }

    private ValidationReport run() {
        try (ModelFile file = ModelOptions.open(modelOptions.model());
                Backend backend = Backends.open(modelOptions.backend(), modelOptions.backendOptions())) {
            Architecture architecture = Architecture.of(file);
            int context = promptTokens + (architecture.decoder().isPresent() ? decodeTokens : 0);
            boolean reads = architecture.main().input() instanceof Architecture.Tokens; // an image has its own length
            if (reads && context > architecture.contextLength()) {
                throw new InvalidRequestException("--prompt-tokens and --decode-tokens together exceed the model's context of "
                        + architecture.contextLength());
            }
            PlanOptions asked = modelOptions.options(LoadOptions.DEFAULT).planOptions(architecture, context);
            Validator.Course course = Validator.course(architecture, promptTokens, decodeTokens, seed)
                    .withCache(asked.cacheType(), asked.cacheBytes());
            // every position that a plan takes, so that an image has all its patches
            return Validator.run(GraphBuilder.of(file, architecture, Math.max(
                    course.options().contextLength(), course.options().sourceLength())), backend, course);
        }
    }

    private Map<String, Object> object(ValidationReport report) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("ok", report.ok());
        object.put("backend", modelOptions.backend());
        object.put("device", report.device().name());
        object.put("operations", report.rows().stream().map(row -> {
            Map<String, Object> operation = new LinkedHashMap<>();
            operation.put("operation", row.operation());
            operation.put("weights", row.weights());
            operation.put("checked", row.checked());
            operation.put("error", row.largest().error());
            operation.put("limit", row.limit());
            operation.put("margin", row.margin());
            operation.put("ok", row.ok());
            operation.put("where", row.place() + ", row " + row.largest().row() + ", value " + row.largest().column());
            return operation;
        }).toList());
        return object;
    }
}
