package org.waterspout.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Device;
import org.waterspout.backend.registry.Backends;
import org.waterspout.backend.tornado.TornadoDevices;
import org.waterspout.error.DeviceException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "devices", mixinStandardHelpOptions = true, description = "Lists where models can run.")
final class DevicesCommand implements Callable<Integer> {

    private final Console console;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    DevicesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<Device> devices = new ArrayList<>();
        try (Backend cpu = Backends.open("cpu", BackendOptions.DEFAULT)) {
            devices.add(cpu.device());
        }
        String missing = TornadoDevices.sdkPresent() ? "" : TornadoDevices.noSdk();
        try {
            devices.addAll(TornadoDevices.list());
        } catch (DeviceException none) {
            missing = none.getMessage();
        }
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("devices", devices);
            object.put("remark", missing);
            console.json(object);
            return 0;
        }
        for (Device device : devices) {
            console.line(String.format(Locale.ROOT, "%-14s %-8s %-12s %8.1f GB  %s", device.id(), device.backend(), device.kind(),
                    device.memory() / 1e9, device.name()));
        }
        if (!missing.isEmpty()) {
            console.remark("waterspout: " + missing);
        }
        return 0;
    }
}
