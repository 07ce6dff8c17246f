"""What runs on the nodes of a Ray cluster: a worker loads the model once and scores file after file, as `predict.py` does."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from app import runtime
from app.atomic import atomic_folder, locked
from app.engine.export import model_hash
from app.engine.select import WITHOUT_RECORD
from app.errors import Busy, UserError, last_line
from app.match.matcher_config import read_matcher_config
from app.options import PredictOptions
from app.predict.choose_engine import choose_engines
from app.predict.input_files import Job, check_job
from app.predict.journal import Summary
from app.predict.scoring_run import ScoringRun

LOCK_TIMEOUT = 60.0  # seconds that a worker waits for the worker of a killed command that still scores the file
REPLY_TIMEOUT = 10.0  # seconds that the driver's node has to answer
MAX_STARTS = 3  # how often a file is started whose worker died, with its node or for lack of memory


@dataclass
class WorkerSetup:
    """What the driver sends to each worker."""

    jobs: List[Job]
    options: PredictOptions
    model: str  # hash of the checkpoint
    checkpoint: list  # [reference to {file name: bytes}]; in a list, so that Ray does not fetch it for every worker
    cpus: int  # processors that Ray grants to the worker
    engines: Sequence[str] = ()
    counter: Any = None  # the driver's RowCounter

    def prepare(self) -> PredictOptions:
        """Sets the threads. Returns the options with a checkpoint folder on this node: the driver's, on a shared disk, or a copy,
        which is made once per node.
        """
        os.environ["OMP_NUM_THREADS"] = str(self.cpus)
        runtime.prepare()
        with contextlib.suppress(UserError):
            if model_hash(Path(self.options.model_name_or_path)) == self.model:
                return self.options
        import ray

        folder = Path(tempfile.gettempdir()) / f"text_matching_{os.getuid()}_{self.model}"
        folder.mkdir(exist_ok=True)
        with locked(folder / ".lock"):
            if not (folder / "best").is_dir():
                with atomic_folder(folder / "best") as temporary:
                    for name, content in ray.get(self.checkpoint[0]).items():
                        (temporary / name).write_bytes(content)
        return dataclasses.replace(self.options, model_name_or_path=str(folder / "best"))


@dataclass
class FileResult:
    """The counts of one file, or why it could not be scored."""

    summary: Summary
    error: str = ""

    @classmethod
    def from_json(cls, text: str) -> "FileResult":
        """Reads what `FileScorer` returns."""
        values = json.loads(text)
        return cls(Summary(**values["summary"]), values["error"])


class RowCounter:
    """A Ray actor on the driver's node: rows that all workers have finished, and how often each file was started."""

    def __init__(self) -> None:
        self._rows, self._starts = 0, {}

    def start(self, name: str) -> int:
        """Counts a start of `name`; returns how often it was started."""
        self._starts[name] = self._starts.get(name, 0) + 1
        return self._starts[name]

    def add(self, rows: int) -> None:
        """Adds finished rows."""
        self._rows += rows

    def state(self) -> Tuple[bool, int]:
        """Whether anything was started, and the number of finished rows."""
        return bool(self._starts), self._rows


class FileScorer:
    """A worker for Ray Data's `map_batches`: {"number": [n]} -> the same with "result", a FileResult as JSON."""

    def __init__(self, setup: WorkerSetup):
        self._jobs, self._counter, self._error = setup.jobs, setup.counter, ""
        try:
            self._count_start("loading", MAX_STARTS * len(setup.jobs))
            self._options = setup.prepare()
            local_folder = Path(tempfile.gettempdir())
            report_rows = setup.counter.add.remote
            self._run = ScoringRun(local_folder, self._options, setup.engines, lambda rows: report_rows(rows))
        except UserError as problem:
            self._error = str(problem)

    def __call__(self, batch: Dict[str, Any]) -> Dict[str, Any]:
        """Scores one file."""
        number, summary, error = int(batch["number"][0]), Summary(), self._error
        try:
            if not error:
                self._count_start(str(number), MAX_STARTS)
                summary = self._score(self._jobs[number])
        except UserError as problem:
            error = str(problem)
        except Exception as problem:  # the other files are scored whatever happens to this one
            error = f"{type(problem).__name__}: {last_line(problem)}"
        return {"number": batch["number"], "result": [json.dumps(asdict(FileResult(summary, error)))]}

    def _count_start(self, name: str, limit: int) -> None:
        """Raises UserError after too many starts: Ray gives the file of a dead worker to the next one again and again."""
        import ray

        with contextlib.suppress(ray.exceptions.RayError):  # the driver's node does not answer
            if ray.get(self._counter.start.remote(name), timeout=REPLY_TIMEOUT) > limit:
                raise UserError(f"its worker died {limit} times; does a node have too little memory?")

    def _score(self, job: Job) -> Summary:
        check_job(job, self._options, self._run.predictor.matcher_config.columns)
        job.result.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                return self._run.score(job)
            except Busy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)


def choose_engines_on_node(setup: WorkerSetup) -> Tuple[List[str], List[str]]:
    """`choose_engines` on a node of the cluster: the engines to try, and the lines to print."""
    lines: List[str] = []
    options = setup.prepare()
    try:
        matcher_config = read_matcher_config(Path(options.model_name_or_path))
        check_job(setup.jobs[0], options, matcher_config.columns)
        return choose_engines(setup.jobs[:1], options, matcher_config, lines.append), lines
    except (UserError, OSError):  # the worker that scores the file reports the error
        return list(WITHOUT_RECORD), lines
