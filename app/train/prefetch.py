"""The next batches are made while the device works on this one."""

from __future__ import annotations

import queue
import threading
from typing import Any, Iterable, Iterator

AHEAD = 4  # steps that wait at most


def prefetch(items: Iterable[Any]) -> Iterator[Any]:
    """The items in their order, made in a thread of their own, a few ahead. Its exceptions come out here."""
    waiting: queue.Queue = queue.Queue(AHEAD)
    stop = threading.Event()
    end = object()

    def work() -> None:
        last: Any = end
        try:
            for item in items:
                if not _put(waiting, item, stop):
                    return
        except BaseException as problem:
            last = problem
        _put(waiting, (end, last), stop)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item = waiting.get()
            if isinstance(item, tuple) and len(item) == 2 and item[0] is end:
                if item[1] is not end:
                    raise item[1]
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
