package org.waterspout.server.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.Generation;
import org.waterspout.error.CancelledException;
import org.waterspout.error.DeadlineException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.TokenLogProbability;
import org.waterspout.tools.ToolCall;

/** One of the answers to a request, piece by piece. Read by one thread; {@link #close} may come from any. */
final class Choice implements AutoCloseable {

    /**
     * More of the answer.
     *
     * @param text   may be empty
     * @param tokens that made it, where log-probabilities were asked for
     * @param call   of a tool
     */
    record Piece(String text, List<TokenLogProbability> tokens, Optional<ToolCall> call) {
    }

    private final int index;
    private final Generation generation;
    private final boolean oneCall;
    private List<TokenLogProbability> tokens = new ArrayList<>();
    private boolean called;
    private boolean cut;
    private Completion completion;

    /**
     * @param index   among the answers to the request
     * @param oneCall whether it ends with its first call of a tool
     */
    Choice(int index, Generation generation, boolean oneCall) {
        this.index = index;
        this.generation = generation;
        this.oneCall = oneCall;
    }

    int index() {
        return index;
    }

    /**
     * Waits for what comes next; empty at the end.
     *
     * @throws CancelledException when it was cancelled, or the thread is interrupted
     * @throws DeadlineException  when its time is over
     */
    Optional<Piece> next() {
        while (completion == null) {
            Optional<Piece> piece = switch (generation.next()) {
                case GenerationEvent.Prompt _ -> Optional.empty();
                case GenerationEvent.Token token -> {
                    tokens.add(token.token());
                    yield Optional.empty();
                }
                case GenerationEvent.Text text -> piece(text.text(), Optional.empty());
                case GenerationEvent.Called call -> {
                    Optional<Piece> made = piece("", Optional.of(call.call()));
                    called = true;
                    if (oneCall) {
                        cut = true;
                        generation.cancel();
                    }
                    yield made;
                }
                case GenerationEvent.Finished finished -> {
                    completion = finished.completion();
                    check(completion.finishReason());
                    yield tokens.isEmpty() ? Optional.empty() : piece("", Optional.empty());
                }
            };
            if (piece.isPresent()) {
                return piece;
            }
        }
        return Optional.empty();
    }

    /** What comes behind the one call is not told. */
    private Optional<Piece> piece(String text, Optional<ToolCall> call) {
        List<TokenLogProbability> made = tokens;
        tokens = new ArrayList<>();
        return cut ? Optional.empty() : Optional.of(new Piece(text, made, call));
    }

    private void check(FinishReason reason) {
        if (reason == FinishReason.TIMED_OUT) {
            throw new DeadlineException("the time that the request may take is over");
        }
        if (reason == FinishReason.CANCELLED && !cut) {
            throw new CancelledException("the answer was cancelled");
        }
    }

    /** Why it ended, as OpenAI calls it. Only at the end. */
    String finishReason() {
        return called ? "tool_calls" : switch (completion.finishReason()) {
            case END, STOP_STRING -> "stop";
            case MAX_TOKENS, CONTEXT_FULL -> "length";
            case TOOL_CALLS -> "tool_calls";
            case CANCELLED, TIMED_OUT -> throw new IllegalStateException("an answer that did not end by itself");
        };
    }

    /** Only at the end. */
    Completion completion() {
        return completion;
    }

    @Override
    public void close() {
        generation.close();
    }
}
