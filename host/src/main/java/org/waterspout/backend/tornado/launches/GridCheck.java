package org.waterspout.backend.tornado.launches;

import org.waterspout.backend.tornado.buffers.View;

/**
 * Checks of a launch that TornadoVM does not make: it reports a bad grid on the console only, runs the kernel not at all or with another
 * group size, and goes on with stale numbers.
 */
public final class GridCheck {

    private GridCheck() {
    }

    /**
     * @param maxGroup most items in a group of the device
     * @throws IllegalStateException naming the kernel, when the grid is none that the device runs as asked
     */
    public static void check(String kernel, long global, long local, long maxGroup) {
        if (local < 1 || local > maxGroup) {
            throw new IllegalStateException(kernel + ": a work-group of " + local + " items, the device takes at most " + maxGroup);
        }
        if (global < 1 || global % local != 0 || global > Integer.MAX_VALUE) {
            throw new IllegalStateException(kernel + ": " + global + " items are no whole number of groups of " + local);
        }
    }

    /** Whether {@code view} lies within its buffer for {@code rows} rows. */
    public static void check(String what, View view, int rows) {
        long end = (long) (rows - 1) * view.stride() + view.offset() + view.width();
        if (end > view.buffer().count()) {
            throw new IllegalStateException(what + ": " + rows + " rows end at number " + end + " of a buffer of "
                    + view.buffer().count());
        }
    }
}
