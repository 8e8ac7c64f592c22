"""Records what the gguf Python package makes of bytes and numbers; the tests of model-io compare with it exactly.

    pip install gguf==0.19.0 numpy==2.4.6
    python record_gguf.py ../resources/org/waterspout/model

Writes, under the folder given:
    weights/TYPE.blocks   blocks of a weight type: zeros, ones, random bytes, and random bytes with odd scales
    weights/TYPE.f32      the numbers they decode to, float32 little-endian
    weights/encode.f32    numbers to encode
    weights/TYPE.encoded  the blocks they are encoded to
    gguf/from-python.gguf every kind of metadata value, and tensors of the types that can be written
"""

import pathlib
import sys

import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import GGUFValueType as V
from gguf import GGUFWriter
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize

# where the halves of a block are (ggml-common.h)
SCALES = {
    T.F16: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
    T.IQ4_NL: [0], T.IQ4_XS: [0],
}
# largest, smallest and largest subnormal, negative subnormal, smallest normal, both zeros, both infinities, two NaNs
ODD_HALVES = [0x7BFF, 0xFBFF, 0x0001, 0x03FF, 0x8001, 0x0400, 0x0000, 0x8000, 0x7C00, 0xFC00, 0x7E00, 0xFFFF]


def record_decoder(folder, qtype, random):
    length, size = GGML_QUANT_SIZES[qtype]
    plain = max(8, 256 // length)  # plain types: many numbers, as a block is one
    blocks = [np.zeros(size, np.uint8), np.full(size, 0xFF, np.uint8)]
    blocks += [random.integers(0, 256, size, dtype=np.uint8) for _ in range(plain)]
    for half in ODD_HALVES:
        for at in SCALES.get(qtype, []):
            block = random.integers(0, 256, size, dtype=np.uint8)
            block[at : at + 2] = np.frombuffer(np.uint16(half).tobytes(), np.uint8)
            blocks.append(block)
    data = np.stack(blocks)
    numbers = dequantize(data if qtype not in (T.F32, T.F16) else data.reshape(-1), qtype).astype("<f4")
    (folder / f"{qtype.name}.blocks").write_bytes(data.tobytes())
    (folder / f"{qtype.name}.f32").write_bytes(numpy_bytes(numbers))


def record_i8_32(folder, numbers, random):
    """I8_32 is no type of the package: a 32-bit float d and 32 signed bytes q, value d * q."""
    blocks = []
    for d in (0.0, -0.0, 1.0, -3.7e-3, 1e-45, 3.4e38, np.inf, np.nan, *random.normal(size=8)):
        q = random.integers(-128, 128, 32, dtype=np.int8)
        blocks.append((np.float32(d), q))
    blocks.append((np.float32(0.5), np.arange(-128, 128, 8, dtype=np.int8)))
    stored = lambda pairs: b"".join(d.tobytes() + q.tobytes() for d, q in pairs)
    (folder / "I8_32.blocks").write_bytes(stored(blocks))
    (folder / "I8_32.f32").write_bytes(numpy_bytes(np.stack([d * q.astype(np.float32) for d, q in blocks])))
    encoded = []
    for row in numbers.astype(np.float32):
        d = np.abs(row).max() / np.float32(127)
        with np.errstate(all="ignore"):
            inverse = np.float32(1) / d
        scaled = row * (inverse if np.isfinite(inverse) else np.float32(0))
        magnitude = np.abs(scaled)
        whole = np.floor(magnitude)
        encoded.append((d, (np.sign(scaled) * (whole + (magnitude - whole >= 0.5))).astype(np.int8)))
    (folder / "I8_32.encoded").write_bytes(stored(encoded))


def numpy_bytes(array):
    return np.ascontiguousarray(array).tobytes()


def numbers_to_encode(random):
    ramp = np.arange(32, dtype=np.float32)
    # no block of negative zeros: the package keeps their sign in a Q4_0 scale, ggml's own quantize_row_q4_0_ref does not
    rows = [
        np.zeros(32), ramp, -ramp, ramp - 16, 16 - ramp,
        (ramp - 16) + 0.5,  # halves, to see which way they round
        (ramp * 4 - 63.5) * 2 / 127,
        np.where(ramp % 2 == 0, 7.0, -7.0),  # the farthest number is there twice, with both signs
        np.full(32, 1.0), np.full(32, -1.0), np.full(32, 1e-8), np.full(32, 3e-5),
        np.eye(32)[5] * -65504, random.normal(size=32) * 1e4,
    ]
    rows += [random.normal(size=32) * 10.0 ** random.integers(-6, 4) for _ in range(48)]
    return np.stack(rows).astype("<f4")


def record_gguf(path, random):
    writer = GGUFWriter(path, "fixture")
    for value, kind in [
        (200, V.UINT8), (-100, V.INT8), (60000, V.UINT16), (-30000, V.INT16), (4000000000, V.UINT32), (-2000000000, V.INT32),
        (0.1, V.FLOAT32), (True, V.BOOL), ("grüße, 世界 🌍", V.STRING), (2**64 - 1, V.UINT64), (-(2**63), V.INT64), (0.1, V.FLOAT64),
    ]:
        writer.add_key_value(f"one.{kind.name.lower()}", value, kind)
    for values, kind in [
        ([0, 255], V.UINT8), ([-128, 127], V.INT8), ([0, 65535], V.UINT16), ([-32768, 32767], V.INT16),
        ([0, 2**32 - 1], V.UINT32), ([-(2**31), 2**31 - 1], V.INT32), ([-0.5, 3.5], V.FLOAT32), ([True, False], V.BOOL),
        (["", "a", "ż", "two\nlines"], V.STRING), ([0, 2**64 - 1], V.UINT64), ([-(2**63), 2**63 - 1], V.INT64), ([-0.5, 0.1], V.FLOAT64),
    ]:
        writer.add_key_value(f"many.{kind.name.lower()}", values, V.ARRAY, kind)
    writer.add_custom_alignment(64)
    numbers = numbers_to_encode(random)[:6].reshape(2, 3, 32)
    for qtype in (T.F32, T.F16, T.Q8_0, T.Q4_0):
        encoded = quantize(numbers, qtype)
        raw_dtype = None if qtype in (T.F32, T.F16) else qtype
        writer.add_tensor(f"tensor.{qtype.name.lower()}", encoded, raw_dtype=raw_dtype)
    writer.add_tensor("vector", np.array([1.5, -2.5, 3.5], dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "weights").mkdir(parents=True, exist_ok=True)
    (folder / "gguf").mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(3)
    with np.errstate(all="ignore"):
        for qtype in (T.F32, T.F16, T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K):
            record_decoder(folder / "weights", qtype, random)
        numbers = numbers_to_encode(random)
        (folder / "weights" / "encode.f32").write_bytes(numpy_bytes(numbers))
        for qtype in (T.F32, T.F16, T.Q8_0, T.Q4_0):
            (folder / "weights" / f"{qtype.name}.encoded").write_bytes(numpy_bytes(quantize(numbers, qtype)))
    with np.errstate(all="ignore"):
        for qtype in (T.IQ4_NL, T.IQ4_XS):
            record_decoder(folder / "weights", qtype, np.random.default_rng(7))
        record_i8_32(folder / "weights", numbers, np.random.default_rng(5))
    record_gguf(folder / "gguf" / "from-python.gguf", random)


main()
