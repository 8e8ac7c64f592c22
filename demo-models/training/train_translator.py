#!/usr/bin/env python3
"""Trains the demonstration translator and writes it as one GGUF file.

The model is the original Transformer, small; it turns English dates and
numbers in words into ISO dates and digits.  translator.md beside this file is
its card.  phrases.py makes the data.

    python train_translator.py --train        train, then export and measure
    python train_translator.py --train --resume   continue a stopped run
    python train_translator.py --export       export the checkpoint and measure
    python train_translator.py --measure      measure the committed file
    python train_translator.py --held-out     write the held-out phrases
    python train_translator.py --expected     write expected values
    python train_translator.py --translate "the third of March, nineteen ninety-eight"

Everything that chance decides follows from SEED.
"""

import argparse
import hashlib
import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import torch
import torch.nn.functional as F

import bytelevel
import expected
import phrases
from transformer import Translator

SEED = 1998
HERE = Path(__file__).resolve().parent
GGUF_PATH = HERE.parent / "src/main/resources/org/waterspout/demo/dates.gguf"
TEST_RESOURCES = HERE.parent.parent / "tests/src/test/resources/demo"
HELD_OUT_PATH = TEST_RESOURCES / "translator-heldout.tsv"
EXPECTED_PATH = TEST_RESOURCES / "translator-expected.json"
MAX_GGUF_BYTES = 4_000_000
HELD_OUT = 2000

PADDING, START, END = "<pad>", "<s>", "</s>"
SPECIAL_TOKENS = (PADDING, START, END)  # ids 0, 1 and 2


@dataclass
class Config:
    vocabulary: int = 768
    context: int = 128
    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 512
    norm_epsilon: float = 1e-5
    dropout: float = 0.0
    padding: int = 0
    start: int = 1
    end: int = 2


# --------------------------------------------------------------------------
# Training
# --------------------------------------------------------------------------


def padded(rows, padding):
    longest = max(map(len, rows))
    return torch.tensor([row + [padding] * (longest - len(row)) for row in rows])


class Batches:
    """Batches of pairs drawn without end: (source, what the decoder sees, what it is to say).

    Pairs are drawn in lots, sorted by length and cut into batches, so that a
    batch holds little padding; the batches of a lot come in random order."""

    LOT = 16

    def __init__(self, tokenizer, config, size, seed, forbidden):
        self.tokenizer, self.config, self.size = tokenizer, config, size
        self.phrases = phrases.Phrases(seed, forbidden)
        self.random = random.Random(seed + 1)
        self.waiting = []

    def draw(self):
        if not self.waiting:
            pairs = [self.phrases.draw() for _ in range(self.LOT * self.size)]
            sources = [e.ids + [self.config.end] for e in self.tokenizer.encode_batch([p for p, _ in pairs])]
            answers = [e.ids for e in self.tokenizer.encode_batch([a for _, a in pairs])]
            both = sorted(zip(sources, answers), key=lambda pair: (len(pair[0]), len(pair[1])))
            self.waiting = [both[i : i + self.size] for i in range(0, len(both), self.size)]
            self.random.shuffle(self.waiting)
        batch = self.waiting.pop()
        c = self.config
        return (
            padded([s for s, _ in batch], c.padding),
            padded([[c.start] + a for _, a in batch], c.padding),
            padded([a + [c.end] for _, a in batch], c.padding),
        )


def learning_rate(step, arguments):
    """Linear warmup, then a cosine down to zero."""
    if step < arguments.warmup:
        return arguments.learning_rate * (step + 1) / arguments.warmup
    progress = (step - arguments.warmup) / max(1, arguments.steps - arguments.warmup)
    return arguments.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))


def train(arguments):
    config = Config()
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    checkpoint = work / "checkpoint.pt"
    torch.manual_seed(SEED)
    _, forbidden = phrases.held_out(SEED, HELD_OUT)
    source = phrases.Phrases(SEED + 2, forbidden)
    sample = [text for _ in range(60_000) for text in source.draw()]
    tokenizer = bytelevel.train(sample, config.vocabulary, SPECIAL_TOKENS)
    tokenizer.save(str(work / "tokenizer.json"))

    model = Translator(config)
    print(f"parameters {sum(p.numel() for p in model.parameters())}", flush=True)
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98), eps=1e-9, fused=True)
    first, seconds = 0, 0.0
    if arguments.resume:
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first, seconds = state["step"], state["seconds"]
    # A resumed run draws new phrases, not those that the stopped one has seen.
    batches = Batches(tokenizer, config, arguments.batch, SEED + 3 + first, forbidden)
    started, recent = time.time() - seconds, []
    for step in range(first, arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments)
        tokens, seen, said = batches.draw()
        logits = model(tokens, seen)
        loss = F.cross_entropy(
            logits.flatten(0, 1), said.flatten(), ignore_index=config.padding, label_smoothing=arguments.smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        recent.append(loss.item())
        if (step + 1) % 100 == 0:
            print(f"step {step + 1} loss {sum(recent) / len(recent):.5f} seconds {time.time() - started:.0f}", flush=True)
            recent = []
        if (step + 1) % 1000 == 0 or step + 1 == arguments.steps:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            state |= {"step": step + 1, "seconds": time.time() - started}
            torch.save(state, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)


# --------------------------------------------------------------------------
# GGUF
# --------------------------------------------------------------------------


def export(work, path):
    """Writes the checkpoint: matrices in F16, vectors in F32."""
    config = Config()
    weights = torch.load(Path(work) / "checkpoint.pt", weights_only=False)["model"]
    vocabulary = json.loads((Path(work) / "tokenizer.json").read_text())["model"]
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "transformer")
    writer.add_type("model")
    writer.add_name("Dates demonstration translator")
    writer.add_description("The original Transformer, small: English dates and numbers in words to ISO dates and digits.")
    writer.add_size_label(f"{sum(w.numel() for w in weights.values()) / 1e6:.1f}M")
    writer.add_license("CC0-1.0")
    writer.add_languages(["en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_vocab_size(config.vocabulary)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.feed_forward)
    writer.add_head_count(config.heads)
    writer.add_layer_norm_eps(config.norm_epsilon)
    writer.add_decoder_start_token_id(config.start)
    writer.add_float32("transformer.embedding_scale", math.sqrt(config.width))
    writer.add_string("transformer.activation", "relu")
    writer.add_string("transformer.positions", "sinusoidal")
    writer.add_bool("transformer.sinusoid.interleaved", True)
    writer.add_bool("transformer.sinusoid.inclusive", False)
    writer.add_int32("transformer.sinusoid.offset", 0)
    bytelevel.write(writer, vocabulary, SPECIAL_TOKENS)
    writer.add_pad_token_id(config.padding)
    writer.add_bos_token_id(config.start)
    writer.add_eos_token_id(config.end)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(True)
    for name, weight in weights.items():
        data = weight.float().numpy()
        writer.add_tensor(name, data.astype(np.float16) if data.ndim == 2 else data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    size = path.stat().st_size
    print(f"{path.name}: {size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    if size > MAX_GGUF_BYTES:
        raise SystemExit(f"larger than {MAX_GGUF_BYTES} bytes")


def load_gguf(path):
    """Reads tokenizer and model, the weights widened to F32, from the GGUF file."""
    reader = gguf.GGUFReader(path)
    model = Translator(Config())
    model.load_state_dict(
        {t.name: torch.from_numpy(np.array(gguf.quants.dequantize(t.data, t.tensor_type), dtype=np.float32)) for t in reader.tensors}
    )
    return bytelevel.read(reader), model.eval()


# --------------------------------------------------------------------------
# Use
# --------------------------------------------------------------------------


@torch.no_grad()
def greedy(model, sources, most=32):
    """The most likely continuation of each source (lists of ids), without the end token."""
    c = model.config
    memory, visible = model.encode(padded(sources, c.padding))
    target = torch.full((len(sources), 1), c.start)
    done = torch.zeros(len(sources), dtype=torch.bool)
    while not done.all() and target.shape[1] <= most:
        best = model.decode(target, memory, visible)[:, -1].argmax(-1)
        best[done] = c.padding
        done |= best == c.end
        target = torch.cat((target, best[:, None]), dim=1)
    return [[t for t in row if t not in (c.padding, c.start, c.end)] for row in target.tolist()]


@torch.no_grad()
def beam_search(model, source, beams=4, most=32, length_penalty=1.0):
    """The finished continuations of one source, best first, as (ids with the end token, score).

    A score is the sum of log probabilities over the number of tokens to the
    power of `length_penalty`.  At each step the 2 * beams best continuations
    are looked at: those that end are kept as finished, the best others go on.
    The search stops when as many are finished as there are beams and none that
    is alive can still become better than the worst of them."""
    c = model.config
    memory, visible = model.encode(torch.tensor([source]))
    alive, sums, finished = torch.tensor([[c.start]]), torch.zeros(1), []
    for length in range(1, most + 1):
        rows = len(alive)
        logits = model.decode(alive, memory.expand(rows, -1, -1), visible)[:, -1]
        candidates = (sums[:, None] + logits.log_softmax(-1)).flatten()
        values, places = candidates.topk(2 * beams)
        going = []
        for value, place in zip(values.tolist(), places.tolist()):
            row, token = divmod(place, c.vocabulary)
            if token == c.end:
                if len(going) < beams:
                    finished.append((alive[row, 1:].tolist() + [token], value / length**length_penalty))
            elif len(going) < beams:
                going.append((value, alive[row].tolist() + [token]))
        finished = sorted(finished, key=lambda f: -f[1])[:beams]
        sums = torch.tensor([value for value, _ in going])
        alive = torch.tensor([row for _, row in going])
        if len(finished) == beams and finished[-1][1] >= sums.max().item() / length**length_penalty:
            break
    return finished


def source_ids(tokenizer, config, text):
    return tokenizer.encode(text).ids + [config.end]


def read_held_out():
    lines = HELD_OUT_PATH.read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]


def measure(path, beams):
    tokenizer, model = load_gguf(path)
    pairs = read_held_out()
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]))
    said = [None] * len(pairs)
    for i in range(0, len(order), 100):
        part = order[i : i + 100]
        rows = greedy(model, [source_ids(tokenizer, model.config, pairs[j][0]) for j in part])
        for j, row in zip(part, rows):
            said[j] = tokenizer.decode(row)
    report("greedy", pairs, said)
    if beams:
        said = []
        for phrase, _ in pairs:
            best = beam_search(model, source_ids(tokenizer, model.config, phrase), beams)[0][0]
            said.append(tokenizer.decode(best[:-1]))
        report(f"beam {beams}", pairs, said)


def report(how, pairs, said):
    wrong = [(phrase, answer, words) for (phrase, answer), words in zip(pairs, said) if answer != words]
    print(f"{how}: {len(pairs) - len(wrong)} of {len(pairs)} exact ({100 * (1 - len(wrong) / len(pairs)):.2f} %)", flush=True)
    for phrase, answer, words in wrong:
        print(f"  {phrase!r}: {answer} expected, {words}")


# Phrases of the expected values: short and long, with bytes that no phrase of the training has (the last one).
EXPECTED_PHRASES = (
    phrases.EXAMPLE[0],
    "March 3rd, 1998",
    "a dozen",
    "minus twelve point oh five",
    "three hundred and four million, five hundred and sixty thousand and seventy",
    "Tuesday, the twenty-ninth of February, two thousand",
    "naïve № 5",
)


@torch.no_grad()
def write_expected(path):
    """For each phrase the tokens, the encoder's states, the greedy answer with
    the gap between the best two logits at each step, the logits of the decoder
    that is given this answer, and what a beam search finds."""
    tokenizer, model = load_gguf(path)
    config, cases = model.config, []
    for number, phrase in enumerate(EXPECTED_PHRASES):
        source = source_ids(tokenizer, config, phrase)
        answer = greedy(model, [source])[0]
        target = [config.start] + answer
        memory, visible = model.encode(torch.tensor([source]))
        logits = model.decode(torch.tensor([target]), memory, visible)[0]
        best = logits.topk(2).values
        case = {
            "source": phrase,
            "source_ids": source,
            "decoder_ids": target,
            "greedy_ids": answer + [config.end],
            "greedy_text": tokenizer.decode(answer),
            "greedy_gaps": expected.rounded(best[:, 0] - best[:, 1]),
            # sums of the log probabilities of all tokens, without length penalty
            "beam_4": [
                {"ids": ids, "text": tokenizer.decode(ids[:-1]), "log_probability": round(score * len(ids), 6)}
                for ids, score in beam_search(model, source, 4)
            ],
        }
        if number < 3:
            case["encoder_hidden"] = expected.rounded(memory[0])
        case["logits"] = expected.rounded(logits if number < 2 else logits[-1:])
        cases.append(case)
    expected.write(EXPECTED_PATH, path, cases)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint")
    parser.add_argument("--export", action="store_true", help="write the checkpoint as GGUF")
    parser.add_argument("--measure", action="store_true", help="accuracy of the GGUF file on the held-out phrases")
    parser.add_argument("--held-out", action="store_true", help="write the held-out phrases")
    parser.add_argument("--expected", action="store_true", help="write the expected values")
    parser.add_argument("--translate", metavar="PHRASE")
    parser.add_argument("--work", default="run/translator", help="folder of the tokenizer and the checkpoint")
    parser.add_argument("--out", type=Path, default=GGUF_PATH, help="where the GGUF file goes")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--warmup", type=int, default=400)
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--smoothing", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--beams", type=int, default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.held_out:
        pairs, _ = phrases.held_out(SEED, HELD_OUT)
        HELD_OUT_PATH.write_text("".join(f"{p}\t{a}\n" for p, a in pairs), encoding="utf-8")
    if arguments.train:
        train(arguments)
    if arguments.train or arguments.export:
        export(arguments.work, arguments.out)
    if arguments.train or arguments.export or arguments.measure:
        measure(arguments.out, arguments.beams)
    if arguments.expected:
        write_expected(arguments.out)
    if arguments.translate:
        tokenizer, model = load_gguf(arguments.out)
        for ids, score in beam_search(model, source_ids(tokenizer, model.config, arguments.translate), arguments.beams):
            print(f"{score:.6f} {tokenizer.decode(ids[:-1])}")


if __name__ == "__main__":
    main()
