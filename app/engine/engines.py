"""The engines by name: which of them can run on this machine, and how each is opened. A new engine gets its entry here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Sequence

from app import machine, runtime
from app.engine.base import Engine
from app.engine.export import GRAPH, exported, onnx_graphs
from app.engine.measurements import largest_difference
from app.engine.rescore import LowPrecision, rescore_margin
from app.errors import UserError

CPU_ENGINES = ("dygraph", "fp32", "bf16", "int8")  # the first one is the reference
GPU_ENGINES = ("dygraph", "fp32", "bf16", "fp16")


def engines_for(device: str) -> Sequence[str]:
    """Names of the engines for this kind of device. The reference is the first."""
    return GPU_ENGINES if runtime.uses_gpu(device) else CPU_ENGINES


def why_not(name: str, device: str) -> str:
    """The reason why the engine cannot run on this machine; empty if it can."""
    if device.startswith("gpu") or runtime.uses_gpu(device):
        return "" if name in GPU_ENGINES else "is for CPU"
    if name not in CPU_ENGINES:
        return "is for GPU"
    if name == "int8" and not (machine.cpu_has("avx512_vnni") or machine.cpu_has("avx_vnni")):
        return "this processor has no instructions for 8-bit integers (avx512_vnni, avx_vnni)"
    if name == "int8":
        missing = [module for module in ("onnxruntime", "onnx", "paddle2onnx") if not find_spec(module)]
        return f"needs {', '.join(missing)} (not installed; paddle2onnx is for Python 3.9 to 3.12)" if missing else ""
    if name == "bf16" and not machine.cpu_has("avx512_bf16"):
        return "this processor has no bf16 instructions (avx512_bf16)"
    return ""


def check_can_run(name: str, device: str) -> None:
    """Raises UserError with the reason if this machine cannot run the engine."""
    reason = why_not(name, device)
    if reason:
        raise UserError(f"--engine {name}: {reason}")


def open_engine(name: str, folder: Path, device: str) -> Engine:
    """Opens the engine for a checkpoint folder. Raises UserError with the reason if it cannot run on this machine."""
    check_can_run(name, device)
    if name == "dygraph":
        from app.engine.dygraph import Dygraph

        return Dygraph(folder, device)
    if name == "int8":
        from app.engine.onnx_int8 import OnnxRuntime

        float32, int8 = onnx_graphs(folder)
        margin = rescore_margin(name, largest_difference(folder, name, device))
        return LowPrecision(OnnxRuntime(int8), lambda: OnnxRuntime(float32), margin)
    from app.engine.paddle_inference import PaddleInference

    graph = exported(folder) / GRAPH  # one path for both engines below, even if the checkpoint folder is replaced meanwhile
    engine = PaddleInference(graph, device, name)
    if name == "bf16" and not runtime.uses_gpu(device):
        margin = rescore_margin(name, largest_difference(folder, name, device))
        return LowPrecision(engine, lambda: PaddleInference(graph, device, "fp32"), margin)
    return engine
