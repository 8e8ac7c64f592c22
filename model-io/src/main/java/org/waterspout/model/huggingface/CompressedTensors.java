package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.waterspout.model.Numbers;
import org.waterspout.model.WeightType;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * Weights of the package compressed-tensors (llm-compressor writes them): 8-bit floats and integers as they are, and integers packed into
 * words of 32 bits along the inputs, {@code number = scale * (integer - zero)}. Formats: its compressors/naive_quantized and
 * compressors/pack_quantized. All groups of modules must have the same weights; what is not quantized is seen in the tensors.
 *
 * @param bits      of an integer
 * @param groupSize inputs of a group; 0 where a scale holds for whole rows, or for all
 * @param packed    whether integers are packed
 * @param symmetric whether zeros are 0
 * @param rounds    whether the method's own kernels round activations or the cache
 * @param plain     the type of the result where no type of blocks holds it
 */
record CompressedTensors(int bits, int groupSize, boolean packed, boolean symmetric, boolean rounds, WeightType plain)
        implements QuantizedWeights {

    private static final Set<String> KEYS = Set.of("config_groups", "format", "ignore", "kv_cache_scheme", "global_compression_ratio",
            "quantization_status", "version", "sparsity_config");
    private static final Set<String> GROUP_KEYS = Set.of("targets", "weights", "input_activations", "output_activations", "format");
    private static final Set<String> WEIGHT_KEYS = Set.of("num_bits", "type", "symmetric", "strategy", "group_size", "block_structure",
            "dynamic", "actorder", "observer", "observer_kwargs", "scale_dtype", "zp_dtype");
    private static final int WORD = 32;

    static QuantizedWeights of(Quantization whole, WeightType plain) {
        Config sparsity = whole.options().object("sparsity_config");
        if (!sparsity.text("format").orElse("dense").equals("dense")) {
            throw whole.refused(", with weights that are left out (sparsity_config), which is not built");
        }
        whole.knows(KEYS);
        whole.requires("format", "float-quantized", "int-quantized", "pack-quantized", "naive-quantized");
        Quantization said = weights(whole);
        said.requires("strategy", "tensor", "channel", "group", "block");
        said.requiresFlag("dynamic", false);
        if (said.options().text("actorder").filter(order -> Set.of("group", "dynamic").contains(order)).isPresent()) {
            throw said.refused(", with groups in another order (actorder), which is not built");
        }
        boolean rounds = whole.options().has("kv_cache_scheme") || groups(whole).stream()
                .anyMatch(group -> group.options().has("input_activations") || group.options().has("output_activations"));
        String format = whole.options().text("format").orElse("");
        boolean packed = format.equals("pack-quantized");
        int bits = said.options().requiredInteger("num_bits");
        String type = said.options().text("type").orElse("int");
        if (type.equals("float") && bits == 8 && !packed && said.options().flagOr("symmetric", true) && !said.options().has("group_size")) {
            return new Fp8(said.sizes("block_structure").orElse(List.of(0, 0)), plain, rounds);
        }
        if (!type.equals("int") || bits != 8 && (!packed || bits != 4) || said.options().has("block_structure")) {
            throw said.refused(" to the type '" + type + "' of " + bits + " bits in the form " + format + ", which is not built");
        }
        return new CompressedTensors(bits, Math.max(0, said.options().integer("group_size").orElse(0)), packed,
                said.options().flagOr("symmetric", true), rounds, plain);
    }

    private static List<Quantization> groups(Quantization whole) {
        JsonNode groups = whole.options().object("config_groups").json();
        return groups.properties().stream().map(Map.Entry::getKey)
                .map(name -> whole.part(whole.options().object("config_groups").object(name))).toList();
    }

    /** What all groups say of weights. */
    private static Quantization weights(Quantization whole) {
        List<Quantization> groups = groups(whole);
        for (Quantization group : groups) {
            group.knows(GROUP_KEYS);
            group.part(group.options().object("weights")).knows(WEIGHT_KEYS);
            if (!group.options().text("format").orElse("").isEmpty()
                    && !group.options().text("format").equals(whole.options().text("format"))) {
                throw whole.refused(" in several forms, which is not built");
            }
        }
        List<JsonNode> kinds = groups.stream().map(group -> group.options().object("weights").json()).distinct().toList();
        if (kinds.size() != 1 || kinds.getFirst().isEmpty()) {
            throw whole.refused(" in " + kinds.size() + " ways (config_groups); one can be read");
        }
        return groups.getFirst().part(groups.getFirst().options().object("weights"));
    }

    @Override
    public Set<String> marks() {
        return packed ? Set.of("weight_packed") : Set.of("weight_scale");
    }

    @Override
    public Set<String> parts() {
        return Set.of("weight", "weight_scale", "weight_shape", "weight_zero_point");
    }

    @Override
    public Set<String> ofActivations() {
        return Fp8.OF_ACTIVATIONS;
    }

    @Override
    public boolean roundsActivations() {
        return rounds;
    }

    @Override
    public FolderTensor weight(QuantizedModule module) {
        StoredTensor stored = packed ? module.matrix("weight_packed", "I32") : module.matrix("weight", "I8");
        int rows = stored.shape().getFirst();
        int columns = packed ? columns(module, rows) : stored.shape().getLast();
        int across = Math.ceilDiv(columns * bits, WORD);
        if (packed && stored.shape().getLast() != across) {
            throw module.wrong("weight_packed", "does not fit " + columns + " inputs of " + bits + " bits");
        }
        List<Integer> shape = module.part("weight_scale").shape();
        boolean single = shape.stream().allMatch(length -> length == 1);
        int count = groupSize == 0 ? 1 : Math.ceilDiv(columns, groupSize);
        if (!single && !shape.equals(List.of(rows, count)) && !(count == 1 && shape.equals(List.of(rows)))) {
            throw module.wrong("weight_scale", "does not fit a weight of shape " + List.of(rows, columns)
                    + (groupSize == 0 ? "" : " in groups of " + groupSize));
        }
        if (symmetric == module.has("weight_zero_point") && !(symmetric && isZero(module.part("weight_zero_point")))) {
            throw module.wrong(symmetric ? "weight_zero_point" : "weight_scale",
                    symmetric ? "should not be there" : "has no weight_zero_point beside it");
        }
        int zero = packed ? 1 << bits - 1 : 0;
        short[] zeros = symmetric ? filled(rows * count, zero) : zeros(module, rows, count, single);
        MemorySegment data = stored.data();
        ScaledIntegers.Codes codes = packed ? (first, number, out) -> unpack(data, first, number, columns, across, out)
                : (first, number, out) -> signed(data, first, number, columns, out);
        int[] groups = ScaledIntegers.neighbours(columns, groupSize == 0 ? columns : groupSize);
        return new FolderTensor(module.weightName(), List.of(rows, columns), false, arena -> {
            float[] scales = module.floats("weight_scale");
            float[] each = new float[rows * count];
            for (int i = 0; i < each.length; i++) {
                each[i] = scales[single ? 0 : i];
            }
            return new ScaledIntegers(module.weightName(), rows, columns, groups, count, each, zeros, packed ? 0 : -128,
                    packed ? (1 << bits) - 1 : 127, codes).tensor(plain, arena);
        });
    }

    private static int columns(QuantizedModule module, int rows) {
        StoredTensor shape = module.part("weight_shape");
        boolean wide = shape.type().equals("I64");
        long[] sizes = wide ? shape.data().toArray(Numbers.LONG) : Arrays.stream(module.part("weight_shape", "I32", List.of(2)).data()
                .toArray(Numbers.INT)).asLongStream().toArray();
        if (sizes.length != 2 || sizes[0] != rows || sizes[1] < 1 || sizes[1] > Integer.MAX_VALUE / WORD) {
            throw module.wrong("weight_shape", "holds " + Arrays.toString(sizes) + ", which does not fit weight_packed");
        }
        return (int) sizes[1];
    }

    private static boolean isZero(StoredTensor zeros) {
        MemorySegment data = zeros.data();
        return IntStream.range(0, Math.toIntExact(data.byteSize())).allMatch(i -> data.get(ValueLayout.JAVA_BYTE, i) == 0);
    }

    private static short[] filled(int length, int zero) {
        short[] zeros = new short[length];
        Arrays.fill(zeros, (short) zero);
        return zeros;
    }

    /** [rows, groups]; packed, they are in words along the rows. */
    private short[] zeros(QuantizedModule module, int rows, int count, boolean single) {
        short[] zeros = new short[rows * count];
        MemorySegment data = packed && !single ? module.part("weight_zero_point", "I32", List.of(Math.ceilDiv(rows * bits, WORD), count))
                .data() : module.part("weight_zero_point", "I8", module.part("weight_scale").shape()).data();
        int each = WORD / bits;
        for (int row = 0; row < rows; row++) {
            for (int group = 0; group < count; group++) {
                int at = row * count + group;
                zeros[at] = packed && !single
                        ? (short) (data.get(Numbers.INT, ((long) row / each * count + group) * Integer.BYTES) >>> bits * (row % each) & (
                        1 << bits) - 1) : (short) (data.get(ValueLayout.JAVA_BYTE, single ? 0 : at) + (packed ? 1 << bits - 1 : 0));
            }
        }
        return zeros;
    }

    private void unpack(MemorySegment words, int first, int number, int columns, int across, short[] out) {
        int each = WORD / bits;
        for (int row = 0; row < number; row++) {
            for (int column = 0; column < columns; column++) {
                int word = words.get(Numbers.INT, ((long) (first + row) * across + column / each) * Integer.BYTES);
                out[row * columns + column] = (short) (word >>> bits * (column % each) & (1 << bits) - 1);
            }
        }
    }

    private static void signed(MemorySegment bytes, int first, int number, int columns, short[] out) {
        for (int i = 0; i < number * columns; i++) {
            out[i] = bytes.get(ValueLayout.JAVA_BYTE, (long) first * columns + i);
        }
    }
}
