package org.waterspout.backend.tornado.buffers;

import java.util.List;

/** Arrays that are uploaded once and only read: weights, angles. Sizes are known before anything is loaded. */
public interface Constant {

    /** For error messages: "ffn.down". */
    String name();

    /** Bytes of each array. */
    List<Long> bytes();

    /** Numbers that kernels index with an int. */
    long elements();

    /** Allocates and fills the arrays on the host. */
    void load();

    /** The arrays, in the order in which kernels take them; after {@link #load}. */
    List<Object> arrays();
}
