"""Records what Hugging Face Transformers computes for a tiny random model of every family.

For each variant: makes the model with seeded random weights, writes it as GGUF with the tensor conventions of llama.cpp's
converter (convert_hf_to_gguf.py), and puts the tokens and Transformers' logits [tokens, vocabulary] into the same file
under the keys expected.tokens and expected.logits. Quantised variants are run by Transformers with the weights that the
quantised ones stand for. Of a model whose rotary frequencies change with every length of a sequence also what it computes token by
token behind the first N tokens at once: expected.grown.N.logits [tokens - N, vocabulary].

    python record_families.py OUTPUT_FOLDER [VARIANT...]

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0 (llama-dynamic 5.24.0), gguf 0.19.0 (numpy 2), in 64-bit floats where Transformers
allows it (its norms and rotary angles are always 32-bit).
"""

import math
import sys
from pathlib import Path

import gguf
import numpy
import torch
import transformers

SEED = 20260101
LENGTH = 37  # tokens; longer than every sliding window and every original context below
WINDOW = 9


def randomise(model, generator):
    """Weights large enough that every part of the model shows in the logits."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
            if "norm" in name or "ln_" in name:
                # gemma's norms multiply by 1 + weight, the others by weight
                centre = 0.0 if name.endswith("bias") or "gemma" in type(model).__name__.lower() else 1.0
                weight.copy_(centre + 0.3 * noise)
            elif weight.dim() == 1:
                weight.copy_(0.3 * noise)
            elif "embed" in name or "wte" in name or "wpe" in name:
                weight.copy_(0.7 * noise)
            else:
                # GPT-2 stores [in, out], the others [out, in]
                columns = weight.shape[0] if "Conv1D" in str(type(owner(model, name))) else weight.shape[1]
                weight.copy_(1.4 * noise / math.sqrt(columns))


def owner(model, parameter):
    return model.get_submodule(parameter.rsplit(".", 1)[0])


def permute(weight, heads):
    """Llama's q and k: pairs from halves of a head to neighbours."""
    rows = weight.shape[0]
    return weight.reshape(heads, 2, rows // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def llama3_divisors(config, scaling):
    dim = config.head_dim
    base = scaling["rope_theta"]
    divisors = []
    for frequency in (base ** (-i / dim) for i in range(0, dim, 2)):
        wavelength = 2 * math.pi / frequency
        original = scaling["original_max_position_embeddings"]
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        if wavelength < original / high:
            divisors.append(1.0)
        elif wavelength > original / low:
            divisors.append(scaling["factor"])
        else:
            smooth = (original / wavelength - low) / (high - low)
            divisors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    return numpy.array(divisors, dtype=numpy.float32)


def converted(family, config, name, weight):
    """One tensor by the converter's rules for its family."""
    if family in ("llama", "granite"):
        if ".q_proj." in name:
            return permute(weight, config.num_attention_heads)
        if ".k_proj." in name:
            return permute(weight, config.num_key_value_heads)
    if family in ("gemma2", "gemma3") and name.endswith("norm.weight"):
        return weight + 1
    if family == "gpt2" and name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")):
        return weight.T
    return weight


def rounded(model, kind):
    """Replaces each matrix by what it is after being stored as ``kind``."""
    with torch.no_grad():
        for _, weight in model.named_parameters():
            if weight.dim() == 2:
                stored = gguf.quants.quantize(weight.float().numpy(), kind)
                weight.copy_(torch.from_numpy(gguf.quants.dequantize(stored, kind).astype(numpy.float64)))


def write_keys(writer, family, config, scaling):
    key = lambda suffix: f"{family}.{suffix}"
    gpt2 = family == "gpt2"
    full = scaling.get("full_attention", scaling)
    dynamic = full.get("factor", 1) if full.get("rope_type") == "dynamic" else 1
    writer.add_uint32(key("context_length"), config.n_positions if gpt2 else int(config.max_position_embeddings * dynamic))
    writer.add_uint32(key("embedding_length"), config.hidden_size)
    writer.add_uint32(key("block_count"), config.num_hidden_layers)
    writer.add_uint32(key("attention.head_count"), config.num_attention_heads)
    if gpt2:
        writer.add_uint32(key("feed_forward_length"), 4 * config.hidden_size)
        writer.add_float32(key("attention.layer_norm_epsilon"), config.layer_norm_epsilon)
        return
    writer.add_uint32(key("feed_forward_length"), config.intermediate_size)
    writer.add_uint32(key("attention.head_count_kv"), config.num_key_value_heads)
    writer.add_float32(key("attention.layer_norm_rms_epsilon"), config.rms_norm_eps)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if head * config.num_attention_heads != config.hidden_size:
        writer.add_uint32(key("attention.key_length"), head)
        writer.add_uint32(key("attention.value_length"), head)
    writer.add_float32(key("rope.freq_base"), full["rope_theta"])
    writer.add_uint32(key("rope.dimension_count"), int(head * full.get("partial_rotary_factor", 1.0)))
    if getattr(config, "sliding_window", None):
        writer.add_uint32(key("attention.sliding_window"), config.sliding_window)
    if family == "gemma2":
        writer.add_float32(key("attn_logit_softcapping"), config.attn_logit_softcapping)
        writer.add_float32(key("final_logit_softcapping"), config.final_logit_softcapping)
    if family == "granite":
        writer.add_float32(key("attention.scale"), config.attention_multiplier)
        writer.add_float32(key("embedding_scale"), config.embedding_multiplier)
        writer.add_float32(key("residual_scale"), config.residual_multiplier)
        writer.add_float32(key("logit_scale"), config.logits_scaling)
    kind = full.get("rope_type", "default")
    if kind in ("linear", "yarn", "dynamic"):
        writer.add_string(key("rope.scaling.type"), kind)
        writer.add_float32(key("rope.scaling.factor"), full["factor"])
    if kind == "yarn":
        writer.add_uint32(key("rope.scaling.original_context_length"), full["original_max_position_embeddings"])
    if kind == "dynamic":
        writer.add_uint32(key("rope.scaling.original_context_length"), config.max_position_embeddings)
    if kind == "longrope":
        original = full["original_max_position_embeddings"]
        scale = config.max_position_embeddings / original
        writer.add_uint32(key("rope.scaling.original_context_length"), original)
        writer.add_float32(key("rope.scaling.attn_factor"), math.sqrt(1 + math.log(scale) / math.log(original)))


def write_tensors(writer, family, model, config, scaling, kind):
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[family.upper()], config.num_hidden_layers)
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    for name, weight in model.state_dict().items():
        if name.endswith((".attn.bias", ".attn.masked_bias")) or tied and name == "lm_head.weight":
            continue
        stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if stored is None:
            raise ValueError(f"no GGUF name for {name}")
        data = converted(family, config, name, weight).contiguous().float().numpy()
        if data.ndim == 2 and kind != gguf.GGMLQuantizationType.F32:
            writer.add_tensor(stored, gguf.quants.quantize(data, kind), raw_dtype=kind)
        else:
            writer.add_tensor(stored, data)
    if scaling.get("rope_type") == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_divisors(config, scaling))
    if scaling.get("rope_type") == "longrope":
        for which in ("short", "long"):
            writer.add_tensor(f"rope_factors_{which}.weight", numpy.array(scaling[which + "_factor"], dtype=numpy.float32))


def record(folder, variant, family, config, short=None, kind=gguf.GGMLQuantizationType.F32):
    generator = torch.Generator().manual_seed(SEED)
    config._attn_implementation = "eager"
    scaling = getattr(config, "rope_parameters", None) or {}
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float64, attn_implementation="eager").eval()
    randomise(model, generator)
    # the file holds 32-bit floats, so the recorded model has to have those
    with torch.no_grad():
        for _, weight in model.named_parameters():
            weight.copy_(weight.float().double())
    if kind != gguf.GGMLQuantizationType.F32:
        rounded(model, kind)
    writer = gguf.GGUFWriter(folder / f"{variant}.gguf", family)
    writer.add_string("general.name", f"random {variant}")
    write_keys(writer, family, config, scaling)
    for prefix, length, context in [("expected", LENGTH, 64)] + ([("expected.short", short, short)] if short else []):
        tokens = torch.randint(config.vocab_size, (1, length), generator=generator)
        with torch.no_grad():
            logits = model(tokens, use_cache=False).logits[0].double()
        assert torch.isfinite(logits).all()
        print(f"{variant}: {prefix} logits {tuple(logits.shape)} rms {logits.square().mean().sqrt():.3f}")
        writer.add_uint32(f"{prefix}.context", context)
        writer.add_array(f"{prefix}.tokens", tokens[0].tolist())
        writer.add_array(f"{prefix}.logits", logits.float().flatten().tolist())
        if prefix == "expected" and scaling.get("rope_type") == "dynamic":
            record_growth(writer, model, tokens)
    write_tensors(writer, family, model, config, scaling, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def record_growth(writer, model, tokens):
    for prompt in (11, 21):  # on either side of the border
        with torch.no_grad():
            model(tokens[:, :2], use_cache=False)  # the model keeps the frequencies of the longest sequence until a short one comes
            cache = model(tokens[:, :prompt], use_cache=True).past_key_values
            rows = torch.cat([model(tokens[:, at:at + 1], past_key_values=cache, use_cache=True).logits[0]
                              for at in range(prompt, tokens.shape[1])])
            whole = model(tokens, use_cache=False).logits[0, prompt:]
        writer.add_array(f"expected.grown.{prompt}.logits", rows.float().flatten().tolist())
        print(f"grown from {prompt}: differs from the whole by {(rows - whole).abs().max():.3f}")


def rotary(kind="default", theta=10000.0, **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


SMALL = dict(vocab_size=101, hidden_size=48, intermediate_size=72, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64)
SHALLOW = dict(SMALL, num_hidden_layers=2)
BLOCKS = dict(SMALL, hidden_size=64, intermediate_size=96, num_hidden_layers=2, head_dim=16)  # whole blocks of 32


def variants():
    llama, mistral = transformers.LlamaConfig, transformers.MistralConfig
    kinds = gguf.GGMLQuantizationType
    yield "llama", "llama", llama(**SMALL, rope_parameters=rotary())
    yield "llama-tied-bias", "llama", llama(**SMALL, tie_word_embeddings=True, attention_bias=True, rope_parameters=rotary())
    yield "llama-linear", "llama", llama(**SHALLOW, rope_parameters=rotary("linear", factor=4.0))
    yield "llama-llama3", "llama", llama(**SHALLOW, head_dim=12, rope_parameters=rotary(
        "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32))
    yield "llama-dynamic", "llama", llama(**dict(SHALLOW, max_position_embeddings=16), rope_parameters=rotary("dynamic", factor=4.0)), 15
    yield "llama-yarn", "llama", llama(**SHALLOW, rope_parameters=rotary(  # this base: pairs kept, mixed and divided
        "yarn", theta=100.0, factor=4.0, original_max_position_embeddings=16))
    yield "llama-window", "llama", mistral(**SHALLOW, sliding_window=WINDOW, rope_parameters=rotary())
    for name, kind in (("f16", kinds.F16), ("q8_0", kinds.Q8_0), ("q4_0", kinds.Q4_0)):
        yield f"llama-{name}", "llama", llama(**BLOCKS, rope_parameters=rotary()), kind
    yield "granite", "granite", transformers.GraniteConfig(
        **SMALL, rope_parameters=rotary(), embedding_multiplier=3.0, residual_multiplier=0.4, attention_multiplier=0.2,
        logits_scaling=2.5)
    yield "qwen2", "qwen2", transformers.Qwen2Config(**SMALL, rope_parameters=rotary(theta=1000000.0))
    yield "qwen3", "qwen3", transformers.Qwen3Config(**SMALL, head_dim=20, tie_word_embeddings=True,
                                                     rope_parameters=rotary(theta=1000000.0))
    yield "gemma2", "gemma2", transformers.Gemma2Config(
        **SMALL, head_dim=16, query_pre_attn_scalar=16, sliding_window=WINDOW, attn_logit_softcapping=3.0,
        final_logit_softcapping=5.0, rope_parameters=rotary())
    yield "gemma3", "gemma3", transformers.Gemma3TextConfig(
        **dict(SMALL, hidden_size=32, intermediate_size=40, num_hidden_layers=7, num_attention_heads=2, num_key_value_heads=1),
        head_dim=20, query_pre_attn_scalar=20, sliding_window=WINDOW,
        rope_parameters={"full_attention": rotary("linear", 1000000.0, factor=8.0), "sliding_attention": rotary()})
    phi3 = dict(SMALL, pad_token_id=0, num_attention_heads=2, num_key_value_heads=1)
    yield "phi3", "phi3", transformers.Phi3Config(**phi3, sliding_window=WINDOW, rope_parameters=rotary())
    pairs = range(9)  # 0.75 of a head of 24, halved
    yield "phi3-longrope", "phi3", transformers.Phi3Config(
        **phi3, original_max_position_embeddings=16, rope_parameters=rotary(
            "longrope", partial_rotary_factor=0.75, original_max_position_embeddings=16,
            short_factor=[1 + 0.05 * i for i in pairs], long_factor=[1 + 0.7 * i for i in pairs])), 16
    yield "gpt2", "gpt2", transformers.GPT2Config(vocab_size=101, n_positions=64, n_embd=45, n_layer=3, n_head=3)


def main(folder, wanted):
    folder.mkdir(parents=True, exist_ok=True)
    for variant, family, config, *more in variants():
        if wanted and variant not in wanted:
            continue
        options = {"short": o for o in more if type(o) is int} | {"kind": o for o in more if type(o) is not int}
        record(folder, variant, family, config, **options)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
