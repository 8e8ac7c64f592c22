#!/usr/bin/env python3
"""Trains the demonstration classifier and writes it as one GGUF file.

The model is a small encoder in BERT's form; it tells spam from mail.
classifier.md beside this file is its card, mails.py reads the corpus.

    python train_classifier.py --corpus package/data --train      train, export, measure
    python train_classifier.py --corpus package/data --held-out   write the held-out mails
    python train_classifier.py --export                           export the checkpoint
    python train_classifier.py --measure                          measure the committed file
    python train_classifier.py --corpus package/data --forms      measure other forms of the mails
    python train_classifier.py --expected                         write expected values
    python train_classifier.py --classify "You have won a prize, click here"

Everything that chance decides follows from SEED.
"""

import argparse
import gzip
import hashlib
import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import tokenizers
import torch
import torch.nn.functional as F

import bytelevel
import expected
import mails
import short_messages
from transformer import Classifier

SEED = 2002  # the year of the corpus
HERE = Path(__file__).resolve().parent
GGUF_PATH = HERE.parent / "src/main/resources/org/waterspout/demo/spam.gguf"
TEST_RESOURCES = HERE.parent.parent / "tests/src/test/resources/demo"
HELD_OUT_PATH = TEST_RESOURCES / "spam-heldout.tsv.gz"
EXPECTED_PATH = TEST_RESOURCES / "classifier-expected.json"
MAX_GGUF_BYTES = 4_000_000

PADDING, FIRST, LAST, UNKNOWN = "[PAD]", "[CLS]", "[SEP]", "[UNK]"
SPECIAL_TOKENS = (PADDING, FIRST, LAST, UNKNOWN)  # ids 0 to 3; [UNK] also stands for words hidden in training


@dataclass
class Config:
    vocabulary: int = 6144
    context: int = 256
    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 384
    labels: int = 2
    norm_epsilon: float = 1e-12
    dropout: float = 0.15
    padding: int = 0
    first: int = 1
    last: int = 2
    unknown: int = 3


def padded(rows, padding):
    longest = max(map(len, rows))
    return torch.tensor([row + [padding] * (longest - len(row)) for row in rows])


def text_ids(tokenizer, config, text):
    """The tokens of a text, cut to the model's positions."""
    return [config.first] + tokenizer.encode(text[:4000]).ids[: config.context - 2] + [config.last]


def cut(tokenizer, config, text):
    """The longest beginning of a text, in whole words, that the model can read."""
    words = text[:4000].split(" ")
    few, many = 0, len(words) + 1
    while many - few > 1:
        middle = (few + many) // 2
        if len(tokenizer.encode(" ".join(words[:middle])).ids) <= config.context - 2:
            few = middle
        else:
            many = middle
    return " ".join(words[: max(few, 1)])


# --------------------------------------------------------------------------
# Training
# --------------------------------------------------------------------------


class Batches:
    """Batches without end: tokens, labels, weights.  Every mail comes once in
    each round through the training part, in a form drawn anew; between the
    mails come short messages."""

    LOT = 16
    SHORT = 0.06  # share of the short messages

    def __init__(self, tokenizer, config, training, size, hidden, seed):
        self.tokenizer, self.config, self.training, self.size, self.hidden = tokenizer, config, training, size, hidden
        self.random, self.forms = random.Random(seed), mails.Forms(seed + 1)
        self.short = short_messages.ShortMessages(seed + 2, SENTENCES)
        self.order, self.waiting = [], []

    def next_mail(self):
        if not self.order:
            self.order = list(self.training)
            self.random.shuffle(self.order)
        return self.order.pop()

    def example(self):
        if self.random.random() < self.SHORT:
            (text, label), weight = self.short.draw(), 0.5
        else:
            mail = self.next_mail()
            (text, weight), label = self.forms.draw(mail), mail.label
        ids = text_ids(self.tokenizer, self.config, text)
        share = self.random.random() * 2 * self.hidden
        for i in range(1, len(ids) - 1):
            if self.random.random() < share:
                ids[i] = self.config.unknown
        return ids, label, weight

    def draw(self):
        if not self.waiting:
            lot = [self.example() for _ in range(self.LOT * self.size)]
            lot.sort(key=lambda example: len(example[0]))
            self.waiting = [lot[i : i + self.size] for i in range(0, len(lot), self.size)]
            self.random.shuffle(self.waiting)
        rows, labels, weights = zip(*self.waiting.pop())
        return padded(rows, self.config.padding), torch.tensor(labels), torch.tensor(weights)


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
    training, held_out = mails.split(mails.read(arguments.corpus), SEED)
    print(f"mails for training {len(training)}, held out {len(held_out)}", flush=True)
    texts = [mails.anonymous(mail.subject + "\n" + mail.plain)[:4000] for mail in training]
    tokenizer = bytelevel.train(texts, config.vocabulary, SPECIAL_TOKENS)
    tokenizer.save(str(work / "tokenizer.json"))

    model = Classifier(config)
    if arguments.start:
        model.load_state_dict(torch.load(arguments.start, weights_only=False)["model"])
    print(f"parameters {sum(p.numel() for p in model.parameters())}", flush=True)
    decayed = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": arguments.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
    batches = Batches(tokenizer, config, training, arguments.batch, arguments.hidden, SEED + (1001 if arguments.start else 1))
    started, recent = time.time(), []
    for step in range(arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments)
        tokens, labels, weights = batches.draw()
        losses = F.cross_entropy(model(tokens), labels, reduction="none", label_smoothing=arguments.smoothing)
        loss = (losses * weights).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        recent.append(loss.item())
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} loss {sum(recent) / len(recent):.5f} seconds {time.time() - started:.0f}", flush=True)
            recent = []
        if (step + 1) % 500 == 0 or step + 1 == arguments.steps:
            torch.save({"model": model.state_dict(), "step": step + 1, "seconds": time.time() - started}, checkpoint)


# --------------------------------------------------------------------------
# GGUF
# --------------------------------------------------------------------------


def export(work, path):
    """Writes the checkpoint: matrices in F16, vectors in F32."""
    config = Config()
    weights = torch.load(Path(work) / "checkpoint.pt", weights_only=False)["model"]
    vocabulary = json.loads((Path(work) / "tokenizer.json").read_text())["model"]
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_type("model")
    writer.add_name("Spam demonstration classifier")
    writer.add_description("A small encoder in BERT's form that tells spam from mail.")
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
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.CLS)
    writer.add_string("bert.activation", "gelu")
    writer.add_string("bert.positions", "learned")
    writer.add_string("bert.classifier.task", "sequence")
    writer.add_string("bert.classifier.activation", "tanh")
    writer.add_array("bert.classifier.output_labels", list(mails.LABELS))
    bytelevel.write(writer, vocabulary, SPECIAL_TOKENS)
    writer.add_pad_token_id(config.padding)
    writer.add_bos_token_id(config.first)
    writer.add_uint32("tokenizer.ggml.cls_token_id", config.first)
    writer.add_eos_token_id(config.last)
    writer.add_sep_token_id(config.last)
    writer.add_unk_token_id(config.unknown)
    writer.add_mask_token_id(config.unknown)
    writer.add_add_bos_token(True)
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
    model = Classifier(Config())
    model.load_state_dict(
        {t.name: torch.from_numpy(np.array(gguf.quants.dequantize(t.data, t.tensor_type), dtype=np.float32)) for t in reader.tensors}
    )
    return bytelevel.read(reader), model.eval()


# --------------------------------------------------------------------------
# Use
# --------------------------------------------------------------------------


@torch.no_grad()
def logits_of(model, rows, size=32):
    """[len(rows), labels]; rows of like length share a batch."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    logits = torch.empty(len(rows), model.config.labels)
    for at in range(0, len(order), size):
        part = order[at : at + size]
        logits[part] = model(padded([rows[i] for i in part], model.config.padding))
    return logits


def write_held_out(arguments):
    """One mail a line: label, tab, text as cut for the model."""
    tokenizer = tokenizers.Tokenizer.from_file(str(Path(arguments.work) / "tokenizer.json"))
    _, held_out = mails.split(mails.read(arguments.corpus), SEED)
    lines = [f"{mails.LABELS[mail.label]}\t{cut(tokenizer, Config(), mail.line())}\n" for mail in held_out]
    HELD_OUT_PATH.write_bytes(gzip.compress("".join(lines).encode("utf-8"), 9, mtime=0))
    print(f"{HELD_OUT_PATH.name}: {len(lines)} mails, {HELD_OUT_PATH.stat().st_size} bytes")


def read_held_out():
    lines = gzip.decompress(HELD_OUT_PATH.read_bytes()).decode("utf-8").split("\n")[:-1]
    pairs = [line.split("\t") for line in lines]
    return [(mails.LABELS.index(label), text) for label, text in pairs]


def report(model, tokenizer, what, pairs, show=0):
    labels = torch.tensor([label for label, _ in pairs])
    logits = logits_of(model, [text_ids(tokenizer, model.config, text) for _, text in pairs])
    said = logits.argmax(-1)
    right = (said == labels).sum().item()
    counts = [f"{((said == k) & (labels == label)).sum().item()} of {(labels == label).sum().item()} {mails.LABELS[label]} taken for {mails.LABELS[k]}" for label, k in ((0, 1), (1, 0))]
    print(f"{what}: {right} of {len(pairs)} right ({100 * right / len(pairs):.2f} %); {'; '.join(counts)}")
    wrong = [(abs(logits[i, 1] - logits[i, 0]).item(), i) for i in range(len(pairs)) if said[i] != labels[i]]
    for gap, i in sorted(wrong, reverse=True)[:show]:
        print(f"  {mails.LABELS[labels[i]]}, gap {gap:.2f}: {pairs[i][1][:140]!r}")


def measure_forms(arguments):
    """The held-out mails in other forms than the committed one."""
    tokenizer, model = load_gguf(arguments.out)
    _, held_out = mails.split(mails.read(arguments.corpus), SEED)
    forms = {
        "subject and text on one line": lambda m: m.line(),
        "subject and text, addresses and line ends as they are": lambda m: m.subject + "\n" + m.plain,
        "text without subject": lambda m: m.plain,
        "subject alone": lambda m: m.subject,
        "with markup": lambda m: m.subject + "\n" + m.body,
        "source with all header lines": lambda m: m.source,
        "source without header lines": lambda m: m.source.partition("\n\n")[2],
    }
    for name, form in forms.items():
        pairs = [(m.label, form(m)) for m in held_out if form(m).strip()]
        report(model, tokenizer, name, pairs)


@torch.no_grad()
def write_expected(path):
    """Tokens and logits of twenty held-out mails and of the sentences below;
    for the first sentence also the states of all tokens."""
    tokenizer, model = load_gguf(path)
    held_out = read_held_out()
    numbers = [round(i * (len(held_out) - 1) / 19) for i in range(20)]
    cases = []
    for number, text in [(n, held_out[n][1]) for n in numbers] + [(None, s) for s in SENTENCES]:
        ids = text_ids(tokenizer, model.config, text)
        logits = model(torch.tensor([ids]))[0]
        case = {"held_out_line": number} if number is not None else {"text": text}
        case |= {"ids": ids, "logits": expected.rounded(logits), "label": mails.LABELS[logits.argmax()]}
        if text == SENTENCES[0]:
            case["hidden"] = expected.rounded(model.hidden(torch.tensor([ids]))[0])
        cases.append(case)
    expected.write(EXPECTED_PATH, path, cases)


SENTENCES = (
    "You have won a prize, click here",
    "Congratulations! You have been selected to receive a free cruise.",
    "Lose weight fast with our new pills, no prescription needed",
    "Make money from home, earn thousands of dollars every week",
    "Get your free credit report now, limited time offer",
    "Shall we meet for lunch on Tuesday?",
    "I'll be ten minutes late, start without me.",
    "The tests fail on my machine since yesterday's change.",
    "Could you send me the notes from the meeting?",
    "Thanks, that fixed it.",
    "My sister arrives on Friday evening.",
    "Did you read the book I gave you?",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--corpus", help="package/data of the unpacked corpus")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--start", metavar="CHECKPOINT", help="train on from these weights, not from random ones")
    parser.add_argument("--export", action="store_true", help="write the checkpoint as GGUF")
    parser.add_argument("--measure", action="store_true", help="accuracy of the GGUF file on the held-out mails")
    parser.add_argument("--forms", action="store_true", help="accuracy on other forms of the held-out mails")
    parser.add_argument("--held-out", action="store_true", help="write the held-out mails")
    parser.add_argument("--expected", action="store_true", help="write the expected values")
    parser.add_argument("--classify", metavar="TEXT")
    parser.add_argument("--work", default="run/classifier", help="folder of the tokenizer and the checkpoint")
    parser.add_argument("--out", type=Path, default=GGUF_PATH, help="where the GGUF file goes")
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--warmup", type=int, default=200)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--smoothing", type=float, default=0.05)
    parser.add_argument("--hidden", type=float, default=0.15, help="mean share of tokens hidden in training")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.train:
        train(arguments)
    if arguments.train or arguments.export:
        export(arguments.work, arguments.out)
    if arguments.held_out:
        write_held_out(arguments)
    if arguments.measure:
        tokenizer, model = load_gguf(arguments.out)
        report(model, tokenizer, "held out", read_held_out(), show=30)
    if arguments.train or arguments.forms:
        measure_forms(arguments)
    if arguments.expected:
        write_expected(arguments.out)
    if arguments.classify or arguments.measure or arguments.train:
        tokenizer, model = load_gguf(arguments.out)
        for text in (arguments.classify,) if arguments.classify else SENTENCES:
            shares = logits_of(model, [text_ids(tokenizer, model.config, text)]).softmax(-1)[0]
            print(f"{mails.LABELS[shares.argmax()]} {shares.max():.3f} {text}")


if __name__ == "__main__":
    main()
