"""The next batches are made while the device works on this one."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Optional

AHEAD = 4  # steps that wait at most


@dataclass
class _End:
    problem: Optional[BaseException] = None  # what ended it before its time


def prefetch(items: Iterable[Any]) -> Iterator[Any]:
    """The items in their order, made in a thread of their own, a few ahead. Its exceptions come out here."""
    waiting: queue.Queue = queue.Queue(AHEAD)
    stop = threading.Event()

    def work() -> None:
        end = _End()
        try:
            for item in items:
                if not _put(waiting, item, stop):
                    return
        except BaseException as problem:
            end.problem = problem
        _put(waiting, end, stop)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item = waiting.get()
            if isinstance(item, _End):
                if item.problem:
                    raise item.problem
                return
            yield item
    finally:  # the loop that reads may leave early
        stop.set()
        thread.join()


def _put(waiting: queue.Queue, item: Any, stop: threading.Event) -> bool:
    while not stop.is_set():
        try:
            waiting.put(item, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False
