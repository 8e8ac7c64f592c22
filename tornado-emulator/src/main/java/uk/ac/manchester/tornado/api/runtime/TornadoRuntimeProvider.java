package uk.ac.manchester.tornado.api.runtime;

import org.waterspout.emulator.EmulatedRuntime;

import uk.ac.manchester.tornado.api.TornadoRuntime;

/** Where the runtime is found; here it is the emulator's. */
public class TornadoRuntimeProvider {
    public TornadoRuntimeProvider() {
    }

    public static TornadoRuntime getTornadoRuntime() {
        return EmulatedRuntime.instance();
    }
}
