"""Data-parallel training: joins the processes and sums over them. A single process is the case of world size 1."""

from __future__ import annotations

import os
from typing import List

import numpy as np

from app import runtime
from app.quiet import quiet


def start(device: str) -> None:
    """Joins the processes, if there are several; on `cpu` by gloo. Call it after the device is chosen."""
    if runtime.world_size() > 1:
        if device == "cpu":
            os.environ["PADDLE_DISTRI_BACKEND"] = "gloo"  # a GPU build of Paddle would use NCCL
        import paddle.distributed

        with quiet():
            paddle.distributed.init_parallel_env()


def wrap(model):
    """The model, whose gradients are averaged over all processes in each backward pass outside of `no_sync`."""
    if runtime.world_size() == 1:
        return model
    import paddle

    return paddle.DataParallel(model)


def own_micro_batches(rows: np.ndarray, micro_batches: int) -> List[np.ndarray]:
    """The rows of this process in one step, as at most `micro_batches` arrays (one empty array if it has no row).

    It takes every N-th row: the rows are sorted by length, so all processes get rows of similar length.
    """
    own = rows[runtime.rank() :: runtime.world_size()]
    return np.array_split(own, min(micro_batches, max(1, len(own))))


def barrier() -> None:
    """Waits until all processes have called it."""
    if runtime.world_size() > 1:
        import paddle.distributed

        paddle.distributed.barrier()


def any_process(flag: bool) -> bool:
    """Whether `flag` is true in any process. All processes must call it."""
    return bool(all_sum(np.array([float(flag)]))[0])


def of_first(value: float) -> float:
    """The first process's value, in all processes."""
    return float(all_sum(np.array([value if runtime.rank() == 0 else 0.0]))[0])


def device_sum(value: float):
    """Sum of a number over all processes: a number if there is one process, else a tensor, so that no device is waited for."""
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
