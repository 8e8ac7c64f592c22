package org.waterspout.emulator;

import uk.ac.manchester.tornado.api.TornadoTargetDevice;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** The one device there is; its limits are the settings' at the time of asking. */
final class EmulatedDevice implements TornadoDevice, TornadoTargetDevice {
    static final EmulatedDevice INSTANCE = new EmulatedDevice();

    private EmulatedDevice() {
    }

    private static Settings settings() {
        return Settings.fromSystemProperties();
    }

    @Override
    public String getDeviceName() {
        return "Waterspout TornadoVM emulator";
    }

    @Override
    public String getDescription() {
        return "Waterspout TornadoVM emulator (a checking test bench on the JVM, slow)";
    }

    @Override
    public String getPlatformName() {
        return "Java " + Runtime.version().feature();
    }

    @Override
    public TornadoTargetDevice getPhysicalDevice() {
        return this;
    }

    @Override
    public TornadoDeviceType getDeviceType() {
        return settings().deviceType();
    }

    @Override
    public long getMaxAllocMemory() {
        return settings().globalMemoryBytes();
    }

    @Override
    public long getMaxGlobalMemory() {
        return settings().globalMemoryBytes();
    }

    @Override
    public long getDeviceLocalMemorySize() {
        return settings().localMemoryBytes();
    }

    @Override
    public long[] getDeviceMaxWorkgroupDimensions() {
        int maximum = settings().maximumGroupSize();
        return new long[] { maximum, maximum, maximum };
    }

    @Override
    public int getBackendIndex() {
        return 0;
    }

    @Override
    public TornadoVMBackendType getTornadoVMBackend() {
        return TornadoVMBackendType.JAVA;
    }

    @Override
    public long getDeviceGlobalMemorySize() {
        return getMaxGlobalMemory();
    }

    @Override
    public int getDeviceMaxComputeUnits() {
        return 1;
    }

    @Override
    public long[] getDeviceMaxWorkItemSizes() {
        return getDeviceMaxWorkgroupDimensions();
    }

    @Override
    public long[] getDeviceMaxWorkGroupSize() {
        return new long[] { settings().maximumGroupSize() };
    }

    @Override
    public long getDeviceMaxAllocationSize() {
        return getMaxAllocMemory();
    }
}
