"""Several processes, one model: launch, start, gather. One process is the case of world size 1."""

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

import numpy as np
import psutil

from app import runtime
from app.errors import UserError
from app.quiet import quiet

EXIT_CODE_FILE = "APP_EXIT_CODE_FILE"  # names the file in which the first process leaves its exit code
FOLLOWING = (signal.SIGABRT, signal.SIGTERM)  # how gloo and the launcher end the processes that are left
GRACE = 5.0  # seconds that the other processes have to end after the first one


def launch(arguments: List[str], processes: int, log_dir: str, gpu: bool) -> int:
    """Runs `python -m app ARGUMENTS` in several processes under `paddle.distributed.launch`; returns the first one's exit code.
    With `gpu` each has a GPU of its own, without it they see none.

    The launcher answers Ctrl-C by leaving at once, and a process that fails by printing logs. It therefore runs in a session of
    its own, Ctrl-C and SIGTERM are handed to the processes themselves, which save and end, and exit codes take another way.
    """
    main = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")
    launcher = [sys.executable, "-m", "paddle.distributed.launch", "--log_level", "CRITICAL", "--log_dir", log_dir]
    with tempfile.TemporaryDirectory() as place:
        code_file = Path(place) / "code"
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", EXIT_CODE_FILE: str(code_file)}
        for name in ("OMP_NUM_THREADS", "MKL_DEBUG_CPU_TYPE"):  # the processes set them anew, for their share of the machine
            environment.pop(name, None)
        if not gpu:  # the launcher deals out the devices that it sees, one a process
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(["-1"] * processes)
        running = subprocess.Popen(
            [*launcher, "--nproc_per_node", str(processes), main, *arguments],
            env=environment, start_new_session=True, preexec_fn=end_with_parent,
        )  # fmt: skip
        for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a script's background job starts with it ignored
            signal.signal(number, signal.default_int_handler)
        killed = _wait(running, code_file)
        if killed and not code_file.exists():
            raise UserError(f"{killed}; the others were stopped. What was saved is whole: the same line with --resume goes on")
        return int(code_file.read_text()) if code_file.exists() else running.returncode


def _wait(running: subprocess.Popen, code_file: Path) -> str:
    """Waits for the launcher; returns, in words, which of its processes was killed and how, empty where none was."""
    ended, killed = None, ""  # when the first process left
    numbers: List[int] = []  # of the processes, by rank
    gone: List[int] = []  # ranks that the launcher had let go when it was first seen to let any go
    while running.poll() is None:
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=0.05)
            children = sorted(process.pid for process in psutil.Process(running.pid).children())  # started in this order
            numbers = children if len(children) > len(numbers) else numbers
            gone = gone or [rank for rank, number in enumerate(numbers) if number not in children]
            killed = killed or _killed_process(numbers)
            if killed:
                launcher = psutil.Process(running.pid)
                launcher.suspend()  # before it prints the logs of all
                for process in launcher.children(recursive=True):
                    process.kill()
                killed = "" if _has_ended(running) else killed  # its processes end with it, by the same signal
                running.kill()
            ended = ended or (time.monotonic() if code_file.exists() else None)
            if ended and time.monotonic() - ended > GRACE:  # the others wait for the first one, which is gone
                for process in [*psutil.Process(running.pid).children(recursive=True), running]:
                    process.kill()
        except KeyboardInterrupt:
            for process in psutil.Process(running.pid).children():
                process.send_signal(signal.SIGINT)
        except psutil.NoSuchProcess:
            pass  # it ended in this very moment
    if running.returncode < 0 and not killed:
        killed = f"the launcher of {len(numbers)} processes was ended by {signal.Signals(-running.returncode).name}"
    number = 256 - running.returncode
    if not killed and gone and 0 < number <= signal.SIGRTMAX:  # the launcher was quicker: its code tells of one of them
        sure = len(gone) == 1 and number not in FOLLOWING
        killed = _told(gone[0], len(numbers), number) if sure else f"one of {len(numbers)} processes was killed"
    return killed


def _has_ended(running: subprocess.Popen) -> bool:
    """Whether the launcher has ended, or does so in this moment: the system ends its processes a little before that is seen."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(timeout=0.1)
    return running.returncode is not None


def _killed_process(numbers: List[int]) -> str:
    """Which of these processes a signal has ended, in words; empty where none was, or where the system does not tell."""
    found = {}
    for rank, process in enumerate(numbers):
        try:
            with open(f"/proc/{process}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            number = int(fields[-1]) & 0x7F  # the last field is the exit status, of a process that has ended
            if fields[0] == "Z" and number:
                found[number] = rank
        except OSError:
            continue
    first = [(rank, number) for number, rank in found.items() if number not in FOLLOWING]
    return _told(first[0][0], len(numbers), first[0][1]) if first else ""


def _told(rank: int, of: int, number: int) -> str:
    memory = " (too little memory?)" if number == signal.SIGKILL else ""
    return f"process {rank} of {of} was ended by {signal.Signals(number).name}{memory}"


def end_with_parent() -> None:
    """Has the system end this process when its parent is gone, however that ended (on Linux)."""
    system = ctypes.CDLL(None)
    if hasattr(system, "prctl"):
        system.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def launched_by_us() -> bool:
    """Whether `launch` started this process; its parent has then made the preparations that only one process may make."""
    return EXIT_CODE_FILE in os.environ


def leave(code: int) -> int:
    """The exit code for a process of `launch`: the first one's goes into a file; the others let it speak first.

    Where another launcher's process has ended well, this does not return.
    """
    if not launched_by_us() and not code:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # as the interpreter ends, gloo can abort a process that has done its work
    if not launched_by_us() or code == 1:
        return code
    if runtime.rank() == 0:
        Path(os.environ[EXIT_CODE_FILE]).write_text(str(code))
        return 0
    if code:
        time.sleep(2 * GRACE)
    return 0


def processes_wanted(num_processes: int, device: str) -> int:
    """How many processes this machine should start: as asked for, else one a GPU unless one device is named."""
    if num_processes:
        return num_processes
    return max(1, runtime.gpu_count()) if device in ("auto", "gpu") else 1


def start(device: str) -> None:
    """Joins the processes together, where there are several, on `cpu` by gloo. Call it after the device is chosen."""
    if runtime.world_size() > 1:
        if device == "cpu":
            os.environ["PADDLE_DISTRI_BACKEND"] = "gloo"  # a Paddle built for GPUs would take NCCL
        import paddle.distributed

        with quiet():
            paddle.distributed.init_parallel_env()


def wrap(model):
    """The model with gradients averaged over all processes after each backward pass."""
    if runtime.world_size() == 1:
        return model
    import paddle

    return paddle.DataParallel(model)


def own_parts(rows: np.ndarray, parts: int) -> List[np.ndarray]:
    """This process's rows of a step, in at most `parts` parts (one empty part where there are fewer rows than processes).

    Every N-th row: rows sorted by length give all processes the same lengths.
    """
    mine = rows[runtime.rank() :: runtime.world_size()]
    return np.array_split(mine, min(parts, max(1, len(mine))))


def barrier() -> None:
    """Waits until all processes are here."""
    if runtime.world_size() > 1:
        import paddle.distributed

        paddle.distributed.barrier()


def any_process(flag: bool) -> bool:
    """Whether `flag` is true in any process (all must ask)."""
    return bool(all_sum(np.array([float(flag)]))[0])


def of_first(value: float) -> float:
    """The first process's value, in all processes."""
    return float(all_sum(np.array([value if runtime.rank() == 0 else 0.0]))[0])


def device_sum(value: float):
    """Sum of a number over all processes: the number itself, or a tensor that waits on no device to be read."""
    if runtime.world_size() == 1:
        return value
    import paddle
    import paddle.distributed

    tensor = paddle.to_tensor(value, dtype="float32")
    paddle.distributed.all_reduce(tensor)
    return tensor


def all_sum(values: np.ndarray) -> np.ndarray:
    """Sum of float32 `values` over all processes, the same shape."""
    if runtime.world_size() == 1:
        return values
    import paddle
    import paddle.distributed

    tensor = paddle.to_tensor(values.astype(np.float32))
    paddle.distributed.all_reduce(tensor)
    return tensor.numpy()
