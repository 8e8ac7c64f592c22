"""Saves a tiny random model of every family with Transformers, and what becomes of its tensors.

    python record_huggingface.py OUTPUT_FOLDER [VARIANT...]

Each folder holds what save_pretrained writes and expected.json: for every tensor of the file that is a weight, the sum of its numbers
after what the reader has to do to it (in 64-bit floats) and, where the gguf package knows the family, its name there. Recorded with
Python 3.11, torch 2.15.0, transformers 5.23.0, safetensors 0.8.0, gguf 0.19.0.
"""

import json
import sys
from pathlib import Path

import gguf
import torch
import transformers as t
from safetensors import safe_open

SEED = 20260101
SMALL = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, vocab_size=20, max_position_embeddings=12)
PICTURE = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=4)
PAIR = dict(vocab_size=20, d_model=16, encoder_layers=2, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
            encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=12)
T5 = dict(vocab_size=20, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_decoder_layers=1, num_heads=2)
DECODER = dict(SMALL, num_key_value_heads=1, bos_token_id=1, eos_token_id=2)
MODERN = dict(SMALL, num_hidden_layers=4, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2, local_attention=6)
LABELS = dict(id2label={0: "calm", 1: "glad", 2: "sad"}, label2id={"calm": 0, "glad": 1, "sad": 2})
LLAMA3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=32)
LONG = dict(rope_type="longrope", rope_theta=10000.0, original_max_position_embeddings=6, short_factor=[1.0, 1.1, 1.2, 1.3],
            long_factor=[1.0, 2.0, 3.0, 4.0])


def variants():
    """(name, model, architecture of the gguf package or None)"""
    arch = gguf.MODEL_ARCH
    yield "bert", t.BertModel(t.BertConfig(**SMALL)), arch.BERT
    yield "bert-sequence", t.BertForSequenceClassification(t.BertConfig(**SMALL, **LABELS)), None
    yield "bert-tokens", t.BertForTokenClassification(t.BertConfig(**SMALL, **LABELS)), None
    yield "bert-span", t.BertForQuestionAnswering(t.BertConfig(**SMALL)), None
    yield "bert-pretraining", t.BertForPreTraining(t.BertConfig(**SMALL)), None
    yield "roberta-sequence", t.RobertaForSequenceClassification(t.RobertaConfig(**SMALL, num_labels=1)), None
    yield "xlm-roberta", t.XLMRobertaModel(t.XLMRobertaConfig(**SMALL)), None
    yield "camembert-tokens", t.CamembertForTokenClassification(t.CamembertConfig(**SMALL, **LABELS)), None
    yield "roberta-pretraining", t.RobertaForMaskedLM(t.RobertaConfig(**SMALL)), None
    distil = t.DistilBertConfig(vocab_size=20, dim=16, hidden_dim=24, n_layers=2, n_heads=2, max_position_embeddings=12)
    yield "distilbert-sequence", t.DistilBertForSequenceClassification(distil), None
    yield "distilbert-span", t.DistilBertForQuestionAnswering(distil), None
    yield "mpnet", t.MPNetModel(t.MPNetConfig(**SMALL)), None
    yield "mpnet-sequence", t.MPNetForSequenceClassification(t.MPNetConfig(**SMALL, **LABELS)), None
    yield "modernbert", t.ModernBertModel(t.ModernBertConfig(**MODERN)), arch.MODERN_BERT
    yield "modernbert-sequence", t.ModernBertForSequenceClassification(
        t.ModernBertConfig(**MODERN, **LABELS, classifier_pooling="mean", problem_type="multi_label_classification")), None
    yield "modernbert-pretraining", t.ModernBertForMaskedLM(t.ModernBertConfig(**MODERN)), None
    yield "nomic", t.NomicBertModel(t.NomicBertConfig(**SMALL)), arch.NOMIC_BERT
    yield "vit-sequence", t.ViTForImageClassification(t.ViTConfig(**PICTURE, **LABELS)), None
    yield "vit", t.ViTModel(t.ViTConfig(**PICTURE)), None
    yield "deit", t.DeiTForImageClassificationWithTeacher(t.DeiTConfig(**PICTURE)), None
    yield "marian", t.MarianMTModel(t.MarianConfig(**PAIR, pad_token_id=19, decoder_start_token_id=19, bad_words_ids=[[19]],
                                                   activation_function="swish", scale_embedding=True)), None
    yield "marian-two-vocabularies", t.MarianMTModel(t.MarianConfig(
        **PAIR, pad_token_id=17, decoder_start_token_id=17, share_encoder_decoder_embeddings=False, decoder_vocab_size=18)), None
    yield "bart", t.BartForConditionalGeneration(t.BartConfig(**PAIR)), None
    yield "mbart", t.MBartForConditionalGeneration(t.MBartConfig(**PAIR, scale_embedding=True)), None
    yield "m2m100", t.M2M100ForConditionalGeneration(t.M2M100Config(**PAIR)), None
    yield "pegasus", t.PegasusForConditionalGeneration(t.PegasusConfig(**PAIR, scale_embedding=True)), None
    yield "t5", t.T5ForConditionalGeneration(t.T5Config(**T5, decoder_start_token_id=0)), arch.T5
    yield "t5-gated", t.T5ForConditionalGeneration(t.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)), arch.T5
    yield "mt5", t.MT5ForConditionalGeneration(t.MT5Config(**T5)), arch.T5
    yield "llama", t.LlamaForCausalLM(t.LlamaConfig(**DECODER, rope_parameters=LLAMA3)), arch.LLAMA
    yield "llama-tied", t.LlamaForCausalLM(t.LlamaConfig(**DECODER, tie_word_embeddings=True, attention_bias=True)), arch.LLAMA
    yield "mistral", t.MistralForCausalLM(t.MistralConfig(**DECODER, sliding_window=5)), arch.LLAMA
    yield "granite", t.GraniteForCausalLM(t.GraniteConfig(**DECODER)), arch.GRANITE
    yield "qwen2", t.Qwen2ForCausalLM(t.Qwen2Config(**DECODER)), arch.QWEN2
    yield "qwen3", t.Qwen3ForCausalLM(t.Qwen3Config(**DECODER, head_dim=12, tie_word_embeddings=True)), arch.QWEN3
    yield "gemma2", t.Gemma2ForCausalLM(t.Gemma2Config(**DECODER, head_dim=8, query_pre_attn_scalar=4, sliding_window=5)), arch.GEMMA2
    yield "gemma3", t.Gemma3ForCausalLM(t.Gemma3TextConfig(**dict(DECODER, num_hidden_layers=7), head_dim=8, sliding_window=5)), arch.GEMMA3
    yield "phi3", t.Phi3ForCausalLM(t.Phi3Config(**DECODER, pad_token_id=0, rope_parameters=LONG, original_max_position_embeddings=6)), arch.PHI3
    yield "gpt2", t.GPT2LMHeadModel(t.GPT2Config(vocab_size=20, n_positions=12, n_embd=16, n_layer=2, n_head=2, bos_token_id=1,
                                                 eos_token_id=2)), arch.GPT2


def is_left_out(variant, name):
    """Heads of pre-training, poolers beside token classifiers, computed positions."""
    if "pretraining" in variant and (name.startswith(("cls.", "lm_head.", "decoder.", "head."))):
        return True
    return variant in ("marian", "marian-two-vocabularies", "m2m100", "pegasus") and "embed_positions" in name


def changed(model, variant, name, weight):
    if name.endswith("position_embeddings.weight") and model.config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        return weight[model.config.pad_token_id + 1:]
    if name.endswith("embed_positions.weight") and "bart" in variant:
        return weight[2:]
    if variant.startswith("gemma") and name.endswith("norm.weight"):
        return weight + 1
    return weight


def record(folder, variant, model, arch):
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for weight in [*model.parameters(), *(b for n, b in model.named_buffers() if "final_logits_bias" in n)]:
            weight.copy_(torch.randn(weight.shape, generator=generator))
    model.tie_weights()
    model = model.half() if variant in ("bert", "gpt2") else model.bfloat16() if variant == "llama" else model
    model.save_pretrained(folder)
    names = gguf.get_tensor_name_map(arch, 7) if arch is not None else None
    expected = {}
    with safe_open(folder / "model.safetensors", "pt") as file:
        for name in file.keys():
            if is_left_out(variant, name):
                continue
            weight = changed(model, variant, name, file.get_tensor(name).double())
            known = names.get_name(name, try_suffixes=(".weight", ".bias")) if names else None
            expected[name] = {"sum": weight.sum().item(), "count": weight.numel()} | ({"gguf": known} if known else {})
    lines = ",\n ".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in expected.items())
    (folder / "expected.json").write_text("{" + lines + "}\n")
    print(variant, sum(path.stat().st_size for path in folder.iterdir()), "bytes")


def main(folder, wanted):
    for variant, model, arch in variants():
        if not wanted or variant in wanted:
            (folder / variant).mkdir(parents=True, exist_ok=True)
            record(folder / variant, variant, model, arch)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
