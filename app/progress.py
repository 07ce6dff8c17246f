"""What a long operation says while it works: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import Optional, TextIO

from tqdm import tqdm

EVERY = 30.0  # seconds between the lines in a log


def say(text: str = "", stream: Optional[TextIO] = None) -> None:
    """One line for the user, above a progress bar where there is one; on standard output, or another stream."""
    stream = stream or sys.stdout
    tqdm.write(text, file=stream)
    stream.flush()


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss or m:ss."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class ProgressCounter:
    """Counts what is done: `with ProgressCounter("scoring", "rows") as done: done(100)`. How much there is need not be known."""

    def __init__(self, what: str, unit: str, stream: Optional[TextIO] = None):
        self.what, self.unit, self.count, self._stream = what, unit, 0, stream
        self._terminal = sys.stderr.isatty()
        self._begun = self._told = time.monotonic()
        self._bar = tqdm(desc=what, unit=f" {unit}", unit_scale=True, dynamic_ncols=True, disable=not self._terminal)

    def __enter__(self) -> "ProgressCounter":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, count: int) -> None:
        """`count` more are done."""
        self.count += count
        self._bar.update(count)
        now = time.monotonic()
        if not self._terminal and now - self._told >= EVERY:
            self._told = now
            say(f"{self.what}: {self.count:,} {self.unit}, {self.count / (now - self._begun):,.0f} {self.unit}/s", self._stream)
