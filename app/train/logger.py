"""The log of a run: a progress bar or plain lines, `journal.jsonl`, and VisualDL curves in `vdl/`."""

from __future__ import annotations

import contextlib
import functools
import json
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, TextIO

from tqdm import tqdm

from app.atomic import write_text
from app.caches import writable_home
from app.errors import UserError
from app.progress import clock, say
from app.train.visualdl_files import drop_points_after


def _formatted(name: str, value: float) -> str:
    if name.endswith("/s"):
        return f"{value:,.0f} {name}"
    return f"{name} {value:.2e}" if name == "learning rate" else f"{name} {value:.4f}"


def _key(name: str) -> str:
    """A metric's name in the journal and in VisualDL: "pairs/s" -> "pairs_per_second"."""
    return name.replace("/s", " per second").replace(" ", "_")


class TrainingLogger:
    """Logs a run. Only the first of several processes writes; in the others every method does nothing.

    Events are kept in memory until `open` is called: the folder may still hold an earlier run.
    """

    def __init__(self, folder: Path, total_steps: int, start_step: int = 0, active: bool = True):
        self.active, self.total_steps = active, total_steps
        self._folder, self._start_step = folder, start_step
        self._waiting: List[Callable[[], None]] = []
        self._file: Optional[TextIO] = None
        if not active:
            return
        self._path = folder / "journal.jsonl"
        self._bar = tqdm(
            total=total_steps, initial=start_step, unit="step", dynamic_ncols=True, smoothing=0.05,
            disable=not sys.stderr.isatty(), bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]",
        )  # fmt: skip

    def open(self) -> None:
        """Starts to write: first the events that were kept in memory, then all that follow."""
        if not self.active or self._file:
            return
        with writable_home():
            from visualdl import LogWriter

        self._folder.mkdir(parents=True, exist_ok=True)
        self._drop_events_after(self._start_step)
        drop_points_after(self._folder / "vdl", self._start_step)
        # Names of files may contain bytes that are not text: JSON escapes them.
        self._file = open(self._path, "a", encoding="utf-8", errors="backslashreplace")
        self._curves = LogWriter(logdir=str(self._folder / "vdl"), display_name=self._folder.name)
        for write in self._waiting:
            write()
        self._waiting.clear()

    def _write(self, write: Callable[[], None]) -> None:
        if self._file:
            write()
        else:
            self._waiting.append(write)

    def _drop_events_after(self, step: int) -> None:
        """Removes what an interrupted session wrote after its last save: those steps are done again."""
        if not self._path.is_file():
            return
        kept = []
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            # Skips a line that is incomplete after a kill.
            with contextlib.suppress(ValueError, AttributeError, TypeError):
                if json.loads(line).get("step", 0) <= step and step:
                    kept.append(line + "\n")
        write_text(self._path, "".join(kept))

    def event(self, kind: str, **values: object) -> None:
        """Appends one JSON object to `journal.jsonl`."""
        if self.active:
            record = {"event": kind, "time": time.strftime("%Y-%m-%dT%H:%M:%S"), **values}
            self._write(lambda: self._append(json.dumps(record, ensure_ascii=False) + "\n"))

    def _append(self, line: str) -> None:
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as problem:
            raise UserError(f"{self._path}: {problem.strerror}; make room, then --resume continues") from problem

    def advance(self) -> None:
        """One optimizer step is done."""
        if self.active:
            self._bar.update()

    def training(self, step: int, position: str, metrics: Dict[str, float], seconds_left: float) -> None:
        """Writes means and rates since the last call to the screen, the journal and the curves."""
        if not self.active:
            return
        message = ", ".join(_formatted(name, value) for name, value in metrics.items())
        if self._bar.disable:
            say(f"step {step}/{self.total_steps}, {position}, {message}, {clock(seconds_left)} left")
        else:
            self._bar.set_postfix_str(f"{position}, {message}, {clock(seconds_left)} left")
        self.event("train", step=step, **{_key(name): value for name, value in metrics.items()})
        self.curves("train", step, metrics)

    def evaluation(self, step: int, name: str, metrics: Dict[str, float], note: str) -> None:
        """Writes the metrics on a held-out set to the screen, the journal and the curves."""
        if self.active:
            message = ", ".join(f"{key} {value:.4f}" for key, value in metrics.items())
            say(f"step {step}/{self.total_steps}, {name}: {message}{note}")
            self.event("evaluate", step=step, set=name, **{_key(key): value for key, value in metrics.items()})
            self.curves(name, step, metrics)

    def curves(self, group: str, step: int, values: Dict[str, float]) -> None:
        """Scalars for VisualDL."""
        for name, value in values.items():
            self._write(functools.partial(self._add_scalar, f"{group}/{_key(name)}", value, step))

    def _add_scalar(self, tag: str, value: float, step: int) -> None:
        self._curves.add_scalar(tag, value, step)

    def weights(self, step: int, model) -> None:
        """Histograms of the weight matrices for VisualDL."""
        if self.active:
            for name, parameter in model.named_parameters():
                if len(parameter.shape) > 1:
                    self._curves.add_histogram(name, parameter.astype("float32").numpy().ravel(), step, buckets=40)

    def options(self, step: int, options: Dict[str, object], results: Dict[str, float]) -> None:
        """Writes the run's options beside its results, for VisualDL's comparison of runs."""
        if self.active:
            plain = {name: value if type(value) in (float, str) else str(value) for name, value in options.items()}
            named = {f"best/{_key(name)}": value for name, value in results.items()}
            self._curves.add_hparams(plain, list(named))
            for name, value in named.items():
                self._curves.add_scalar(name, value, step)

    def close(self) -> None:
        """Closes the progress bar and the files."""
        if self.active:
            self._bar.close()
            if self._file:
                self._file.close()
                self._curves.close()
            self.active = False
