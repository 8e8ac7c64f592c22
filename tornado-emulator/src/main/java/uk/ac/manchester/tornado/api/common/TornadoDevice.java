package uk.ac.manchester.tornado.api.common;

import uk.ac.manchester.tornado.api.TornadoTargetDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** A device and its limits. */
public interface TornadoDevice {
    String getDeviceName();

    String getDescription();

    String getPlatformName();

    TornadoTargetDevice getPhysicalDevice();

    TornadoDeviceType getDeviceType();

    /** Bytes of the largest single array. */
    long getMaxAllocMemory();

    /** Bytes. */
    long getMaxGlobalMemory();

    /** Bytes that the work-items of a group may share. */
    long getDeviceLocalMemorySize();

    /** Work-items of a group along x, y and z. */
    long[] getDeviceMaxWorkgroupDimensions();

    int getBackendIndex();

    default int getAvailableProcessors() {
        return Runtime.getRuntime().availableProcessors();
    }

    TornadoVMBackendType getTornadoVMBackend();
}
