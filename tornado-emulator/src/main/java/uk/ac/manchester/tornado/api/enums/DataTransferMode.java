package uk.ac.manchester.tornado.api.enums;

/** When an array is copied between host and device. */
public class DataTransferMode {
    /** Once, before the first execution of the plan; later changes on the host are not seen. */
    public static final int FIRST_EXECUTION = 0;

    /** With every execution. */
    public static final int EVERY_EXECUTION = 1;

    /** From the device only when the result of an execution is asked for it. */
    public static final int UNDER_DEMAND = 2;

    public DataTransferMode() {
    }
}
