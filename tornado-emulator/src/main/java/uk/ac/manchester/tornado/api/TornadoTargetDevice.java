package uk.ac.manchester.tornado.api;

/** The properties of a device as its driver tells them. */
public interface TornadoTargetDevice {
    String getDeviceName();

    /** Bytes. */
    long getDeviceGlobalMemorySize();

    /** Bytes that the work-items of a group may share. */
    long getDeviceLocalMemorySize();

    int getDeviceMaxComputeUnits();

    /** Work-items of a group along x, y and z. */
    long[] getDeviceMaxWorkItemSizes();

    /** Work-items of a group. */
    long[] getDeviceMaxWorkGroupSize();

    /** Bytes of the largest single array. */
    long getDeviceMaxAllocationSize();
}
