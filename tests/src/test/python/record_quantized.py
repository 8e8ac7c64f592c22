"""Records tiny random decoders whose weights are quantized as published folders have them, and the logits that Transformers computes with
the numbers that the quantized weights stand for. Weights are packed, and made numbers again, by the packages' own code:

    fp8      Transformers, integrations/finegrained_fp8.py
    ct       compressed-tensors 0.20.1
    gptq     GPTQModel 7.7.0 (nn_modules/qlinear/torch.py, utils/model.py)
    awq      AutoAWQ 0.2.9 (awq/modules/linear/gemm.py)
    bnb      bitsandbytes 0.50.2

    python record_quantized.py OUTPUT_FOLDER AUTOAWQ_SOURCE [VARIANT...]

AUTOAWQ_SOURCE is the folder awq of AutoAWQ's source, of which two files are imported: the package itself needs an older Transformers.
Recorded with Python 3.11, torch 2.15.0, transformers 5.24.0, in 64-bit floats where Transformers allows it. Scales are brought to 32 bits
before numbers are made of them, so that nothing is rounded on the way; what no type of blocks holds is then rounded once to the dtype of
config.json.
"""

import json
import sys
import types
from pathlib import Path

import torch
import transformers as t
from safetensors.torch import save_file

from record_families import randomise, rotary

SEED = 20260102
LENGTH = 11
TINY = dict(vocab_size=41, max_position_embeddings=32, bos_token_id=1, eos_token_id=2, num_hidden_layers=2, num_attention_heads=2)
ODD = dict(TINY, hidden_size=24, intermediate_size=36, num_key_value_heads=1)  # no whole blocks of 32
EVEN = dict(TINY, hidden_size=64, intermediate_size=96, num_key_value_heads=1)
LINEAR = ("_proj.weight", "c_attn.weight", "c_proj.weight", "c_fc.weight")


def llama(**sizes):
    return t.LlamaConfig(**sizes, rope_parameters=rotary())


def qwen3(**sizes):
    return t.Qwen3Config(**sizes, head_dim=sizes["hidden_size"] // 2, tie_word_embeddings=True, rope_parameters=rotary())


# ---- fp8


def fp8(block, scale_name="weight_scale_inv", scale_type=torch.float32, static=False):
    """Blocks of rows and columns, None for one scale. The numbers: Transformers' own function."""
    from transformers.integrations.finegrained_fp8 import _dequantize_fp8_weight

    def quantize(weight, generator):
        rows, columns = weight.shape
        down, across = block or (rows, columns)
        scale = torch.empty(-(-rows // down), -(-columns // across))
        for i in range(scale.shape[0]):
            for j in range(scale.shape[1]):
                scale[i, j] = weight[i * down:(i + 1) * down, j * across:(j + 1) * across].abs().max() / 448
        if scale_type == torch.float8_e8m0fnu:
            scale = torch.exp2(torch.ceil(torch.log2(scale)))
        spread = scale.repeat_interleave(down, 0)[:rows].repeat_interleave(across, 1)[:, :columns]
        codes = (weight / spread).to(torch.float8_e4m3fn)
        stored = scale.to(scale_type) if block else scale.reshape([1] if scale_name == "weight_scale" else [])
        parts = {"weight": codes, scale_name: stored}
        if static:
            parts["input_scale" if scale_name == "weight_scale" else "activation_scale"] = torch.tensor(0.03)
        return parts, _dequantize_fp8_weight(codes, scale if block else scale[0, 0], block, torch.float32)

    return quantize


# ---- compressed-tensors


def compressed(form, strategy, scale_type, rows_of_scale=None, static=False, **weights):
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
    args = QuantizationArgs(strategy=strategy, dynamic=False, **weights)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    compressor = BaseCompressor.get_value_from_registry(form)
    most = 448 if args.type == "float" else 2 ** (args.num_bits - 1)

    def quantize(weight, generator):
        rows, columns = weight.shape
        group = args.group_size if strategy == "group" else columns
        blocks = weight.reshape(rows, columns // group, group).float()
        if strategy == "tensor":
            blocks = weight.reshape(1, 1, -1).float()
        low, high = blocks.amin(-1), blocks.amax(-1)
        zero = None
        if strategy == "block":
            down, across = args.block_structure
            padded = torch.zeros(-(-rows // down) * down, -(-columns // across) * across)
            padded[:rows, :columns] = weight
            scale = padded.reshape(-(-rows // down), down, -1, across).abs().amax((1, 3)) / most
        elif args.symmetric:
            scale = torch.maximum(high, -low) / most
        else:
            scale = (high - low) / (2 * most - 1)
            zero = torch.clamp(torch.round(-most - low / scale), -most, most - 1).to(torch.int8)
        if strategy == "tensor":
            scale = scale.reshape(1)
            zero = zero if zero is None else zero.reshape(1)
        scale = scale.to(scale_type)
        state = {"weight": weight.float(), "weight_scale": scale.float()}
        if zero is not None:
            state["weight_zero_point"] = zero
        state = compressor.compress(state, scheme)
        numbers = compressor.decompress(dict(state), scheme)["weight"]  # with a scale of 32 bits
        state["weight_scale"] = scale
        if static:
            state["input_scale"] = torch.tensor([0.03]).to(scale_type)
        return state, numbers

    rounding = dict(num_bits=8, type=args.type, symmetric=True, strategy="tensor" if static else "token", dynamic=not static)
    told = dict(args.model_dump(mode="json"), observer="minmax")
    config = dict(quant_method="compressed-tensors", format=form, quantization_status="compressed", global_compression_ratio=None,
                  ignore=["lm_head"], kv_cache_scheme=None, sparsity_config={}, transform_config={}, version="0.20.1",
                  config_groups={"group_0": dict(targets=["Linear"], weights=told, output_activations=None, format=form,
                                                 input_activations=None if form == "pack-quantized" else rounding)})
    return quantize, config


# ---- GPTQ


def gptq(bits, group, symmetric, form, scattered=False, lowest_zero=False):
    import gptqmodel.nn_modules.qlinear.torch as qlinear
    from gptqmodel.quantization.config import FORMAT
    from gptqmodel.utils.backend import BACKEND
    from gptqmodel.utils.model import convert_gptq_v1_to_v2_format_module

    def quantize(weight, generator):
        rows, columns = weight.shape
        size = columns if group == -1 else group
        count = columns // size
        g_idx = torch.arange(columns) // size
        if scattered:
            g_idx = g_idx[torch.randperm(columns, generator=generator)]
        most = 2 ** bits - 1
        scales, zeros = torch.empty(rows, count), torch.empty(rows, count)
        for g in range(count):
            part = weight[:, g_idx == g].float()
            low, high = part.amin(1).clamp(max=0), part.amax(1).clamp(min=0)
            if symmetric:
                scales[:, g], zeros[:, g] = torch.maximum(high, -low) * 2 / most, 2 ** (bits - 1)
            else:
                scales[:, g] = (high - low) / most
                zeros[:, g] = torch.round(-low / scales[:, g])
                if lowest_zero:  # the older form cannot hold it within its own place
                    zeros[::3, g] = 0
        scales = scales.half().float()
        layer = qlinear.TorchLinear(bits=bits, group_size=group, sym=symmetric, desc_act=scattered, in_features=columns, out_features=rows,
                                    bias=False, pack_dtype=torch.int32, register_buffers=True, backend=BACKEND.GPTQ_TORCH,
                                    format=FORMAT.GPTQ_V2)
        linear = torch.nn.Linear(columns, rows, bias=False)
        linear.weight.data = weight.float()
        layer.pack_block(linear, scales, zeros, g_idx.to(torch.int32))
        stored = {name: getattr(layer, name).clone() for name in ("qweight", "qzeros", "scales", "g_idx")}
        if form == "gptq":
            ones = 0x11111111 if bits == 4 else 0x01010101
            stored["qzeros"] = stored["qzeros"] - ones  # utils/model.py, convert_gptq_v2_to_v1_format_module
            layer.qzeros.data = stored["qzeros"].clone()
            convert_gptq_v1_to_v2_format_module(layer, bits, torch.int32)
        layer.post_init()
        layer.scales = layer.scales.float()
        return stored, layer.dequantize_weight().T.contiguous()

    config = dict(quant_method="gptq", bits=bits, group_size=group, sym=symmetric, desc_act=scattered, checkpoint_format=form, lm_head=False,
                  pack_dtype="int32", damp_percent=0.05, true_sequential=True, meta={"quantizer": ["gptqmodel:7.7.0"]})
    return quantize, config


# ---- AWQ


def awq(source, group):
    for name, path in (("awq", ""), ("awq.modules", "modules"), ("awq.modules.linear", "modules/linear"), ("awq.utils", "utils")):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(source / path)]
    from awq.modules.linear.gemm import WQLinear_GEMM
    from awq.utils.packing_utils import dequantize_gemm

    def quantize(weight, generator):
        rows, columns = weight.shape
        blocks = weight.reshape(rows, columns // group, group).float()
        low, high = blocks.amin(-1).clamp(max=0), blocks.amax(-1).clamp(min=0)
        scales = ((high - low) / 15).half().float()
        zeros = torch.clamp(torch.round(-low / scales), 0, 15)
        scales, zeros = scales.T.contiguous(), zeros.T.contiguous()
        linear = torch.nn.Linear(columns, rows, bias=False)
        spread = scales.repeat_interleave(group, 0).T
        offset = zeros.repeat_interleave(group, 0).T
        codes = torch.clamp(torch.round(weight.float() / spread + offset), 0, 15)
        linear.weight.data = (codes - offset) * spread
        layer = WQLinear_GEMM.from_linear(linear, 4, group, False, scales, zeros)
        stored = {"qweight": layer.qweight, "qzeros": layer.qzeros, "scales": layer.scales}
        return stored, dequantize_gemm(layer.qweight, layer.qzeros, layer.scales.float(), 4, group).T.contiguous()

    return quantize, dict(quant_method="awq", bits=4, group_size=group, zero_point=True, version="gemm", modules_to_not_convert=None)


# ---- the models


def variants(source):
    static = dict(quant_method="fp8", activation_scheme="static", weight_block_size=None)
    blocks = dict(quant_method="fp8", activation_scheme="dynamic", fmt="e4m3", weight_block_size=[16, 20], modules_to_not_convert=["lm_head"])
    yield "fp8-blocks", qwen3(**ODD), "bfloat16", fp8([16, 20]), blocks
    yield "fp8-powers", llama(**ODD), "float32", fp8([16, 20], scale_type=torch.float8_e8m0fnu), dict(blocks, scale_fmt="ue8m0")
    yield "fp8-static", llama(**ODD), "float32", fp8(None, static=True), static
    yield "fp8-vllm", llama(**ODD), "float16", fp8(None, "weight_scale", static=True), dict(
        quant_method="fp8", activation_scheme="static", ignored_layers=["lm_head"])
    eight = dict(num_bits=8, type="float", symmetric=True)
    yield "ct-float-channel", llama(**ODD), "bfloat16", *compressed("float-quantized", "channel", torch.bfloat16, **eight)
    yield "ct-float-tensor", llama(**ODD), "float32", *compressed("float-quantized", "tensor", torch.float32, static=True, **eight)
    yield "ct-float-block", llama(**ODD), "float32", *compressed("float-quantized", "block", torch.bfloat16, block_structure=[16, 20], **eight)
    yield "ct-int-channel", llama(**EVEN), "bfloat16", *compressed("int-quantized", "channel", torch.float32, num_bits=8, type="int")
    yield "ct-int-tensor", llama(**EVEN), "float32", *compressed(
        "int-quantized", "tensor", torch.float32, num_bits=8, type="int", symmetric=False, static=True)
    yield "ct-packed-4", llama(**EVEN), "bfloat16", *compressed(
        "pack-quantized", "group", torch.bfloat16, num_bits=4, type="int", group_size=32)
    yield "ct-packed-4-zeros", qwen3(**EVEN), "bfloat16", *compressed(
        "pack-quantized", "group", torch.float16, num_bits=4, type="int", group_size=32, symmetric=False)
    yield "ct-packed-8", llama(**ODD), "float32", *compressed("pack-quantized", "channel", torch.float32, num_bits=8, type="int")
    yield "ct-packed-8-zeros", llama(**EVEN), "float16", *compressed(
        "pack-quantized", "channel", torch.float16, num_bits=8, type="int", symmetric=False)
    yield "gptq-4", llama(**EVEN), "float16", *gptq(4, 32, True, "gptq")
    yield "gptq-4-zeros", llama(**EVEN), "float16", *gptq(4, 32, False, "gptq", lowest_zero=True)
    yield "gptq-4-v2", qwen3(**EVEN), "float16", *gptq(4, 32, False, "gptq_v2")
    yield "gptq-4-scattered", llama(**EVEN), "float16", *gptq(4, 16, False, "gptq_v2", scattered=True)
    yield "gptq-8", llama(**EVEN), "float16", *gptq(8, -1, True, "gptq")
    yield "gptq-8-zeros", llama(**EVEN), "float32", *gptq(8, 32, False, "gptq_v2")
    yield "gptq-gpt2", t.GPT2Config(vocab_size=41, n_positions=32, n_embd=32, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=2), "float16", *gptq(
        4, 32, True, "gptq")
    yield "awq-4", llama(**EVEN), "float16", *awq(source, 32)
    yield "awq-4-short", llama(**EVEN), "float16", *awq(source, 16)


def blocks_hold(variant, weight):
    """Whether a type of blocks holds the numbers exactly; else they are rounded to the dtype. See ScaledIntegers."""
    if variant.startswith("fp8") or "float" in variant or variant in ("gptq-4-scattered", "awq-4-short", "ct-packed-8-zeros", "gptq-8-zeros"):
        return False
    return weight.shape[1] % 32 == 0 and variant != "ct-int-tensor"


def record(folder, variant, config, dtype, quantize, options):
    generator = torch.Generator().manual_seed(SEED)
    model = t.AutoModelForCausalLM.from_config(config, dtype=torch.float64, attn_implementation="eager").eval()
    randomise(model, generator)
    kind = getattr(torch, dtype)
    stored = {}
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            if name == "lm_head.weight" and config.tie_word_embeddings:
                continue
            if name.endswith(LINEAR):
                conv = "Conv1D" in str(type(model.get_submodule(name[:-7])))
                parts, numbers = quantize((weight.T if conv else weight).float(), generator)
                numbers = numbers if blocks_hold(variant, numbers) else numbers.to(kind)
                weight.copy_((numbers.T if conv else numbers).double())
                for part, tensor in parts.items():
                    stored[name[:-6] + part] = tensor.contiguous()
            else:
                weight.copy_(weight.to(kind).double())
                stored[name] = weight.to(kind).contiguous()
        tokens = torch.randint(config.vocab_size, (1, LENGTH), generator=generator)
        logits = model(tokens, use_cache=False).logits[0]
    out = folder / variant
    out.mkdir(parents=True, exist_ok=True)
    save_file(stored, out / "model.safetensors", metadata={"format": "pt"})
    config.architectures = [type(model).__name__]
    told = config.to_dict()
    told = {key: value for key, value in told.items() if value is not None} | dict(dtype=dtype, quantization_config=options)
    (out / "config.json").write_text(json.dumps(told, indent=1) + "\n")
    rows = ",\n  ".join(json.dumps([float(f"{x:.8g}") for x in row]) for row in logits.tolist())
    (out / "expected.json").write_text(f'{{"tokens": {tokens[0].tolist()},\n "logits": [\n  {rows}]}}\n')
    for path in out.iterdir():
        path.chmod(0o644)
    print(f"{variant}: logits rms {logits.square().mean().sqrt():.3f}")


def main(folder, source, wanted):
    for variant, config, dtype, quantize, options in variants(source):
        if not wanted or variant in wanted:
            record(folder, variant, config, dtype, quantize, options)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
