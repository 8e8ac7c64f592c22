package org.waterspout.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Bars on standard error, where that is a terminal; nothing elsewhere. */
final class Progress {

    private static final int INTERVAL_MILLISECONDS = 200;
    private static final int TERMINAL_WIDTH = 79;
    /** Texts that go to a model together: enough to fill its steps, few enough to show that it goes on. */
    private static final int GROUP = 256;

    private Progress() {
    }

    static boolean shown() {
        return System.console() != null && System.console().isTerminal() && System.getenv("CI") == null;
    }

    /** As {@link #loading(Console, Supplier)}. */
    static void loading(Console console, Runnable load) {
        loading(console, () -> {
            load.run();
            return true;
        });
    }

    /** Runs {@code load} under a bar that only says that it goes on, for what tells no progress of its own. */
    static <T> T loading(Console console, Supplier<T> load) {
        return goingOn(console, "loading", load);
    }

    private static <T> T goingOn(Console console, String task, Supplier<T> work) {
        if (!shown()) {
            return work.get();
        }
        Spinner spinner = new Spinner(console, task);
        try {
            return work.get();
        } finally {
            spinner.stop();
        }
    }

    /** A bar that fills; {@code total} in bytes, or -1 where it is not known. */
    static ProgressBar bytes(Console console, String task, long total) {
        return new ProgressBarBuilder().setTaskName(task).setInitialMax(total).setUnit(" MB", 1_000_000)
                .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(INTERVAL_MILLISECONDS).showSpeed().clearDisplayOnFinish()
                .setMaxRenderedLength(TERMINAL_WIDTH)
                .setConsumer(new ConsoleProgressBarConsumer(console.err(), TERMINAL_WIDTH)).build();
    }

    /**
     * Does {@code work} to groups of the items, under a bar that counts them.
     *
     * @return all results, in the order of the items
     */
    static <S, T> List<T> inGroups(Console console, String task, List<S> items, Function<List<S>, List<T>> work) {
        List<T> results = new ArrayList<>();
        ProgressBar bar = shown() && items.size() > GROUP ? lines(console, task, items.size()) : null;
        try (bar) {
            for (int from = 0; from < items.size(); from += GROUP) {
                List<S> group = items.subList(from, Math.min(from + GROUP, items.size()));
                // the first words of all may have to wait for a device's compiler
                results.addAll(bar == null ? goingOn(console, task, () -> work.apply(group)) : work.apply(group));
                if (bar != null) {
                    bar.stepBy(group.size());
                }
            }
        }
        return results;
    }

    /** What a long work tells of itself. */
    interface Steps {
        void done(int steps, int ofSteps);
    }

    /** Runs {@code work}, which tells how far it has come. */
    static <T> T steps(Console console, String task, Function<Steps, T> work) {
        if (!shown()) {
            return work.apply((_, _) -> { });
        }
        try (ProgressBar bar = lines(console, task, -1)) {
            return work.apply((done, of) -> bar.maxHint(of).stepTo(done));
        }
    }

    private static ProgressBar lines(Console console, String task, long total) {
        return new ProgressBarBuilder().setTaskName(task).setInitialMax(total).setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(INTERVAL_MILLISECONDS).showSpeed().clearDisplayOnFinish().setMaxRenderedLength(TERMINAL_WIDTH)
                .setConsumer(new ConsoleProgressBarConsumer(console.err(), TERMINAL_WIDTH)).build();
    }

    /** "loading 1.2 s", redrawn in place, once it has taken half a second. */
    private static final class Spinner {
        private final Console console;
        private final String task;
        private final Thread thread;
        private boolean drawn;

        Spinner(Console console, String task) {
            this.console = console;
            this.task = task;
            long start = System.nanoTime();
            thread = Thread.ofVirtual().start(() -> spin(start));
        }

        private void spin(long start) {
            try {
                TimeUnit.MILLISECONDS.sleep(500);
                while (true) {
                    drawn = true;
                    console.err().printf("\r%s %.1f s", task, (System.nanoTime() - start) / 1e9);
                    TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLISECONDS);
                }
            } catch (InterruptedException done) {
                Thread.currentThread().interrupt();
            }
        }

        void stop() {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (drawn) {
                console.err().print("\r\033[K");
            }
        }
    }
}
