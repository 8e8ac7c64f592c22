"""Records the logits of tiny random decoders that Transformers saved as folders: what is not in GGUF files of the same families
(rotary halves, transposed matrices, norms that multiply by 1 + weight, scalings written as options), and those of a text without
pictures of models that also take pictures (with-pictures-*), whose text_config says only what differs from the default. Of
llama-dynamic, whose rotary frequencies change with every length of a sequence, also what generate() finds.

    python record_folders.py OUTPUT_FOLDER [VARIANT...]

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0 (those with pictures and llama-dynamic 5.24.0), in 64-bit floats
where Transformers allows it.
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
    yield "llama-dynamic", t.LlamaConfig(**dict(SMALL, max_position_embeddings=9), rope_parameters=rotary("dynamic", factor=3.0))
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


CLIP = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)
QWEN_IDS = dict(image_token_id=40, video_token_id=39, vision_start_token_id=38, vision_end_token_id=37)
QWEN_TEXT = dict(SMALL, rope_parameters=dict(rotary(theta=1000000.0), mrope_section=[2, 2, 2]))
QWEN_EYES = dict(depth=1, hidden_size=8, out_hidden_size=24, num_heads=2, patch_size=4, intermediate_size=12)


def variants_with_pictures():
    eyes = t.SiglipVisionConfig(**CLIP)
    yield "gemma3", t.Gemma3Config(vision_config=eyes, image_token_index=40, mm_tokens_per_image=4, text_config=t.Gemma3TextConfig(
        **dict(SMALL, num_hidden_layers=7), head_dim=8, query_pre_attn_scalar=8, sliding_window=5, rope_parameters={
            "full_attention": rotary("linear", 1000000.0, factor=8.0), "sliding_attention": rotary()}))
    yield "llava", t.LlavaConfig(vision_config=t.CLIPVisionConfig(**CLIP), image_token_index=40, text_config=t.MistralConfig(
        **SMALL, sliding_window=5, rope_parameters=rotary()))
    yield "llava-next", t.LlavaNextConfig(vision_config=t.CLIPVisionConfig(**CLIP), image_token_index=40, text_config=t.LlamaConfig(
        **SMALL, rms_norm_eps=1e-5, rope_parameters=rotary(theta=500000.0)))
    yield "llava-onevision", t.LlavaOnevisionConfig(vision_config=eyes, image_token_index=40, text_config=t.Qwen2Config(
        **SMALL, tie_word_embeddings=True, rope_parameters=rotary()))
    yield "mistral3", t.Mistral3Config(image_token_index=40, tie_word_embeddings=False, vision_config=t.PixtralVisionConfig(
        **CLIP, head_dim=4), text_config=t.MistralConfig(**SMALL, head_dim=16, sliding_window=None, rope_parameters=rotary(theta=1e9)))
    yield "qwen2-vl", t.Qwen2VLConfig(**QWEN_IDS, text_config=QWEN_TEXT, vision_config=dict(
        depth=1, embed_dim=8, hidden_size=24, num_heads=2, patch_size=4))
    yield "qwen2.5-vl", t.Qwen2_5_VLConfig(**QWEN_IDS, text_config=QWEN_TEXT, vision_config=QWEN_EYES)
    yield "qwen3-vl", t.Qwen3VLConfig(**QWEN_IDS, tie_word_embeddings=True, text_config=dict(QWEN_TEXT, head_dim=12), vision_config=dict(
        QWEN_EYES, num_position_embeddings=4, deepstack_visual_indexes=[0]))
    yield "idefics3", t.Idefics3Config(image_token_id=40, vision_config=CLIP, text_config=t.LlamaConfig(**SMALL, rope_parameters=rotary()))


def save_sparse(model, folder, flat):
    """As before Transformers 5: text_config without what is the default of its class; Qwen2-VL's first files have no text_config."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    text = config["text_config"]
    default = type(model.config.get_text_config())().to_dict()
    text = {key: value for key, value in text.items() if key == "model_type" or key not in default or default[key] != value}
    parameters = text.pop("rope_parameters", {})
    if "full_attention" in parameters:
        text.pop("layer_types")
        text["rope_scaling"] = {key: value for key, value in parameters["full_attention"].items() if key != "rope_theta"}
    elif parameters:
        text["rope_theta"] = parameters["rope_theta"]
    if "mrope_section" in parameters:
        text["rope_scaling"] = {"type": "mrope", "mrope_section": parameters["mrope_section"]}
    del config["text_config"]
    if flat:
        text.pop("model_type")
        config |= text
    else:
        config["text_config"] = text
    path.write_text(json.dumps(config, indent=1) + "\n")


def record(folder, variant, config):
    pictures = variant.startswith("with-pictures-")
    generator = torch.Generator().manual_seed(SEED)
    kind = t.AutoModelForImageTextToText if pictures else t.AutoModelForCausalLM
    model = kind.from_config(config, dtype=torch.float64, attn_implementation="eager").eval()
    randomise(model, generator)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.float().double())  # the file holds 32-bit floats
        tokens = torch.randint(37 if pictures else config.vocab_size, (1, LENGTH), generator=generator)
        logits = model(tokens, use_cache=False).logits[0]
    model.float().save_pretrained(folder / variant)
    if pictures and "qwen3" not in variant:
        save_sparse(model, folder / variant, flat=variant.endswith("qwen2-vl"))
    answers = f',\n "answers": {json.dumps(record_answers(model.double(), tokens))}' if variant == "llama-dynamic" else ""
    rows = ",\n  ".join(json.dumps([float(f"{x:.8g}") for x in row]) for row in logits.tolist())
    (folder / variant / "expected.json").write_text(f'{{"tokens": {tokens[0].tolist()},\n "logits": [\n  {rows}]{answers}}}\n')
    for path in (folder / variant).iterdir():
        path.chmod(0o644)
    print(f"{variant}: logits rms {logits.square().mean().sqrt():.3f}")


def record_answers(model, tokens):
    """What generate() finds behind prompts on either side of the border, with a beam and without."""
    answers = []
    for length, beams in ((5, 1), (14, 1), (5, 3), (14, 3)):
        prompt = tokens[:, :length]
        model(prompt[:, :2], use_cache=False)  # the model keeps the frequencies of the longest sequence until a short one comes
        answer = model.generate(prompt, attention_mask=torch.ones_like(prompt), num_beams=beams, do_sample=False, max_new_tokens=12,
                                eos_token_id=None, pad_token_id=0)
        answers.append(dict(prompt=prompt[0].tolist(), beams=beams, tokens=answer[0, length:].tolist()))
    return answers


def main(folder, wanted):
    for variant, config in [*variants(), *(("with-pictures-" + name, config) for name, config in variants_with_pictures())]:
        if not wanted or variant in wanted:
            record(folder, variant, config)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
