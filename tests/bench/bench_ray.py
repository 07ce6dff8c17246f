"""The same files through `predict.py`, through `predict.py --ray`, and through Ray Data with `app.PairScorer`: rows/s and memory.

    .venv/bin/pip install -r requirements-ray.txt
    .venv/bin/python tests/bench/bench_ray.py --rows 1000000 --files 8 --size mini

All on this machine's processors, one side after the other; a Ray cluster of two nodes, which share them, with an object store of
100 MB each. Pairs are distinct and short. Rows/s are those of the whole command, its start included. Memory is the largest sum
over all processes of the side, each page counted once (PSS).
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pyarrow as arrow
from bench_scale import WORDS
from pyarrow import parquet
from sides import ROOT

ADDRESS = "ADDRESS"  # in a command: the cluster's
PIPELINE = """
import sys, logging, ray
sys.path.insert(0, {root!r})
import app
ray.init(address=sys.argv[1], runtime_env={{"py_modules": [{root!r} + "/app"]}}, log_to_driver=False, logging_level=logging.CRITICAL)
ray.data.DataContext.get_current().enable_progress_bars = False
pairs = ray.data.read_parquet(sys.argv[3]).repartition(64)
scored = pairs.map_batches(app.PairScorer, fn_constructor_args=[sys.argv[2]], fn_constructor_kwargs=dict(engine="fp32", device="cpu"),
                           batch_size=8192, batch_format="pyarrow", num_cpus=int(sys.argv[5]), concurrency=(2, 2))
scored.write_parquet(sys.argv[4])
"""


def write_files(folder: Path, rows: int, files: int) -> None:
    """Parquet files of distinct pairs."""
    folder.mkdir()
    for number in range(files):
        ids = range(number * rows // files, (number + 1) * rows // files)
        first = [f"{WORDS[row % 20]}{WORDS[row // 20 % 20]}{row}" for row in ids]
        second = [f"{WORDS[row // 20 % 20]}{row // 7}{WORDS[row % 20]}" for row in ids]
        parquet.write_table(arrow.table({"id": ids, "text_a": first, "text_b": second}), folder / f"{number:03}.parquet")


@contextlib.contextmanager
def cluster(*cpus: int):
    """A cluster of nodes with so many processors each: the number of its process, and its address."""
    nodes = subprocess.Popen(
        [sys.executable, "tests/ray_cluster.py", *map(str, cpus)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield nodes.pid, nodes.stdout.readline().strip()
    finally:
        nodes.stdin.close()
        nodes.wait()


def measured(command: list, others: int) -> dict:
    """Seconds of the command, and the most MB of its processes and of those of the process `others`."""
    began, peak = time.monotonic(), 0
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        used = 0
        for parent in filter(None, (process.pid, others)):
            try:
                for one in [psutil.Process(parent), *psutil.Process(parent).children(recursive=True)]:
                    used += one.memory_full_info().pss
            except psutil.Error:
                continue
        peak = max(peak, used)
        time.sleep(1)
    if process.returncode:
        sys.exit(f"{command}: {process.communicate()}")
    return {"seconds": time.monotonic() - began, "peak_MB": peak / (1 << 20)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--size", default="mini")
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train = ["--model_name_or_path", f"scratch:{options.size}", "--max_steps", "1", "--output_dir", f"{folder}/run"]
        subprocess.run([sys.executable, "-m", "app", "match", *train], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        write_files(folder / "in", options.rows, options.files)
        model, files = f"{folder}/run/best", f"{folder}/in/*.parquet"
        predict = [sys.executable, "predict.py", "--model_name_or_path", model, "--engine", "fp32", "--device", "cpu"]
        (folder / "pipeline.py").write_text(PIPELINE.format(root=str(ROOT)))
        each = max(1, psutil.cpu_count() // 2)
        pipeline = [sys.executable, f"{folder}/pipeline.py", ADDRESS, model, f"{folder}/in", f"{folder}/data", str(each)]
        sides = {  # and the processors of the two nodes; Ray Data's own readers and writers need two more than the scorers
            "predict.py": ([*predict, "--input_file", files, "--result_file", f"{folder}/alone/"], ()),
            "predict.py --ray": ([*predict, "--input_file", files, "--result_file", f"{folder}/ray/", "--ray", ADDRESS], (each, each)),
            "Ray Data, app.PairScorer": (pipeline, (each + 2, each)),
        }
        for side, (command, cpus) in sides.items():
            with cluster(*cpus) if cpus else contextlib.nullcontext((0, "")) as (number, address):
                found = results[side] = measured([address if part == ADDRESS else part for part in command], number)
            found["rows_per_second"] = options.rows / found["seconds"]
            print(f"{side:26} {found['rows_per_second']:8,.0f} rows/s   peak {found['peak_MB']:6,.0f} MB", flush=True)
        same = [(folder / "ray" / path.name).read_bytes() == path.read_bytes() for path in (folder / "alone").glob("*.parquet")]
        print(f"files of --ray that are those of predict.py, byte for byte: {sum(same)} of {options.files}")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
