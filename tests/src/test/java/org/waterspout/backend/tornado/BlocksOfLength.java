package org.waterspout.backend.tornado;

import org.waterspout.backend.Backend;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.graph.Graph;

/** Plans on a device whose sequences share blocks of another length, and of another number, than the options say. */
public final class BlocksOfLength {

    private BlocksOfLength() {
    }

    /**
     * @param backend on a device, or the emulator
     * @param count   blocks of all sequences together; enough for one of the context's length
     * @param length  positions of a block
     */
    public static Plan prepare(Backend backend, Graph graph, PlanOptions options, int count, int length) {
        return ((TornadoBackend) backend).prepare(graph, options, new CacheBlocks(count, length, true));
    }
}
