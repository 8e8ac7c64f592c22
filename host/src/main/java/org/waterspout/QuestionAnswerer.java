package org.waterspout;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.waterspout.backend.Device;
import org.waterspout.encode.Offsets;
import org.waterspout.encode.Sequence;
import org.waterspout.encode.SpanSearch;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.TooLongException;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.Target;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.text.Encoding;

/**
 * Finds the answer to a question in a text, word for word (Devlin et al. 2019, section 4.2). A text longer than the model takes is read in
 * windows that overlap. Safe for use from several threads.
 */
public final class QuestionAnswerer implements AutoCloseable {

    /** A question and the text to find its answer in. */
    public record Question(String question, String context) {
    }

    /**
     * @param answer the context from {@code start} to {@code end}
     * @param start  in UTF-16 units, as {@link String#substring} takes them; so is {@code end}
     * @param score  the share of its start times that of its end, within its window; a model that can tell that there is no answer gives a
     *               small one where it is sure of that
     */
    public record Answer(String answer, int start, int end, double score) {

        /**
         * The same with offsets in code points, as Python and most other languages' pipelines count them.
         *
         * @param context that this was found in
         */
        public Answer inCodePoints(String context) {
            return new Answer(answer, Offsets.codePoints(context, start), Offsets.codePoints(context, end), score);
        }
    }

    /** As in Transformers: tokens of a window, tokens that neighbouring windows share, tokens of an answer. */
    private static final int MAX_WINDOW = 384;
    private static final int MAX_SHARED = 128;
    private static final int MAX_ANSWER = 15;

    private final LoadedEncoder encoder;

    private QuestionAnswerer(LoadedEncoder encoder) {
        this.encoder = encoder;
    }

    /** Loads an answering model onto the CPU. Errors as {@link #load(Path, LoadOptions)}. */
    public static QuestionAnswerer load(Path path) {
        return load(path, LoadOptions.DEFAULT);
    }

    /**
     * Loads an answering model. Errors as {@link LanguageModel#load(Path, LoadOptions)}.
     *
     * @throws InvalidRequestException when the model is another kind
     */
    public static QuestionAnswerer load(Path path, LoadOptions options) {
        return new QuestionAnswerer(LoadedEncoder.load(ModelFiles.open(path), options, QuestionAnswerer::target));
    }

    private static Target target(Architecture architecture) {
        if (architecture.decoder().isEmpty() && architecture.head().stream().noneMatch(head -> head.task() == Architecture.Task.SPAN)) {
            throw new InvalidRequestException("this model finds no answers: use one made for extractive question answering");
        }
        if (architecture.head().stream().anyMatch(head -> head.labels().size() != 2)) {
            throw new InvalidRequestException("this model's head does not give a start and an end");
        }
        return Target.HEAD;
    }

    /** The answer to one question. Errors as {@link #answer(List)}. */
    public Answer answer(String question, String context) {
        return answer(List.of(new Question(question, context))).getFirst();
    }

    /**
     * The answers to many questions, in their order; all their windows go through the model together.
     *
     * @throws InvalidRequestException for an empty question or context, or a question that fills a window
     */
    public List<Answer> answer(List<Question> questions) {
        return answer(questions, RequestOptions.DEFAULT);
    }

    /**
     * As {@link #answer(List)}.
     *
     * @param options priority and time
     * @throws org.waterspout.error.CancelledException when the thread is interrupted, which it stays
     * @throws org.waterspout.error.DeadlineException  when the time is over
     * @throws org.waterspout.error.BusyException      when too many requests wait already
     * @throws org.waterspout.error.ClosedException    when closed
     */
    public List<Answer> answer(List<Question> questions, RequestOptions options) {
        List<List<Encoding>> windows = questions.stream().map(this::windows).toList();
        List<float[]> logits = encoder.encoder().run(windows.stream().flatMap(List::stream)
                .map(window -> Sequence.of(window.tokens(), window.types())).toList(), options);
        List<Answer> answers = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < questions.size(); i++) {
            List<Answer> found = new ArrayList<>();
            for (Encoding window : windows.get(i)) {
                String context = questions.get(i).context();
                SpanSearch.best(window, logits.get(at++), context, MAX_ANSWER).ifPresent(span -> found.add(
                        new Answer(context.substring(span.start(), span.end()), span.start(), span.end(), span.score())));
            }
            answers.add(found.stream().max(Comparator.comparingDouble(Answer::score)).orElseThrow(() -> new InvalidRequestException(
                    "the context has no words that an answer could be made of")));
        }
        return answers;
    }

    private List<Encoding> windows(Question asked) {
        LoadedEncoder.requireText(asked.question(), "question");
        LoadedEncoder.requireText(asked.context(), "context");
        return encoder.withTokenizer(tokenizer -> {
            Encoding question = tokenizer.pieces(asked.question(), false);
            Encoding context = tokenizer.pieces(asked.context(), false);
            int window = Math.min(encoder.longest(), MAX_WINDOW);
            int room = window - question.length() - tokenizer.template().addedToPair();
            int step = room - Math.min(window / 2, MAX_SHARED);
            if (step <= 0) {
                // a long question: windows that share half of what is left
                step = room - room / 2;
            }
            if (room <= 0) {
                throw new TooLongException("the question has " + question.length()
                        + " tokens and leaves no room for the context in a window of " + window + ": shorten it");
            }
            List<Encoding> windows = new ArrayList<>();
            for (int from = 0; from == 0 || from + room - step < context.length(); from += step) {
                windows.add(tokenizer.template().around(question, context.slice(from, from + room)));
            }
            return windows;
        });
    }

    public String name() {
        return encoder.model().name();
    }

    public Device device() {
        return encoder.model().backend().device();
    }

    /** Waits for the step under way, then gives back the memory. */
    @Override
    public void close() {
        encoder.close();
    }
}
