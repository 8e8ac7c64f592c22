"""Records a tiny model and a shortlist in Marian's binary layouts, and the numbers they stand for.

    python record_marian.py OUTPUT_FOLDER [FOLDER_WITH firefox-enpt ...]

The layouts are written here from their description (Marian's src/common/binary.cpp and src/data/shortlist.h), with nothing of the
reader's. numbers.f32 holds all weights in the order of their canonical names, matrices as [out, in]. With a folder of models, the
SHA-256 of the same numbers of real ones is recorded in real.json. Recorded with Python 3.11, numpy 2, PyYAML 6.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np
import yaml

WIDTH, INNER, VOCABULARY = 32, 64, 48
FLOAT32, INT8, INTGEMM8 = 0x0404, 0x0101, 0x4101

OPTIONS = {
    "bert-train-type-embeddings": True, "dec-cell": "ssru", "dec-cell-base-depth": 2, "dec-depth": 1, "dim-emb": WIDTH, "dim-rnn": 1024,
    "dim-vocabs": [VOCABULARY, VOCABULARY], "enc-cell": "gru", "enc-depth": 2, "input-types": [], "layer-normalization": False,
    "lemma-dim-emb": 0, "output-omit-bias": False, "right-left": False, "skip": False, "tied-embeddings": False,
    "tied-embeddings-all": True, "transformer-decoder-autoreg": "rnn", "transformer-dim-ffn": INNER, "transformer-ffn-activation": "relu",
    "transformer-ffn-depth": 2, "transformer-heads": 8, "transformer-no-projection": False, "transformer-pool": False,
    "transformer-postprocess": "dan", "transformer-postprocess-emb": "d", "transformer-postprocess-top": "",
    "transformer-preprocess": "", "transformer-tied-layers": [], "transformer-train-position-embeddings": False, "type": "transformer",
    "ulr": False, "version": "v1.9.56",
}
DECODER = {"beam-size": 1, "normalize": 1.0, "word-penalty": 0, "max-length-factor": 2.5, "models": ["model.xxyy.bin"]}


def names():
    """(Marian's name, canonical name, kind) of every weight; kinds: table, matrix [in, out] by its sizes, vector by its size."""
    d, f = WIDTH, INNER
    yield "Wemb", "token_embd.weight", (VOCABULARY, d)
    yield "decoder_ff_logit_out_b", "output.bias", (VOCABULARY,)

    def attention(marian, canonical):
        for letter in "qkvo":
            yield f"{marian}_W{letter}", f"{canonical}_{letter}.weight", (d, d)
            yield f"{marian}_b{letter}", f"{canonical}_{letter}.bias", (d,)
        yield f"{marian}_Wo_ln_scale", f"{canonical}_output_norm.weight", (d,)
        yield f"{marian}_Wo_ln_bias", f"{canonical}_output_norm.bias", (d,)

    def feed_forward(marian, canonical):
        yield f"{marian}_W1", f"{canonical}ffn_up.weight", (d, f)
        yield f"{marian}_b1", f"{canonical}ffn_up.bias", (f,)
        yield f"{marian}_W2", f"{canonical}ffn_down.weight", (f, d)
        yield f"{marian}_b2", f"{canonical}ffn_down.bias", (d,)
        yield f"{marian}_ffn_ln_scale", f"{canonical}layer_output_norm.weight", (d,)
        yield f"{marian}_ffn_ln_bias", f"{canonical}layer_output_norm.bias", (d,)

    for layer in range(2):
        yield from attention(f"encoder_l{layer + 1}_self", f"enc.blk.{layer}.attn")
        yield from feed_forward(f"encoder_l{layer + 1}_ffn", f"enc.blk.{layer}.")
    yield "decoder_l1_rnn_W", "dec.blk.0.rnn_candidate.weight", (d, d)
    yield "decoder_l1_rnn_Wf", "dec.blk.0.rnn_forget.weight", (d, d)
    yield "decoder_l1_rnn_bf", "dec.blk.0.rnn_forget.bias", (d,)
    yield "decoder_l1_rnn_ffn_ln_scale", "dec.blk.0.attn_output_norm.weight", (d,)
    yield "decoder_l1_rnn_ffn_ln_bias", "dec.blk.0.attn_output_norm.bias", (d,)
    yield from attention("decoder_l1_context", "dec.blk.0.cross_attn")
    yield from feed_forward("decoder_l1_ffn", "dec.blk.0.")


def padded(data, filler):
    return data + filler * (-len(data) % 256)


def write_model(path, random):
    items, numbers = [], {}
    for marian, canonical, shape in names():
        if len(shape) == 1:
            vector = random.normal(size=shape).astype("<f4")
            items.append((marian, FLOAT32, (1, *shape), padded(vector.tobytes(), b"\0")))
            numbers[canonical] = vector
            continue
        quants = random.integers(-127, 128, shape, dtype=np.int8)  # as the header's shape says
        multiplier = np.float32(127 / random.uniform(0.5, 2))
        table = marian == "Wemb"
        stored = quants if table else quants.T
        items.append((marian, INTGEMM8, shape, padded(stored.tobytes() + multiplier.tobytes(), b"\x5A")))
        numbers[canonical] = np.float32(1) / multiplier * stored.astype("<f4")
        if table:
            items.append(("Wemb_QuantMultA", INTGEMM8, (1, 1), padded(b"\x7F" + multiplier.tobytes(), b"\x5A")))
        else:
            items.append((marian + "_QuantMultA", FLOAT32, (1, 1), padded(multiplier.tobytes(), b"\0")))
    items.append(("none_QuantMultA", FLOAT32, (1, 1), padded(np.float32(9).tobytes(), b"\0")))
    options = yaml.safe_dump(OPTIONS).encode() + b"\0"
    items.append(("special:model.yml", INT8, (len(options),), options))
    write_items(path, items)
    return numbers


def write_items(path, items):
    out = struct.pack("<QQ", 1, len(items))
    for name, kind, shape, data in items:
        out += struct.pack("<4Q", len(name.encode()) + 1, kind, len(shape), len(data))
    out += b"".join(name.encode() + b"\0" for name, *_ in items)
    out += b"".join(struct.pack(f"<{len(shape)}i", *shape) for _, _, shape, _ in items)
    padding = 256 - (len(out) + 8) % 256  # 1 to 256 bytes
    out += struct.pack("<Q", padding) + b"\0" * padding
    path.write_bytes(out + b"".join(data for *_, data in items))


def write_shortlist(path, random):
    lists = [[]] + [sorted(random.choice(np.arange(4, VOCABULARY), random.integers(0, 7), replace=False)) for _ in range(VOCABULARY - 1)]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype("<u8")
    ids = np.concatenate(lists).astype("<u4")
    body = struct.pack("<4Q", 4, 7, len(offsets), len(ids)) + offsets.tobytes() + ids.tobytes()
    checksum, mask = 0, 2**64 - 1
    for i in range(len(body) // 8):
        word = int.from_bytes(body[8 * i : 8 * i + 8], "little")
        checksum ^= (word + 0x9E3779B9 + (checksum << 6 & mask) + (checksum >> 2)) & mask
    path.write_bytes(struct.pack("<2Q", 0xF11A48D5013417F5, checksum) + body)
    sources = [[5, 9, 0], [0], [7, 7, 47, 31, 2, 0]]
    return [{"source": s, "candidates": sorted({0, 1, 2, 3} | {int(i) for t in s for i in lists[t]})} for s in sources]


def real(folder):
    """SHA-256 of the numbers of some weights of a real file, read here without the reader under test."""
    data = next(folder.glob("model.*.bin")).read_bytes()
    count = struct.unpack_from("<Q", data, 8)[0]
    headers = [struct.unpack_from("<4Q", data, 16 + 32 * i) for i in range(count)]
    at = 16 + 32 * count
    labels, shapes, found = [], [], {}
    for length, *_ in headers:
        labels.append(data[at : at + length - 1].decode())
        at += length
    for _, _, dimensions, _ in headers:
        shapes.append(struct.unpack_from(f"<{dimensions}i", data, at))
        at += 4 * dimensions
    at += 8 + struct.unpack_from("<Q", data, at)[0]
    wanted = {"Wemb": "token_embd.weight", "encoder_l6_ffn_W1": "enc.blk.5.ffn_up.weight", "decoder_l2_rnn_Wf": "dec.blk.1.rnn_forget.weight",
              "decoder_l1_context_Wo_ln_scale": "dec.blk.0.cross_attn_output_norm.weight"}
    for label, shape, (_, kind, _, length) in zip(labels, shapes, headers):
        n = int(np.prod(shape))
        if label in wanted and kind == FLOAT32:
            numbers = np.frombuffer(data, "<f4", n, at)
        elif label in wanted:
            scale = np.float32(1) / np.frombuffer(data, "<f4", 1, at + n)[0]
            numbers = scale * np.frombuffer(data, np.int8, n, at).astype("<f4")
        if label in wanted:
            found[wanted[label]] = hashlib.sha256(numbers.astype("<f4").tobytes()).hexdigest()
        at += length
    return found


def main(folder, models):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(20260101)
    numbers = write_model(folder / "model.xxyy.bin", random)
    (folder / "numbers.f32").write_bytes(b"".join(numbers[name].tobytes() for name in sorted(numbers)))
    cases = write_shortlist(folder / "lex.xxyy.bin", random)
    shapes = {name: list(numbers[name].shape) for name in sorted(numbers)}
    lists = (",\n  ".join(json.dumps(case) for case in cases), ",\n  ".join(f"{json.dumps(n)}: {s}" for n, s in shapes.items()))
    (folder / "cases.json").write_text('{"shortlist": [\n  %s],\n "shapes": {\n  %s}}\n' % lists)
    (folder / "config.yml").write_text(yaml.safe_dump(DECODER))
    if models:
        (folder / "real.json").write_text(json.dumps({path.name: real(path) for path in models}, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
