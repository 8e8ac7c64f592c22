package org.waterspout.emulator;

import java.util.Locale;

import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/**
 * How strict the emulator is and what device it plays, from system properties that begin with PREFIX. They are read when a
 * plan is made, so a test may set them for its own plans.
 *
 * @param order             order=forward|reverse|shuffle:SEED: in which order groups and items run
 * @param raceCheck         raceCheck=true: every kernel runs twice, under opposite orders, and must give the same
 * @param unwrittenReads    unwrittenReads=error|allow: a kernel's read of an element nothing has written
 * @param unwrittenOutputs  unwrittenOutputs=whole|any|allow: which outputs are refused on their way to the host: those
 *                          never written at all, those with any element not written, none
 * @param deviceType        device=cpu|gpu: what the device says it is
 * @param maximumGroupSize  maxGroupSize: work-items of a group
 * @param localMemoryBytes  localMemory: bytes that the work-items of a group may share
 * @param globalMemoryBytes tornado.device.memory, TornadoVM's own property, for instance 4GB
 */
record Settings(ItemOrder order, boolean raceCheck, boolean unwrittenReads, UnwrittenOutputs unwrittenOutputs,
        TornadoDeviceType deviceType, int maximumGroupSize, long localMemoryBytes, long globalMemoryBytes) {
    static final String PREFIX = "org.waterspout.emulator.";

    /** Which outputs are refused. */
    enum UnwrittenOutputs {
        WHOLE, ANY, ALLOW
    }

    static Settings fromSystemProperties() {
        return new Settings(ItemOrder.parse(property("order", "forward")),
                choice("raceCheck", "false", "true", "false").equals("true"),
                choice("unwrittenReads", "error", "error", "allow").equals("error"),
                UnwrittenOutputs.valueOf(choice("unwrittenOutputs", "whole", "whole", "any", "allow").toUpperCase(Locale.ROOT)),
                choice("device", "cpu", "cpu", "gpu").equals("gpu") ? TornadoDeviceType.GPU : TornadoDeviceType.CPU,
                (int) number("maxGroupSize", 1024),
                number("localMemory", 48 * 1024),
                parseBytes("tornado.device.memory", System.getProperty("tornado.device.memory", "4GB")));
    }

    private static String property(String name, String otherwise) {
        return System.getProperty(PREFIX + name, otherwise);
    }

    private static String choice(String name, String otherwise, String... allowed) {
        String value = property(name, otherwise);
        for (String candidate : allowed) {
            if (candidate.equals(value)) {
                return value;
            }
        }
        throw KernelFault.argument(PREFIX + name + "=" + value + ": use one of " + String.join(", ", allowed));
    }

    private static long number(String name, long otherwise) {
        String value = property(name, Long.toString(otherwise));
        if (!value.matches("[1-9]\\d{0,8}")) {
            throw KernelFault.argument(PREFIX + name + "=" + value + ": use a whole number from 1 to 999999999");
        }
        return Long.parseLong(value);
    }

    /** Reads a number of bytes with the unit B, KB, MB or GB (powers of 1024). */
    static long parseBytes(String name, String text) {
        String upper = text.trim().toUpperCase(Locale.ROOT);
        if (!upper.matches("\\d{1,9}(B|KB|MB|GB)")) {
            throw KernelFault.argument(name + "=" + text + ": use a number with B, KB, MB or GB, for instance 4GB");
        }
        long number = Long.parseLong(upper.replaceAll("\\D", ""));
        return switch (upper.replaceAll("\\d", "")) {
            case "GB" -> number << 30;
            case "MB" -> number << 20;
            case "KB" -> number << 10;
            default -> number;
        };
    }
}
