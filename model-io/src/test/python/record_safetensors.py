"""Records small files written by the safetensors library, and what it reads from them.

    python record_safetensors.py OUTPUT_FOLDER

Recorded with Python 3.11, safetensors 0.8.0, torch 2.15.0 (numpy 2). The numbers of each file's tensors, in 32-bit floats and in the
order of their names, are in numbers.f32.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(20260101)
    numbers = lambda *shape: torch.randn(shape, generator=generator)
    tensors = {"single": numbers(3, 5), "half": numbers(2, 3, 4).half(), "brain": numbers(7).bfloat16(), "number": numbers()}
    others = {"positions": torch.arange(6), "nothing": torch.zeros(0, 4)}
    save_file(tensors | others, folder / "one.safetensors", metadata={"format": "pt"})
    shards = {"model-00001-of-00002.safetensors": ["brain", "number"], "model-00002-of-00002.safetensors": ["half", "single"]}
    for file, names in shards.items():
        save_file({name: tensors[name] for name in names}, folder / file)
    index = {"metadata": {"total_size": 0}, "weight_map": {name: file for file, names in shards.items() for name in names}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")
    flat = torch.cat([tensors[name].float().flatten() for name in sorted(tensors)])
    (folder / "numbers.f32").write_bytes(flat.numpy().tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
