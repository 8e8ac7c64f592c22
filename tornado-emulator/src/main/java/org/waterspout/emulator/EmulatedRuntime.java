package org.waterspout.emulator;

import java.util.List;

import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoBackendNotFound;
import uk.ac.manchester.tornado.api.exceptions.TornadoDeviceNotFound;

/** A runtime of one backend with one device. */
public final class EmulatedRuntime implements TornadoRuntime, TornadoBackend {
    private static final EmulatedRuntime INSTANCE = new EmulatedRuntime();

    private EmulatedRuntime() {
    }

    public static TornadoRuntime instance() {
        return INSTANCE;
    }

    @Override
    public TornadoBackend getBackend(int index) {
        if (index != 0) {
            throw new TornadoBackendNotFound("Backend " + index + ": the emulator has backend 0 only");
        }
        return this;
    }

    @Override
    public TornadoVMBackendType getBackendType(int index) {
        return getBackend(index).getBackendType();
    }

    @Override
    public int getNumBackends() {
        return 1;
    }

    @Override
    public TornadoDevice getDefaultDevice() {
        return EmulatedDevice.INSTANCE;
    }

    @Override
    public int getNumDevices() {
        return 1;
    }

    @Override
    public TornadoDevice getDevice(int index) {
        if (index != 0) {
            throw new TornadoDeviceNotFound("Device " + index + ": the emulator has device 0 only");
        }
        return EmulatedDevice.INSTANCE;
    }

    @Override
    public List<TornadoDevice> getAllDevices() {
        return List.of(EmulatedDevice.INSTANCE);
    }

    @Override
    public String getName() {
        return "Emulator";
    }

    @Override
    public TornadoVMBackendType getBackendType() {
        return TornadoVMBackendType.JAVA;
    }
}
