package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.waterspout.Generation;
import org.waterspout.error.CancelledException;
import org.waterspout.server.http.Output;
import org.waterspout.server.http.Response;
import org.waterspout.server.json.JsonBody;
import org.waterspout.server.json.Refusal;
import org.waterspout.server.model.Admission;
import org.waterspout.server.route.Provenance;

/** The answers to one request, on their way. Closing it ends those that are unfinished. */
final class Answers implements Response.Writer {

    private final Asked asked;
    private final Shape shape;
    private final Duration quiet;
    private final Admission.Ticket ticket;
    private final List<Choice> choices = new ArrayList<>();

    /**
     * Starts them.
     *
     * @throws Refusal when too many run or wait
     * @throws org.waterspout.error.WaterspoutException as {@link org.waterspout.LanguageModel#generate}
     */
    Answers(Asked asked, Shape shape, Duration quiet) {
        this.asked = asked;
        this.shape = shape;
        this.quiet = quiet;
        this.ticket = asked.served().admission().enter(asked.choices());
        try {
            for (var prompt : asked.prompts()) {
                for (Generation generation : asked.model().generate(prompt, asked.answers(), asked.options())) {
                    choices.add(new Choice(choices.size(), generation, asked.oneCall()));
                }
            }
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    /** As a stream or in one piece, as asked. */
    Response response() {
        Response response;
        if (asked.stream()) {
            response = new Response.Streamed(200, EventStream.HEADERS, this);
        } else {
            try (this) {
                response = Response.json(200, JsonBody.bytes(whole()));
            }
        }
        return Provenance.told(response, asked.served());
    }

    private ObjectNode whole() {
        ObjectNode object = shape.head(false);
        ArrayNode list = object.putArray("choices");
        for (Choice choice : choices) {
            List<Choice.Piece> pieces = new ArrayList<>();
            for (var piece = choice.next(); piece.isPresent(); piece = choice.next()) {
                pieces.add(piece.get());
            }
            list.add(shape.whole(choice, pieces));
        }
        object.set("usage", usage());
        return object;
    }

    private ObjectNode usage() {
        int prompt = 0;
        int reused = 0;
        int completion = 0;
        for (Choice choice : choices) {
            completion += choice.completion().tokens().length;
            if (choice.index() % asked.answers() == 0) { // several answers share their prompt
                prompt += choice.completion().promptTokens();
                reused += choice.completion().reusedTokens();
            }
        }
        ObjectNode usage = JsonBody.object().put("prompt_tokens", prompt).put("completion_tokens", completion)
                .put("total_tokens", prompt + completion);
        usage.putObject("prompt_tokens_details").put("cached_tokens", reused);
        return usage;
    }

    /** Sends the events of all answers as they come, each answer from a thread of its own. */
    @Override
    public void write(Output output) {
        try (EventStream events = new EventStream(output, quiet)) {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                try (this) {
                    List<Future<?>> all = new ArrayList<>();
                    choices.forEach(choice -> all.add(threads.submit(() -> send(choice, events))));
                    for (Future<?> one : all) {
                        one.get();
                    }
                }
            } catch (ExecutionException failure) {
                failed(failure.getCause(), events, output);
                return;
            } catch (InterruptedException interrupted) {
                failed(new CancelledException("the stream was interrupted", interrupted), events, output);
                return;
            }
            if (asked.usage()) {
                ObjectNode event = shape.head(true);
                event.putArray("choices");
                events.send(event.set("usage", usage()));
            }
            events.done();
        }
    }

    /** A stream that began ends with an error event, while there is somebody to read it. */
    private static void failed(Throwable failure, EventStream events, Output output) {
        if (output.isOpen()) {
            Refusal told = Failure.of(failure);
            events.send(told.object());
        } else {
            throw new CancelledException("the client has gone", failure);
        }
    }

    private void send(Choice choice, EventStream events) {
        boolean first = true;
        for (var piece = choice.next(); piece.isPresent(); piece = choice.next()) {
            send(shape.part(choice, piece.get(), first), events);
            first = false;
        }
        send(shape.last(choice, first), events);
    }

    private void send(ObjectNode choice, EventStream events) {
        ObjectNode event = shape.head(true);
        event.putArray("choices").add(choice);
        if (asked.usage()) {
            event.putNull("usage");
        }
        events.send(event);
    }

    @Override
    public void close() {
        choices.forEach(Choice::close);
        ticket.close();
    }
}
