"""Records the logits of tiny random decoders that Transformers saved as folders: what is not in GGUF files of the same families
(rotary halves, transposed matrices, norms that multiply by 1 + weight, scalings written as options).

    python record_folders.py OUTPUT_FOLDER [VARIANT...]

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0, in 64-bit floats where Transformers allows it.
"""

import json
import sys
from pathlib import Path

import torch
import transformers as t

from record_families import randomise, rotary

SEED = 20260101
LENGTH = 23  # longer than the window and the original context below
SMALL = dict(vocab_size=41, hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
             max_position_embeddings=32, bos_token_id=1, eos_token_id=2)


def variants():
    yield "llama", t.LlamaConfig(**SMALL, rope_parameters=rotary(
        "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32))
    yield "llama-yarn", t.LlamaConfig(**SMALL, tie_word_embeddings=True, rope_parameters=rotary(
        "yarn", theta=100.0, factor=4.0, original_max_position_embeddings=8))
    yield "mistral", t.MistralConfig(**SMALL, sliding_window=5, rope_parameters=rotary())
    yield "granite", t.GraniteConfig(**SMALL, rope_parameters=rotary(), embedding_multiplier=3.0, residual_multiplier=0.4,
                                     attention_multiplier=0.2, logits_scaling=2.5)
    yield "qwen2", t.Qwen2Config(**SMALL, rope_parameters=rotary(theta=1000000.0))
    yield "qwen3", t.Qwen3Config(**SMALL, head_dim=16, tie_word_embeddings=True, rope_parameters=rotary())
    yield "gemma2", t.Gemma2Config(**SMALL, head_dim=16, query_pre_attn_scalar=9, sliding_window=5, attn_logit_softcapping=3.0,
                                   final_logit_softcapping=5.0, rope_parameters=rotary())
    yield "gemma3", t.Gemma3TextConfig(
        **dict(SMALL, num_hidden_layers=7), head_dim=8, query_pre_attn_scalar=8, sliding_window=5, rope_parameters={
            "full_attention": rotary("linear", 1000000.0, factor=8.0), "sliding_attention": rotary()})
    yield "phi3", t.Phi3Config(**SMALL, pad_token_id=0, original_max_position_embeddings=8, rope_parameters=rotary(
        "longrope", partial_rotary_factor=0.5, original_max_position_embeddings=8, short_factor=[1.0, 1.1, 1.2],
        long_factor=[1.0, 1.7, 2.4]))
    yield "gpt2", t.GPT2Config(vocab_size=41, n_positions=32, n_embd=24, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=2)


def record(folder, variant, config):
    generator = torch.Generator().manual_seed(SEED)
    model = t.AutoModelForCausalLM.from_config(config, dtype=torch.float64, attn_implementation="eager").eval()
    randomise(model, generator)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.float().double())  # the file holds 32-bit floats
        tokens = torch.randint(config.vocab_size, (1, LENGTH), generator=generator)
        logits = model(tokens, use_cache=False).logits[0]
    model.float().save_pretrained(folder / variant)
    rows = ",\n  ".join(json.dumps([float(f"{x:.8g}") for x in row]) for row in logits.tolist())
    (folder / variant / "expected.json").write_text(f'{{"tokens": {tokens[0].tolist()},\n "logits": [\n  {rows}]}}\n')
    for path in (folder / variant).iterdir():
        path.chmod(0o644)
    print(f"{variant}: logits rms {logits.square().mean().sqrt():.3f}")


def main(folder, wanted):
    for variant, config in variants():
        if not wanted or variant in wanted:
            record(folder, variant, config)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
