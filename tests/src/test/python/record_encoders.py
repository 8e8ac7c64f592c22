"""Records what Hugging Face Transformers computes for a tiny random encoder of every family, bare and with every kind of head.

For each variant: makes the model with seeded random weights, writes it as GGUF with the keys and names that docs/design.md calls
the canonical form, and puts into the same file, for several sequences, what went in and what came out (keys expected.N.*): tokens and
types, or pixels [channels, side, side]; hidden [length, width]; mean, first and last of the hidden rows; pooled [width], what the head's
last projection reads, or the pooler's output; head [labels] or [length, labels].

    python record_encoders.py OUTPUT_FOLDER [VARIANT...]

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0, gguf 0.19.0, in 64-bit floats where Transformers allows it. All
families are Transformers' own classes; none needs remote code.
"""

import math
import re
import sys
from pathlib import Path

import gguf
import torch
import transformers
from transformers import AutoModel, AutoModelForImageClassification, AutoModelForQuestionAnswering, \
    AutoModelForSequenceClassification, AutoModelForTokenClassification

SEED = 20260402
LENGTHS = (19, 1, 41, 6)
FIRST_TOKEN = 4  # below are the special ones; RoBERTa's positions skip its padding token

BERT_LAYER = [
    (r"(?:\w+\.)?(?:encoder|transformer)\.layer\.(\d+)\.", "blk.{0}."),
    (r"attention\.self\.query\.|attention\.q_lin\.|attention\.attn\.q\.|self_attn\.q_proj\.|attention\.q_proj\.", "attn_q."),
    (r"attention\.self\.key\.|attention\.k_lin\.|attention\.attn\.k\.|self_attn\.k_proj\.|attention\.k_proj\.", "attn_k."),
    (r"attention\.self\.value\.|attention\.v_lin\.|attention\.attn\.v\.|self_attn\.v_proj\.|attention\.v_proj\.", "attn_v."),
    (r"attention\.output\.dense\.|attention\.out_lin\.|attention\.attn\.o\.|self_attn\.o_proj\.|attention\.o_proj\.", "attn_output."),
    (r"attention\.output\.LayerNorm\.|sa_layer_norm\.|attention\.LayerNorm\.|post_attention_layernorm\.", "attn_output_norm."),
    (r"output_layer_norm\.|post_mlp_layernorm\.", "layer_output_norm."),
    (r"intermediate\.dense\.|ffn\.lin1\.|mlp\.up_proj\.|mlp\.fc1\.", "ffn_up."),
    (r"output\.dense\.|ffn\.lin2\.|mlp\.down_proj\.|mlp\.fc2\.|mlp\.Wo\.", "ffn_down."),
    (r"output\.LayerNorm\.", "layer_output_norm."),
    (r"mlp\.gate_proj\.", "ffn_gate."), (r"mlp\.Wi\.", "ffn_up."),
    (r"attn\.Wqkv\.", "attn_qkv."), (r"attn\.Wo\.", "attn_output."), (r"mlp_norm\.|layernorm_after\.", "ffn_norm."),
    (r"attn_norm\.|layernorm_before\.", "attn_norm."),
    (r"(?:\w+\.)?layers\.(\d+)\.", "blk.{0}."),
]
AROUND = [
    (r"(?:\w+\.)?embeddings\.(?:word|tok)_embeddings\.weight", "token_embd.weight"),
    (r"(?:\w+\.)?embeddings\.position_embeddings(?:\.weight)?", "position_embd.weight"),
    (r"(?:\w+\.)?embeddings\.token_type_embeddings\.weight", "token_types.weight"),
    (r"(?:\w+\.)?embeddings\.(?:LayerNorm|norm)\.(\w+)", "token_embd_norm.{0}"),
    (r"(?:\w+\.)?embeddings\.cls_token", "class_embd.weight"),
    (r"(?:\w+\.)?embeddings\.distillation_token", "distill_embd.weight"),
    (r"(?:\w+\.)?embeddings\.patch_embeddings\.projection\.(\w+)", "patch_embd.{0}"),
    (r"(?:\w+\.)?(?:final_norm|layernorm)\.(\w+)", "output_norm.{0}"),
    (r"(?:\w+\.)?encoder\.relative_attention_bias\.weight", "blk.0.attn_rel_b.weight"),
    (r"(?:\w+\.)?pooler\.dense\.(\w+)|classifier\.dense\.(\w+)|pre_classifier\.(\w+)|head\.dense\.(\w+)", "cls.{0}"),
    (r"head\.norm\.(\w+)", "cls.norm.{0}"),
    (r"classifier\.out_proj\.(\w+)|classifier\.(\w+)|cls_classifier\.(\w+)|qa_outputs\.(\w+)", "cls.output.{0}"),
    (r"distillation_classifier\.(\w+)", "cls.distilled.{0}"),
]


def renamed(name):
    """Transformers' name of a weight in the canonical form."""
    for pattern, target in AROUND:
        if found := re.fullmatch(pattern, name):
            return target.format(*[group for group in found.groups() if group])
    for pattern, target in BERT_LAYER:
        if found := re.search(pattern, name):
            name = name[:found.start()] + target.format(*found.groups()) + name[found.end():]
    if not re.fullmatch(r"blk\.\d+\.(attn|ffn|layer)_\w+\.(weight|bias)", name):
        raise ValueError(f"no canonical name for {name}")
    return name


def randomise(model, generator):
    """Weights large enough that every part of the model shows; 32-bit ones, since those stand in the file."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
            lower = name.lower()
            if "norm" in lower and name.endswith("weight"):
                noise = 1 + 0.3 * noise
            elif weight.dim() == 1:
                noise = 0.3 * noise
            elif "embedding" in lower and "projection" not in lower or "token" in lower:
                noise = 0.7 * noise
            else:
                noise = 1.4 * noise / math.sqrt(weight[0].numel()) if "attention_bias" not in lower else noise
            weight.copy_(noise.float().double())


def write_keys(writer, family, config, head, special):
    key = lambda suffix: f"{family}.{suffix}"
    image = hasattr(config, "patch_size")
    bare_positions = getattr(config, "max_position_embeddings", 0) - special.get("cut", 0)
    squares = (config.image_size // config.patch_size) ** 2 + (2 if special.get("distilled") else 1) if image else 0
    writer.add_uint32(key("context_length"), squares or bare_positions)
    writer.add_uint32(key("embedding_length"), config.hidden_size)
    writer.add_uint32(key("block_count"), config.num_hidden_layers)
    writer.add_uint32(key("attention.head_count"), config.num_attention_heads)
    writer.add_uint32(key("feed_forward_length"), getattr(config, "hidden_dim", None) or config.intermediate_size)
    writer.add_float32(key("attention.layer_norm_epsilon"),
                       getattr(config, "layer_norm_eps", None) or getattr(config, "norm_eps", None) or 1e-12)
    if family == "modern-bert":
        writer.add_uint32(key("attention.sliding_window"), config.local_attention)
        writer.add_float32(key("rope.freq_base"), config.rope_parameters["full_attention"]["rope_theta"])
        writer.add_float32(key("rope.freq_base_swa"), config.rope_parameters["sliding_attention"]["rope_theta"])
    if family == "nomic-bert":
        writer.add_float32(key("rope.freq_base"), config.rope_parameters["rope_theta"])
    if family == "mpnet":
        writer.add_uint32(key("attention.relative_buckets_count"), config.relative_attention_num_buckets)
        writer.add_uint32(key("attention.relative_max_distance"), 128)
    if image:
        writer.add_uint32(key("image.size"), config.image_size)
        writer.add_uint32(key("image.patch_size"), config.patch_size)
        writer.add_uint32(key("image.channels"), config.num_channels)
        writer.add_bool(key("image.distilled"), bool(special.get("distilled")))
    if special.get("activation"):
        writer.add_string(key("classifier.activation"), special["activation"])
    if head:
        writer.add_string(key("classifier.task"), head)
        writer.add_array(key("classifier.output_labels"), [config.id2label[i] for i in range(config.num_labels)])
        writer.add_uint32(key("classifier.pooling_type"), 1 if getattr(config, "classifier_pooling", "cls") == "mean" else 2)


def write_tensors(writer, model, cut):
    for name, weight in model.state_dict().items():
        if name.endswith("position_ids"):
            continue
        stored = renamed(name)
        if stored == "position_embd.weight":
            weight = weight.reshape(weight.shape[-2:])[cut:]
        if stored in ("class_embd.weight", "distill_embd.weight"):
            weight = weight.flatten()
        if weight.dim() == 4:
            weight = weight.flatten(1)
        writer.add_tensor(stored, weight.contiguous().float().numpy())


def inputs(config, types, generator):
    if hasattr(config, "patch_size"):
        for _ in range(2):
            yield {"pixel_values": torch.randn(1, config.num_channels, config.image_size, config.image_size, generator=generator).double()}
        return
    for length in LENGTHS:
        given = {"input_ids": torch.randint(FIRST_TOKEN, config.vocab_size, (1, length), generator=generator)}
        if types:
            given["token_type_ids"] = (torch.arange(length) >= (length + 1) // 2).long()[None]
        yield given


def pooled_vector(model, run):
    """What the last projection of a head that judges a sequence reads, or else the pooler's output."""
    for name in ("classifier.out_proj", "classifier", "cls_classifier"):
        try:
            module = model.get_submodule(name)
        except AttributeError:
            continue
        if isinstance(module, torch.nn.Linear):
            seen = []
            hook = module.register_forward_hook(lambda _, read, __: seen.append(read[0]))
            run()
            hook.remove()
            return seen[0]
    return getattr(run(), "pooler_output", None)


def record(folder, variant, family, config, maker=AutoModel, head="", **special):
    generator = torch.Generator().manual_seed(SEED)
    model = maker.from_config(config, dtype=torch.float64, attn_implementation="eager") if hasattr(maker, "from_config") \
        else maker(config).double()
    model = model.eval()
    randomise(model, generator)
    writer = gguf.GGUFWriter(folder / f"{variant}.gguf", family)
    writer.add_string("general.name", f"random {variant}")
    write_keys(writer, family, config, head, special)
    for number, given in enumerate(inputs(config, getattr(config, "type_vocab_size", 0) > 1, generator)):
        prefix = f"expected.{number}"
        with torch.no_grad():
            hidden = model.base_model(**given).last_hidden_state[0]
            pooled = pooled_vector(model, lambda: model(**given))
            result = model(**given) if head else None
        if "pixel_values" in given:
            writer.add_array(f"{prefix}.pixels", given["pixel_values"].flatten().tolist())
        else:
            writer.add_array(f"{prefix}.tokens", given["input_ids"][0].tolist())
            writer.add_array(f"{prefix}.types", given.get("token_type_ids", torch.zeros_like(given["input_ids"]))[0].tolist())
        outputs = {"hidden": hidden, "mean": hidden.mean(0), "first": hidden[0], "last": hidden[-1]}
        if pooled is not None and head not in ("tokens", "span"):
            outputs["pooled"] = pooled[0]
        if head == "span":
            outputs["head"] = torch.stack([result.start_logits[0], result.end_logits[0]], dim=1)
        elif head:
            outputs["head"] = result.logits[0]
        for name, values in outputs.items():
            assert torch.isfinite(values).all()
            writer.add_array(f"{prefix}.{name}", values.double().flatten().tolist())
        print(f"{variant}: " + ", ".join(f"{name} {tuple(values.shape)} rms {values.square().mean().sqrt():.3f}"
                                         for name, values in outputs.items()))
    write_tensors(writer, model, special.get("cut", 0))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


SMALL = dict(vocab_size=61, hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=64,
             pad_token_id=1)
NAMES = dict(id2label={0: "O", 1: "B-LOC", 2: "I-LOC", 3: "B-PER", 4: "I-PER"})
THREE = dict(id2label={0: "good", 1: "bad", 2: "ugly"})
SEQUENCE, TOKENS, SPAN = AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoModelForQuestionAnswering


def heads(name, family, config, **special):
    """A family's usual heads on its usual model."""
    special = {**special, "activation": special.get("activation", "tanh")}
    tokens = {**special, "activation": special["activation"] if family == "modern-bert" else None}
    yield f"{name}-sequence", family, config(**THREE), SEQUENCE, "sequence", special
    yield f"{name}-tokens", family, config(**NAMES), TOKENS, "tokens", tokens
    if family != "nomic-bert":  # Transformers has no answering head for it
        yield f"{name}-span", family, config(num_labels=2), SPAN, "span", tokens


def variants():
    tanh = {"activation": "tanh"}
    bert = lambda **more: transformers.BertConfig(**SMALL, **more)
    yield "bert", "bert", bert(), AutoModel, "", tanh
    yield from heads("bert", "bert", bert)
    yield "bert-multi-label", "bert", bert(**THREE, problem_type="multi_label_classification"), SEQUENCE, "multi_label", tanh
    yield "bert-reranker", "bert", bert(num_labels=1), SEQUENCE, "sequence", tanh
    roberta = lambda **more: transformers.XLMRobertaConfig(**{**SMALL, "max_position_embeddings": 66}, type_vocab_size=1, **more)
    yield "roberta", "roberta", roberta(), AutoModel, "", {"cut": 2, **tanh}
    yield from heads("roberta", "roberta", roberta, cut=2)
    yield "roberta-reranker", "roberta", roberta(num_labels=1), SEQUENCE, "sequence", {"cut": 2, **tanh}
    distil = lambda **more: transformers.DistilBertConfig(vocab_size=61, dim=24, hidden_dim=36, n_layers=2, n_heads=3,
                                                          max_position_embeddings=64, pad_token_id=1, **more)
    yield "distilbert", "distilbert", distil(), AutoModel, "", {}
    yield from heads("distilbert", "distilbert", distil, activation="relu")
    mpnet = lambda **more: transformers.MPNetConfig(**{**SMALL, "max_position_embeddings": 66}, **more)
    yield "mpnet", "mpnet", mpnet(), AutoModel, "", {"cut": 2, **tanh}
    yield from heads("mpnet", "mpnet", mpnet, cut=2)
    ropes = {"full_attention": {"rope_type": "default", "rope_theta": 160000.0},
             "sliding_attention": {"rope_type": "default", "rope_theta": 500.0}}
    modern = lambda **more: transformers.ModernBertConfig(
        **{**SMALL, "num_hidden_layers": 4, "hidden_size": 16, "intermediate_size": 22, "num_attention_heads": 2}, local_attention=8,
        rope_parameters=ropes, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3, **more)
    yield "modern-bert", "modern-bert", modern(), AutoModel, "", {}
    yield from heads("modern-bert", "modern-bert", modern, activation="gelu")
    yield "modern-bert-mean", "modern-bert", modern(**THREE, classifier_pooling="mean", classifier_bias=True, norm_bias=True), \
        SEQUENCE, "sequence", {"activation": "gelu"}
    nomic = lambda **more: transformers.NomicBertConfig(**SMALL, rope_parameters={"rope_type": "default", "rope_theta": 1000.0}, **more)
    yield "nomic-bert", "nomic-bert", nomic(), AutoModel, "", {}
    yield from heads("nomic-bert", "nomic-bert", nomic)
    picture = dict(hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=3, image_size=20, patch_size=5,
                   num_channels=3)
    yield "vit", "vit", transformers.ViTConfig(**picture), AutoModel, "", tanh
    yield "vit-sequence", "vit", transformers.ViTConfig(**picture, **THREE), AutoModelForImageClassification, "sequence", {}
    # the auto class does not know both of DeiT's
    yield "deit-sequence", "vit", transformers.DeiTConfig(**picture, **THREE), transformers.DeiTForImageClassification, "sequence", \
        {"distilled": True}
    yield "deit-distilled", "vit", transformers.DeiTConfig(**picture, **THREE), transformers.DeiTForImageClassificationWithTeacher, \
        "sequence", {"distilled": True}


def main(folder, wanted):
    folder.mkdir(parents=True, exist_ok=True)
    for variant, family, config, maker, head, special in variants():
        if not wanted or variant in wanted:
            record(folder, variant, family, config, maker, head, **special)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
