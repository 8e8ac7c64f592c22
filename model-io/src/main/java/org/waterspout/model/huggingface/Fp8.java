package org.waterspout.model.huggingface;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * Matrices of 8-bit floats, with a scale for each block of rows and columns that the number is multiplied by: Transformers'
 * integrations/finegrained_fp8.py, where the scale is called weight_scale_inv, and files for vLLM, where it is weight_scale. Numbers become
 * the plain type that the configuration states, rounded once, as Transformers makes them where it has no kernel for 8 bits.
 *
 * @param block the rows and columns of a block, where scales are a matrix of them
 * @param plain the type of the result
 * @param rounds whether the method's own kernels round activations or the cache
 */
record Fp8(List<Integer> block, WeightType plain, boolean rounds) implements QuantizedWeights {

    private static final Set<String> KEYS = Set.of("activation_scheme", "fmt", "weight_block_size", "scale_fmt", "modules_to_not_convert",
            "ignored_layers", "modules_to_convert", "expert_dtype", "dequantize", "kv_cache_scheme");
    /** What rounds activations and the cache. */
    static final Set<String> OF_ACTIVATIONS = Set.of("activation_scale", "input_scale", "input_zero_point", "output_scale",
            "output_zero_point", "k_scale", "v_scale");

    private static final List<Integer> USUAL_BLOCK = List.of(128, 128);

    /** What the bytes stand for: 1 bit of sign, 4 of exponent (bias 7), 3 of fraction, no infinities ("e4m3fn"). */
    private static final float[] NUMBERS = new float[256];

    static {
        for (int code = 0; code < 256; code++) {
            int exponent = code >> 3 & 15;
            float magnitude = exponent == 0 ? Math.scalb((float) (code & 7), -9) : Math.scalb((float) (8 + (code & 7)), exponent - 10);
            NUMBERS[code] = (code & 127) == 127 ? Float.NaN : (code & 128) == 0 ? magnitude : -magnitude;
        }
    }

    static Fp8 of(Quantization said, WeightType plain) {
        said.knows(KEYS);
        said.requires("fmt", "e4m3");
        said.requires("activation_scheme", "dynamic", "static");
        said.requires("scale_fmt", "float", "ue8m0");
        return new Fp8(said.sizes("weight_block_size").orElse(USUAL_BLOCK), plain, true);
    }

    @Override
    public Set<String> marks() {
        return Set.of("weight_scale_inv", "weight_scale");
    }

    @Override
    public Set<String> parts() {
        return Set.of("weight");
    }

    @Override
    public Set<String> ofActivations() {
        return OF_ACTIVATIONS;
    }

    @Override
    public boolean roundsActivations() {
        return rounds;
    }

    @Override
    public FolderTensor weight(QuantizedModule module) {
        StoredTensor weight = module.matrix("weight", "F8_E4M3");
        String scale = module.has("weight_scale") ? "weight_scale" : "weight_scale_inv";
        int rows = weight.shape().getFirst();
        int columns = weight.shape().getLast();
        List<Integer> shape = module.part(scale).shape();
        List<Integer> own = shape.stream().mapToInt(n -> n).reduce(1, (a, b) -> a * b) == 1 ? List.of(rows, columns)
                : List.of(List.of(rows), List.of(rows, 1)).contains(shape) ? List.of(1, columns) : block;
        int across = (columns + own.getLast() - 1) / own.getLast();
        int down = (rows + own.getFirst() - 1) / own.getFirst();
        if (own.equals(block) && !shape.equals(List.of(down, across))) {
            throw module.wrong(scale, "does not fit a weight of shape " + weight.shape() + " in blocks of " + block);
        }
        return new FolderTensor(module.weightName(), weight.shape(), false,
                arena -> tensor(module.weightName(), weight.data(), rows, columns, scales(module, scale), own, across, arena));
    }

    private static float[] scales(QuantizedModule module, String name) {
        StoredTensor scale = module.part(name);
        if (!scale.type().equals("F8_E8M0")) {
            return module.floats(name);
        }
        byte[] bytes = scale.data().toArray(ValueLayout.JAVA_BYTE);
        float[] scales = new float[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == (byte) 0xFF) {
                throw module.wrong(name, "holds NaN");
            }
            scales[i] = Math.scalb(1f, Byte.toUnsignedInt(bytes[i]) - 127);
        }
        return scales;
    }

    private Tensor tensor(String name, MemorySegment bytes, int rows, int columns, float[] scales, List<Integer> own, int across,
            Arena arena) {
        MemorySegment out = arena.allocate(plain.bytes((long) rows * columns), 64);
        int wide = own.getLast();
        IntStream.range(0, rows).parallel().forEach(row -> {
            float[] numbers = new float[columns];
            int first = row / own.getFirst() * across;
            for (int column = 0; column < columns; column++) {
                int code = Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, (long) row * columns + column));
                numbers[column] = NUMBERS[code] * scales[first + column / wide];
            }
            ScaledIntegers.encode(name, plain, numbers, out, plain.bytes((long) row * columns));
        });
        return new Tensor(name, plain, List.of(rows, columns), out.asReadOnly());
    }
}
