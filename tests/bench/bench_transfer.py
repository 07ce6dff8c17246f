"""What pretraining gains: the same fine-tuning from several checkpoints and from scratch, dev accuracy by pretraining steps.

    .venv/bin/python tests/bench/bench_transfer.py --starts scratch:mini data/models/bert-mini-zh --seeds 1 2 \\
        --train_set data/lcqmc/train.tsv --dev_set data/lcqmc/dev.tsv -- --max_steps 3000 --learning_rate 3e-4
    .venv/bin/python tests/bench/bench_transfer.py --starts output/pretrain/checkpoints/step_*          # a curve of one run

The flags after `--` are passed to every fine-tuning run. Prints a table and a JSON.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from sides import ROOT


def fine_tune(start: str, seed: int, data: list, flags: list) -> float:
    """The dev accuracy of the best checkpoint of one fine-tuning run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "app",
            "match",
            "--model_name_or_path",
            start,
            "--seed",
            str(seed),
            "--output_dir",
            folder,
        ]
        done = subprocess.run([*command, *data, *flags], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{start}: {done.stderr.strip()}")
        return json.loads((Path(folder) / "metrics.json").read_text())["dev"]["accuracy"]


def pretraining_steps(start: str) -> int:
    """The number of steps that a checkpoint was pretrained for; 0 from scratch."""
    metadata = Path(start) / "pretraining.json"
    return json.loads(metadata.read_text(encoding="utf-8"))["step"] if metadata.is_file() else 0


def main() -> None:
    arguments, flags = sys.argv[1:], []
    if "--" in arguments:
        separator = arguments.index("--")
        arguments, flags = arguments[:separator], arguments[separator + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", nargs="+", required=True, help="checkpoint folders, or scratch:SIZE")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--train_set", default=str(ROOT / "data/sample/train.tsv"))
    parser.add_argument("--dev_set", default=str(ROOT / "data/sample/dev.tsv"))
    options = parser.parse_args(arguments)
    data, results = ["--train_set", options.train_set, "--dev_set", options.dev_set], []
    print(f"{'pretraining steps':>18}  {'dev accuracy':>12}  start")
    for start in sorted(options.starts, key=pretraining_steps):
        start = start if start.startswith("scratch:") else str(Path(start).resolve())
        accuracies = [fine_tune(start, seed, data, flags) for seed in options.seeds]
        results.append({"start": start, "steps": pretraining_steps(start), "dev": accuracies})
        print(f"{results[-1]['steps']:>18,}  {statistics.mean(accuracies):>12.2%}  {start}  {accuracies}", flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
