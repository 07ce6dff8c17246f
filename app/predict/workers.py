"""Several processes on this machine, each with its part of every file; the one that ends last puts the results together."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import queue
from typing import Callable, List, Optional

from app import runtime
from app.errors import UserError
from app.options import PredictOptions
from app.predict.files import Summary
from app.predict.jobs import Answer, run_all
from app.predict.plan import Job
from app.predict.scorer import Ledger


def run_workers(jobs: List[Job], options: PredictOptions, engines: List[str], progress: Callable[[int], None]) -> Answer:
    """As `run_all`, by `num_workers` processes."""
    count = options.num_workers
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads can hang
    said = context.Queue()
    parts = [
        dataclasses.replace(options, num_workers=1, shard=f"{number}/{count}", device=_device(options, number))
        for number in range(count)
    ]
    workers = [context.Process(target=_work, args=(jobs, part, engines, said)) for part in parts]
    with runtime.starting(count):
        for worker in workers:
            worker.start()
    summaries: List[Optional[Summary]] = [None] * len(jobs)
    ledger, running = Ledger(), count
    try:
        while running:
            answer = _next(said, workers, count - running)
            if isinstance(answer, int):
                progress(answer)
            elif isinstance(answer, Exception):
                raise answer
            else:
                running -= 1
                summaries = [mine or other for mine, other in zip(summaries, answer[0])]
                ledger.add(answer[1])
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.kill()  # what it has scored is kept, whenever it ends
    return summaries, ledger


def _work(jobs: List[Job], options: PredictOptions, engines: List[str], said) -> None:
    """A worker: says rows done, then (summaries, ledger), or what the user can mend."""
    runtime.prepare()
    parent = os.getppid()

    def tell(rows: int) -> None:
        if os.getppid() != parent:
            os._exit(1)  # the process that started this one is gone; the same command goes on
        said.put(rows)

    try:
        said.put(run_all(jobs, options, engines, tell))
    except (UserError, OSError) as problem:
        said.put(problem)


def _next(said, workers: list, ended_well: int):
    """The next word of a worker. Raises UserError where one has died without a word."""
    while True:
        try:
            return said.get(timeout=1)
        except queue.Empty:
            ended = [worker for worker in workers if worker.exitcode is not None]
            if len(ended) > ended_well and said.empty():
                raise UserError("a worker was stopped; what was scored is kept, the same command goes on") from None


def _device(options: PredictOptions, number: int) -> str:
    """Each worker's own GPU, where there are several."""
    several = options.device in ("auto", "gpu") and runtime.uses_gpu(options.device) and runtime.gpu_count() > 1
    return f"gpu:{number % runtime.gpu_count()}" if several else options.device
