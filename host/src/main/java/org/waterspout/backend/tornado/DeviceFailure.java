package org.waterspout.backend.tornado;

import org.waterspout.error.DeviceException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.error.WaterspoutException;
import uk.ac.manchester.tornado.api.exceptions.TornadoMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;

/**
 * What TornadoVM throws, as an exception of ours. It throws unchecked exceptions that have no type in common, and errors
 * (TornadoInternalError, those of its compiler), so whatever leaves a call of it is translated.
 */
final class DeviceFailure {

    private DeviceFailure() {
    }

    /**
     * The exception to throw for {@code failure}.
     *
     * @throws VirtualMachineError where the failure is the JVM's own
     */
    static WaterspoutException of(Throwable failure) {
        return switch (failure) {
            case WaterspoutException known -> known;
            case VirtualMachineError own -> throw own;
            case TornadoOutOfMemoryException memory -> outOfMemory(memory);
            case TornadoMemoryException memory -> outOfMemory(memory);
            default -> new DeviceException(TornadoDevices.runtimeName() + " failed: " + TornadoMessage.of(failure)
                    + " (more with -Dtornado.debug=True)", failure);
        };
    }

    private static OutOfMemoryException outOfMemory(RuntimeException failure) {
        return new OutOfMemoryException("the device is out of memory (" + TornadoMessage.of(failure)
                + "): use a shorter context, close other models, or raise WATERSPOUT_DEVICE_MEMORY_GB (-Dtornado.device.memory without"
                + " the launcher)", failure);
    }
}
