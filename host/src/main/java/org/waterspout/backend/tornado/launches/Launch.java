package org.waterspout.backend.tornado.launches;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.waterspout.backend.tornado.buffers.Constant;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.Feed;
import org.waterspout.kernels.StepLayout;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * One kernel of a stage.
 *
 * @param kernel    for messages: "WideQuantMatMulKernels.q8"
 * @param local     items of a work-group
 * @param items     items for a number of rows, before rounding up to whole groups
 * @param reads     buffers the kernel reads
 * @param writes    buffers the kernel writes
 * @param constants what it reads besides
 * @param feeds     what it reads that the host changes
 * @param binding   adds the task to a graph, once every array is there
 */
public record Launch(String kernel, int local, IntUnaryOperator items, List<DeviceBuffer> reads, List<DeviceBuffer> writes,
        List<? extends Constant> constants, List<Feed> feeds, Binding binding) {

    /** A kernel without feeds. */
    public Launch(String kernel, int local, IntUnaryOperator items, List<DeviceBuffer> reads, List<DeviceBuffer> writes,
            List<? extends Constant> constants, Binding binding) {
        this(kernel, local, items, reads, writes, constants, List.of(), binding);
    }

    /**
     * A kernel that either family has, and that writes {@code output}: an item for each unit of work in the Wide family, a work-group for
     * each in the Group family.
     *
     * @param kernel    without its family
     * @param wideLocal items of a work-group in the Wide family
     * @param wideItems its items for a number of rows
     * @param groups    the Group family's work-groups for a number of rows
     */
    static Launch unit(KernelFamily family, String kernel, int wideLocal, IntUnaryOperator wideItems, IntUnaryOperator groups,
            List<DeviceBuffer> reads, DeviceBuffer output, List<? extends Constant> constants, Binding binding) {
        return switch (family) {
            case WIDE -> new Launch("Wide" + kernel, wideLocal, wideItems, reads, List.of(output), constants, binding);
            case GROUP -> new Launch("Group" + kernel, StepLayout.GROUP,
                    rows -> Math.multiplyExact(groups.applyAsInt(rows), StepLayout.GROUP), reads, List.of(output), constants, binding);
        };
    }

    /** Adds the kernel as a task. */
    @FunctionalInterface
    public interface Binding {
        void addTo(TaskGraph graph, String task, KernelContext context, IntArray step);
    }

    /** The same, reading {@code feed} too. */
    Launch with(Feed feed) {
        return new Launch(kernel, local, items, reads, writes, constants, List.of(feed), binding);
    }

    /** At most how many arguments its task has: arrays, the context, the step and a record of sizes. */
    public int arguments() {
        long buffers = Stream.concat(reads.stream(), writes.stream()).distinct().count();
        return Math.toIntExact(buffers) + constants.stream().mapToInt(constant -> constant.bytes().size()).sum() + feeds.size() + 3;
    }

    /** The global size for {@code rows} rows: whole groups, at least one. */
    public int global(int rows) {
        int groups = Math.max(1, Math.ceilDiv(items.applyAsInt(rows), local));
        return Math.multiplyExact(groups, local);
    }
}
