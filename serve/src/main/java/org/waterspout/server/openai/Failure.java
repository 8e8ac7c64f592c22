package org.waterspout.server.openai;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.BusyException;
import org.waterspout.error.CancelledException;
import org.waterspout.error.ClosedException;
import org.waterspout.error.DeadlineException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.error.TooLongException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.server.json.Refusal;

/** Why an answer failed, as a client is told it. */
public final class Failure {

    private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

    private Failure() {
    }

    /** What a failure of the library, or one of ours, means for a client. */
    public static Refusal of(Throwable failure) {
        return switch (failure) {
            case Refusal refusal -> refusal;
            case TooLongException _ -> Refusal.request(400, failure.getMessage(), "context_length_exceeded");
            case InvalidRequestException _, UnsupportedModelException _, ModelNotFoundException _ ->
                    Refusal.request(failure.getMessage(), failure);
            case BusyException _ -> Refusal.later(429, failure.getMessage(), "queue_full", Duration.ofSeconds(1));
            case DeadlineException _ -> Refusal.server(504, failure.getMessage(), "deadline_exceeded", failure);
            case CancelledException _, ClosedException _ -> Refusal.server(503, "the server ended the answer, since it is shutting down",
                    "shutting_down", failure);
            case OutOfMemoryException _ -> Refusal.server(503, failure.getMessage(), "out_of_memory", failure);
            default -> {
                LOG.error("a request failed", failure);
                yield Refusal.server(500, "the server failed to answer; its log says why", "internal_error", failure);
            }
        };
    }
}
