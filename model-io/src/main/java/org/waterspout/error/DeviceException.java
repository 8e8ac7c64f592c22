package org.waterspout.error;

/** No such device, no SDK, no driver, or a device that failed. Exit code 6. */
public final class DeviceException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public DeviceException(String message) {
        this(message, null);
    }

    public DeviceException(String message, Throwable cause) {
        super(6, message, cause);
    }
}
