"""Settings of this process: CPU threads and math library (set before Paddle is loaded), processes, device, random seeds."""

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

MIN_MEMORY = 1 << 30  # bytes that Paddle and a small model need


@functools.lru_cache(maxsize=None)
def prepare() -> None:
    """Sets the environment variables that Paddle reads when it is imported, unless the user has set them.

    Call it before the first `import paddle`. Only the first call has an effect.

    The number of threads and, on AMD processors, the path of MKL make Paddle's matrix products many times faster;
    FLAGS_use_stride_kernel=0 avoids copies in the gradients of reshapes. `tests/bench/bench_train.py` compares training with the
    course's loop in Paddle's default environment.

    Raises UserError if no temporary file can be written, or if OMP_NUM_THREADS or the memory limit cannot work.
    """
    _check_temporary_folder()
    _check_threads()
    _check_memory_limit()
    threads = max(1, machine.cpu_count() // local_processes())
    if "paddle" in sys.modules:
        _set_threads_late(threads)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    if machine.cpu_vendor() == "AuthenticAMD":
        os.environ.setdefault("MKL_DEBUG_CPU_TYPE", "5")  # otherwise MKL uses its slow path on AMD processors
    os.environ.setdefault("FLAGS_use_stride_kernel", "0")
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")  # large memory pages, in the processes that this one starts
    os.environ.setdefault("GLOG_minloglevel", "2")  # libraries print errors only
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else ONNX Runtime writes an identifier into the home folder
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    forks.prepare()
    warnings.filterwarnings("ignore", module=r"(paddle|paddlenlp|setuptools|_distutils_hack|pkg_resources)(\..*)?$")
    warnings.filterwarnings("ignore", message=r"(No ccache found|Setuptools is replacing distutils|Distutils was imported)")


def _check_temporary_folder() -> None:
    try:
        tempfile.gettempdir()
    except OSError as problem:
        raise UserError(f"no temporary file can be written ({problem}); set TMPDIR to a folder with free space") from problem


def _check_threads() -> None:
    """Raises UserError for a number of threads that cannot be started: a library would end the process without a message."""
    value, processors = os.environ.get("OMP_NUM_THREADS", ""), machine.cpu_count()
    max_threads = max(1024, processors)
    if _first_number(value) > max_threads:
        raise UserError(
            f"OMP_NUM_THREADS={value}: at most {max_threads} threads; unset it to use one thread per processor ({processors})"
        )


def _check_memory_limit() -> None:
    """Raises UserError for a memory limit with which libraries hang or end the process while they are loaded."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if resource.RLIM_INFINITY != limit < MIN_MEMORY:
        raise UserError(f"the memory limit is {limit >> 20} MB (ulimit -v); at least {MIN_MEMORY >> 20} MB are needed")


def _first_number(threads: str) -> int:
    """The first number of a list like `4,2` (OpenMP: one number per nesting level); 0 if there is none."""
    first = threads.partition(",")[0].strip()
    return int(first) if first.isascii() and first.isdigit() else 0


def _set_threads_late(threads: int) -> None:
    """Sets the threads of a Paddle that the user's program has imported already, and warns about it.

    When it is imported, Paddle sets OMP_NUM_THREADS=1 if the variable is not set.
    """
    if os.environ.get("OMP_NUM_THREADS", "1") != "1" or threads == 1 or "OMP_NUM_THREADS" in _initial_environment():
        return
    os.environ["OMP_NUM_THREADS"] = str(threads)
    try:
        sys.modules["paddle"].base.core.set_num_threads(threads)
        sys.modules["paddle"].set_flags({"FLAGS_use_stride_kernel": False})
        message = f"It had one thread and now has {threads}; matrix products can stay slow because of what was computed before."
    except (AttributeError, ValueError, RuntimeError):
        message = "The number of its threads can no longer be changed, so it computes with one."
    warnings.warn(
        f"paddle was imported before Matcher.load. {message} Call Matcher.load first, or set OMP_NUM_THREADS={threads}.",
        RuntimeWarning,
        stacklevel=4,
    )


def _initial_environment() -> str:
    """The environment variables with which this process was started; empty if they are not known."""
    try:
        with open("/proc/self/environ", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def load_paddle(nlp: bool = True) -> None:
    """Calls `prepare`, then imports Paddle and PaddleNLP. Their messages are hidden, because a user can do nothing about them.

    `nlp`: False imports Paddle only. PaddleNLP takes longer to load than Paddle itself.
    """
    prepare()
    with quiet(), writable_home():
        import paddle  # noqa: F401

        if nlp:
            from paddlenlp.utils.log import logger

            logger.set_level("ERROR")
    paddle.disable_signal_handler()  # it prints pages of text when SIGTERM ends a process
    logging.getLogger("paddle").setLevel(logging.ERROR)


def thread_count() -> int:
    """Number of threads for computing: the value of OMP_NUM_THREADS if it is a number, else one per processor."""
    prepare()
    return _first_number(os.environ.get("OMP_NUM_THREADS", "")) or machine.cpu_count()


@contextlib.contextmanager
def starting(helpers: int) -> Iterator[None]:
    """A block that starts `helpers` processes. They divide the threads of this process between them, and ignore Ctrl-C."""
    threads = thread_count()
    os.environ["OMP_NUM_THREADS"] = str(max(1, threads // helpers))
    resource_tracker.ensure_running()  # if it started inside the block, it would unblock SIGINT
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)
        os.environ["OMP_NUM_THREADS"] = str(threads)


def launched() -> bool:
    """Whether this process was started by `paddle.distributed.launch`, or by a cluster that sets the same variables."""
    return "PADDLE_TRAINER_ENDPOINTS" in os.environ


def rank() -> int:
    """The number of this process among those that train together; 0 if there is only one."""
    return _launcher_value("PADDLE_TRAINER_ID", 0)


def world_size() -> int:
    """Number of processes that train together, on all machines."""
    return _launcher_value("PADDLE_TRAINERS_NUM", 1)


def local_processes() -> int:
    """Number of processes that train together on this machine."""
    return _launcher_value("PADDLE_LOCAL_SIZE", 1)


def _launcher_value(name: str, single: int) -> int:
    """A number that the launcher sets. `single`: its value without a launcher, even if an earlier job has left the variable.

    Raises UserError if it is not an integer of at least `single`.
    """
    value = os.environ.get(name, str(single)) if launched() else str(single)
    if not (value.isascii() and value.isdigit()) or int(value) < single:
        raise UserError(f"{name}={value}: must be an integer >= {single}; for one process, unset it and PADDLE_TRAINER_ENDPOINTS")
    return int(value)


def visible_gpus() -> int:
    """Number of NVIDIA GPUs that are visible to this process, whether Paddle can use them or not. Does not load Paddle."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([index for index in visible.split(",") if index.strip() not in ("", "-1")])
    if not shutil.which("nvidia-smi"):  # as in some containers: count the device files
        return len(list(Path("/dev").glob("nvidia[0-9]*")))
    listing = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True)
    return sum(line.startswith("GPU ") for line in listing.stdout.splitlines())


def gpu_name() -> str:
    """The name of the first GPU."""
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True).stdout.partition("\n")[0]


@functools.lru_cache(maxsize=None)
def gpu_count() -> int:
    """Number of NVIDIA GPUs that the installed Paddle can use. Loads Paddle only if a GPU is visible."""
    if not visible_gpus():
        return 0
    load_paddle(nlp=False)
    import paddle

    return paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0


def uses_gpu(device: str) -> bool:
    """Whether `choose_device` will choose a GPU. Loads Paddle only if a GPU is visible."""
    return device != "cpu" and gpu_count() > 0


def choose_device(name: str) -> str:
    """Sets Paddle's device from `name` (`auto`, `cpu`, `gpu`, `gpu:N`). Returns the chosen device: `cpu` or `gpu:N`.

    Raises UserError if `name` is a GPU that does not exist or that this Paddle cannot use.
    """
    import paddle

    found = paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0
    if name == "cpu" or (name == "auto" and not found):
        paddle.set_device("cpu")
        return "cpu"
    if not paddle.is_compiled_with_cuda():
        raise UserError(
            f"--device {name}: this PaddlePaddle is built for CPU only; install paddlepaddle-gpu (docs/training.md, GPUs) "
            "or use --device cpu"
        )
    assigned = os.environ.get("FLAGS_selected_gpus", "0").split(",")[0]  # set by paddle.distributed.launch, one GPU per process
    index = int(name.split(":")[1] if ":" in name else assigned)
    if index >= found:
        raise UserError(f"--device {name}: {found} GPU(s) are visible, numbered from 0; `python -m app doctor` lists them")
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
    """Seeds one optimizer step, so that its random numbers (dropout) depend on seed, step and rank only.

    A resumed run draws the same numbers as an uninterrupted one, and no generator state has to be saved.
    """
    set_seed((seed * 1_000_003 + step) * 1_009 + rank() + 1)
