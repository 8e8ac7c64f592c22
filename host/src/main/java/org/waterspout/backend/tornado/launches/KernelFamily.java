package org.waterspout.backend.tornado.launches;

/** The two families of kernels; see org.waterspout.kernels. */
public enum KernelFamily {
    /** An item makes a whole output, with vectors: devices of type CPU. */
    WIDE,
    /** A work-group makes an output: all other devices. */
    GROUP
}
