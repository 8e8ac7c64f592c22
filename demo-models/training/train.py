#!/usr/bin/env python3
"""Trains the demonstration model and writes it as one GGUF file.

The model is a small decoder in Llama's form (RMSNorm, rotary position
embedding, grouped-query attention, SwiGLU, tied embeddings) with a byte-level
BPE vocabulary, trained on Jane Austen's six novels.  README.md beside this
file says where the text comes from and how to run the script:

    python train.py --text austen.txt --work run          train, then export
    python train.py --text austen.txt --work run --resume continue a stopped run
    python train.py --work run --export                   export the checkpoint
    python train.py --expected                            write expected values
    python train.py --sample "Emma was"                   continue a prompt

Everything that chance decides (initial weights, batches, dropout) follows from
SEED; a resumed run takes the same path as one that was never stopped.
"""

import argparse
import hashlib
import json
import math
import platform
import re
import time
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import tokenizers
import torch
import torch.nn.functional as F
from torch import nn

SEED = 1811  # the year in which Sense and Sensibility appeared

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
GGUF_PATH = HERE.parent / "src/main/resources/org/waterspout/demo/austen.gguf"
EXPECTED_PATH = REPOSITORY / "tests/src/test/resources/demo/expected.json"
MAX_GGUF_BYTES = 4_000_000

# The text exactly as the export command in README.md writes it.
TEXT_SHA256 = "9882f4bfc6ceba14d0dc4bac7585ec23cf4ceb9030430f9516e6bd0089808bfd"

END_OF_TEXT = "<|endoftext|>"  # the only special token: BOS, EOS and padding


@dataclass
class Config:
    """The shape of the model.  Every matrix row is a whole number of Q8_0
    blocks, so width and feed-forward width are multiples of 32."""

    vocabulary: int = 2048
    context: int = 512
    width: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_width: int = 64
    feed_forward: int = 704
    rope_base: float = 10000.0
    norm_epsilon: float = 1e-5
    dropout: float = 0.15


# --------------------------------------------------------------------------
# Text
# --------------------------------------------------------------------------

HEADING = re.compile(r"^(CHAPTER|Chapter|VOLUME)\s+[IVXLC\d]+\.?$")
CLOSING = re.compile(r"^(THE END|FINIS|Finis|A NOTE ON THE TEXT|\*Vide a letter.*)$")
EDITORIAL = re.compile(r"^(\*[ *]*|\[(At this point|End volume).*)$")


def read_novels(path):
    """Returns the novels as lists of chapters, each a list of paragraphs.

    Wrapped lines are joined, headings and editors' notes are dropped, the
    underscores that mark emphasis are removed, and runs of blanks become one.
    """
    raw = Path(path).read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != TEXT_SHA256:
        raise SystemExit(f"{path}: sha256 is {digest}, expected {TEXT_SHA256}")
    novels = []
    for novel in re.split(r"^=== .* ===$", raw.decode("utf-8"), flags=re.M)[1:]:
        chapters = []
        for block in re.split(r"\n\s*\n", novel):
            paragraph = " ".join(block.replace("_", "").split())
            if HEADING.match(paragraph):
                chapters.append([])
            elif CLOSING.match(paragraph):
                break  # what follows the end of a novel is not Austen's
            elif chapters and paragraph and not EDITORIAL.match(paragraph):
                chapters[-1].append(paragraph.replace("declared,* it", "declared, it"))
        novels.append([chapter for chapter in chapters if chapter])
    return novels


def split_novels(novels):
    """Splits off the last twentieth of every novel for validation.

    Both parts are lists of chapters as single strings, paragraphs separated
    by one empty line.
    """
    training, validation = [], []
    for chapters in novels:
        total = sum(len(p) for chapter in chapters for p in chapter)
        seen = 0
        for chapter in chapters:
            first, last = [], []
            for paragraph in chapter:
                (first if seen < 0.95 * total else last).append(paragraph)
                seen += len(paragraph)
            if first:
                training.append("\n\n".join(first))
            if last:
                validation.append("\n\n".join(last))
    return training, validation


def train_tokenizer(texts, size):
    """Trains a byte-level BPE vocabulary whose words are split by GPT-2's rule."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    assert tokenizer.get_vocab_size() == size
    return tokenizer


def encode_chapters(tokenizer, chapters):
    """Returns one stream of ids, each chapter between end-of-text tokens, and
    the positions in it at which a paragraph starts.  The stream itself starts
    with an end-of-text token."""
    end = tokenizer.token_to_id(END_OF_TEXT)
    ids, starts = [end], []
    for chapter in chapters:
        encoding = tokenizer.encode(chapter)
        offsets = encoding.offsets
        starts.extend(
            len(ids) + i
            for i, (begin, _) in enumerate(offsets)
            if begin == 0 or chapter[begin - 2 : begin] == "\n\n"
        )
        ids.extend(encoding.ids)
        ids.append(end)
    return torch.tensor(ids), torch.tensor(starts)


# --------------------------------------------------------------------------
# Model
# --------------------------------------------------------------------------


class RMSNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, self.epsilon)


def rotary_table(config):
    """Cosines and sines of the rotary embedding, one row per position."""
    pairs = torch.arange(0, config.head_width, 2, dtype=torch.float64) / config.head_width
    angles = torch.outer(torch.arange(config.context, dtype=torch.float64), config.rope_base**-pairs)
    return angles.cos().float(), angles.sin().float()


def rotate(x, cos, sin):
    """Rotates the neighbouring elements 2i and 2i+1 of every head.

    This is the order in which GGUF files of the architecture "llama" hold the
    rows of the query and key matrices, so the export does not permute them.
    """
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    rotated = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return rotated.flatten(-2).to(x.dtype)


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        width, query, kv = config.width, config.heads * config.head_width, config.kv_heads * config.head_width
        self.attn_norm = RMSNorm(width, config.norm_epsilon)
        self.attn_q = nn.Linear(width, query, bias=False)
        self.attn_k = nn.Linear(width, kv, bias=False)
        self.attn_v = nn.Linear(width, kv, bias=False)
        self.attn_output = nn.Linear(query, width, bias=False)
        self.ffn_norm = RMSNorm(width, config.norm_epsilon)
        self.ffn_gate = nn.Linear(width, config.feed_forward, bias=False)
        self.ffn_up = nn.Linear(width, config.feed_forward, bias=False)
        self.ffn_down = nn.Linear(config.feed_forward, width, bias=False)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x, cos, sin):
        batch, length, _ = x.shape
        group = self.config.heads // self.config.kv_heads
        h = self.attn_norm(x)
        q, k, v = (
            linear(h).view(batch, length, -1, self.config.head_width).transpose(1, 2)
            for linear in (self.attn_q, self.attn_k, self.attn_v)
        )
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        # Query head h reads key/value head h // group.
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        h = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.dropout(self.attn_output(h.transpose(1, 2).reshape(batch, length, -1)))
        h = self.ffn_norm(x)
        return x + self.dropout(self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h)))


class Decoder(nn.Module):
    """The names of the parameters are the names of the tensors in the GGUF file."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocabulary, config.width)
        self.blk = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.output_norm = RMSNorm(config.width, config.norm_epsilon)
        self.dropout = nn.Dropout(config.dropout)
        cos, sin = rotary_table(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                deviation = 0.02
                if "attn_output" in name or "ffn_down" in name:
                    deviation /= math.sqrt(2 * config.layers)
                nn.init.normal_(parameter, std=deviation)

    def forward(self, ids):
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        x = self.dropout(self.token_embd(ids))
        for block in self.blk:
            x = block(x, cos, sin)
        return F.linear(self.output_norm(x), self.token_embd.weight)


def loss_of(model, inputs, targets):
    return F.cross_entropy(model(inputs).float().flatten(0, 1), targets.flatten())


@torch.no_grad()
def validation_loss(model, ids, context):
    """Mean loss per token over consecutive blocks of the context length, each
    predicted without sight of the block before it."""
    model.eval()
    total = count = 0
    for start in range(0, len(ids) - 1, context):
        block = ids[start : start + context + 1]
        loss = loss_of(model, block[None, :-1], block[None, 1:])
        total += loss.item() * (len(block) - 1)
        count += len(block) - 1
    model.train()
    return total / count


# --------------------------------------------------------------------------
# Training
# --------------------------------------------------------------------------


def draw_batch(ids, starts, size, context, generator):
    """Draws blocks of the context length.

    The first half starts anywhere; the second half starts with end-of-text
    followed by the start of a paragraph, as a prompt will.
    """
    half = size // 2
    anywhere = torch.randint(len(ids) - context, (half,), generator=generator)
    usable = starts[starts < len(ids) - context]
    opening = usable[torch.randint(len(usable), (size - half,), generator=generator)] - 1
    blocks = torch.stack([ids[i : i + context + 1] for i in torch.cat((anywhere, opening)).tolist()])
    blocks[half:, 0] = ids[0]  # end-of-text
    return blocks[:, :-1], blocks[:, 1:]


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
    torch.set_num_threads(arguments.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)

    training, validation = split_novels(read_novels(arguments.text))
    tokenizer = train_tokenizer(training, config.vocabulary)
    tokenizer.save(str(work / "tokenizer.json"))
    train_ids, starts = encode_chapters(tokenizer, training)
    valid_ids, _ = encode_chapters(tokenizer, validation)
    valid_bytes = sum(len(text.encode()) for text in validation)
    print(f"training tokens {len(train_ids)}, validation tokens {len(valid_ids)} of {valid_bytes} bytes")

    model = Decoder(config)
    print(f"parameters {sum(p.numel() for p in model.parameters())}")
    matrices = [p for p in model.parameters() if p.dim() == 2]
    norms = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": arguments.weight_decay}, {"params": norms, "weight_decay": 0.0}],
        betas=(0.9, 0.95),
        fused=True,
    )
    first, seconds, history = 0, 0.0, []
    if arguments.resume:
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        generator.set_state(state["generator"])
        first, seconds, history = state["step"], state["seconds"], state["history"]

    started, recent, mean = time.time() - seconds, [], float("nan")
    for step in range(first, arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments)
        inputs, targets = draw_batch(train_ids, starts, arguments.batch, config.context, generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            loss = loss_of(model, inputs, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        recent.append(loss.item())
        done = step + 1
        if done % arguments.log_every == 0:
            mean, recent = sum(recent) / len(recent), []
            print(f"step {done} loss {mean:.4f} seconds {time.time() - started:.0f}", flush=True)
        if done % arguments.save_every == 0 or done == arguments.steps:
            per_token = validation_loss(model, valid_ids, config.context)
            per_byte = per_token * (len(valid_ids) - 1) / valid_bytes
            print(f"step {done} validation loss {per_token:.4f} per token, {per_byte:.4f} per byte", flush=True)
            history.append({"step": done, "training": mean, "validation": per_token, "validation_per_byte": per_byte})
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "random": torch.get_rng_state(),
                    "generator": generator.get_state(),
                    "step": done,
                    "seconds": time.time() - started,
                    "history": history,
                },
                checkpoint.with_suffix(".tmp"),
            )
            checkpoint.with_suffix(".tmp").replace(checkpoint)
    # Loss of the undisturbed model (no dropout) on as much training text as
    # there is validation text, to set beside the validation loss.
    sample = train_ids[: len(valid_ids)]
    print(f"training loss without dropout {validation_loss(model, sample, config.context):.4f} per token")


# --------------------------------------------------------------------------
# GGUF
# --------------------------------------------------------------------------


def export(work, path):
    """Writes the checkpoint as GGUF: matrices in Q8_0, norms in F32, with the
    metadata that llama.cpp's converter writes for a Llama model with a
    byte-level BPE vocabulary."""
    config = Config()
    weights = torch.load(Path(work) / "checkpoint.pt", weights_only=False)["model"]
    vocabulary = json.loads((Path(work) / "tokenizer.json").read_text())["model"]
    tokens = sorted(vocabulary["vocab"], key=vocabulary["vocab"].get)
    end = vocabulary["vocab"][END_OF_TEXT]
    types = [gguf.TokenType.CONTROL if i == end else gguf.TokenType.NORMAL for i in range(len(tokens))]
    # Depending on its version, the tokenizer file holds merges as pairs or as text.
    merges = [m if isinstance(m, str) else " ".join(m) for m in vocabulary["merges"]]

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("model")
    writer.add_name("Austen demonstration model")
    writer.add_description("A small decoder in Llama's form, trained on Jane Austen's six novels.")
    writer.add_size_label(f"{sum(w.numel() for w in weights.values()) / 1e6:.1f}M")
    writer.add_license("CC0-1.0")
    writer.add_languages(["en"])
    writer.add_block_count(config.layers)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_feed_forward_length(config.feed_forward)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)
    writer.add_key_length(config.head_width)
    writer.add_value_length(config.head_width)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_vocab_size(config.vocabulary)
    writer.add_rope_dimension_count(config.head_width)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(end)
    writer.add_add_bos_token(True)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for name, weight in weights.items():
        data = weight.float().numpy()
        if data.ndim == 2:
            data = gguf.quants.quantize(data, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, data, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    size = path.stat().st_size
    print(f"{path.name}: {size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    if size > MAX_GGUF_BYTES:
        raise SystemExit(f"larger than {MAX_GGUF_BYTES} bytes")


def load_gguf(path):
    """Reads the tokenizer and the model, its weights dequantised, from the GGUF file."""
    reader = gguf.GGUFReader(path)
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    merges = [tuple(m.split(" ")) for m in reader.get_field("tokenizer.ggml.merges").contents()]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens([END_OF_TEXT])
    model = Decoder(Config())
    model.load_state_dict(
        {
            t.name: torch.from_numpy(np.array(gguf.quants.dequantize(t.data, t.tensor_type), dtype=np.float32))
            for t in reader.tensors
        }
    )
    return tokenizer, model.eval()


# --------------------------------------------------------------------------
# Use
# --------------------------------------------------------------------------


def prompt_ids(tokenizer, prompt):
    return [tokenizer.token_to_id(END_OF_TEXT)] + tokenizer.encode(prompt).ids


@torch.no_grad()
def continue_greedily(model, ids, count):
    """Returns the most likely continuation, the gap between the two largest
    logits at each of its steps, and the logits after the prompt."""
    ids, gaps, first = list(ids), [], None
    for _ in range(count):
        logits = model(torch.tensor([ids]))[0, -1]
        first = logits if first is None else first
        best = logits.topk(2)
        gaps.append((best.values[0] - best.values[1]).item())
        ids.append(best.indices[0].item())
    return ids[-count:], gaps, first


@torch.no_grad()
def sample(model, ids, count, temperature, generator):
    ids = list(ids)
    for _ in range(count):
        logits = model(torch.tensor([ids[-model.config.context :]]))[0, -1]
        if temperature == 0:
            ids.append(logits.argmax().item())
        else:
            probabilities = torch.softmax(logits / temperature, dim=-1)
            ids.append(torch.multinomial(probabilities, 1, generator=generator).item())
    return ids[-count:]


# Prompts of the expected values and the lengths of their continuations.  At every
# step of each greedy continuation the best two logits differ by more than
# MIN_GAP, so that another order of summation does not change the text.
PROMPTS = {
    "It is a truth universally acknowledged": 32,
    "Marianne": 64,
    "They were": 64,
    '"My dear Mr. Bennet," said': 64,
    "His house -- a naïve idea -- cost £20,000.": 64,
}
MIN_GAP = 0.02


def write_expected(path):
    tokenizer, model = load_gguf(GGUF_PATH)
    cases = []
    for prompt, length in PROMPTS.items():
        ids = prompt_ids(tokenizer, prompt)
        generated, gaps, logits = continue_greedily(model, ids, length)
        if min(gaps) <= MIN_GAP:
            raise SystemExit(f"near tie ({min(gaps):.4f}) in the continuation of {prompt!r}")
        case = {
            "prompt": prompt,
            "prompt_ids": ids,
            "greedy_ids": generated,
            "greedy_text": tokenizer.decode(generated, skip_special_tokens=False),
            "greedy_gaps": [round(g, 6) for g in gaps],
        }
        if not cases:
            case["prompt_logits"] = [round(v, 6) for v in logits.tolist()]
        cases.append(case)
    path.parent.mkdir(parents=True, exist_ok=True)
    expected = {
        "model": GGUF_PATH.name,
        "model_sha256": hashlib.sha256(GGUF_PATH.read_bytes()).hexdigest(),
        "arithmetic": "weights dequantised from Q8_0 to F32, all arithmetic in F32",
        "versions": versions(),
        "cases": cases,
    }
    path.write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def versions():
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "tokenizers": tokenizers.__version__,
        "numpy": np.__version__,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--text", help="the novels, as exported by the command in README.md")
    parser.add_argument("--work", default="run", help="folder of the tokenizer and the checkpoint")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint")
    parser.add_argument("--export", action="store_true", help="only write the checkpoint as GGUF")
    parser.add_argument("--out", type=Path, default=GGUF_PATH, help="where the GGUF file goes")
    parser.add_argument("--expected", nargs="?", const=EXPECTED_PATH, type=Path, help="write the expected values")
    parser.add_argument("--sample", metavar="PROMPT", help="print continuations of a prompt")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--warmup", type=int, default=150)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--save-every", type=int, default=250)
    arguments = parser.parse_args()
    if arguments.text:
        print(json.dumps(versions()))
        train(arguments)
    if arguments.text or arguments.export:
        export(arguments.work, arguments.out)
    if arguments.expected:
        write_expected(arguments.expected)
    if arguments.sample:
        tokenizer, model = load_gguf(arguments.out)
        ids = prompt_ids(tokenizer, arguments.sample)
        generator = torch.Generator().manual_seed(SEED)
        for temperature in (0, 0.8):
            text = tokenizer.decode(sample(model, ids, 100, temperature, generator))
            print(f"--- temperature {temperature}\n{arguments.sample}{text}")


if __name__ == "__main__":
    main()
