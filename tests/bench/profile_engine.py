"""The time of an engine by type of operation: one batch, one thread, a model with random weights.

    .venv/bin/python tests/bench/profile_engine.py --shape 12x768 --engine bf16
    .venv/bin/python tests/bench/profile_engine.py --shape 4x312 --engine int8 --rows 21 --length 24

The times of fp32 and bf16 come from the log of oneDNN (ONEDNN_VERBOSE), those of int8 from the profile of ONNX Runtime. "between
operations" is the rest of the total time: the library around the operations, and operations of Paddle without oneDNN.
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

RUNS, WARM_UP = 5, 2  # the first runs prepare the operations for the shape


def compute(folder: str, engine: str, rows: int, length: int) -> None:
    """Runs the batch RUNS times and prints the seconds of each run."""
    from app import runtime
    from app.engine.engines import open_engine

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
    """Makes each session of ONNX Runtime write a profile into the folder when it ends."""
    import onnxruntime

    class Profiling(onnxruntime.SessionOptions):
        def __init__(self):
            super().__init__()
            self.enable_profiling, self.profile_file_prefix = True, f"{folder}/profile"

    onnxruntime.SessionOptions = Profiling


def onednn_times(log: str) -> dict:
    """The times in milliseconds of all operations of each type, in the timed runs in the log of oneDNN."""
    times = collections.defaultdict(list)
    for line in log.split(f"run {WARM_UP}\n", 1)[1].splitlines():
        columns = line.split(",")
        if columns[0] == "onednn_verbose" and "exec" in columns:
            times[columns[columns.index("exec") + 2]].append(float(columns[-1]))
    return times


def onnx_runtime_times(folder: Path) -> dict:
    """The same from the profile of ONNX Runtime."""
    times = collections.defaultdict(list)
    (profile,) = folder.glob("profile*.json")
    events = json.loads(profile.read_text())
    starts = sorted(event["ts"] for event in events if event["name"] == "model_run")
    for event in events:
        if event.get("cat") == "Node" and event["ts"] >= starts[WARM_UP]:
            times[event["args"]["op_name"]].append(event["dur"] / 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="4x312", help="layers x width")
    parser.add_argument("--engine", choices=["fp32", "bf16", "int8"], default="fp32")
    parser.add_argument("--rows", type=int, default=96, help="batch size; file scoring uses 96 rows of the default length, int8 21")
    parser.add_argument("--length", type=int, default=24)
    parser.add_argument("--folder", help=argparse.SUPPRESS)  # used by the process that runs the engine
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
        times = onnx_runtime_times(Path(folder)) if options.engine == "int8" else onednn_times(done.stdout)
    timed = RUNS - WARM_UP
    total = sum([float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("seconds ")][WARM_UP:]) * 1000
    print(f"{options.shape} {options.engine}, {options.rows} x {options.length}: {total / timed:.1f} ms per batch, ", end="")
    print(f"{options.rows * timed / total * 1000:,.0f} pairs/s on one thread")
    rest = [total - sum(map(sum, times.values()))]
    for operation, milliseconds in sorted({**times, "between operations": rest}.items(), key=lambda item: -sum(item[1])):
        count = f"{len(milliseconds) // timed:5}" if operation != "between operations" else " " * 5
        print(f"  {sum(milliseconds) / timed:8.2f} ms {sum(milliseconds) / total:5.0%} {count}  {operation}")


if __name__ == "__main__":
    main()
