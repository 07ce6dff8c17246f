"""What a fork of this process can do: no thread lives on in it, so whoever waits for a thread there waits for ever."""

from __future__ import annotations

import ctypes
import os
import sys
import weakref

_broken = False
_kept: "weakref.WeakSet[object]" = weakref.WeakSet()


def prepare() -> None:
    """Has every fork of this process made safe."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def can_compute() -> bool:
    """Whether this process may compute. A fork of one that has loaded Paddle may not: oneDNN crashes, ONNX Runtime waits."""
    return not _broken


def never_destroy(engine: object) -> None:
    """A fork will not destroy this object, which would wait for its threads."""
    _kept.add(engine)


def _after_fork() -> None:
    global _broken
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _broken = _broken or "paddle" in sys.modules or "onnxruntime" in sys.modules
    for engine in _kept:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    system = ctypes.CDLL(None)
    if _broken and hasattr(system, "on_exit"):  # ends with the same exit code, before libraries wait for their threads
        system.on_exit(ctypes.cast(system._exit, ctypes.c_void_p), None)
