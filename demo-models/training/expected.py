"""Writes what PyTorch computes from a demonstration model, for the tests to compare with."""

import hashlib
import json
import platform

import numpy as np
import tokenizers
import torch


def rounded(tensor):
    """A matrix or a vector as lists, with the digits that F32 arithmetic makes sure of."""
    return [rounded(row) if isinstance(row, list) else round(row, 6) for row in (tensor.tolist() if torch.is_tensor(tensor) else tensor)]


def write(path, model, cases):
    """One case a line; `model` is the path of the GGUF file."""
    head = {
        "model": model.name,
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "arithmetic": "weights widened from F16 to F32, all arithmetic in F32",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "tokenizers": tokenizers.__version__,
            "numpy": np.__version__,
        },
    }
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "cases": [\n' + lines + "\n]}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
