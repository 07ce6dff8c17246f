"""`predict.py --ray`: files go to scorers on a Ray cluster, through Ray Data. Each is scored as `predict.py` does it alone."""

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

from app.errors import UserError
from app.options import PredictOptions
from app.predict.choose import one_line
from app.predict.export import model_hash
from app.predict.file_scorer import Counter, FileScorer, Given, Outcome, choose_there
from app.predict.plan import Job
from app.progress import clock
from app.quiet import quiet

MOST_CPUS = 8  # of one scorer: with more, one process would have to read for too many engines
FIRST_SIGN = 300.0  # seconds in which something has to start
KNOCK = 10.0  # seconds in which the cluster has to answer
EVERY = 10.0  # seconds between lines of progress


def score_on_ray(jobs: List[Job], options: PredictOptions, tell: Callable[[str], None]) -> Tuple[List[Outcome], float]:
    """Scores the files on the cluster `options.ray`; returns what came of each, and the seconds that it took.

    Raises UserError where no cluster answers, or it has no room for a single scorer.
    """
    with _connected(options.ray) as ray:
        count, cpus, gpus = _room(ray, options.device, len(jobs))
        folder = Path(options.model_name_or_path).resolve()
        options = dataclasses.replace(options, model_name_or_path=str(folder), device="gpu" if gpus else "cpu")
        checkpoint = ray.put({path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
        given = Given(jobs, options, model_hash(folder), [checkpoint], cpus)
        given.engines, lines = [options.engine], []
        if options.engine == "auto":
            chosen = ray.remote(choose_there).options(num_cpus=cpus, num_gpus=gpus).remote(given)
            try:
                given.engines, lines = ray.get(chosen, timeout=FIRST_SIGN)
            except ray.exceptions.GetTimeoutError:
                raise _no_room(ray) from None
        room = f"{count} scorer(s) of {cpus} processor(s)" + (" and a GPU each" if gpus else " each")
        for line in [*lines, f"{len(jobs):,} files, {room}"]:
            tell(line)
        began = time.monotonic()
        pool = ray.data.ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=1)
        return _run(ray, given, dict(compute=pool, num_cpus=cpus, num_gpus=gpus), tell), time.monotonic() - began


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, while this process belongs to the cluster; what it prints by itself is of no use to a user."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what newer versions do anyhow, without their warning
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # else the thread that collects starts a cluster when this one is left
    try:
        import ray
        import ray.data
        import ray.util.scheduling_strategies
    except ImportError as problem:
        raise UserError(f"--ray: {problem}; {sys.executable} -m pip install -r requirements-ray.txt") from problem
    alone = {"include_dashboard": False} if address == "local" else {}
    package = {"py_modules": [str(Path(__file__).resolve().parents[1])]}
    try:
        _knock(address)
        with quiet():
            ray.init(address=address, runtime_env=package, log_to_driver=False, logging_level=logging.CRITICAL, **alone)
    except Exception as problem:  # Ray has an error of its own for each way in which there is no cluster
        raise UserError(f"--ray {address}: no Ray cluster can be used there ({one_line(problem)})") from problem
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raises OSError or ValueError where nobody listens: Ray would try for minutes."""
    if address == "local":
        return
    if address == "auto":
        noted = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray/ray_current_cluster"  # by `ray start`
        address = os.environ.get("RAY_ADDRESS") or (noted.read_text().strip() if noted.is_file() else "")
        if not address:
            raise ValueError("none was started on this machine: ray start --head")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("local, auto or HOST:PORT is expected")
    socket.create_connection((host, int(port)), timeout=KNOCK).close()


def _room(ray: Any, device: str, files: int) -> Tuple[int, int, int]:
    """From what the cluster has: how many scorers, and processors and GPUs of each. One GPU where there are any, else the
    processors of the smallest node. A scorer reads and writes its files itself: none waits for another task to have room.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    with_gpu = [node for node in nodes if node.get("GPU", 0) >= 1]
    if not nodes:
        raise UserError("--ray: no node of the cluster has a processor to offer (it was started with --num-cpus=0?)")
    if device != "cpu" and with_gpu:
        cpus = int(min(node["CPU"] // node["GPU"] for node in with_gpu))
        return min(files, sum(int(node["GPU"]) for node in with_gpu)), max(1, min(cpus, MOST_CPUS)), 1
    if device.startswith("gpu"):
        raise UserError(f"--device {device}: no node of the cluster has a GPU and a processor")
    cpus = min(MOST_CPUS, *(int(node["CPU"]) for node in nodes))
    free = int(ray.available_resources().get("CPU", 0)) // cpus
    return max(1, min(files, free, sum(int(node["CPU"]) // cpus for node in nodes))), cpus, 0


def _no_room(ray: Any) -> UserError:
    """Where nothing starts, Ray itself waits for ever and says nothing."""
    free = ", ".join(f"{ray.available_resources().get(name, 0):g} {name}s" for name in ("CPU", "GPU"))
    return UserError(f"--ray: nothing could start in {FIRST_SIGN:.0f} s; free are {free}")


def _run(ray: Any, given: Given, pool: Dict[str, Any], tell: Callable[[str], None]) -> List[Outcome]:
    """Files in, outcomes out, in the files' order; tells how far it is."""
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    given.counter = ray.remote(Counter).options(num_cpus=0, scheduling_strategy=here).remote()
    numbers = ray.data.from_items([{"number": number} for number in range(len(given.jobs))], override_num_blocks=len(given.jobs))
    scored = numbers.map_batches(FileScorer, batch_size=1, fn_constructor_args=(given,), **pool)
    outcomes: Dict[int, Outcome] = {}
    failed: List[BaseException] = []

    def collect() -> None:
        try:
            for row in scored.iter_rows():
                outcomes[row["number"]] = Outcome.read(row["outcome"])
        except BaseException as problem:
            failed.append(problem)

    collecting = threading.Thread(target=collect, daemon=True)
    collecting.start()
    sizes = [os.path.getsize(job.source) if job.source.is_file() else 0 for job in given.jobs]
    began = told = time.monotonic()
    while collecting.is_alive():
        collecting.join(1.0)
        if time.monotonic() - told >= EVERY:
            told, started, rows = time.monotonic(), True, 0
            with contextlib.suppress(Exception):  # it does not answer now
                started, rows = ray.get(given.counter.state.remote(), timeout=KNOCK)
            if not started and told - began > FIRST_SIGN:
                raise _no_room(ray)
            tell(_progress(sizes, outcomes, rows, told - began))
    if failed:
        raise UserError(f"--ray: the cluster cannot go on ({one_line(failed[0])}); what is scored is kept")
    return [outcomes[number] for number in range(len(given.jobs))]


def _progress(sizes: List[int], outcomes: Dict[int, Outcome], rows: int, seconds: float) -> str:
    """`scoring: 3 of 8 files, 120,000 rows, 4,000 rows/s, 0:40 left`."""
    rows = max(rows, sum(outcome.summary.rows for outcome in outcomes.values()))
    done = sum(sizes[number] for number in outcomes)
    left = f", {clock(seconds * (sum(sizes) - done) / done)} left" if done else ""
    return f"scoring: {len(outcomes):,} of {len(sizes):,} files, {rows:,} rows, {rows / seconds:,.0f} rows/s{left}"
