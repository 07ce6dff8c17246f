"""Starts several processes of a command with `paddle.distributed.launch`, and ends them together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import List

import psutil

from app import runtime
from app.errors import UserError

EXIT_CODE_FILE = "APP_EXIT_CODE_FILE"  # environment variable: the file to which the first process writes its exit code
SECONDARY_SIGNALS = (signal.SIGABRT, signal.SIGTERM)  # gloo and the launcher end the remaining processes with these
GRACE_SECONDS = 5.0  # in which the other processes have to end after the first one


def launch(arguments: List[str], processes: int, log_dir: str, gpu: bool) -> int:
    """Runs `python -m app ARGUMENTS` in several processes under `paddle.distributed.launch`. Returns the first one's exit code.

    With `gpu`, each process has a GPU of its own; without it, they see none.

    On Ctrl-C the launcher ends at once, and if a process fails it prints logs. Therefore it runs in its own session, this process
    passes Ctrl-C and SIGTERM on to the training processes, which save and end, and the exit code goes through a file.
    """
    main = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")
    launcher = [sys.executable, "-m", "paddle.distributed.launch", "--log_level", "CRITICAL", "--log_dir", log_dir]
    with tempfile.TemporaryDirectory() as folder:
        code_file = Path(folder) / "code"
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", EXIT_CODE_FILE: str(code_file)}
        for name in ("OMP_NUM_THREADS", "MKL_DEBUG_CPU_TYPE"):  # the processes set them for their share of the machine
            environment.pop(name, None)
        if not gpu:  # the launcher gives each process one of the devices that it sees
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(["-1"] * processes)
        running = subprocess.Popen(
            [*launcher, "--nproc_per_node", str(processes), main, *arguments],
            env=environment, start_new_session=True, preexec_fn=end_with_parent,
        )  # fmt: skip
        for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: it is ignored in a background job of a script
            signal.signal(number, signal.default_int_handler)
        killed = _wait(running, code_file)
        if killed and not code_file.exists():
            raise UserError(f"{killed}; the others were stopped. What was saved is complete; the command with --resume continues")
        return int(code_file.read_text()) if code_file.exists() else running.returncode


def _wait(running: subprocess.Popen, code_file: Path) -> str:
    """Waits for the launcher. Returns in words which of its processes was killed and how; empty if none was."""
    ended, killed = None, ""  # time at which the first process ended
    pids: List[int] = []  # of the processes, by rank
    gone: List[int] = []  # ranks of the processes that had ended when the first one was seen to be missing
    while running.poll() is None:
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=0.05)
            children = sorted(process.pid for process in psutil.Process(running.pid).children())  # started in this order
            pids = children if len(children) > len(pids) else pids
            gone = gone or [rank for rank, pid in enumerate(pids) if pid not in children]
            killed = killed or _killed_process(pids)
            if killed:
                launcher = psutil.Process(running.pid)
                launcher.suspend()  # before it prints the logs of all processes
                for process in launcher.children(recursive=True):
                    process.kill()
                killed = "" if _has_ended(running) else killed  # if the launcher was killed, its processes end by the same signal
                running.kill()
            ended = ended or (time.monotonic() if code_file.exists() else None)
            if ended and time.monotonic() - ended > GRACE_SECONDS:  # the others wait for the first one, which has ended
                for process in [*psutil.Process(running.pid).children(recursive=True), running]:
                    process.kill()
        except KeyboardInterrupt:
            for process in psutil.Process(running.pid).children():
                process.send_signal(signal.SIGINT)
        except psutil.NoSuchProcess:
            pass  # it has just ended
    if running.returncode < 0 and not killed:
        killed = f"the launcher of {len(pids)} processes was ended by {signal.Signals(-running.returncode).name}"
    signal_number = 256 - running.returncode
    if not killed and gone and 0 < signal_number <= signal.SIGRTMAX:  # the launcher saw it first: its exit code has the signal
        sure = len(gone) == 1 and signal_number not in SECONDARY_SIGNALS
        killed = _describe(gone[0], len(pids), signal_number) if sure else f"one of {len(pids)} processes was killed"
    return killed


def _has_ended(running: subprocess.Popen) -> bool:
    """Whether the launcher has ended, or ends within a moment: the system ends its processes shortly before that is visible."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(timeout=0.1)
    return running.returncode is not None


def _killed_process(pids: List[int]) -> str:
    """Which of these processes was ended by a signal, in words; empty if none was, or if the system does not say."""
    ranks = {}  # by signal
    for rank, pid in enumerate(pids):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            signal_number = int(fields[-1]) & 0x7F  # the last field is the exit status of a process that has ended
            if fields[0] == "Z" and signal_number:
                ranks[signal_number] = rank
        except OSError:
            continue
    first = [(rank, signal_number) for signal_number, rank in ranks.items() if signal_number not in SECONDARY_SIGNALS]
    return _describe(first[0][0], len(pids), first[0][1]) if first else ""


def _describe(rank: int, processes: int, signal_number: int) -> str:
    memory = " (too little memory?)" if signal_number == signal.SIGKILL else ""
    return f"process {rank} of {processes} was ended by {signal.Signals(signal_number).name}{memory}"


def end_with_parent() -> None:
    """Makes the system end this process when its parent ends, for whatever reason (on Linux)."""
    system = ctypes.CDLL(None)
    if hasattr(system, "prctl"):
        system.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def launched_by_us() -> bool:
    """Whether `launch` started this process. If so, its parent has done what only one process may do."""
    return EXIT_CODE_FILE in os.environ


def leave(code: int) -> int:
    """The exit code of a process of `launch`: the first process writes its own to a file; the others wait for it.

    A process of another launcher that has ended without an error leaves here: this function does not return.
    """
    if not launched_by_us() and not code:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # gloo can abort a process while the interpreter ends, although its work is done
    if not launched_by_us() or code == 1:
        return code
    if runtime.rank() == 0:
        Path(os.environ[EXIT_CODE_FILE]).write_text(str(code))
        return 0
    if code:
        time.sleep(2 * GRACE_SECONDS)
    return 0


def processes_wanted(num_processes: int, device: str) -> int:
    """How many processes this machine starts: `num_processes`, or if that is 0, one per GPU unless one device is named."""
    if num_processes:
        return num_processes
    return max(1, runtime.gpu_count()) if device in ("auto", "gpu") else 1
