package org.waterspout.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.waterspout.LoadOptions;
import org.waterspout.QuestionAnswerer;
import org.waterspout.QuestionAnswerer.Answer;
import org.waterspout.QuestionAnswerer.Question;
import org.waterspout.error.InvalidRequestException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "answer", mixinStandardHelpOptions = true, sortOptions = false, description = "Finds the answer to a question in a text.")
final class AnswerCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Option(names = "--question", paramLabel = "TEXT", description = "The question.")
    private Optional<String> question = Optional.empty();

    @Mixin
    private TextInput input;

    @Option(names = "--text", paramLabel = "TEXT", description = "The text to find the answer in.")
    private Optional<String> context = Optional.empty();

    @Option(names = "--context-file", paramLabel = "F", description = "Instead of --text: a file of it, UTF-8.")
    private Optional<Path> contextFile = Optional.empty();

    @Option(names = "--code-points", description = "Count offsets in code points, as Python does, not in UTF-16 units.")
    private boolean codePoints;

    @Option(names = "--json", description = "Print one JSON object; of the questions of a file, a list of answers.")
    private boolean json;

    AnswerCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (context.isPresent() == contextFile.isPresent()) {
            throw new InvalidRequestException("give either --text or --context-file");
        }
        List<String> questions = input.lines(question.stream().toList(), "question");
        String text = context.orElseGet(() -> TextInput.read(contextFile.get()));
        var path = modelOptions.path("answer");
        try (QuestionAnswerer answerer = Progress.loading(console, () ->
                QuestionAnswerer.load(path, modelOptions.options(LoadOptions.DEFAULT)))) {
            List<Answer> answers = Progress.inGroups(console, "answering", questions,
                    group -> answerer.answer(group.stream().map(asked -> new Question(asked, text)).toList()).stream()
                            .map(answer -> codePoints ? answer.inCodePoints(text) : answer).toList());
            if (json) {
                console.json(object(answerer, answers));
            } else {
                answers.forEach(answer -> console.line(String.format(Locale.ROOT, "%s\t%d-%d\t%.4f",
                        answer.answer().replaceAll("\\s+", " "), answer.start(), answer.end(), answer.score())));
            }
        }
        return 0;
    }

    private Map<String, Object> object(QuestionAnswerer answerer, List<Answer> answers) {
        Map<String, Object> object = new LinkedHashMap<>();
        if (question.isPresent()) {
            object.putAll(object(answers.getFirst()));
        } else {
            object.put("answers", answers.stream().map(AnswerCommand::object).toList());
        }
        object.put("model", answerer.name());
        object.put("backend", modelOptions.backend());
        object.put("device", answerer.device().name());
        return object;
    }

    private static Map<String, Object> object(Answer answer) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("answer", answer.answer());
        object.put("start", answer.start());
        object.put("end", answer.end());
        object.put("score", answer.score());
        return object;
    }
}
