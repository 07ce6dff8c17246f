"""An engine in processes of its own: Paddle keeps Python to itself while it computes, so nothing could go on beside it."""

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
from app.errors import UserError
from app.predict.engine import Engine, check_can_run, open_engine
from app.predict.export import exported
from app.progress import say

ROOT = Path(__file__).resolve().parents[2]
SERVE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from app.predict.processes import serve; serve(*sys.argv[1:])"
SILENT, PATIENCE = 10.0, 600.0  # seconds: when it is said that an answer is waited for, and how much longer it is
PROCESS = 600 << 20  # bytes of memory that a process takes beside the weights, which it has in up to three forms


class EngineProcesses(Engine):
    """On CPU one process of one thread for each processor (as far as the memory goes), on GPU one process.

    Threads of one predictor wait for one another; predictors of one thread do not, and each adds in the same order
    whatever the machine's load. They end with this process, however it ends. Raises UserError where the engine cannot run.
    """

    def __init__(self, name: str, folder: Path, device: str):
        check_can_run(name, device)
        if name != "dygraph":
            exported(folder)  # before all of them ask for it
        if not runtime.uses_gpu(device) and name != "dygraph":
            each = PROCESS + 3 * (folder / "model.safetensors").stat().st_size
            self.threads = max(1, min(runtime.thread_count(), machine.memory_left() // 2 // each))
        self._free: queue.SimpleQueue = queue.SimpleQueue()
        with runtime.starting(self.threads):
            self._processes = [_start(name, folder, device) for _ in range(self.threads)]
        try:
            for _, connection in self._processes:
                self.batch_tokens, self.window_rows, self.shapes, self.close_within = _ask(connection)
                self._free.put(connection)
        except BaseException:
            self.close()
            raise

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""
        return self._run("run", input_ids, token_type_ids)

    def run_exact(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """The same in float32, where the engine is one of few bits."""
        return self._run("run_exact", input_ids, token_type_ids)

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
    """A process with the engine, and the connection to it.

    Not by `multiprocessing`: that would run the user's script again in the new process, and refuses to start one from a worker
    of a `Pool`.
    """
    mine, its = socket.socketpair()
    with its:
        call = [sys.executable, "-c", SERVE, str(its.fileno()), name, str(folder), device]
        process = subprocess.Popen(call, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
    return process, Connection(mine.detach())


def _ask(connection: Connection, *call):
    """What the process answers to (method, batch); without one, when it is ready, its engine's traits. Raises what it raised."""
    try:
        if call:
            connection.send(call)
        if call and not connection.poll(SILENT):  # loading takes its time
            say(f"an engine process has not answered for {SILENT:.0f} s (stopped? little memory?); waiting for it", sys.stderr)
            if not connection.poll(PATIENCE):
                raise UserError(f"an engine process has not answered for {SILENT + PATIENCE:.0f} s; the same command goes on")
        answer = connection.recv()
    except (EOFError, OSError) as problem:
        raise UserError("a process of the engine was stopped; is there enough memory? The same command goes on") from problem
    if isinstance(answer, Exception):
        raise answer
    return answer


def serve(number: str, name: str, folder: str, device: str) -> None:
    """One of the processes, called with the number of its end of the connection: says that it is ready, then answers batches
    with logits until nobody asks any more.
    """
    connection = Connection(int(number))
    with contextlib.suppress(EOFError, OSError):
        try:
            engine = open_engine(name, Path(folder), device)
            engine.warm_up()
            if runtime.thread_count() > 1 and engine.shapes == "small":
                engine.shapes = "few"  # several threads share a product by its rows
            connection.send((engine.batch_tokens, engine.window_rows, engine.shapes, engine.close_within))
        except Exception as problem:  # whatever it is, it is told where the user can read it
            connection.send(_sendable(problem))
            return
        while True:
            method, *batch = connection.recv()
            try:
                connection.send(getattr(engine, method)(*batch))
            except Exception as problem:
                connection.send(_sendable(problem))


def _sendable(problem: Exception) -> Exception:
    """The error, or one that says the same: those of some libraries cannot be sent to another process."""
    plain = isinstance(problem, (UserError, OSError, MemoryError))
    return problem if plain else RuntimeError(f"{type(problem).__name__}: {problem}")
