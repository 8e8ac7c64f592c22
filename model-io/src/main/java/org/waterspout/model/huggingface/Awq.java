package org.waterspout.model.huggingface;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.waterspout.model.Numbers;
import org.waterspout.model.WeightType;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * AWQ's matrices as AutoAWQ stores them in its version "gemm" (awq/modules/linear/gemm.py): codes of 4 bits, eight in a word of 32 bits
 * along the outputs, of which the even ones come first; {@code number = scale * (code - zero)}.
 *
 * @param groupSize inputs of a group, -1 for all
 * @param plain     the type of the result where no type of blocks holds it
 */
record Awq(int groupSize, WeightType plain) implements QuantizedWeights {

    private static final Set<String> KEYS = Set.of("bits", "w_bit", "group_size", "q_group_size", "zero_point", "version", "format",
            "backend", "modules_to_not_convert", "do_fuse", "modules_to_fuse", "fuse_max_seq_len", "exllama_config", "sym", "desc_act",
            "meta", "pack_dtype", "lm_head", "method", "damp_percent", "true_sequential", "act_group_aware", "dataset", "tokenizer",
            "batch_size", "pad_token_id", "max_input_length", "cache_block_outputs", "model_seqlen", "block_name_to_quantize",
            "module_name_preceding_first_block", "modules_in_block_to_quantize");
    private static final int EACH = 8;

    /** Where in a word each of eight neighbouring outputs is. */
    private static final int[] PLACES = {0, 4, 1, 5, 2, 6, 3, 7};

    static Awq of(Quantization said, WeightType plain) {
        said.knows(KEYS);
        said.requires("version", "gemm", "GEMM");
        said.requires("format", "gemm");
        said.requires("pack_dtype", "int32");
        int bits = said.options().integer("bits", "w_bit").orElse(4);
        int groupSize = said.options().integer("group_size", "q_group_size").orElse(128);
        if (bits != 4) {
            throw said.refused(" to " + bits + " bits; 4 can be read");
        }
        if (groupSize == 0 || groupSize < -1) {
            throw said.options().wrong("group_size", "no size");
        }
        return new Awq(groupSize, plain);
    }

    @Override
    public Set<String> marks() {
        return Set.of("qweight");
    }

    @Override
    public Set<String> parts() {
        return Set.of("qzeros", "scales");
    }

    @Override
    public boolean roundsActivations() {
        return false;
    }

    @Override
    public FolderTensor weight(QuantizedModule module) {
        StoredTensor words = module.matrix("qweight", "I32");
        int columns = words.shape().getFirst();
        int across = words.shape().getLast();
        int rows = Math.multiplyExact(across, EACH);
        int size = groupSize == -1 ? columns : groupSize;
        int count = Math.ceilDiv(columns, size);
        module.part("scales", module.part("scales").type(), List.of(count, rows));
        MemorySegment zeroWords = module.part("qzeros", "I32", List.of(count, across)).data();
        return new FolderTensor(module.weightName(), List.of(rows, columns), true, arena -> {
            short[] zeros = new short[rows * count];
            for (int group = 0; group < count; group++) {
                for (int row = 0; row < rows; row++) {
                    zeros[row * count + group] = code(zeroWords, group, row, across);
                }
            }
            return new ScaledIntegers(module.weightName(), rows, columns, ScaledIntegers.neighbours(columns, size), count,
                    Gptq.turned(module.floats("scales"), rows, count), zeros, 0, 15, (first, number, out) -> {
                for (int column = 0; column < columns; column++) {
                    for (int row = 0; row < number; row++) {
                        out[row * columns + column] = code(words.data(), column, first + row, across);
                    }
                }
            }).tensor(plain, arena);
        });
    }

    private static short code(MemorySegment words, int line, int row, int across) {
        int word = words.get(Numbers.INT, ((long) line * across + row / EACH) * Integer.BYTES);
        return (short) (word >>> 4 * PLACES[row % EACH] & 15);
    }
}
