"""Applies a function to a stream of items in several processes: results in order, a bounded number of items in memory."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import signal
import threading
from collections import deque
from typing import Any, Callable, Deque, Iterable, Iterator

QUEUED_PER_WORKER = 3  # so that no process is idle while another one needs longer for its item

_function: Callable[[Any], Any]


def map_in_order(
    make_function: Callable[..., Callable[[Any], Any]], arguments: tuple, items: Iterable[Any], workers: int
) -> Iterator[Any]:
    """Yields `make_function(*arguments)(item)` for each item, in order. Each process calls `make_function` once.

    With one worker, no process is started. `make_function` must be importable, arguments, items and results must be picklable.
    """
    if workers <= 1:
        yield from map(make_function(*arguments), items)
        return
    # spawn, not fork: Paddle and the tokenizer may have threads in this process.
    context = multiprocessing.get_context("spawn")
    initargs = (make_function, arguments)
    with concurrent.futures.ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=initargs) as pool:
        pending: Deque[concurrent.futures.Future] = deque()
        for item in items:
            pending.append(pool.submit(_apply, item))
            if len(pending) >= QUEUED_PER_WORKER * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _start_worker(make_function: Callable[..., Callable[[Any], Any]], arguments: tuple) -> None:
    global _function
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # only the parent handles Ctrl-C
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one thread per process
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    _function = make_function(*arguments)


def _exit_with_parent() -> None:
    """Ends this process when the parent has ended or was killed. A worker of a pool would wait for items forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _apply(item: Any) -> Any:
    return _function(item)
