"""Records what Transformers' filters of draws leave of rows of random logits.

    python record_sampling.py OUTPUT.json

A list of cases: the settings as generation_config.json has them, the row's number, and the probabilities of the tokens that are left. The rows
come first.

Recorded with Python 3.11, torch 2.15.0, transformers 5.24.0.
"""

import json
import sys
from pathlib import Path

import torch
import transformers as t

SEED = 20261129
SETTINGS = [
    {}, dict(temperature=0.6), dict(temperature=1.7, top_k=0), dict(top_k=7), dict(top_k=0, top_p=0.7), dict(top_k=12, top_p=0.6, temperature=0.8),
    dict(top_k=0, min_p=0.1), dict(top_k=0, top_h=0.4), dict(top_k=0, top_h=0.9, temperature=2.0), dict(top_k=20, top_h=0.8, top_p=0.9),
    dict(top_k=0, typical_p=0.5), dict(top_k=0, typical_p=0.95), dict(top_k=30, top_p=0.95, typical_p=0.8), dict(top_k=0, epsilon_cutoff=0.01),
    dict(top_k=0, epsilon_cutoff=0.9), dict(top_k=0, eta_cutoff=0.02), dict(top_k=0, eta_cutoff=0.3, temperature=1.5),
    dict(top_k=40, top_p=0.97, min_p=0.01, top_h=0.95, typical_p=0.9, epsilon_cutoff=0.004, eta_cutoff=0.02, temperature=1.2),
    dict(top_k=0, typical_p=0.6, epsilon_cutoff=0.03), dict(top_p=0.0), dict(top_k=1),
]


def main(path):
    generator = torch.Generator().manual_seed(SEED)
    rows = [torch.round(scale * torch.randn(width, generator=generator), decimals=3) for scale, width in ((1.0, 41), (3.0, 150), (0.2, 230))]
    made = t.AutoModelForCausalLM.from_config(t.LlamaConfig(vocab_size=230, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
                                                            num_attention_heads=1, num_key_value_heads=1))
    cases = []
    for settings in SETTINGS:
        config = t.GenerationConfig(do_sample=True, **({"top_k": 50} | settings))
        config._eos_token_tensor = torch.tensor([2])
        filters = made._get_logits_processor(config, input_ids_seq_length=1)
        for number, row in enumerate(rows):
            left = filters(torch.tensor([[1]]), row[None].double())[0].softmax(-1)
            cases.append(dict(settings=settings, row=number, left={i: round(p, 9) for i, p in enumerate(left.tolist()) if p > 0}))
    lines = [json.dumps([[round(x, 3) for x in row.tolist()] for row in rows])] + [json.dumps(case) for case in cases]
    path.write_text("[" + ",\n".join(lines) + "]\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
