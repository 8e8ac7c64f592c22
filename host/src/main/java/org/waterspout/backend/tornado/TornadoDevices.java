package org.waterspout.backend.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.waterspout.backend.Device;
import org.waterspout.error.DeviceException;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** The devices that TornadoVM, or the emulator in its place, reaches. */
public final class TornadoDevices {

    /** Set by the SDK's argument file: without it no runtime is there, whatever is on the class path. */
    private static final String RUNTIME_PROPERTY = "tornado.load.api.implementation";

    /** TornadoVM's cap on what a process takes on a device, and its default. */
    private static final String MEMORY_PROPERTY = "tornado.device.memory";
    private static final String DEFAULT_MEMORY = "4GB";

    /**
     * @param backend       TornadoVM's number of the backend
     * @param index         its number of the device
     * @param maxGroup      most items in a work-group
     * @param localMemory   bytes of local memory of a work-group
     */
    record Found(Device device, int backend, int index, TornadoDevice handle, long maxGroup, long localMemory) {

        boolean isCpu() {
            return handle.getDeviceType() == TornadoDeviceType.CPU;
        }
    }

    private TornadoDevices() {
    }

    /** Whether this JVM was started with an SDK. Without one the emulator, when on the class path, takes its place. */
    public static boolean sdkPresent() {
        return System.getProperty(RUNTIME_PROPERTY) != null;
    }

    /** What is wrong, and what to do, where the tornado backend is asked for and this JVM was started without an SDK. */
    public static String noSdk() {
        String home = System.getenv("TORNADOVM_HOME");
        return home == null
                ? "no TornadoVM SDK was found: install one with \"./tornado-env.sh install\" and run \"source tornado-env.sh\", or use"
                + " the cpu backend" : "this JVM was started without the TornadoVM SDK of TORNADOVM_HOME, " + home + ": start it with @"
                + home + "/tornado-argfile and the flags in docs/tornadovm.md, as ./waterspout does, or use the cpu backend";
    }

    /** Who runs kernels in this JVM, for a message: an SDK by its place, or the emulator. */
    static String runtimeName() {
        if (!sdkPresent()) {
            return "the emulator";
        }
        String home = System.getenv("TORNADOVM_HOME");
        return "TornadoVM (" + (home == null ? "TORNADOVM_HOME is not set" : "TORNADOVM_HOME is " + home) + ")";
    }

    /** "tornado" with an SDK, "emulator" without. */
    static String backendName() {
        return sdkPresent() ? "tornado" : "emulator";
    }

    /**
     * Every device, in TornadoVM's order.
     *
     * @throws DeviceException when there is no SDK and no emulator, no OpenCL loader or no device
     */
    public static List<Device> list() {
        return found().stream().map(Found::device).toList();
    }

    static List<Found> found() {
        List<Found> devices = new ArrayList<>();
        try {
            TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
            for (int backend = 0; backend < runtime.getNumBackends(); backend++) {
                for (int index = 0; index < runtime.getBackend(backend).getNumDevices(); index++) {
                    devices.add(found(backend, index, runtime.getBackend(backend).getDevice(index)));
                }
            }
        } catch (VirtualMachineError own) {
            throw own;
        } catch (RuntimeException | Error failure) {
            throw new DeviceException(runtimeName() + " does not start (" + TornadoMessage.ofCause(failure)
                    + "): run \"./tornado-env.sh check\", which names what is missing", failure);
        }
        if (devices.isEmpty()) {
            throw new DeviceException("TornadoVM finds no device: install a driver, or PoCL with \"./tornado-env.sh install "
                    + "--opencl-cpu\"");
        }
        return devices;
    }

    private static Found found(int backend, int index, TornadoDevice handle) {
        long global = handle.getMaxGlobalMemory();
        long memory = Math.min(global, memoryCap());
        long maxAllocation = Math.min(handle.getMaxAllocMemory() - 1, memory); // TornadoVM refuses one of the device's own largest size
        String id = backendName() + ":" + backend + ":" + index;
        Device device = new Device(backendName(), id, handle.getPhysicalDevice().getDeviceName().strip() + " ("
                + handle.getTornadoVMBackend() + ")", kind(handle.getDeviceType()), memory, maxAllocation);
        long maxGroup = handle.getDeviceMaxWorkgroupDimensions()[0];
        return new Found(device, backend, index, handle, maxGroup, handle.getDeviceLocalMemorySize());
    }

    private static String kind(TornadoDeviceType type) {
        return switch (type) {
            case CPU -> "CPU";
            case GPU -> "GPU";
            case UNKNOWN, DEFAULT, FPGA, ACCELERATOR, CUSTOM, ALL -> "accelerator";
        };
    }

    /** Bytes of {@code -Dtornado.device.memory}, as TornadoVM reads it: a number with MB or GB behind it. */
    static long memoryCap() {
        if (!sdkPresent()) {
            return Long.MAX_VALUE;
        }
        String text = System.getProperty(MEMORY_PROPERTY, DEFAULT_MEMORY).strip();
        try {
            long number = Long.parseLong(text.substring(0, text.length() - 2));
            return switch (text.substring(text.length() - 2)) {
                case "GB" -> number << 30;
                case "MB" -> number << 20;
                default -> throw new NumberFormatException(text);
            };
        } catch (NumberFormatException | StringIndexOutOfBoundsException malformed) {
            throw new DeviceException("-D" + MEMORY_PROPERTY + "=" + text + " is no size: write it like 4GB or 512MB", malformed);
        }
    }

    /**
     * The device named {@code id}, or the first.
     *
     * @throws DeviceException naming those there are when there is none of that id
     */
    static Found choose(Optional<String> id) {
        if (!sdkPresent() && !emulatorPresent()) {
            throw new DeviceException(noSdk());
        }
        List<Found> devices = found();
        if (id.isEmpty()) {
            return devices.getFirst();
        }
        return devices.stream().filter(device -> device.device().id().equals(id.get())).findFirst()
                .orElseThrow(() -> new DeviceException("no device " + id.get() + ": there are "
                        + devices.stream().map(device -> device.device().id() + " (" + device.device().name() + ")")
                                .collect(Collectors.joining(", "))));
    }

    private static boolean emulatorPresent() {
        try {
            Class.forName("org.waterspout.emulator.EmulatedRuntime", false, TornadoDevices.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }
}
