package org.waterspout.backend.tornado.buffers;

import java.util.List;
import org.waterspout.graph.RopeTable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Cosines and sines of rotary tables, [.., pairs, 2], as kernels read them: table t's for a row are at t * {@link #positions} + the row's
 * turn.
 */
public sealed interface Angles permits AngleTable, RowAngles {

    /** The table's number in the array. */
    int indexOf(RopeTable table);

    /** From one table's angles of a row to the next table's. */
    int positions();

    /** The array on the host, once it is there. */
    FloatArray angles();

    /** Itself, where it is uploaded once. */
    List<Constant> constants();

    /** Where it lies on the device, where it changes from step to step. */
    List<DeviceBuffer> buffers();
}
