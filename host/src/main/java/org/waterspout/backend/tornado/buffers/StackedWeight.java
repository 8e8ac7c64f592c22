package org.waterspout.backend.tornado.buffers;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.waterspout.backend.tornado.buffers.WeightLayout.Kind;
import org.waterspout.error.ModelFormatException;
import org.waterspout.model.Tensor;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * The weights of one role over all layers as one matrix, [layers, rows, columns], in one {@link WeightLayout}. The rows of a
 * layer are those of its parts, one below the other: q, k and v of a fused product.
 */
public final class StackedWeight implements Constant {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * A tensor, or zeros of its shape.
     *
     * @param tensor absent for a bias that only the part's neighbours have
     */
    public record Part(Optional<Tensor> tensor, int rows, int columns) {

        public static Part of(Tensor tensor) {
            return new Part(Optional.of(tensor), tensor.rows(), tensor.columns());
        }
    }

    private final String name;
    private final WeightLayout layout;
    private final List<List<Part>> layers;
    private FloatArray floats;
    private ShortArray halves;
    private ByteArray quants;
    private FloatArray scales;

    StackedWeight(String name, WeightLayout layout, List<List<Part>> layers) {
        this.name = name;
        this.layout = layout;
        this.layers = layers.stream().map(List::copyOf).toList();
    }

    public WeightLayout layout() {
        return layout;
    }

    /** Whether {@code other} holds the same tensors, so that one copy on the device serves both. */
    boolean sameAs(StackedWeight other) {
        return layout.equals(other.layout) && layers.equals(other.layers);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long elements() {
        return layers.stream().flatMap(List::stream).mapToLong(part -> (long) part.rows() * part.columns()).sum();
    }

    @Override
    public List<Long> bytes() {
        long main = layout.mainBytes(elements());
        long scaleFloats = layout.scaleFloats(elements());
        return scaleFloats == 0 ? List.of(main) : List.of(main, Float.BYTES * scaleFloats);
    }

    @Override
    public List<Object> arrays() {
        return switch (layout.kind()) {
            case F32 -> List.of(floats());
            case F16 -> List.of(halves());
            case Q8, Q4 -> List.of(quants(), scales());
        };
    }

    public FloatArray floats() {
        return Objects.requireNonNull(floats, name);
    }

    public ShortArray halves() {
        return Objects.requireNonNull(halves, name);
    }

    public ByteArray quants() {
        return Objects.requireNonNull(quants, name);
    }

    public FloatArray scales() {
        return Objects.requireNonNull(scales, name);
    }

    @Override
    public void load() {
        int count = Math.toIntExact(elements());
        switch (layout.kind()) {
            case F32 -> floats = new FloatArray(count);
            case F16 -> halves = new ShortArray(count);
            case Q8 -> quants = new ByteArray(count);
            case Q4 -> quants = new ByteArray(count / 2);
        }
        if (layout.block() > 1) {
            scales = new FloatArray(Math.toIntExact(layout.scaleFloats(count)));
        }
        long at = 0;
        for (List<Part> parts : layers) {
            for (Part part : parts) {
                fill(part, at);
                at += (long) part.rows() * part.columns();
            }
        }
    }

    private void fill(Part part, long at) {
        if (part.tensor().isEmpty()) {
            int count = part.rows() * part.columns();
            for (int i = 0; i < count; i++) {
                floats.set((int) at + i, 0);
            }
            return;
        }
        Tensor tensor = part.tensor().get();
        switch (layout.kind()) {
            case F32 -> fillFloats(tensor, at);
            case F16 -> fillHalves(tensor, at);
            case Q8, Q4 -> fillBlocks(tensor, at);
        }
    }

    private void fillFloats(Tensor tensor, long at) {
        float[] row = new float[tensor.columns()];
        MemorySegment target = floats.getSegment();
        for (int r = 0; r < tensor.rows(); r++) {
            tensor.type().decode(tensor.data(), r * tensor.rowBytes(), row, 0, row.length);
            MemorySegment.copy(row, 0, target, ValueLayout.JAVA_FLOAT, Float.BYTES * (at + (long) r * row.length), row.length);
        }
    }

    private void fillHalves(Tensor tensor, long at) {
        short[] row = new short[tensor.columns()];
        MemorySegment target = halves.getSegment();
        for (int r = 0; r < tensor.rows(); r++) {
            MemorySegment.copy(tensor.data(), SHORT, r * tensor.rowBytes(), row, 0, row.length);
            for (short bits : row) {
                if ((bits & 0x7C00) == 0x7C00) {
                    throw new ModelFormatException("tensor " + tensor.name() + " holds a number that is infinite or none: "
                            + "the file is damaged, fetch or convert it again");
                }
            }
            MemorySegment.copy(row, 0, target, ValueLayout.JAVA_SHORT, Short.BYTES * (at + (long) r * row.length), row.length);
        }
    }

    private void fillBlocks(Tensor tensor, long at) {
        int sourceBlock = WeightLayout.of(tensor.type()).block();
        int length = tensor.type().blockLength();
        QuantBlock block = new QuantBlock(tensor.type());
        long blocks = tensor.count() / length;
        MemorySegment target = quants.getSegment();
        MemorySegment targetScales = scales.getSegment();
        byte[] nibbles = new byte[128];
        for (long b = 0; b < blocks; b++) {
            block.read(tensor.data(), b * tensor.type().blockBytes());
            long number = at + b * length;
            if (layout.kind() == Kind.Q8) {
                MemorySegment.copy(block.quants, 0, target, ValueLayout.JAVA_BYTE, number, length);
            } else {
                packNibbles(block.quants, nibbles, length);
                MemorySegment.copy(nibbles, 0, target, ValueLayout.JAVA_BYTE, number / 2, length / 2);
            }
            fillScales(block, sourceBlock, length, number, targetScales);
        }
    }

    /** A block's byte k holds number k in its low half and number k + block / 2 in its high half. */
    private void packNibbles(byte[] from, byte[] to, int length) {
        int half = layout.block() / 2;
        for (int start = 0; start < length; start += layout.block()) {
            for (int k = 0; k < half; k++) {
                to[start / 2 + k] = (byte) (from[start + k] | from[start + half + k] << 4);
            }
        }
    }

    private void fillScales(QuantBlock block, int sourceBlock, int length, long number, MemorySegment target) {
        int stride = layout.offset() ? 2 : 1;
        for (int start = 0; start < length; start += layout.block()) {
            long index = (number + start) / layout.block() * stride;
            target.setAtIndex(ValueLayout.JAVA_FLOAT, index, block.scales[start / sourceBlock]);
            if (layout.offset()) {
                target.setAtIndex(ValueLayout.JAVA_FLOAT, index + 1, block.offsets[start / sourceBlock]);
            }
        }
    }
}
