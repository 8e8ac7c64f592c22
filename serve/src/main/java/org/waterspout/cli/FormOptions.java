package org.waterspout.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.error.InvalidRequestException;
import picocli.CommandLine.Option;

/** The options that say what an answer has to be like. */
final class FormOptions {

    @Option(names = "--json-schema", paramLabel = "FILE|TEXT", description =
            "The answer is JSON that this schema holds for; a text begins with {.")
    private Optional<String> jsonSchema = Optional.empty();

    @Option(names = "--regex", paramLabel = "EXPRESSION", description = "The answer as a whole matches this regular expression.")
    private Optional<String> regex = Optional.empty();

    @Option(names = "--choice", paramLabel = "TEXT", description = "The answer is this text, or another one that is given so.")
    private List<String> choices = List.of();

    @Option(names = "--grammar", paramLabel = "FILE", description = "The answer is of the rule root of this grammar in GBNF.")
    private Optional<Path> grammar = Optional.empty();

    /** @throws InvalidRequestException for more than one form, or a wrong one */
    Optional<AnswerForm> form() {
        List<AnswerForm> all = Stream.of(
                jsonSchema.map(text -> AnswerForm.jsonSchema(text.stripLeading().startsWith("{") ? text
                        : TextInput.read(Path.of(text)))),
                regex.map(AnswerForm::regex),
                choices.isEmpty() ? Optional.<AnswerForm>empty() : Optional.of(AnswerForm.choices(choices)),
                grammar.map(file -> AnswerForm.grammar(TextInput.read(file)))).flatMap(Optional::stream).toList();
        if (all.size() > 1) {
            throw new InvalidRequestException("more than one of --json-schema, --regex, --choice and --grammar is given: give one kind");
        }
        return all.stream().findFirst();
    }
}
