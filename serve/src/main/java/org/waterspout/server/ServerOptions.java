package org.waterspout.server;

import java.time.Duration;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.server.http.Address;
import org.waterspout.server.http.HttpLimits;

/**
 * How a server runs.
 *
 * @param address         where it listens; without keys on this machine only
 * @param keys            that requests need
 * @param limits          of connections
 * @param places          answers of one model that may run or wait; the next request is refused with 429
 * @param quiet           time without an event of a stream after which a comment is sent
 * @param drainDelay      how long work is still taken after the end was asked for, so that whoever spreads requests sees that the server
 *                        is no longer ready
 * @param shutdownTimeout how long answers under way may take then; those that take longer end with an error
 */
public record ServerOptions(Address address, ApiKeys keys, HttpLimits limits, int places, Duration quiet, Duration drainDelay,
        Duration shutdownTimeout) {

    private static final Duration LONGEST = Duration.ofDays(1);

    /** On port 8080 of this machine, for requests of this machine. */
    public static final ServerOptions DEFAULT = new ServerOptions(new Address("127.0.0.1", 8080, Optional.empty()), ApiKeys.NONE,
            HttpLimits.DEFAULT, 256, Duration.ofSeconds(10), Duration.ZERO, Duration.ofSeconds(30));

    public ServerOptions {
        if (places < 1) {
            throw new InvalidRequestException("the number of answers that may run or wait must be 1 or more, got " + places);
        }
        check("the time before a comment", quiet, Duration.ofMillis(1));
        check("the drain delay", drainDelay, Duration.ZERO);
        check("the shutdown timeout", shutdownTimeout, Duration.ZERO);
    }

    private static void check(String what, Duration value, Duration least) {
        if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
            throw new InvalidRequestException(what + " must be " + least.toMillis() / 1000.0 + " to " + LONGEST.toSeconds()
                    + " seconds, got " + value.toMillis() / 1000.0);
        }
    }

    public ServerOptions withAddress(Address value) {
        return new ServerOptions(value, keys, limits, places, quiet, drainDelay, shutdownTimeout);
    }

    public ServerOptions withKeys(ApiKeys value) {
        return new ServerOptions(address, value, limits, places, quiet, drainDelay, shutdownTimeout);
    }

    public ServerOptions withLimits(HttpLimits value) {
        return new ServerOptions(address, keys, value, places, quiet, drainDelay, shutdownTimeout);
    }

    public ServerOptions withPlaces(int value) {
        return new ServerOptions(address, keys, limits, value, quiet, drainDelay, shutdownTimeout);
    }

    public ServerOptions withQuiet(Duration value) {
        return new ServerOptions(address, keys, limits, places, value, drainDelay, shutdownTimeout);
    }

    public ServerOptions withDrain(Duration delay, Duration timeout) {
        return new ServerOptions(address, keys, limits, places, quiet, delay, timeout);
    }
}
