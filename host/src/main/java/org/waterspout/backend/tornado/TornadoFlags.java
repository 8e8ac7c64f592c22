package org.waterspout.backend.tornado;

import java.util.List;

/**
 * The flags a JVM needs to run this backend on an SDK, in one place: the launcher and the build pass them, and the docs quote them.
 * Besides the SDK's own argument file, {@code @$TORNADOVM_HOME/tornado-argfile}, which goes first.
 */
public final class TornadoFlags {

    private TornadoFlags() {
    }

    /**
     * @param deviceMemory bytes that models may take on the device; TornadoVM's own default is 4 GB
     * @return flags in order
     */
    public static List<String> of(long deviceMemory) {
        long gigabytes = Math.max(1, Math.ceilDiv(deviceMemory, 1L << 30));
        return List.of(
                // else a kernel that does not compile is run as plain Java by one thread, with every item's number 0
                "-Dtornado.recover.bailout=False",
                // task graphs of more than some forty tasks
                "-Dtornado.tvm.maxbytecodesize=65536",
                // numbers of each list of events, all of which an execution clears: by default 32,768, megabytes for a layer; see
                // EventCheck
                "-Dtornado.max.events=128",
                "-Dtornado.device.memory=" + gigabytes + "GB",
                // the host's copies of device arrays count against it
                "-XX:MaxDirectMemorySize=" + gigabytes + "g",
                // the plan's list of results, which would grow with every token: see Executions
                "--add-opens=tornado.api/uk.ac.manchester.tornado.api=ALL-UNNAMED");
    }
}
