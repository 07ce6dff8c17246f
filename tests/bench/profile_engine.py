"""What an engine spends its time on, by kind of operation: one batch, one thread, a model with random weights.

    .venv/bin/python tests/bench/profile_engine.py --shape 12x768 --engine bf16
    .venv/bin/python tests/bench/profile_engine.py --shape 4x312 --engine int8 --rows 21 --length 24

fp32 and bf16 tell by oneDNN's log (ONEDNN_VERBOSE), int8 by ONNX Runtime's profile. "between operations" is what is left of
the whole: the library around them, and operations of Paddle's own.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_predict import SHAPES, make_model
from sides import ROOT

RUNS, WARM_UP = 5, 2  # the first make what the library keeps for a shape


def compute(folder: str, engine: str, rows: int, length: int) -> None:
    """Runs the batch; prints the seconds of each timed run."""
    from app import runtime
    from app.engine.base import open_engine

    runtime.prepare()
    if engine == "int8":
        profile_onnx_runtime(folder)
    opened = open_engine(engine, Path(folder) / "best", "cpu")
    batch = np.random.default_rng(1).integers(200, 20000, (rows, length))
    for run in range(RUNS):
        print(f"run {run}", flush=True)
        began = time.perf_counter()
        opened.run(batch, np.zeros_like(batch))
        print(f"\nseconds {time.perf_counter() - began}", flush=True)


def profile_onnx_runtime(folder: str) -> None:
    """Makes sessions write profiles into the folder when they end."""
    import onnxruntime

    class Profiling(onnxruntime.SessionOptions):
        def __init__(self):
            super().__init__()
            self.enable_profiling, self.profile_file_prefix = True, f"{folder}/profile"

    onnxruntime.SessionOptions = Profiling


def onednn_kinds(log: str) -> dict:
    """Milliseconds and number of each kind of operation in the timed runs of oneDNN's log."""
    kinds = collections.defaultdict(list)
    for line in log.split(f"run {WARM_UP}\n", 1)[1].splitlines():
        columns = line.split(",")
        if columns[0] == "onednn_verbose" and "exec" in columns:
            kinds[columns[columns.index("exec") + 2]].append(float(columns[-1]))
    return kinds


def onnx_runtime_kinds(folder: Path) -> dict:
    """The same of ONNX Runtime's profile."""
    kinds = collections.defaultdict(list)
    (profile,) = folder.glob("profile*.json")
    events = json.loads(profile.read_text())
    starts = sorted(event["ts"] for event in events if event["name"] == "model_run")
    for event in events:
        if event.get("cat") == "Node" and event["ts"] >= starts[WARM_UP]:
            kinds[event["args"]["op_name"]].append(event["dur"] / 1000)
    return kinds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="4x312", help="layers x width")
    parser.add_argument("--engine", choices=["fp32", "bf16", "int8"], default="fp32")
    parser.add_argument("--rows", type=int, default=96, help="of a batch: file scoring takes 96 of this length, int8 21")
    parser.add_argument("--length", type=int, default=24)
    parser.add_argument("--folder", help=argparse.SUPPRESS)  # how it calls itself
    options = parser.parse_args()
    if options.folder:
        return compute(options.folder, options.engine, options.rows, options.length)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "data/sample/train.tsv", Path(folder) / "in.tsv")
        make_model(folder, options.shape)
        command = [sys.executable, __file__, *sys.argv[1:], "--folder", folder]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "ONEDNN_VERBOSE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
        if done.returncode:
            sys.exit(done.stderr)
        kinds = onnx_runtime_kinds(Path(folder)) if options.engine == "int8" else onednn_kinds(done.stdout)
    timed = RUNS - WARM_UP
    whole = sum([float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("seconds ")][WARM_UP:]) * 1000
    print(f"{options.shape} {options.engine}, {options.rows} x {options.length}: {whole / timed:.1f} ms a batch, ", end="")
    print(f"{options.rows * timed / whole * 1000:,.0f} pairs/s on one thread")
    left = [whole - sum(map(sum, kinds.values()))]
    for kind, each in sorted({**kinds, "between operations": left}.items(), key=lambda item: -sum(item[1])):
        number = f"{len(each) // timed:5}" if kind != "between operations" else " " * 5
        print(f"  {sum(each) / timed:8.2f} ms {sum(each) / whole:5.0%} {number}  {kind}")


if __name__ == "__main__":
    main()
