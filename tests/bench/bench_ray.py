"""Scores the same files with `predict.py`, `predict.py --ray`, and Ray Data with `app.PairScorer`: rows/s and memory.

    .venv/bin/pip install -r requirements-ray.txt
    .venv/bin/python tests/bench/bench_ray.py --rows 1000000 --files 8 --size mini

All sides run on this machine, one after the other. The Ray cluster has two nodes, which share the processors, with an object store
of 100 MB each. The pairs are distinct and short. Rows/s include the start of the command. Memory is the largest sum over all
processes of a side, with each page counted once (PSS).
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

ADDRESS = "ADDRESS"  # in a command, replaced by the address of the cluster
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
    """Writes Parquet files of distinct pairs."""
    folder.mkdir()
    for number in range(files):
        ids = range(number * rows // files, (number + 1) * rows // files)
        first = [f"{WORDS[row % 20]}{WORDS[row // 20 % 20]}{row}" for row in ids]
        second = [f"{WORDS[row // 20 % 20]}{row // 7}{WORDS[row % 20]}" for row in ids]
        parquet.write_table(arrow.table({"id": ids, "text_a": first, "text_b": second}), folder / f"{number:03}.parquet")


@contextlib.contextmanager
def cluster(*cpus: int):
    """A Ray cluster, one node per number of processors. Yields the id of its process, and its address."""
    nodes = subprocess.Popen(
        [sys.executable, "tests/ray_cluster.py", *map(str, cpus)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield nodes.pid, nodes.stdout.readline().strip()
    finally:
        nodes.stdin.close()
        nodes.wait()


def measure(command: list, cluster_pid: int) -> dict:
    """Seconds of the command, and the peak memory in MB of its processes and those of the cluster (0: no cluster)."""
    began, peak = time.monotonic(), 0
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        used = 0
        for parent in filter(None, (process.pid, cluster_pid)):
            try:
                for child in [psutil.Process(parent), *psutil.Process(parent).children(recursive=True)]:
                    used += child.memory_full_info().pss
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
        cpus_per_node = max(1, psutil.cpu_count() // 2)
        pipeline = [sys.executable, f"{folder}/pipeline.py", ADDRESS, model, f"{folder}/in", f"{folder}/data", str(cpus_per_node)]
        sides = {  # command, and processors of each node; the readers and writers of Ray Data need two more than the scorers
            "predict.py": ([*predict, "--input_file", files, "--result_file", f"{folder}/alone/"], ()),
            "predict.py --ray": ([*predict, "--input_file", files, "--result_file", f"{folder}/ray/", "--ray", ADDRESS], (cpus_per_node, cpus_per_node)),
            "Ray Data, app.PairScorer": (pipeline, (cpus_per_node + 2, cpus_per_node)),
        }
        for side, (command, cpus) in sides.items():
            with cluster(*cpus) if cpus else contextlib.nullcontext((0, "")) as (pid, address):
                result = results[side] = measure([address if argument == ADDRESS else argument for argument in command], pid)
            result["rows_per_second"] = options.rows / result["seconds"]
            print(f"{side:26} {result['rows_per_second']:8,.0f} rows/s   peak {result['peak_MB']:6,.0f} MB", flush=True)
        equal = [(folder / "ray" / path.name).read_bytes() == path.read_bytes() for path in (folder / "alone").glob("*.parquet")]
        print(f"files of --ray that are equal to those of predict.py, byte for byte: {sum(equal)} of {options.files}")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
