package org.waterspout.model.huggingface;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.waterspout.model.Numbers;
import org.waterspout.model.WeightType;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * GPTQ's matrices as AutoGPTQ and GPTQModel store them (nn_modules/qlinear of both): codes of 4 or 8 bits, eight or four in a word of 32
 * bits along the inputs, {@code number = scale * (code - zero)}. An input's group is what g_idx says, else by its place.
 *
 * @param bits      of a code, where the shapes of a module do not say otherwise and may
 * @param groupSize inputs of a group, -1 for all, where there is no g_idx
 * @param older     whether zeros are stored less 1 (the format "gptq"); "gptq_v2" stores them as they are
 * @param mixed     whether modules may have bits of their own
 * @param plain     the type of the result where no type of blocks holds it
 */
record Gptq(int bits, int groupSize, boolean older, boolean mixed, WeightType plain) implements QuantizedWeights {

    /** What is known, the most of it of no meaning for what is stored. */
    private static final Set<String> KEYS = Set.of("bits", "group_size", "format", "checkpoint_format", "desc_act", "sym", "dynamic",
            "lm_head", "pack_dtype", "is_marlin_format", "true_sequential", "static_groups", "damp_percent", "damp_auto_increment", "mse",
            "act_group_aware", "gptaq", "foem", "meta", "method", "model_name_or_path", "model_file_base_name", "backend", "tokenizer",
            "dataset", "model_seqlen", "block_name_to_quantize", "module_name_preceding_first_block", "modules_in_block_to_quantize",
            "batch_size", "pad_token_id", "max_input_length", "cache_block_outputs", "use_exllama", "disable_exllama", "exllama_config",
            "use_cuda_fp16", "modules_to_not_convert");
    private static final int WORD = 32;

    static Gptq of(Quantization said, WeightType plain) {
        said.knows(KEYS);
        said.requires("format", "gptq", "gptq_v2");
        said.requires("checkpoint_format", "gptq", "gptq_v2");
        said.requires("pack_dtype", "int32");
        said.requiresFlag("is_marlin_format", false);
        int bits = said.options().requiredInteger("bits");
        int groupSize = said.options().integer("group_size").orElse(-1);
        if (bits != 4 && bits != 8) {
            throw said.refused(" to " + bits + " bits; 4 and 8 can be read");
        }
        if (groupSize == 0 || groupSize < -1) {
            throw said.options().wrong("group_size", "no size");
        }
        String format = said.options().text("checkpoint_format", "format").orElse("gptq");
        return new Gptq(bits, groupSize, format.equals("gptq"), said.options().has("dynamic"), plain);
    }

    @Override
    public Set<String> marks() {
        return Set.of("qweight");
    }

    @Override
    public Set<String> parts() {
        return Set.of("qzeros", "scales", "g_idx");
    }

    @Override
    public boolean roundsActivations() {
        return false;
    }

    @Override
    public FolderTensor weight(QuantizedModule module) {
        StoredTensor words = module.matrix("qweight", "I32");
        int rows = words.shape().getLast();
        int columns = module.has("g_idx") ? Math.toIntExact(module.part("g_idx").data().byteSize() / Integer.BYTES)
                : words.shape().getFirst() * (WORD / bits);
        int own = mixed ? 4 * Math.ceilDiv(words.shape().getFirst() * 8, columns) : bits;
        if (own != 4 && own != 8 || columns == 0 || words.shape().getFirst() != Math.ceilDiv(columns * own, WORD)) {
            throw module.wrong("qweight", "does not fit " + columns + " inputs of " + own + " bits");
        }
        int count = module.matrix("scales", module.part("scales").type()).shape().getFirst();
        module.part("scales", module.part("scales").type(), List.of(count, rows));
        module.part("qzeros", "I32", List.of(count, Math.ceilDiv(rows * own, WORD)));
        int[] groups = groups(module, columns, count);
        return new FolderTensor(module.weightName(), List.of(rows, columns), true,
                arena -> new ScaledIntegers(module.weightName(), rows, columns,
                groups, count, turned(module.floats("scales"), rows, count), zeros(module.part("qzeros").data(), rows, count, own), 0,
                (1 << own) - 1, (row, number, out) -> read(words.data(), row, number, rows, columns, own, out)).tensor(plain, arena));
    }

    private int[] groups(QuantizedModule module, int columns, int count) {
        if (!module.has("g_idx")) {
            int size = groupSize == -1 ? columns : groupSize;
            if (count != Math.ceilDiv(columns, size)) {
                throw module.wrong("scales", "does not fit " + columns + " inputs in groups of " + size);
            }
            return ScaledIntegers.neighbours(columns, size);
        }
        int[] groups = module.part("g_idx", "I32", List.of(columns)).data().toArray(Numbers.INT);
        for (int group : groups) {
            if (group < 0 || group >= count) {
                throw module.wrong("g_idx", "names group " + group + " of " + count);
            }
        }
        return groups;
    }

    /** [groups, rows] as [rows, groups]. */
    static float[] turned(float[] scales, int rows, int count) {
        float[] turned = new float[scales.length];
        for (int group = 0; group < count; group++) {
            for (int row = 0; row < rows; row++) {
                turned[row * count + group] = scales[group * rows + row];
            }
        }
        return turned;
    }

    /**
     * The zeros, [groups, rows] in words along the rows, as [rows, groups]. To a word of the older format a 1 is added in every place, and
     * a place's overflow goes on to the next, as GPTQModel writes and reads it (utils/model.py).
     */
    private short[] zeros(MemorySegment words, int rows, int count, int own) {
        int each = WORD / own;
        int across = Math.ceilDiv(rows, each);
        int ones = own == 4 ? 0x1111_1111 : 0x0101_0101;
        short[] zeros = new short[rows * count];
        for (int group = 0; group < count; group++) {
            for (int row = 0; row < rows; row++) {
                int word = words.get(Numbers.INT, ((long) group * across + row / each) * Integer.BYTES) + (older ? ones : 0);
                zeros[row * count + group] = (short) (word >>> own * (row % each) & (1 << own) - 1);
            }
        }
        return zeros;
    }

    private static void read(MemorySegment words, int first, int number, int rows, int columns, int own, short[] out) {
        int each = WORD / own;
        int mask = (1 << own) - 1;
        for (int at = 0; at * each < columns; at++) {
            int max = Math.min(each, columns - at * each);
            for (int row = 0; row < number; row++) {
                int word = words.get(Numbers.INT, ((long) at * rows + first + row) * Integer.BYTES);
                for (int place = 0; place < max; place++) {
                    out[row * columns + at * each + place] = (short) (word >>> own * place & mask);
                }
            }
        }
    }
}
