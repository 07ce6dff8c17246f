"""How this process computes: CPU threads and math library (set before Paddle loads), processes, device, random seeds."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Iterator

from app import forks, machine
from app.caches import writable_home
from app.errors import UserError
from app.quiet import quiet

LEAST_MEMORY = 1 << 30  # bytes, for Paddle and a small model


@functools.lru_cache(maxsize=None)
def prepare() -> None:
    """Sets, once, what Paddle reads when it is imported. Call it before the first `import paddle`; a value already set stays.

    Paddle's CPU matmul is many times slower without the first two on the machines that need them; without the third,
    the gradients of reshapes copy. The figures are in README.md, section "Speed". Raises UserError where no temporary file
    can be written.
    """
    _check_temporary_folder()
    _check_threads()
    _check_memory_limit()
    threads = max(1, machine.cpu_count() // local_processes())
    if "paddle" in sys.modules:
        _set_threads_late(threads)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    if machine.cpu_vendor() == "AuthenticAMD":
        os.environ.setdefault("MKL_DEBUG_CPU_TYPE", "5")  # Paddle's MKL takes a slow path on AMD processors
    os.environ.setdefault("FLAGS_use_stride_kernel", "0")
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")  # for processes started from here: memory in large pages
    os.environ.setdefault("GLOG_minloglevel", "2")  # libraries say nothing below an error
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime notes an identifier of this machine in the user's home
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    forks.prepare()
    warnings.filterwarnings("ignore", module=r"(paddle|paddlenlp|setuptools|_distutils_hack|pkg_resources)(\..*)?$")
    warnings.filterwarnings("ignore", message=r"(No ccache found|Setuptools is replacing distutils|Distutils was imported)")


def _check_temporary_folder() -> None:
    try:
        tempfile.gettempdir()
    except OSError as problem:
        raise UserError(f"no temporary file can be written ({problem}); set TMPDIR to a folder with room") from problem


def _check_threads() -> None:
    """A thread that cannot be started ends the process inside a library, which says nothing of the reason."""
    asked, processors = os.environ.get("OMP_NUM_THREADS", ""), machine.cpu_count()
    most = max(1024, processors)
    if _first_number(asked) > most:
        raise UserError(f"OMP_NUM_THREADS={asked}: at most {most} here; unset it for one thread a processor ({processors})")


def _check_memory_limit() -> None:
    """With less, libraries hang or end the process while they are loaded."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if resource.RLIM_INFINITY != allowed < LEAST_MEMORY:
        raise UserError(
            f"this process may take {allowed >> 20} MB of memory (ulimit -v), and needs at least {LEAST_MEMORY >> 20}"
        )


def _first_number(threads: str) -> int:
    """Of `4,2` (nested regions) it is 4; 0 where there is none."""
    first = threads.partition(",")[0].strip()
    return int(first) if first.isascii() and first.isdigit() else 0


def _set_threads_late(threads: int) -> None:
    """Sets the threads of a Paddle that the user's program has imported before, and says so.

    At its import, Paddle writes OMP_NUM_THREADS=1 into the environment where nobody has set it.
    """
    if os.environ.get("OMP_NUM_THREADS", "1") != "1" or threads == 1 or "OMP_NUM_THREADS" in _first_environment():
        return
    os.environ["OMP_NUM_THREADS"] = str(threads)
    try:
        sys.modules["paddle"].base.core.set_num_threads(threads)
        sys.modules["paddle"].set_flags({"FLAGS_use_stride_kernel": False})
        message = f"It had one thread and now has {threads}; what it has computed before can keep its products slow."
    except (AttributeError, ValueError, RuntimeError):
        message = "Its threads can no longer be set, so it computes with one."
    warnings.warn(
        f"paddle was imported before Matcher.load. {message} Call Matcher.load first, or set OMP_NUM_THREADS={threads}.",
        RuntimeWarning,
        stacklevel=4,
    )


def _first_environment() -> str:
    """The environment with which this process was started; empty where the machine does not tell."""
    try:
        with open("/proc/self/environ", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def load_paddle(nlp: bool = True) -> None:
    """Imports Paddle and PaddleNLP after `prepare`, without what they print: a user can do nothing about it.

    Without `nlp`, PaddleNLP is left out, which takes longer to load than Paddle itself.
    """
    prepare()
    with quiet(), writable_home():
        import paddle  # noqa: F401

        if nlp:
            from paddlenlp.utils.log import logger

            logger.set_level("ERROR")
    paddle.disable_signal_handler()  # it prints pages where a process is ended by SIGTERM
    logging.getLogger("paddle").setLevel(logging.ERROR)


def thread_count() -> int:
    """Threads that this process is to compute with: what OMP_NUM_THREADS says, where it says a number."""
    prepare()
    return _first_number(os.environ.get("OMP_NUM_THREADS", "")) or machine.cpu_count()


@contextlib.contextmanager
def starting(helpers: int) -> Iterator[None]:
    """Around the start of helper processes: each gets its share of this one's threads, and none of them hears Ctrl-C."""
    mine = thread_count()
    os.environ["OMP_NUM_THREADS"] = str(max(1, mine // helpers))
    resource_tracker.ensure_running()  # started later, it would let SIGINT in again
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        os.environ["OMP_NUM_THREADS"] = str(mine)


def launched() -> bool:
    """Whether `paddle.distributed.launch` started this process, or a cluster that sets what it sets."""
    return "PADDLE_TRAINER_ENDPOINTS" in os.environ


def rank() -> int:
    """This process's number among those that train together; 0 where there is one."""
    return _launched_as("PADDLE_TRAINER_ID", 0)


def world_size() -> int:
    """How many processes train together, on all machines."""
    return _launched_as("PADDLE_TRAINERS_NUM", 1)


def local_processes() -> int:
    """How many of them share this machine."""
    return _launched_as("PADDLE_LOCAL_SIZE", 1)


def _launched_as(name: str, alone: int) -> int:
    """A number that the launcher sets; `alone` in a process that it has not started, whatever an earlier job left there."""
    value = os.environ.get(name, str(alone)) if launched() else str(alone)
    if not (value.isascii() and value.isdigit()) or int(value) < alone:
        raise UserError(f"{name}={value}: no number of a process; unset it and PADDLE_TRAINER_ENDPOINTS to run one process")
    return int(value)


def visible_gpus() -> int:
    """NVIDIA GPUs that this process may see, whatever Paddle can do with them; found without loading Paddle."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([index for index in visible.split(",") if index.strip() not in ("", "-1")])
    if not shutil.which("nvidia-smi"):  # as in some containers
        return len(list(Path("/dev").glob("nvidia[0-9]*")))
    listing = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True)
    return sum(line.startswith("GPU ") for line in listing.stdout.splitlines())


def gpu_name() -> str:
    """What the first GPU calls itself."""
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True).stdout.partition("\n")[0]


@functools.lru_cache(maxsize=None)
def gpu_count() -> int:
    """NVIDIA GPUs that the installed Paddle can use; it is loaded only where there are any."""
    if not visible_gpus():
        return 0
    load_paddle(nlp=False)
    import paddle

    return paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0


def uses_gpu(device: str) -> bool:
    """Whether `choose_device` will take a GPU, found without loading Paddle where that is possible."""
    return device != "cpu" and gpu_count() > 0


def choose_device(name: str) -> str:
    """Makes `name` (`auto`, `cpu`, `gpu`, `gpu:N`) Paddle's device and returns the one taken: `cpu` or `gpu:N`.

    Raises UserError when a GPU is asked for that is not there.
    """
    import paddle

    found = paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0
    if name == "cpu" or (name == "auto" and not found):
        paddle.set_device("cpu")
        return "cpu"
    if not paddle.is_compiled_with_cuda():
        raise UserError(
            f"--device {name}: this PaddlePaddle is built for CPU only; install paddlepaddle-gpu (README, 'GPU') "
            "or use --device cpu"
        )
    assigned = os.environ.get("FLAGS_selected_gpus", "0").split(",")[0]  # by paddle.distributed.launch, one a process
    index = int(name.split(":")[1] if ":" in name else assigned)
    if index >= found:
        raise UserError(f"--device {name}: this machine shows {found} GPU(s), numbered from 0; `python -m app doctor` lists them")
    paddle.set_device(f"gpu:{index}")
    return f"gpu:{index}"


def set_seed(seed: int) -> None:
    """Seeds Python, NumPy and Paddle (all devices). Call it before the model is built: its head is random too."""
    import numpy
    import paddle

    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    paddle.seed(seed % 2**63)


def seed_step(seed: int, step: int) -> None:
    """Makes the randomness of one optimizer step (dropout) a function of (seed, step, rank) alone.

    A resumed run thus draws what an uninterrupted one would have drawn, with no generator state to store.
    """
    set_seed((seed * 1_000_003 + step) * 1_009 + rank() + 1)
