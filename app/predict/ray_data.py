"""`predict.py --ray`: Ray Data gives the files to workers on a cluster. Each file is scored as `predict.py` scores it alone."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

from app.engine.export import model_hash
from app.errors import UserError, last_line
from app.options import PredictOptions
from app.predict.input_files import Job
from app.predict.ray_worker import FileResult, FileScorer, RowCounter, WorkerSetup, choose_engines_on_node
from app.progress import clock
from app.quiet import quiet

MAX_CPUS = 8  # processors of one worker: with more, one process would have to read for too many engine processes
START_TIMEOUT = 300.0  # seconds in which the first worker has to start
REPLY_TIMEOUT = 10.0  # seconds in which the cluster has to answer
PROGRESS_INTERVAL = 10.0  # seconds between lines of progress


def score_on_ray(jobs: List[Job], options: PredictOptions, say: Callable[[str], None]) -> Tuple[List[FileResult], float]:
    """Scores the files on the cluster `options.ray`. Returns the result of each file, and the seconds that all took.

    Raises UserError if no cluster answers, or it has no resources for one worker.
    """
    with _connected(options.ray) as ray:
        count, cpus, gpus = _resources(ray, options.device, len(jobs))
        folder = Path(options.model_name_or_path).resolve()
        options = dataclasses.replace(options, model_name_or_path=str(folder), device="gpu" if gpus else "cpu")
        checkpoint = ray.put({path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
        setup = WorkerSetup(jobs, options, model_hash(folder), [checkpoint], cpus)
        setup.engines, lines = [options.engine], []
        if options.engine == "auto":
            chosen = ray.remote(choose_engines_on_node).options(num_cpus=cpus, num_gpus=gpus).remote(setup)
            try:
                setup.engines, lines = ray.get(chosen, timeout=START_TIMEOUT)
            except ray.exceptions.GetTimeoutError:
                raise _no_resources(ray) from None
        workers = f"{count} worker(s) with {cpus} processor(s)" + (" and one GPU each" if gpus else " each")
        for line in [*lines, f"{len(jobs):,} files, {workers}"]:
            say(line)
        began = time.monotonic()
        pool = ray.data.ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=1)
        return _run(ray, setup, dict(compute=pool, num_cpus=cpus, num_gpus=gpus), say), time.monotonic() - began


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    """The module `ray`, while this process is connected to the cluster. Ray's own messages are suppressed."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the default of newer versions, without their warning
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # otherwise the thread of `_run` may start a new cluster
    try:
        import ray
        import ray.data
        import ray.util.scheduling_strategies
    except ImportError as problem:
        raise UserError(f"--ray: {problem}; {sys.executable} -m pip install -r requirements-ray.txt") from problem
    local = {"include_dashboard": False} if address == "local" else {}
    package = {"py_modules": [str(Path(__file__).resolve().parents[1])]}
    try:
        _check_address(address)
        with quiet():
            ray.init(address=address, runtime_env=package, log_to_driver=False, logging_level=logging.CRITICAL, **local)
    except Exception as problem:  # Ray raises many kinds of errors if there is no cluster
        raise UserError(f"--ray {address}: no Ray cluster can be used there ({last_line(problem)})") from problem
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Raises OSError or ValueError if nothing listens at the address: Ray would try for minutes."""
    if address == "local":
        return
    if address == "auto":
        current = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray/ray_current_cluster"  # `ray start` writes it
        address = os.environ.get("RAY_ADDRESS") or (current.read_text().strip() if current.is_file() else "")
        if not address:
            raise ValueError("none was started on this machine: ray start --head")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("local, auto or HOST:PORT is expected")
    socket.create_connection((host, int(port)), timeout=REPLY_TIMEOUT).close()


def _resources(ray: Any, device: str, files: int) -> Tuple[int, int, int]:
    """Number of workers, and the processors and GPUs of each, from what the cluster has: one GPU if there are any, else the
    processors of the smallest node. A worker reads and writes its files itself, so it never waits for other tasks.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    with_gpu = [node for node in nodes if node.get("GPU", 0) >= 1]
    if not nodes:
        raise UserError("--ray: no node of the cluster has a processor to offer (it was started with --num-cpus=0?)")
    if device != "cpu" and with_gpu:
        cpus = int(min(node["CPU"] // node["GPU"] for node in with_gpu))
        return min(files, sum(int(node["GPU"]) for node in with_gpu)), max(1, min(cpus, MAX_CPUS)), 1
    if device.startswith("gpu"):
        raise UserError(f"--device {device}: no node of the cluster has a GPU and a processor")
    cpus = min(MAX_CPUS, *(int(node["CPU"]) for node in nodes))
    free = int(ray.available_resources().get("CPU", 0)) // cpus
    return max(1, min(files, free, sum(int(node["CPU"]) // cpus for node in nodes))), cpus, 0


def _no_resources(ray: Any) -> UserError:
    """The error if no worker starts: Ray itself would wait forever without a message."""
    free = ", ".join(f"{ray.available_resources().get(name, 0):g} {name}s" for name in ("CPU", "GPU"))
    return UserError(f"--ray: nothing could start in {START_TIMEOUT:.0f} s; free are {free}")


def _run(ray: Any, setup: WorkerSetup, pool: Dict[str, Any], say: Callable[[str], None]) -> List[FileResult]:
    """The result of each file, in the order of the files. Prints the progress."""
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    setup.counter = ray.remote(RowCounter).options(num_cpus=0, scheduling_strategy=here).remote()
    numbers = ray.data.from_items([{"number": number} for number in range(len(setup.jobs))], override_num_blocks=len(setup.jobs))
    scored = numbers.map_batches(FileScorer, batch_size=1, fn_constructor_args=(setup,), **pool)
    results: Dict[int, FileResult] = {}
    failed: List[BaseException] = []

    def collect() -> None:
        try:
            for row in scored.iter_rows():
                results[row["number"]] = FileResult.from_json(row["result"])
        except BaseException as problem:
            failed.append(problem)

    collecting = threading.Thread(target=collect, daemon=True)
    collecting.start()
    sizes = [os.path.getsize(job.source) if job.source.is_file() else 0 for job in setup.jobs]
    began = reported = time.monotonic()
    while collecting.is_alive():
        collecting.join(1.0)
        if time.monotonic() - reported >= PROGRESS_INTERVAL:
            reported, started, rows = time.monotonic(), True, 0
            with contextlib.suppress(Exception):  # it does not answer at this moment
                started, rows = ray.get(setup.counter.state.remote(), timeout=REPLY_TIMEOUT)
            if not started and reported - began > START_TIMEOUT:
                raise _no_resources(ray)
            say(_progress_line(sizes, results, rows, reported - began))
    if failed:
        message = f"--ray: the cluster has failed ({last_line(failed[0])}); scored rows are kept, the same command continues"
        raise UserError(message) from failed[0]
    return [results[number] for number in range(len(setup.jobs))]


def _progress_line(sizes: List[int], results: Dict[int, FileResult], rows: int, seconds: float) -> str:
    """`scoring: 3 of 8 files, 120,000 rows, 4,000 rows/s, 0:40 left`."""
    rows = max(rows, sum(result.summary.rows for result in results.values()))
    done = sum(sizes[number] for number in results)
    left = f", {clock(seconds * (sum(sizes) - done) / done)} left" if done else ""
    return f"scoring: {len(results):,} of {len(sizes):,} files, {rows:,} rows, {rows / seconds:,.0f} rows/s{left}"
