package org.waterspout.server.model;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.waterspout.server.json.Refusal;

/**
 * The answers of one model that run or wait, of which there may be so many. Where there are, the next is refused, and told to come again
 * when a place should be free: as long as one became free lately, on the average.
 */
public final class Admission {

    private static final int MEASURED = 16;
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final String model;
    private final int limit;
    // guarded by this
    private int inside;
    private final Deque<Long> left = new ArrayDeque<>();

    Admission(String model, int limit) {
        this.model = model;
        this.limit = limit;
    }

    /** Places that a request has; closing gives them back, once. */
    public final class Ticket implements AutoCloseable {

        private int places;

        private Ticket(int places) {
            this.places = places;
        }

        @Override
        public void close() {
            synchronized (Admission.this) {
                inside -= places;
                for (int i = 0; i < places; i++) {
                    left.add(System.nanoTime());
                    if (left.size() > MEASURED) {
                        left.remove();
                    }
                }
                places = 0;
            }
        }
    }

    /**
     * @param answers that a request wants
     * @throws Refusal with 429 where there is no place for them now, with 400 where there never is
     */
    public synchronized Ticket enter(int answers) {
        if (answers > limit) {
            throw Refusal.request(400, answers + " answers are asked for at one time; at most " + limit + " of a model may run or wait: ask"
                    + " for " + limit, "too_many_answers");
        }
        if (inside + answers > limit) {
            throw Refusal.later(429, inside + " answers of the model " + model + " run or wait already, of at most " + limit
                    + ": try again later", "queue_full", wait(inside + answers - limit));
        }
        inside += answers;
        return new Ticket(answers);
    }

    /** How long until so many places are free. */
    private Duration wait(int places) {
        if (left.size() < 2) {
            return Duration.ofSeconds(1);
        }
        double each = (double) (System.nanoTime() - left.peekFirst()) / left.size();
        Duration wait = Duration.ofNanos((long) Math.min(each * places, LONGEST.toNanos()));
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }

    /** Answers that run or wait. */
    public synchronized int inside() {
        return inside;
    }
}
