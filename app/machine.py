"""What this machine has: processors, instructions, memory; how fast it computes."""

from __future__ import annotations

import os
import re
import time


def cpu_count() -> int:
    """Processors that this process may use (a container or `taskset` can allow fewer than the machine has)."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = open("/sys/fs/cgroup/cpu.max").read().split()
        return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):
        return allowed


def memory_left() -> int:
    """Bytes of memory that processes may still take, on this machine or in this container."""
    found = re.search(r"MemAvailable:\s+(\d+)", open("/proc/meminfo").read())
    left = int(found[1]) << 10 if found else 1 << 40
    try:
        most, taken, parts = (open(f"/sys/fs/cgroup/memory.{name}").read().strip() for name in ("max", "current", "stat"))
        cache = re.search(r"^inactive_file (\d+)", parts, re.M)  # files that the system can drop
        return left if most == "max" else min(left, int(most) - int(taken) + (int(cache[1]) if cache else 0))
    except (OSError, ValueError):
        return left


def cpu_vendor() -> str:
    """`GenuineIntel`, `AuthenticAMD`, ...; empty where the machine does not say."""
    return _cpu_info("vendor_id")


def cpu_name() -> str:
    """What the processor calls itself; empty where the machine does not say."""
    return _cpu_info("model name")


def cpu_has(instructions: str) -> bool:
    """Whether the processor has these instructions, as Linux names them: `avx512_bf16`, `avx512_vnni`."""
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
    """Measured rate of `[1024, 768] @ [768, 3072]` on the current device, in 1e9 operations a second."""
    import paddle

    a, b = paddle.randn([1024, 768]).astype(dtype), paddle.randn([768, 3072]).astype(dtype)
    paddle.matmul(a, b).numpy()
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for _ in range(5):
            product = paddle.matmul(a, b)
        float(product[0, 0])  # waits for the device
        count += 5
    return count * 2 * 1024 * 768 * 3072 / (time.perf_counter() - began) / 1e9
