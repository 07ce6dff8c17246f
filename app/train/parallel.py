"""Several processes, one model: launch, start, gather. One process is the case of world size 1."""

from __future__ import annotations

import os
import sys
from typing import List

import numpy as np

from app import runtime


def relaunch(arguments: List[str], processes: int, log_dir: str) -> None:
    """Replaces this process by `paddle.distributed.launch` running `python -m app ARGUMENTS` in `processes` processes."""
    for name in ("OMP_NUM_THREADS", "MKL_DEBUG_CPU_TYPE"):  # the children set them anew, for their share of the machine
        os.environ.pop(name, None)
    os.environ["PYTHONWARNINGS"] = "ignore"  # the launcher imports Paddle before our own filters are set
    launcher = [sys.executable, "-m", "paddle.distributed.launch", "--log_level", "ERROR", "--log_dir", log_dir]
    main = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")
    sys.stdout.flush()
    os.execv(sys.executable, [*launcher, "--nproc_per_node", str(processes), main, *arguments])


def processes_wanted(num_processes: int, device: str) -> int:
    """How many processes this machine should start: as asked for, else one a GPU unless one device is named."""
    if num_processes:
        return num_processes
    return max(1, runtime.gpu_count()) if device in ("auto", "gpu") else 1


def launched() -> bool:
    """Whether `paddle.distributed.launch` started this process."""
    return "PADDLE_TRAINER_ENDPOINTS" in os.environ


def start() -> None:
    """Joins the processes together, where there are several. Call it after the device is chosen."""
    if runtime.world_size() > 1:
        import paddle.distributed

        with runtime.quiet():
            paddle.distributed.init_parallel_env()


def wrap(model):
    """The model with gradients averaged over all processes after each backward pass."""
    if runtime.world_size() == 1:
        return model
    import paddle

    return paddle.DataParallel(model)


def barrier() -> None:
    """Waits until all processes are here."""
    if runtime.world_size() > 1:
        import paddle.distributed

        paddle.distributed.barrier()


def any_process(flag: bool) -> bool:
    """Whether `flag` is true in any process (all must ask)."""
    return bool(all_sum(np.array([float(flag)]))[0])


def all_sum(values: np.ndarray) -> np.ndarray:
    """Sum of float32 `values` over all processes, the same shape."""
    if runtime.world_size() == 1:
        return values
    import paddle
    import paddle.distributed

    tensor = paddle.to_tensor(values.astype(np.float32))
    paddle.distributed.all_reduce(tensor)
    return tensor.numpy()
