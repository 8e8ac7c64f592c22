package org.waterspout.backend.registry;

import java.util.List;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.backend.tornado.TornadoDevices;
import org.waterspout.error.DeviceException;
import org.waterspout.error.InvalidRequestException;

/** The backends by name. */
public final class Backends {

    public static final List<String> NAMES = List.of("cpu", "tornado", "emulator", "reference");

    private Backends() {
    }

    /**
     * @throws InvalidRequestException                no backend of that name, or an option it cannot honour
     * @throws org.waterspout.error.DeviceException   the backend has no such device, or cannot run here
     */
    public static Backend open(String name, BackendOptions options) {
        if (options.threads() != BackendOptions.DEFAULT_THREADS && !name.equals("cpu")) {
            throw new InvalidRequestException("the " + name + " backend has no number of threads to set: leave it out");
        }
        if (options.device().isPresent() && !name.equals("tornado")) {
            throw new InvalidRequestException("the " + name + " backend has no devices to choose from: name none");
        }
        return switch (name) {
            case "cpu" -> new CpuBackend(options);
            case "tornado" -> {
                if (!TornadoDevices.sdkPresent()) {
                    throw new DeviceException(TornadoDevices.noSdk());
                }
                yield new TornadoBackend(options);
            }
            case "emulator" -> {
                if (TornadoDevices.sdkPresent()) {
                    throw new DeviceException("this JVM was started with the TornadoVM SDK, which takes the emulator's place: "
                            + "start it without the SDK's argument file");
                }
                yield new TornadoBackend(options);
            }
            case "reference" -> new ReferenceBackend();
            default -> throw new InvalidRequestException("there is no backend " + name + "; there are " + String.join(", ", NAMES));
        };
    }
}
