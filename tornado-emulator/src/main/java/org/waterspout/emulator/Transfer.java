package org.waterspout.emulator;

/** One array in one of a graph's lists. */
sealed interface Transfer {
    /** The host's array; its identity is what counts. */
    Object array();

    /** Before the tasks; everyTime or only the first time. */
    record ToDevice(Object array, boolean everyTime) implements Transfer {
    }

    /** After the tasks; everyTime, the first time, or when asked. */
    record ToHost(Object array, When when) implements Transfer {
    }

    /** Not moved: another graph of the plan left it on the device; fromGraph is the consumer where none was named. */
    record Consume(Object array, String fromGraph) implements Transfer {
    }

    /** Moments of a transfer to the host. */
    enum When {
        FIRST, EVERY, ON_DEMAND
    }
}
