package org.waterspout.generate;

import java.time.Duration;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.runtime.Engine;

/**
 * How a request stands beside others.
 *
 * @param priority those with more come first, of equal ones the earlier; {@link #MIN_PRIORITY} to {@link #MAX_PRIORITY}. A request that
 *                 waits is overtaken by so many only: see {@link Engine}
 * @param timeout  how long it may take from when it is handed over, waiting and running; empty for any time
 */
public record RequestOptions(int priority, Optional<Duration> timeout) {

    public static final int MIN_PRIORITY = -100;
    public static final int MAX_PRIORITY = 100;

    /** Priority 0, any time. */
    public static final RequestOptions DEFAULT = new RequestOptions(0, Optional.empty());

    public RequestOptions {
        if (priority < MIN_PRIORITY || priority > MAX_PRIORITY) {
            throw new InvalidRequestException("the priority is " + priority + "; it must be " + MIN_PRIORITY + " to " + MAX_PRIORITY);
        }
        if (timeout.filter(time -> time.isNegative() || time.isZero()).isPresent()) {
            throw new InvalidRequestException("the time given for a request must be more than 0");
        }
    }

    public RequestOptions withPriority(int value) {
        return new RequestOptions(value, timeout);
    }

    public RequestOptions withTimeout(Duration value) {
        return new RequestOptions(priority, Optional.of(value));
    }

    /** The moment of {@link System#nanoTime()} when its time is over, asked at {@code now}; at most 146 years later. */
    public long deadline(long now) {
        return timeout.map(time -> {
            long nanos = time.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) < 0 ? time.toNanos() : Long.MAX_VALUE / 2;
            return now + nanos;
        }).orElse(now + Long.MAX_VALUE / 2);
    }
}
