"""This machine: processors, instruction sets, memory, and measured speed."""

from __future__ import annotations

import os
import re
import time


def cpu_count() -> int:
    """Number of processors that this process may use. A container or `taskset` can allow fewer than the machine has."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = open("/sys/fs/cgroup/cpu.max").read().split()
        return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):
        return allowed


def memory_left() -> int:
    """Bytes of memory that are still available on this machine or in this container."""
    found = re.search(r"MemAvailable:\s+(\d+)", open("/proc/meminfo").read())
    left = int(found[1]) << 10 if found else 1 << 40
    try:
        limit, used, stat = (open(f"/sys/fs/cgroup/memory.{name}").read().strip() for name in ("max", "current", "stat"))
        cache = re.search(r"^inactive_file (\d+)", stat, re.M)  # cached files, which the system can drop
        return left if limit == "max" else min(left, int(limit) - int(used) + (int(cache[1]) if cache else 0))
    except (OSError, ValueError):
        return left


def cpu_vendor() -> str:
    """`GenuineIntel`, `AuthenticAMD`, ...; empty if it is not known."""
    return _cpu_info("vendor_id")


def cpu_name() -> str:
    """The name of the processor model; empty if it is not known."""
    return _cpu_info("model name")


def cpu_has(instructions: str) -> bool:
    """Whether the processor has an instruction set, by its name in Linux: `avx512_bf16`, `avx512_vnni`."""
    return instructions in _cpu_info("flags").split()


def _cpu_info(key: str) -> str:
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith(key):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return ""


def matmul_rate(dtype: str = "float32", seconds: float = 1.0) -> float:
    """Measured speed of the matrix product [1024, 768] @ [768, 3072] on the current device, in GFLOP/s."""
    import paddle

    a, b = paddle.randn([1024, 768]).astype(dtype), paddle.randn([768, 3072]).astype(dtype)
    paddle.matmul(a, b).numpy()
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for _ in range(5):
            product = paddle.matmul(a, b)
        float(product[0, 0])  # waits until the device has finished
        count += 5
    return count * 2 * 1024 * 768 * 3072 / (time.perf_counter() - began) / 1e9
