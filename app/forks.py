"""Makes forks of this process safe. A fork has none of its threads, so code that waits for one of them never returns."""

from __future__ import annotations

import ctypes
import os
import sys
import weakref

_cannot_compute = False
_engines: "weakref.WeakSet[object]" = weakref.WeakSet()


def prepare() -> None:
    """Makes all later forks of this process safe."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def can_compute() -> bool:
    """Whether this process may compute. A fork of a process that has loaded Paddle or ONNX Runtime may not: oneDNN crashes, and
    ONNX Runtime waits forever.
    """
    return not _cannot_compute


def never_destroy(engine: object) -> None:
    """Keeps forks from destroying this object, which would wait for its threads."""
    _engines.add(engine)


def _after_fork() -> None:
    global _cannot_compute
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _cannot_compute = _cannot_compute or "paddle" in sys.modules or "onnxruntime" in sys.modules
    for engine in _engines:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    system = ctypes.CDLL(None)
    if _cannot_compute and hasattr(system, "on_exit"):
        # End at once with the same exit code; otherwise libraries would wait for their threads.
        system.on_exit(ctypes.cast(system._exit, ctypes.c_void_p), None)
