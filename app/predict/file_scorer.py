"""What runs on a node of a Ray cluster: the model, loaded once, and file after file through it, as `predict.py` scores them."""

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
from app.errors import Busy, UserError
from app.match.card import read_card
from app.options import PredictOptions
from app.predict.choose import WITHOUT_RECORD, choose_engines, one_line
from app.predict.export import model_hash
from app.predict.jobs import Run
from app.predict.journal import Summary
from app.predict.plan import Job, check

PATIENCE = 60.0  # seconds that a scorer waits for one of a command that was killed, which is still at the file
ANSWER = 10.0  # seconds that the driver's node has to answer
RETRIES = 3  # how often a file is begun whose scorer was lost, with its node or for lack of memory


@dataclass
class Given:
    """What the driver gives to each scorer."""

    jobs: List[Job]
    options: PredictOptions
    model: str  # the checkpoint's hash
    checkpoint: list  # a reference to its files, name -> bytes; in a list, so that only who asks for it fetches it
    cpus: int  # that Ray grants
    engines: Sequence[str] = ()
    counter: Any = None  # the driver's Counter

    def prepare(self) -> PredictOptions:
        """Takes the threads that are granted; returns the options with a checkpoint folder that this node has: the driver's, on a
        shared disk, or a copy, made once a node.
        """
        os.environ["OMP_NUM_THREADS"] = str(self.cpus)
        runtime.prepare()
        with contextlib.suppress(UserError):
            if model_hash(Path(self.options.model_name_or_path)) == self.model:
                return self.options
        import ray

        place = Path(tempfile.gettempdir()) / f"text_matching_{os.getuid()}_{self.model}"
        place.mkdir(exist_ok=True)
        with locked(place / ".lock"):
            if not (place / "best").is_dir():
                with atomic_folder(place / "best") as temporary:
                    for name, content in ray.get(self.checkpoint[0]).items():
                        (temporary / name).write_bytes(content)
        return dataclasses.replace(self.options, model_name_or_path=str(place / "best"))


@dataclass
class Outcome:
    """What came of one file: how its rows are counted, or why it could not be scored."""

    summary: Summary
    error: str = ""

    @classmethod
    def read(cls, text: str) -> "Outcome":
        """From JSON."""
        found = json.loads(text)
        return cls(Summary(**found["summary"]), found["error"])


class Counter:
    """What all scorers have done so far, and how often each file was begun. It lives on the driver's node."""

    def __init__(self) -> None:
        self._rows, self._tries = 0, {}

    def begin(self, what: str) -> int:
        """Something is begun; returns how often it was."""
        self._tries[what] = self._tries.get(what, 0) + 1
        return self._tries[what]

    def add(self, rows: int) -> None:
        """More rows are done."""
        self._rows += rows

    def state(self) -> Tuple[bool, int]:
        """Whether anything was begun, and all rows that are done."""
        return bool(self._tries), self._rows


class FileScorer:
    """One scorer of the cluster, for Ray Data's `map_batches`: {"number": [n]} -> the same with its outcome, as JSON."""

    def __init__(self, given: Given):
        self._jobs, self._counter, self._problem = given.jobs, given.counter, ""
        try:
            self._refuse_after("loading", RETRIES * len(given.jobs))
            self._options = given.prepare()
            beside = Path(tempfile.gettempdir())  # a local disk
            self._run = Run(beside, self._options, given.engines, lambda rows: given.counter.add.remote(rows))
        except UserError as problem:
            self._problem = str(problem)

    def __call__(self, batch: Dict[str, Any]) -> Dict[str, Any]:
        """One file."""
        number, summary, error = int(batch["number"][0]), Summary(), self._problem
        try:
            if not error:
                self._refuse_after(str(number), RETRIES)
                summary = self._score(self._jobs[number])
        except UserError as problem:
            error = str(problem)
        except Exception as problem:  # whatever it is, the other files are to be done
            error = f"{type(problem).__name__}: {one_line(problem)}"
        return {"number": batch["number"], "outcome": [json.dumps(asdict(Outcome(summary, error)))]}

    def _refuse_after(self, what: str, most: int) -> None:
        """Ray gives what a lost scorer was at to another, for ever; the other files are to be done all the same."""
        import ray

        with contextlib.suppress(ray.exceptions.RayError):  # the driver's node is out of reach
            if ray.get(self._counter.begin.remote(what), timeout=ANSWER) > most:
                raise UserError(f"its scorer was lost {most} times; has a node too little memory?")

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


def choose_there(given: Given) -> Tuple[List[str], List[str]]:
    """The engines to try, of those that `auto` compares, chosen on a node of the cluster; and what is to be said of them."""
    lines: List[str] = []
    options = given.prepare()
    try:
        card = read_card(Path(options.model_name_or_path))
        check(given.jobs[0], options, card.columns)
        return choose_engines(given.jobs[:1], options, card, lines.append), lines
    except (UserError, OSError):  # the file's scorer says what is wrong
        return list(WITHOUT_RECORD), lines
