"""Prints Transformers' greedy continuation of a token list for a GGUF file of Llama's form, and how far ahead each choice was.

The weights are those that the file's stand for, decoded by the gguf package; q and k are put back from neighbours to halves.

    python record_greedy.py MODEL.gguf 1,504,3575 20

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0, gguf 0.19.0 in 32-bit floats.
"""

import sys

import gguf
import numpy
import torch
import transformers


def load(path):
    reader = gguf.GGUFReader(path)
    weights = {
        tensor.name: torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
                                      .reshape([int(n) for n in tensor.shape[::-1]]))
        for tensor in reader.tensors
    }
    value = lambda key: reader.fields["llama." + key].contents()
    config = transformers.LlamaConfig(
        vocab_size=weights["token_embd.weight"].shape[0], hidden_size=value("embedding_length"),
        intermediate_size=value("feed_forward_length"), num_hidden_layers=value("block_count"),
        num_attention_heads=value("attention.head_count"), num_key_value_heads=value("attention.head_count_kv"),
        max_position_embeddings=value("context_length"), rms_norm_eps=value("attention.layer_norm_rms_epsilon"),
        tie_word_embeddings="output.weight" not in weights,
        rope_parameters={"rope_type": "default", "rope_theta": value("rope.freq_base")})
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            weight = weights[names.get_name(name, try_suffixes=(".weight", ".bias"))]
            heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
            if heads:
                rows, columns = weight.shape
                weight = weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)
            parameter.copy_(weight)
    return model


def main(path, tokens, count):
    model = load(path)
    generated, margins = [], []
    with torch.no_grad():
        for _ in range(count):
            best = model(torch.tensor([tokens + generated])).logits[0, -1].topk(2)
            generated.append(int(best.indices[0]))
            margins.append(round(float(best.values[0] - best.values[1]), 3))
    print("tokens", generated)
    print("ahead of the second best by", margins)


if __name__ == "__main__":
    main(sys.argv[1], [int(token) for token in sys.argv[2].split(",")], int(sys.argv[3]))
