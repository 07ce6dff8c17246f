"""A function over a stream, in several processes: results in order, a bounded number of items in memory."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import signal
import threading
from collections import deque
from typing import Any, Callable, Deque, Iterable, Iterator

AHEAD = 3  # items a process may have waiting: enough that none runs dry while another's item takes longer

_function: Callable[[Any], Any]


def map_in_order(
    make: Callable[..., Callable[[Any], Any]], arguments: tuple, items: Iterable[Any], workers: int
) -> Iterator[Any]:
    """Yields `make(*arguments)(item)` for each item, in their order; each process calls `make` once.

    With one worker everything happens in this process. `make` must be importable, items and results picklable.
    """
    if workers <= 1:
        yield from map(make(*arguments), items)
        return
    # spawn, not fork: this process may hold Paddle's and the tokenizer's threads.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(make, arguments)) as pool:
        waiting: Deque[concurrent.futures.Future] = deque()
        for item in items:
            waiting.append(pool.submit(_call, item))
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _begin(make: Callable[..., Callable[[Any], Any]], arguments: tuple) -> None:
    global _function
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are the parallelism
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _function = make(*arguments)


def _end_with_parent() -> None:
    """Leaves when the parent is gone, killed or not: a pool's process would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(item: Any) -> Any:
    return _function(item)
