package org.waterspout.backend.tornado;

import java.util.List;
import org.waterspout.backend.tornado.launches.Launch;
import org.waterspout.backend.tornado.launches.Section.Stage;
import org.waterspout.error.DeviceException;

/**
 * TornadoVM keeps, for each task of a graph, a list of the events that the task waits for, at most one an argument, and clears every list
 * at each execution. Their length is a flag of the JVM; a list that is too short ends an execution.
 */
final class EventCheck {

    private static final String PROPERTY = "tornado.max.events";
    /** What TornadoVM takes without the flag. */
    private static final int DEFAULT = 32_768;

    private EventCheck() {
    }

    /** The length of the lists in this JVM. */
    static int length() {
        return Integer.getInteger(PROPERTY, DEFAULT);
    }

    /** @throws DeviceException naming the length that would do, where a stage needs a longer list than {@code length} */
    static void check(List<Stage> stages, int length) {
        for (Stage stage : stages) {
            for (Launch launch : stage.launches()) {
                if (launch.arguments() > length) {
                    throw new DeviceException("kernel " + launch.kernel() + " of stage " + stage.name() + " waits for up to "
                            + launch.arguments() + " events, TornadoVM's lists hold " + length + ": start the JVM with -D" + PROPERTY + "="
                            + launch.arguments());
                }
            }
        }
    }
}
