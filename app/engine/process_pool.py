"""An engine in processes of its own: Paddle holds the GIL while it computes, so other threads would have to wait."""

from __future__ import annotations

import contextlib
import queue
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Tuple

import numpy as np

from app import machine, runtime
from app.engine.base import Engine
from app.engine.engines import check_can_run, open_engine
from app.engine.export import exported
from app.errors import UserError
from app.progress import say

ROOT = Path(__file__).resolve().parents[2]
SERVE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from app.engine.process_pool import serve; serve(*sys.argv[1:])"
WARN_AFTER, GIVE_UP_AFTER = 10.0, 600.0  # seconds without an answer: when a warning is printed, and how long after it an error
PROCESS_MEMORY = 600 << 20  # bytes of one process, without the weights, of which it has up to three copies


class EngineProcessPool(Engine):
    """On CPU one process with one thread for each thread of this process (fewer processes with more threads each if memory is
    short). For dygraph, and on GPU, one process.

    Threads of one predictor wait for each other; predictors with one thread do not, and they add numbers in the same order
    whatever the load of the machine. The processes end when this one ends. Raises UserError if the engine cannot run.
    """

    def __init__(self, name: str, folder: Path, device: str):
        check_can_run(name, device)
        if name != "dygraph":
            exported(folder)  # once, before all processes need it
        if not runtime.uses_gpu(device) and name != "dygraph":
            each = PROCESS_MEMORY + 3 * (folder / "model.safetensors").stat().st_size
            self.threads = max(1, min(runtime.thread_count(), machine.memory_left() // 2 // each))
        self._free: queue.SimpleQueue = queue.SimpleQueue()
        with runtime.starting(self.threads):
            self._processes = [_start(name, folder, device) for _ in range(self.threads)]
        try:
            for _, connection in self._processes:
                self.batch_tokens, self.window_rows, self.batch_shapes, self.rescore_margin = _ask(connection)
                self._free.put(connection)
        except BaseException:
            self.close()
            raise

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """Logits float32 [B, labels] of int64 [B, S], from the next process that is free."""
        return self._run("run", input_ids, token_type_ids)

    def run_float32(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """The same in float32."""
        return self._run("run_float32", input_ids, token_type_ids)

    def _run(self, method: str, *batch: np.ndarray) -> np.ndarray:
        connection = self._free.get()
        try:
            return _ask(connection, method, *batch)
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Ends the processes."""
        for process, connection in self._processes:
            connection.close()
            process.kill()
            process.wait()


def _start(name: str, folder: Path, device: str) -> Tuple[subprocess.Popen, Connection]:
    """Starts a process with the engine; returns it and the connection to it.

    It does not use `multiprocessing`, which would run the user's script again in the new process, and which cannot start a
    process from a worker of a `Pool`.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        call = [sys.executable, "-c", SERVE, str(theirs.fileno()), name, str(folder), device]
        process = subprocess.Popen(call, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    return process, Connection(ours.detach())


def _ask(connection: Connection, *call):
    """Sends (method, batch) and returns the answer; without a call, waits for the process to be ready and returns its engine's
    batch settings. Raises the error that the process raised.
    """
    try:
        if call:
            connection.send(call)
        if call and not connection.poll(WARN_AFTER):  # the first answer, after loading, may take longer
            say(f"an engine process has not answered for {WARN_AFTER:.0f} s (stopped? little memory?); waiting", sys.stderr)
            if not connection.poll(GIVE_UP_AFTER):
                seconds = WARN_AFTER + GIVE_UP_AFTER
                raise UserError(f"an engine process has not answered for {seconds:.0f} s; the same command continues the work")
        answer = connection.recv()
    except (EOFError, OSError) as problem:
        raise UserError("an engine process has ended; is there enough memory? The same command continues the work") from problem
    if isinstance(answer, Exception):
        raise answer
    return answer


def serve(number: str, name: str, folder: str, device: str) -> None:
    """The main function of one process: opens the engine, then answers batches with logits until the connection is closed.

    `number`: the file descriptor of this process's end of the connection.
    """
    connection = Connection(int(number))
    with contextlib.suppress(EOFError, OSError):
        try:
            engine = open_engine(name, Path(folder), device)
            engine.warm_up()
            if runtime.thread_count() > 1 and engine.batch_shapes == "stepped":
                engine.batch_shapes = "fixed"  # several threads divide a matrix product by its rows
            connection.send((engine.batch_tokens, engine.window_rows, engine.batch_shapes, engine.rescore_margin))
        except Exception as problem:  # the parent shows it to the user
            connection.send(_sendable(problem))
            return
        while True:
            method, *batch = connection.recv()
            try:
                connection.send(getattr(engine, method)(*batch))
            except Exception as problem:
                connection.send(_sendable(problem))


def _sendable(problem: Exception) -> Exception:
    """The error, or one with the same message: errors of some libraries cannot be pickled."""
    picklable = isinstance(problem, (UserError, OSError, MemoryError))
    return problem if picklable else RuntimeError(f"{type(problem).__name__}: {problem}")
