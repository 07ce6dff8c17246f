"""Prepares the next batches in a thread while the device computes."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Optional

MAX_AHEAD = 4  # items that are prepared and not used yet


@dataclass
class _End:
    """Put into the queue after the last item."""

    problem: Optional[BaseException] = None  # the exception that ended the iteration, if there was one


def prefetch(items: Iterable[Any]) -> Iterator[Any]:
    """Yields the items in order. A thread iterates over them, up to MAX_AHEAD items ahead; its exceptions are raised here."""
    prepared: queue.Queue = queue.Queue(MAX_AHEAD)
    stop = threading.Event()

    def prepare() -> None:
        end = _End()
        try:
            for item in items:
                if not _put(prepared, item, stop):
                    return
        except BaseException as problem:
            end.problem = problem
        _put(prepared, end, stop)

    thread = threading.Thread(target=prepare, daemon=True)
    thread.start()
    try:
        while True:
            item = prepared.get()
            if isinstance(item, _End):
                if item.problem:
                    raise item.problem
                return
            yield item
    finally:  # also if the caller stops iterating early
        stop.set()
        thread.join()


def _put(items: queue.Queue, item: Any, stop: threading.Event) -> bool:
    """Waits until the queue has room for the item. Returns False if `stop` is set before that."""
    while not stop.is_set():
        try:
            items.put(item, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False
