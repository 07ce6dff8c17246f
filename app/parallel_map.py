"""Applies a function to a stream of items in several processes: results in order, a bounded number of items in memory."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Callable, Deque, Iterable, Iterator

from app import runtime
from app.errors import UserError

QUEUED_PER_WORKER = 3  # so that no process is idle while another one needs longer for its item

_function: Callable[[Any], Any]


class WorkerPool:
    """Processes that apply the same function to items. Each calls `make_function(*arguments)` once.

    With one worker, no process is started. `make_function` must be importable, arguments, items and results must be picklable.
    """

    def __init__(self, make_function: Callable[..., Callable[[Any], Any]], arguments: tuple, workers: int):
        self._function = make_function(*arguments) if workers <= 1 else None
        self._workers = workers
        if workers > 1:
            # spawn, not fork: Paddle and the tokenizer may have threads in this process.
            context, initargs = multiprocessing.get_context("spawn"), (make_function, arguments)
            self._pool = concurrent.futures.ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=initargs)
            with runtime.starting(workers):  # all processes now, so that none of them gets a Ctrl-C
                for _ in range(workers):
                    self._pool.submit(int)

    def map(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yields the function's value for each item, in order. Raises UserError if a process was killed."""
        if self._function:
            yield from map(self._function, items)
            return
        pending: Deque[concurrent.futures.Future] = deque()
        try:
            for item in items:
                pending.append(self._pool.submit(_apply, item))
                if len(pending) >= QUEUED_PER_WORKER * self._workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as problem:
            raise UserError("a worker process was ended from outside, for example because memory was short") from problem

    def close(self) -> None:
        """Ends the processes. Items that nobody waits for any more are dropped."""
        if not self._function:
            self._pool.shutdown(cancel_futures=True)


def map_in_order(
    make_function: Callable[..., Callable[[Any], Any]], arguments: tuple, items: Iterable[Any], workers: int
) -> Iterator[Any]:
    """Yields `make_function(*arguments)(item)` for each item, in order. See `WorkerPool`."""
    with contextlib.closing(WorkerPool(make_function, arguments, workers)) as pool:
        yield from pool.map(items)


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
