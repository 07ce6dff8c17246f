"""Ctrl-C and SIGTERM during training: the step ends, all is saved, and the run says how to go on."""

from __future__ import annotations

import signal
import time

from app import runtime
from app.progress import say
from app.train import parallel

REPEAT = 1.0  # seconds within which a second Ctrl-C is the first one, handed on by a launcher
STOP_CHECK = 10  # steps between asking all processes whether one was interrupted


class InterruptFlag:
    """Turns Ctrl-C and SIGTERM into a flag that the loop reads between steps; a second one leaves at once."""

    def __enter__(self) -> "InterruptFlag":
        self.raised, self._first = False, 0.0
        self._before = {number: signal.signal(number, self._raise) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _raise(self, number: int, frame: object) -> None:
        if self.raised and time.monotonic() - self._first > REPEAT:
            raise KeyboardInterrupt
        if self.raised:
            return
        self.raised, self._first = True, time.monotonic()
        say("stopping after this step, then saving (once more leaves at once, with what was saved before)")

    def on_any_process(self, step: int) -> bool:
        """Whether the run should stop now; all processes get the same answer."""
        if runtime.world_size() == 1:
            return self.raised
        return step % STOP_CHECK == 0 and parallel.any_process(self.raised)
