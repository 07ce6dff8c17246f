"""`predict.py --ray`: files go to scorers on a Ray cluster, through Ray Data. Each is scored as `predict.py` does it alone."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import socket
import sys
import tarfile
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

from app import runtime
from app.atomic import atomic_folder, locked
from app.errors import Busy, UserError
from app.match.card import read_card
from app.options import PredictOptions
from app.predict.choose import WITHOUT_RECORD, choose_engines
from app.predict.export import model_hash
from app.predict.jobs import Run
from app.predict.journal import Summary
from app.predict.plan import Job, check
from app.progress import clock
from app.quiet import quiet

MOST_CPUS = 8  # of one scorer: with more, one process would have to read for too many engines
PATIENCE = 60.0  # seconds that a scorer waits for one of a command that was killed, which is still at the file
FIRST_SIGN = 300.0  # seconds in which the first scorer has to start
KNOCK = 10.0  # seconds in which the cluster, or an actor of ours, has to answer
EVERY = 10.0  # seconds between lines of progress
RETRIES = 3  # how often a file is begun whose scorer was lost, with its node or for lack of memory

Tell = Callable[[str], None]


@dataclass
class Outcome:
    """What came of one file: how its rows are counted, or why it could not be scored."""

    job: Job
    summary: Summary
    error: str = ""


@dataclass
class Scorers:
    """How many scorers the cluster has room for, and what each takes."""

    count: int
    cpus: int
    gpus: int

    def resources(self) -> Dict[str, int]:
        """As Ray takes them."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus}


def score_on_ray(jobs: List[Job], options: PredictOptions, tell: Tell) -> Tuple[List[Outcome], float]:
    """Scores the files on the cluster `options.ray`; returns what came of each, and the seconds that it took.

    Raises UserError where no cluster answers, or it has no room for a single scorer.
    """
    with _connected(options.ray) as ray:
        scorers = _room(ray, options.device, len(jobs))
        folder = Path(options.model_name_or_path).resolve()
        options = dataclasses.replace(options, model_name_or_path=str(folder), device="gpu" if scorers.gpus else "cpu")
        shipped = [ray.put(_packed(folder))]  # in a list, so that only who needs it fetches it
        task = ray.remote(_choose).options(**scorers.resources(), max_retries=RETRIES)
        _wait_for_room(ray, choice := task.remote(jobs[:1], options, shipped, model_hash(folder), scorers.cpus))
        engines, lines = ray.get(choice)
        for line in lines:
            tell(line)
        place = f"{scorers.cpus} processor(s)" + (" and a GPU" if scorers.gpus else "")
        tell(f"{len(jobs):,} files, {scorers.count} scorer(s) of {place} each")
        began = time.monotonic()
        outcomes = _run(ray, jobs, options, scorers, (shipped, model_hash(folder), engines), tell)
        return outcomes, time.monotonic() - began


@contextlib.contextmanager
def _connected(address: str):
    """Ray, while this process belongs to the cluster; what it prints by itself is of no use to a user."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what newer versions do anyhow, without their warning
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
        import ray.util.scheduling_strategies
    except ImportError as problem:
        raise UserError(f"--ray: {problem}; {sys.executable} -m pip install -r requirements-ray.txt") from problem
    package = str(Path(__file__).resolve().parents[1])
    try:
        _knock(address)
        with quiet():
            ray.init(
                address=address, runtime_env={"py_modules": [package]}, log_to_driver=False, logging_level=logging.CRITICAL,
                **({"include_dashboard": False} if address == "local" else {}),
            )  # fmt: skip
    except Exception as problem:  # Ray has an error of its own for each way in which there is no cluster
        raise UserError(f"--ray {address}: no Ray cluster can be used there ({_last_line(problem)})") from problem
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.log_internal_stack_trace_to_stdout = False
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raises OSError or ValueError where nobody listens: Ray would try for minutes."""
    if address == "local":
        return
    if address == "auto":
        noted = Path("/tmp/ray/ray_current_cluster")  # where `ray start` leaves it
        address = os.environ.get("RAY_ADDRESS") or (noted.read_text().strip() if noted.is_file() else "")
        if not address:
            raise ValueError("none was started on this machine: ray start --head")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("local, auto or HOST:PORT is expected")
    socket.create_connection((host, int(port)), timeout=KNOCK).close()


def _room(ray: Any, device: str, files: int) -> Scorers:
    """From what the cluster has: one GPU a scorer where there are any, else the processors of its smallest node.

    Nothing else needs a processor here: a scorer reads and writes its files itself, so none can wait for another for ever.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    with_gpu = [node for node in nodes if node.get("GPU", 0) >= 1 and node.get("CPU", 0) >= 1]
    if device != "cpu" and with_gpu:
        cpus = max(1, int(min(node["CPU"] // node["GPU"] for node in with_gpu)))
        return Scorers(min(files, sum(int(node["GPU"]) for node in with_gpu)), min(cpus, MOST_CPUS), 1)
    if device.startswith("gpu"):
        raise UserError(f"--device {device}: no node of the cluster has a GPU and a processor")
    counts = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
    if not counts:
        raise UserError("--ray: no node of the cluster has a processor to offer (it was started with --num-cpus=0?)")
    cpus = min(MOST_CPUS, *counts)
    free = int(ray.available_resources().get("CPU", 0))
    return Scorers(max(1, min(files, free // cpus, sum(count // cpus for count in counts))), cpus, 0)


def _wait_for_room(ray: Any, first: Any) -> None:
    """Raises UserError where what needs a scorer's room does not get it: Ray itself would wait for ever, and say nothing."""
    ready, _ = ray.wait([first], timeout=FIRST_SIGN)
    if not ready:
        cpus, gpus = (ray.available_resources().get(name, 0) for name in ("CPU", "GPU"))
        raise UserError(f"--ray: nothing could start in {FIRST_SIGN:.0f} s; {cpus:g} CPUs and {gpus:g} GPUs are free")


def _run(ray: Any, jobs: List[Job], options: PredictOptions, scorers: Scorers, model: tuple, tell: Tell) -> List[Outcome]:
    """Files in, outcomes out, in the files' order; tells how far it is."""
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    counter = ray.remote(_Counter).options(num_cpus=0, scheduling_strategy=here).remote()
    data = ray.data.from_items([{"number": number} for number in range(len(jobs))], override_num_blocks=len(jobs))
    scored = data.map_batches(
        FileScorer, batch_size=1, fn_constructor_args=(jobs, options, *model, scorers.cpus, counter),
        compute=ray.data.ActorPoolStrategy(size=scorers.count, max_tasks_in_flight_per_actor=1), **scorers.resources(),
    )  # fmt: skip
    outcomes: Dict[int, Outcome] = {}
    failed: List[BaseException] = []

    def collect() -> None:
        try:
            for row in scored.iter_rows():
                found = json.loads(row["outcome"])
                outcomes[row["number"]] = Outcome(jobs[row["number"]], Summary(**found["summary"]), found["error"])
        except BaseException as problem:
            failed.append(problem)

    collecting = threading.Thread(target=collect, daemon=True)
    collecting.start()
    began = told = time.monotonic()
    while collecting.is_alive():
        collecting.join(1.0)
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            starts, rows = _counted(ray, counter)
            tell(_progress(jobs, outcomes, rows, told - began))
            if starts > scorers.count * (RETRIES + 1) and not outcomes and not rows:
                raise UserError("--ray: scorers are lost while they load the model; has a node too little memory?")
    if failed:
        raise UserError(f"--ray: the cluster cannot go on ({_last_line(failed[0])}); what is scored is kept")
    return [outcomes[number] for number in range(len(jobs))]


def _counted(ray: Any, counter: Any) -> Tuple[int, int]:
    with contextlib.suppress(Exception):  # it does not answer now
        return ray.get(counter.counts.remote(), timeout=KNOCK)
    return 0, 0


def _progress(jobs: List[Job], outcomes: Dict[int, Outcome], rows: int, seconds: float) -> str:
    """`scoring: 3 of 8 files, 120,000 rows, 4,000 rows/s, 0:40 left`."""
    rows = max(rows, sum(outcome.summary.rows for outcome in outcomes.values()))
    sizes = [os.path.getsize(job.source) if job.source.is_file() else 0 for job in jobs]
    done = sum(sizes[number] for number in outcomes)
    left = f", {clock(seconds * (sum(sizes) - done) / done)} left" if done else ""
    return f"scoring: {len(outcomes):,} of {len(jobs):,} files, {rows:,} rows, {rows / seconds:,.0f} rows/s{left}"


class _Counter:
    """What all scorers have done so far, and how often each file was begun."""

    def __init__(self) -> None:
        self._starts = self._rows = 0
        self._tries: Dict[int, int] = {}

    def start(self) -> None:
        """A scorer begins, perhaps in the place of one that was lost."""
        self._starts += 1

    def begin(self, number: int) -> int:
        """A file is begun; returns how often it was."""
        self._tries[number] = self._tries.get(number, 0) + 1
        return self._tries[number]

    def add(self, rows: int) -> None:
        """More rows are done."""
        self._rows += rows

    def counts(self) -> Tuple[int, int]:
        """Scorers that began, and rows done."""
        return self._starts, self._rows


class FileScorer:
    """One scorer of the cluster: the model, loaded once, and file after file through it."""

    def __init__(
        self, jobs: List[Job], options: PredictOptions, shipped: list, known_as: str, engines: Sequence[str], cpus: int, counter
    ):
        self._jobs, self._options, self._counter, self._problem = jobs, options, counter, ""
        counter.start.remote()
        try:
            _take_threads(cpus)
            self._options = _with_checkpoint(options, shipped, known_as)
            beside = Path(tempfile.gettempdir())  # a local disk
            self._run = Run(beside, self._options, engines, lambda rows: counter.add.remote(rows))
        except UserError as problem:
            self._problem = str(problem)

    def __call__(self, batch: Dict[str, Any]) -> Dict[str, Any]:
        """One file: {"number": [n]} -> the same with its outcome, as JSON."""
        number, summary, error = int(batch["number"][0]), Summary(), self._problem
        try:
            if not error:
                self._refuse_what_ends_scorers(number)
                summary = self._score(self._jobs[number])
        except UserError as problem:
            error = str(problem)
        except Exception as problem:  # whatever it is, the other files are to be done
            error = f"{type(problem).__name__}: {_last_line(problem)}"
        return {"number": batch["number"], "outcome": [json.dumps({"summary": asdict(summary), "error": error})]}

    def _refuse_what_ends_scorers(self, number: int) -> None:
        """Ray gives a lost scorer's file to another for ever; the others are to be done all the same."""
        import ray

        tries = 1
        with contextlib.suppress(Exception):  # the driver's node, where it is counted, is out of reach
            tries = ray.get(self._counter.begin.remote(number), timeout=KNOCK)
        if tries > RETRIES:
            raise UserError(f"its scorer was lost {RETRIES} times; has a node too little memory?")

    def _score(self, job: Job) -> Summary:
        check(job, self._options, self._run.scorer.card.columns)
        job.result.parent.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._run.score(job)
            except Busy:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)


def _choose(jobs: List[Job], options: PredictOptions, shipped: list, known_as: str, cpus: int) -> Tuple[List[str], List[str]]:
    """The engines to try, chosen on a node of the cluster, and what is to be said of them."""
    if options.engine != "auto":
        return [options.engine], []
    _take_threads(cpus)
    lines: List[str] = []
    options = _with_checkpoint(options, shipped, known_as)
    try:
        card = read_card(Path(options.model_name_or_path))
        check(jobs[0], options, card.columns)
    except (UserError, OSError):  # the file's scorer says what is wrong
        return list(WITHOUT_RECORD), lines
    return choose_engines(jobs, options, card, lines.append), lines


def _take_threads(cpus: int) -> None:
    os.environ["OMP_NUM_THREADS"] = str(cpus)  # what Ray grants
    runtime.prepare()


def _with_checkpoint(options: PredictOptions, shipped: list, known_as: str) -> PredictOptions:
    """The options with a checkpoint folder that this node has: the driver's, on a shared disk, or a copy, made once a node."""
    folder = Path(options.model_name_or_path)
    with contextlib.suppress(UserError):
        if model_hash(folder) == known_as:
            return options
    import ray

    place = Path(tempfile.gettempdir()) / f"text_matching_{os.getuid()}_{known_as}"
    place.mkdir(exist_ok=True)
    with locked(place / ".lock"):
        if not (place / "best").is_dir():
            with atomic_folder(place / "best") as temporary, tarfile.open(fileobj=BytesIO(ray.get(shipped[0]))) as files:
                files.extractall(temporary)
    return dataclasses.replace(options, model_name_or_path=str(place / "best"))


def _packed(folder: Path) -> bytes:
    """The checkpoint's files as a tar archive."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as files:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                files.add(path, path.name)
    return packed.getvalue()


def _last_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[-1].strip()
