package org.waterspout.backend.tornado.lowering;

import java.util.List;
import java.util.stream.Stream;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.launches.Section;

/**
 * One graph as kernels: a decoder, or an encoder.
 *
 * @param sections in the order in which they run
 * @param memory   what fills the cross-attention caches after them
 * @param output   where the step's output lies after the last of {@code sections}
 * @param chunk    most selected rows in one run of the sections after SelectRows or MeanRows
 * @param selects  whether there are such sections
 */
public record GraphProgram(List<Section> sections, List<Section> memory, View output, int chunk, boolean selects) {

    /** All, in the order in which they run. */
    Stream<Section> all() {
        return Stream.concat(sections.stream(), memory.stream());
    }
}
