package org.waterspout.model.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes a stream on which nothing was heard for too long, which ends the read that waits for it with an IOException. */
final class SilenceGuard implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SilenceGuard.class);

    private final Thread watcher;
    private volatile long lastHeard = System.nanoTime();

    SilenceGuard(InputStream stream, Duration silence) {
        this.watcher = Thread.ofVirtual().name("download watcher").start(() -> watch(stream, silence.toNanos()));
    }

    void heard() {
        lastHeard = System.nanoTime();
    }

    private void watch(InputStream stream, long silence) {
        try {
            for (long left = silence; left > 0; left = lastHeard + silence - System.nanoTime()) {
                Thread.sleep(Duration.ofNanos(left));
            }
            LOG.info("nothing heard from the server for {} seconds", silence / 1_000_000_000);
            stream.close();
        } catch (InterruptedException done) {
            Thread.currentThread().interrupt();
        } catch (IOException failure) {
            LOG.warn("cannot close a silent connection", failure);
        }
    }

    @Override
    public void close() {
        watcher.interrupt();
    }
}
