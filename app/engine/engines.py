"""The engines by name: which of them can run on this machine, and how each is opened. A new engine gets its entry in ENGINES."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Callable, Dict, Sequence, Tuple

from app import machine, runtime
from app.engine.base import Engine
from app.engine.export import GRAPH, exported, onnx_graphs
from app.engine.measurements import largest_difference
from app.engine.rescore import LowPrecision, rescore_margin
from app.errors import UserError


@dataclass(frozen=True)
class EngineSpec:
    """How an engine is opened, and what it needs."""

    open: Callable[[Path, str], Engine]  # from the checkpoint folder and the device
    devices: Tuple[str, ...]  # "cpu", "gpu"
    unavailable_on_cpu: Callable[[], str] = lambda: ""  # why it cannot run on CPU here (instructions, packages); empty if it can


def _open_dygraph(folder: Path, device: str) -> Engine:
    from app.engine.dygraph import Dygraph

    return Dygraph(folder, device)


def _open_paddle_inference(precision: str, folder: Path, device: str) -> Engine:
    from app.engine.paddle_inference import PaddleInference

    graph = exported(folder) / GRAPH  # one path for both engines below, even if the checkpoint folder is replaced meanwhile
    engine = PaddleInference(graph, device, precision)
    if precision == "bf16" and not runtime.uses_gpu(device):
        margin = rescore_margin(precision, largest_difference(folder, precision, device))
        return LowPrecision(engine, lambda: PaddleInference(graph, device, "fp32"), margin)
    return engine


def _open_int8(folder: Path, device: str) -> Engine:
    from app.engine.onnx_int8 import OnnxRuntime

    float32, int8 = onnx_graphs(folder)
    margin = rescore_margin("int8", largest_difference(folder, "int8", device))
    return LowPrecision(OnnxRuntime(int8), lambda: OnnxRuntime(float32), margin)


def _no_bf16() -> str:
    return "" if machine.cpu_has("avx512_bf16") else "this processor has no bf16 instructions (avx512_bf16)"


def _no_int8() -> str:
    if not (machine.cpu_has("avx512_vnni") or machine.cpu_has("avx_vnni")):
        return "this processor has no instructions for 8-bit integers (avx512_vnni, avx_vnni)"
    missing = [module for module in ("onnxruntime", "onnx", "paddle2onnx") if not find_spec(module)]
    return f"needs {', '.join(missing)} (not installed; paddle2onnx is for Python 3.9 to 3.12)" if missing else ""


ENGINES: Dict[str, EngineSpec] = {
    "dygraph": EngineSpec(_open_dygraph, ("cpu", "gpu")),  # the reference, which is the first for every device
    "fp32": EngineSpec(functools.partial(_open_paddle_inference, "fp32"), ("cpu", "gpu")),
    "bf16": EngineSpec(functools.partial(_open_paddle_inference, "bf16"), ("cpu", "gpu"), _no_bf16),
    "int8": EngineSpec(_open_int8, ("cpu",), _no_int8),
    "fp16": EngineSpec(functools.partial(_open_paddle_inference, "fp16"), ("gpu",)),
}


def check_engine_name(name: str) -> None:
    """Raises UserError unless `name` is "auto" or an engine of ENGINES."""
    if name != "auto" and name not in ENGINES:
        raise UserError(f"--engine {name}: must be auto or one of {', '.join(ENGINES)}")


def engines_for(device: str) -> Sequence[str]:
    """Names of the engines for this kind of device. The reference is the first."""
    kind = "gpu" if runtime.uses_gpu(device) else "cpu"
    return [name for name, spec in ENGINES.items() if kind in spec.devices]


def why_not(name: str, device: str) -> str:
    """The reason why the engine cannot run on this machine; empty if it can."""
    on_gpu = device.startswith("gpu") or runtime.uses_gpu(device)
    spec = ENGINES[name]
    if ("gpu" if on_gpu else "cpu") not in spec.devices:
        return "is for CPU" if on_gpu else "is for GPU"
    return "" if on_gpu else spec.unavailable_on_cpu()


def check_can_run(name: str, device: str) -> None:
    """Raises UserError with the reason if this machine cannot run the engine."""
    check_engine_name(name)
    reason = why_not(name, device)
    if reason:
        raise UserError(f"--engine {name}: {reason}")


def open_engine(name: str, folder: Path, device: str) -> Engine:
    """Opens the engine for a checkpoint folder. Raises UserError with the reason if it cannot run on this machine."""
    check_can_run(name, device)
    return ENGINES[name].open(folder, device)
