package org.waterspout.server;

/** Where a server is in its life. */
enum Phase {
    /** Models are loaded; requests for them are refused. */
    LOADING,
    /** Every model has answered once. */
    READY,
    /** The end was asked for; work is still taken. */
    LEAVING,
    /** No more work is taken; answers under way go on. */
    DRAINING
}
