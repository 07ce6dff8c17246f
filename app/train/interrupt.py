"""Ctrl-C and SIGTERM during training: the step ends, everything is saved, and the run prints how to resume."""

from __future__ import annotations

import signal
import time

from app import runtime
from app.progress import say
from app.train import distributed

REPEAT_SECONDS = 1.0  # a second Ctrl-C within this time is the first one, passed on by a launcher
STOP_CHECK_STEPS = 10  # with several processes, they ask each other once in this many steps whether one was interrupted


class InterruptFlag:
    """Turns Ctrl-C and SIGTERM into a flag that the trainer reads between steps. A second Ctrl-C ends the process at once."""

    def __enter__(self) -> "InterruptFlag":
        self.raised, self._first = False, 0.0
        self._before = {number: signal.signal(number, self._raise) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _raise(self, number: int, frame: object) -> None:
        if self.raised and time.monotonic() - self._first > REPEAT_SECONDS:
            raise KeyboardInterrupt
        if self.raised:
            return
        self.raised, self._first = True, time.monotonic()
        say("stopping soon, then saving (press again to stop at once and keep the last save)")

    def on_any_process(self, step: int) -> bool:
        """Whether the run should stop now; all processes get the same answer."""
        if runtime.world_size() == 1:
            return self.raised
        return step % STOP_CHECK_STEPS == 0 and distributed.any_process(self.raised)
