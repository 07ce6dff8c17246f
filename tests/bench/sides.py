"""Helpers of the benchmarks. A side is one of the programs that are compared. Each side runs in its own process, without the thread
and Paddle settings of this process.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def timed(work, *arguments) -> float:
    """The seconds that `work(*arguments)` takes."""
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def run_side(script: str, side: str, arguments: list, python: str, log_dir: str, processes: int = 1) -> float:
    """Runs `script --side SIDE` and returns the rate that it prints ("rate 12.3"); 0 if the side cannot run here."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "MKL_", "FLAGS_"))}
    worker = [str(Path(script).resolve()), "--side", side, *arguments]
    if processes > 1:
        launcher = ["-m", "paddle.distributed.launch", "--log_level", "ERROR", "--log_dir", f"{log_dir}/log"]
        worker = [*launcher, "--nproc_per_node", str(processes), *worker]
    done = subprocess.run([python, "-W", "ignore", *worker], capture_output=True, text=True, env=environment, cwd=ROOT)
    lines = [line for line in done.stdout.splitlines() if line.startswith("rate ")]
    if not lines:
        print(f"  {side}: cannot run here: {(done.stderr.strip().splitlines() or ['?'])[-1]}", file=sys.stderr)
    return float(lines[-1].split()[1]) if lines else 0.0


def final_rate(output: str) -> float:
    """The rows per second in the last line of predict.py. The progress lines before it also count the time to load the model."""
    return float(re.findall(r"([\d,]+) rows/s", output)[-1].replace(",", ""))


def print_table(title: str, unit: str, rates: dict, base: str) -> dict:
    """Prints the median rate of each side and its ratio to the side `base`. Returns the medians and all rates."""
    import statistics

    results = {name: {"median": statistics.median(values), "all": values} for name, values in rates.items()}
    print(title)
    for name, values in results.items():
        if values["median"]:
            ratio = f"{values['median'] / results[base]['median']:5.2f} x {base}" if base in results else ""
            print(f"  {name:16} {values['median']:10,.1f} {unit}   {ratio}   {values['all']}")
    return results
