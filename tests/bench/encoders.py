"""Waterspout's embed and ONNX Runtime in turn, on the same model and texts, and whether their vectors agree.

    python encoders.py MODEL.onnx TOKENIZER.json [--threads 2] [--rounds 3] [--backend cpu] [--tokens 32,128] [--batch 1,32]

Texts are words that are one token each, so that every text has the length asked for, special tokens counted. ONNX Runtime gets token ids;
Waterspout gets texts, so its figures include the tokenizer.
"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
LAUNCHER = HERE.parent.parent / "waterspout"


def texts(tokenizer, length, count, seed):
    words = [word for word in tokenizer.get_vocab() if word.isascii() and word.isalpha() and len(word) > 2]
    chosen = random.Random(seed)
    lines = [" ".join(chosen.choice(sorted(words)) for _ in range(length - 2)) for _ in range(count)]
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokens = [tokenizer.encode(line).ids for line in lines]
    assert all(len(each) == length for each in tokens), "a word is no single token"
    return lines, tokens


def middle(values):
    return sorted(values)[len(values) // 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("tokenizer")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backend", default="cpu")
    parser.add_argument("--tokens", default="32,128")
    parser.add_argument("--batch", default="1,32")
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(options.tokenizer)
    model = ["-m", options.model, "--backend", options.backend]
    model += ["--threads", options.threads] if options.backend == "cpu" else []
    for length in map(int, options.tokens.split(",")):
        for batch in map(int, options.batch.split(",")):
            lines, tokens = texts(tokenizer, length, batch, 7)
            ours, theirs = [], []
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
                file.write("\n".join(lines) + "\n")
                file.flush()
                for _ in range(options.rounds):
                    ours.append(waterspout("bench", *model, "--file", file.name, "--batch", str(batch), "--runs", "5"))
                    theirs.append(json.loads(subprocess.run(
                        [sys.executable, str(HERE / "onnx-runtime.py"), options.model, options.threads, "5"], input=json.dumps(tokens),
                        check=True, capture_output=True, text=True).stdout))
                vectors = waterspout("embed", *model, "--file", file.name)["vectors"]
            rates = [each["texts_per_second"]["median"] for each in ours]
            peers = [each["sentences_per_second"]["median"] for each in theirs]
            ratios = sorted(mine / other for mine, other in zip(rates, peers))
            least = min(sum(a * b for a, b in zip(mine, other)) / math.hypot(*mine) / math.hypot(*other)
                        for mine, other in zip(vectors, theirs[0]["vectors"]))
            print(f"{length:4} tokens, batch {batch:3}: waterspout {options.backend} {middle(rates):8.1f} texts/s, ONNX Runtime "
                  f"{middle(peers):8.1f}, ratio {middle(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), least cosine {least:.7f}")


def waterspout(*words):
    return json.loads(subprocess.run([str(LAUNCHER), *words, "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     text=True).stdout)


main()
