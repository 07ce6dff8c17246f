"""Messages of a long operation: a progress bar on a terminal, a plain line every 30 seconds in a log."""

from __future__ import annotations

import sys
import time
from typing import Optional, TextIO

from tqdm import tqdm

LOG_SECONDS = 30.0  # between two lines in a log


def say(text: str = "", stream: Optional[TextIO] = None) -> None:
    """Prints one line on standard output or another stream. It appears above the progress bar, if there is one."""
    stream = stream or sys.stdout
    tqdm.write(text, file=stream)
    stream.flush()


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss or m:ss."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class ProgressCounter:
    """Counts and shows what is done; the total does not have to be known.

    with ProgressCounter("scoring", "rows") as advance:
        advance(100)
    """

    def __init__(self, operation: str, unit: str, stream: Optional[TextIO] = None):
        self.operation, self.unit, self.count, self._stream = operation, unit, 0, stream
        self._on_terminal = sys.stderr.isatty()
        self._began = self._last_line = time.monotonic()
        self._bar = tqdm(desc=operation, unit=f" {unit}", unit_scale=True, dynamic_ncols=True, disable=not self._on_terminal)

    def __enter__(self) -> "ProgressCounter":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, count: int) -> None:
        """Adds `count`."""
        self.count += count
        self._bar.update(count)
        now = time.monotonic()
        if not self._on_terminal and now - self._last_line >= LOG_SECONDS:
            self._last_line = now
            speed = self.count / (now - self._began)
            say(f"{self.operation}: {self.count:,} {self.unit}, {speed:,.0f} {self.unit}/s", self._stream)
