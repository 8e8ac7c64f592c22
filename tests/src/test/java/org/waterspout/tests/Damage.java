package org.waterspout.tests;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.waterspout.tests.GgufDraft.DraftTensor;
import org.waterspout.tests.GgufDraft.Value;

/**
 * One thing that is wrong with a model file.
 *
 * @param what  for messages
 * @param apply does it to a draft
 */
record Damage(String what, Consumer<GgufDraft> apply) {

    /** What metadata values are replaced by. */
    private static final List<Value> VALUES = List.of(
            Value.of(GgufDraft.UINT32, 0L), Value.of(GgufDraft.INT32, -1L), Value.of(GgufDraft.UINT32, 1L), Value.of(GgufDraft.UINT32, 2L),
            Value.of(GgufDraft.UINT32, 3L), Value.of(GgufDraft.UINT32, 64L), Value.of(GgufDraft.UINT32, 1L << 16),
            Value.of(GgufDraft.UINT32, 1L << 24), Value.of(GgufDraft.UINT32, (long) Integer.MAX_VALUE),
            Value.of(GgufDraft.UINT32, 0xFFFFFFFFL), Value.of(GgufDraft.INT32, (long) Integer.MIN_VALUE), Value.of(GgufDraft.UINT64, -1L),
            Value.of(GgufDraft.INT64, Long.MAX_VALUE), Value.number(0), Value.number(-1), Value.number(Float.NaN),
            Value.number(Float.POSITIVE_INFINITY), Value.number(Float.MIN_VALUE),
            Value.number(Float.MAX_VALUE), Value.number(0.5f), Value.number(1),
            Value.of(GgufDraft.FLOAT64, Double.doubleToRawLongBits(1e300)),
            Value.of(GgufDraft.BOOL, 0L), Value.of(GgufDraft.BOOL, 1L), Value.of(GgufDraft.STRING, ""), Value.of(GgufDraft.STRING, "x"),
            Value.of(GgufDraft.STRING, "two\nlines\r\u2028\u0000"), Value.of(GgufDraft.STRING, "x".repeat(5000)),
            Value.of(GgufDraft.STRING, "{% for a in b %}"), Value.of(GgufDraft.STRING, "{{ messages[99].content }}"),
            Value.list(GgufDraft.INT32, List.of()), Value.list(GgufDraft.STRING, List.of()), Value.list(GgufDraft.INT32, List.of(0L)),
            Value.list(GgufDraft.INT32, List.of(-1L, 7L)), Value.list(GgufDraft.STRING, List.of("")),
            Value.list(GgufDraft.STRING, Collections.nCopies(101, "x")), Value.list(GgufDraft.FLOAT32, List.of(0x7fc00000L)),
            Value.list(GgufDraft.BOOL, List.of(1L)), Value.list(GgufDraft.UINT32, Collections.nCopies(200, 2L)));

    /** Keys that a file need not have, without the family's name in front. */
    private static final List<String> OPTIONAL_KEYS = List.of("attention.key_length", "attention.value_length", "attention.sliding_window",
            "attention.sliding_window_pattern", "attention.scale", "attention.head_count_kv", "attention.causal", "attn_logit_softcapping",
            "final_logit_softcapping", "rope.dimension_count", "rope.freq_base", "rope.freq_base_swa", "rope.scaling.type",
            "rope.scaling.factor", "rope.scaling.attn_factor", "rope.scaling.original_context_length", "rope.scaling.yarn_beta_fast",
            "rope.scaling.yarn_beta_slow", "rope.scale_linear", "embedding_scale", "residual_scale", "logit_scale", "expert_count",
            "vocab_size");
    private static final List<String> OTHER_KEYS = List.of("general.alignment", "split.count", "split.no", "split.tensors.count",
            "tokenizer.chat_template", "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token", "tokenizer.ggml.add_space_prefix",
            "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id", "tokenizer.ggml.unknown_token_id");
    private static final List<String> WORDS = List.of("none", "linear", "yarn", "longrope", "llama", "gpt2", "gemma2", "gemma3", "phi3",
            "qwen3", "default", "llama-bpe");
    /** Tensors whose presence changes how a file is read. */
    private static final List<String> TENSORS = List.of("output.weight", "output.bias", "position_embd.weight", "rope_freqs.weight",
            "rope_factors_long.weight", "rope_factors_short.weight", "output_norm.bias", "blk.0.attn_qkv.weight", "blk.0.attn_qkv.bias",
            "blk.0.attn_q.bias", "blk.0.attn_q_norm.weight", "blk.0.attn_output.bias", "blk.0.ffn_gate.weight", "blk.0.ffn_down.bias",
            "blk.0.post_ffw_norm.weight", "blk.0.post_attention_norm.weight", "blk.0.attn_norm.bias");

    /** Every replacement of every value there is, and every value missing. */
    static List<Damage> ofEveryValue(GgufDraft draft) {
        List<Damage> all = new ArrayList<>();
        for (String key : draft.values().keySet()) {
            all.add(new Damage("no " + key, changed -> changed.values().remove(key)));
            VALUES.forEach(value -> all.add(set(key, value)));
        }
        return all;
    }

    /** Every tensor missing, empty of sense, of another shape or type. */
    static List<Damage> ofEveryTensor(GgufDraft draft, Random random) {
        List<Damage> all = new ArrayList<>();
        for (DraftTensor tensor : draft.tensors()) {
            String name = tensor.name();
            long[] dimensions = tensor.dimensions();
            all.add(new Damage("no tensor " + name, changed -> changed.tensors().remove(changed.indexOf(name))));
            all.add(replace(name, "filled with NaN", old -> old.holding(filled(old, random, Filling.NAN))));
            all.add(replace(name, "filled with infinity", old -> old.holding(filled(old, random, Filling.INFINITY))));
            all.add(replace(name, "filled with anything", old -> old.holding(filled(old, random, Filling.ANYTHING))));
            all.add(replace(name, "filled with nothing", old -> old.holding(filled(old, random, Filling.ZERO))));
            all.add(replace(name, "as one dimension", old -> old.shaped(product(dimensions))));
            all.add(replace(name, "with one dimension more", old -> old.shaped(dimensions[0], product(dimensions) / dimensions[0], 1)));
            all.add(replace(name, "of type F16", old -> old.typed(1)));
            if (dimensions.length == 2) {
                all.add(replace(name, "transposed", old -> old.shaped(dimensions[1], dimensions[0])));
            }
        }
        return all;
    }

    /** One of many, by chance. */
    static Damage byChance(GgufDraft draft, Random random) {
        String family = draft.values().containsKey("general.architecture")
                ? String.valueOf(draft.values().get("general.architecture").elements().getFirst()) : "llama";
        return switch (random.nextInt(10)) {
            case 0, 1 -> set(anyOf(new ArrayList<>(draft.values().keySet()), random), anyOf(VALUES, random));
            case 2 -> set(family + "." + anyOf(OPTIONAL_KEYS, random), anyOf(VALUES, random));
            case 3 -> set(anyOf(OTHER_KEYS, random), anyOf(VALUES, random));
            case 4 -> set(random.nextBoolean() ? anyOf(new ArrayList<>(draft.values().keySet()), random) : family + ".rope.scaling.type",
                    Value.of(GgufDraft.STRING, anyOf(WORDS, random)));
            case 5 -> ofAList(draft, random);
            case 6 -> ofANumber(draft, random);
            default -> ofATensor(draft, random);
        };
    }

    private static Damage set(String key, Value value) {
        return new Damage(key + " = " + value, draft -> draft.values().put(key, value));
    }

    private static Damage ofAList(GgufDraft draft, Random random) {
        List<String> keys = draft.values().keySet().stream().filter(key -> draft.values().get(key).list()
                && !draft.values().get(key).elements().isEmpty()).toList();
        if (keys.isEmpty()) {
            return ofATensor(draft, random);
        }
        String key = anyOf(keys, random);
        Value value = draft.values().get(key);
        List<Object> elements = new ArrayList<>(value.elements());
        int at = random.nextInt(elements.size());
        String what = switch (random.nextInt(6)) {
            case 0 -> {
                elements.remove(at);
                yield "without element " + at;
            }
            case 1 -> {
                elements.add(at, elements.get(random.nextInt(elements.size())));
                yield "one element twice, at " + at;
            }
            case 2 -> {
                elements.subList(at, elements.size()).clear();
                yield "cut at " + at;
            }
            case 3 -> {
                Collections.shuffle(elements, random);
                yield "shuffled";
            }
            default -> {
                Object odd = value.type() == GgufDraft.STRING ? anyOf(
                        List.of("", " ", "a", "a b", "\u0000", "a b c", "\uD83D\uDE00", "<0xZZ>",
                        "\n\n", "{{"), random) : anyOf(List.of(0L, -1L, 1L, 7L, 0x7fc00000L, 1L << 30), random);
                elements.set(at, value.type() == GgufDraft.BOOL ? Long.valueOf(1) : odd);
                yield "element " + at + " = '" + odd + "'";
            }
        };
        return new Damage(key + " " + what, changed -> changed.values().put(key, Value.list(value.type(), elements)));
    }

    /** A number near the right one. */
    private static Damage ofANumber(GgufDraft draft, Random random) {
        List<String> keys = draft.values().keySet().stream().filter(key -> !draft.values().get(key).list()
                && draft.values().get(key).type() != GgufDraft.STRING && draft.values().get(key).type() != GgufDraft.BOOL).toList();
        if (keys.isEmpty()) {
            return ofATensor(draft, random);
        }
        String key = anyOf(keys, random);
        Value old = draft.values().get(key);
        long number = (Long) old.elements().getFirst();
        return set(key, Value.of(old.type(), anyOf(List.of(number + 1, number - 1, 2 * number, number / 2, number * 1000), random)));
    }

    private static Damage ofATensor(GgufDraft draft, Random random) {
        DraftTensor tensor = anyOf(draft.tensors(), random);
        DraftTensor other = anyOf(draft.tensors(), random);
        String name = tensor.name();
        long[] dimensions = tensor.dimensions().clone();
        return switch (random.nextInt(9)) {
            case 0 -> new Damage("no tensor " + name, changed -> changed.tensors().removeIf(each -> each.name().equals(name)));
            case 1 -> {
                long[] lengths = {0, 1, 2, dimensions[0] + 1, dimensions[0] / 2, 2 * dimensions[0], 1L << 31, -1, 1L << 40};
                int at = random.nextInt(dimensions.length);
                dimensions[at] = lengths[random.nextInt(lengths.length)];
                yield replace(name, "of dimension " + dimensions[at] + " at " + at, old -> old.shaped(dimensions));
            }
            case 2 -> replace(name, "shaped as " + other.name(), old -> old.shaped(other.dimensions()));
            case 3 -> replace(name, "in the place of " + other.name(), old -> old.named(other.name()));
            case 4 -> {
                int type = random.nextInt(42) - 1;
                yield replace(name, "of type " + type, old -> old.typed(type));
            }
            case 5 -> {
                long shift = anyOf(List.of(1L, 32L, -32L, 4096L, 1L << 40, -1L << 40, Long.MAX_VALUE), random);
                yield replace(name, "shifted by " + shift, old -> old.shifted(shift));
            }
            case 6 -> {
                Filling filling = anyOf(List.of(Filling.values()), random);
                yield replace(name, "filled with " + filling, old -> old.holding(filled(old, random, filling)));
            }
            default -> {
                String added = anyOf(TENSORS, random);
                yield new Damage("tensor " + added + " as " + name, changed -> {
                    changed.tensors().removeIf(each -> each.name().equals(added));
                    changed.tensors().add(tensor.named(added));
                });
            }
        };
    }

    private static Damage replace(String name, String what, java.util.function.UnaryOperator<DraftTensor> change) {
        return new Damage(name + " " + what, draft -> draft.tensors().replaceAll(tensor ->
                tensor.name().equals(name) ? change.apply(tensor) : tensor));
    }

    private enum Filling { NAN, INFINITY, ANYTHING, ZERO }

    /** As many bytes as the tensor has, of 32-bit floats whatever its type is: nearly any bytes are numbers of every type. */
    private static ByteBuffer filled(DraftTensor tensor, Random random, Filling filling) {
        ByteBuffer data = ByteBuffer.allocate(tensor.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        switch (filling) {
            case NAN -> fill(data, 0x7fc07fc0);
            case INFINITY -> fill(data, 0x7f800000);
            case ANYTHING -> random.nextBytes(data.array());
            case ZERO -> { }
        }
        return data;
    }

    private static void fill(ByteBuffer data, int number) {
        for (int at = 0; at + Integer.BYTES <= data.capacity(); at += Integer.BYTES) {
            data.putInt(at, number);
        }
    }

    private static long product(long[] dimensions) {
        long product = 1;
        for (long length : dimensions) {
            product *= length;
        }
        return product;
    }

    private static <T> T anyOf(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
