"""Sentences a second of an ONNX encoder in ONNX Runtime, and the vectors it gives.

    python onnx-runtime.py MODEL.onnx THREADS RUNS < tokens.json

tokens.json: [[token, ...], ...], one batch; all of one length, as for a fair comparison nothing is padded. Prints one JSON object.
"""
import json
import resource
import sys
import time

import numpy
import onnxruntime


def main():
    model, threads, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tokens = numpy.array(json.load(sys.stdin), dtype=numpy.int64)
    known = {each.name for each in session.get_inputs()}
    feed = {"input_ids": tokens, "attention_mask": numpy.ones_like(tokens), "token_type_ids": numpy.zeros_like(tokens)}
    feed = {name: value for name, value in feed.items() if name in known}
    seconds = []
    hidden = None
    until = time.perf_counter() + 1.5  # warm-up
    while time.perf_counter() < until:
        hidden = session.run(None, feed)[0]
    for _ in range(runs):
        start = time.perf_counter()
        count = 0
        while count < 3 or time.perf_counter() - start < 0.5:
            hidden = session.run(None, feed)[0]
            count += 1
        seconds.append((time.perf_counter() - start) / count)
    vectors = hidden.mean(axis=1)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    rates = sorted(len(tokens) / each for each in seconds)
    print(json.dumps({"sentences_per_second": {"median": rates[len(rates) // 2], "min": rates[0], "max": rates[-1]},
                      "vectors": vectors.tolist(),
                      "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main()
