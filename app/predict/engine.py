"""Engines: ways to compute the same logits. `dygraph` is the reference; the others run the exported graph."""

from __future__ import annotations

import functools
import threading
from abc import ABC, abstractmethod
from importlib.util import find_spec
from pathlib import Path
from typing import Callable, Sequence

import numpy as np

from app import forks, machine, runtime
from app.errors import UserError
from app.predict.export import GRAPH, exported, onnx_graphs
from app.quiet import quiet

CPU_BATCH_TOKENS = 512  # positions of a batch
ONEDNN_BATCH_TOKENS = 1792  # at least: between two products Paddle takes its time
GPU_BATCH_TOKENS = 16384
WINDOW = 8  # rows sorted together, by position of a batch: enough to put like lengths together, few enough to lose by a kill
CLOSE = {"int8": 0.05, "bf16": 0.05}  # to the threshold: on CPU, rounding moves probabilities half as far
ROOM = 1.25  # the margin is so many times what the comparison on this machine found, where that is more
CPU_ENGINES = ("dygraph", "fp32", "bf16", "int8")
GPU_ENGINES = ("dygraph", "fp32", "bf16", "fp16")


class Engine(ABC):
    """Takes batches and gives logits; several threads may call it at once."""

    threads = 1  # that should call it at once, to keep it busy
    batch_tokens, window_rows = CPU_BATCH_TOKENS, WINDOW * CPU_BATCH_TOKENS
    shapes = "small"  # of batches, see `prediction_batches`; "few" where the number of rows changes the last bit of logits
    close_within = 0.0  # probabilities this near to another decision are to be computed again by `run_exact`

    def _set_batches(self, gpu: bool) -> None:
        if gpu:
            self.batch_tokens, self.window_rows, self.shapes = GPU_BATCH_TOKENS, WINDOW * GPU_BATCH_TOKENS, "few"

    @abstractmethod
    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""

    def run_exact(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """The same in float32, where the engine is one of few bits."""
        return self.run(input_ids, token_type_ids)

    def warm_up(self) -> None:  # noqa: B027 (most have loaded everything)
        """Loads what would be loaded when it is needed."""

    def close(self) -> None:  # noqa: B027 (most hold nothing)
        """Lets go of what it holds outside of this process."""


class Dygraph(Engine):
    """The reference: the model as it was trained, operation by operation."""

    def __init__(self, folder: Path, device: str):
        runtime.load_paddle()
        import paddle

        from app.match.checkpoint import load_matcher

        self._set_batches(runtime.choose_device(device) != "cpu")
        self.shapes = "few"  # several threads share a product by its rows
        self._paddle, self._model = paddle, load_matcher(folder)[0]
        self._model.eval()

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""
        with self._paddle.no_grad():
            return (
                self._model(self._paddle.to_tensor(input_ids), self._paddle.to_tensor(token_type_ids)).astype("float32").numpy()
            )


class Inference(Engine):
    """Paddle Inference: on CPU through oneDNN, on GPU by itself."""

    batch_tokens = ONEDNN_BATCH_TOKENS

    def __init__(self, graph: Path, device: str, name: str):
        runtime.load_paddle(nlp=False)
        from paddle.inference import create_predictor

        place = runtime.choose_device(device)
        config = _config(graph, place, name)
        self._set_batches(place != "cpu")
        with quiet():
            self._predictor = create_predictor(config)
        self._lock, self._onednn, self._shapes = threading.Lock(), place == "cpu", {}
        forks.never_destroy(self)

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""
        predictor, rows = self._predictor, len(input_ids)
        with self._lock:
            more = self._rows_apart(*input_ids.shape) - rows if self._onednn else 0
            for name, values in zip(predictor.get_input_names(), (input_ids, token_type_ids)):
                predictor.get_input_handle(name).copy_from_cpu(
                    np.pad(values, ((0, more), (0, 0)), mode="edge") if more else values
                )
            predictor.run()
            return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()[:rows]

    def _rows_apart(self, rows: int, length: int) -> int:
        """`rows` or a few more. Paddle keeps oneDNN's products by the digits of a shape, and takes 24 x 8 for 2 x 48."""
        while self._shapes.setdefault(f"{rows}{length}", (rows, length)) != (rows, length):
            rows += 2
        return rows


def _config(graph: Path, place: str, name: str):
    """How Paddle Inference is to run the graph (without .json and .pdiparams)."""
    from paddle.inference import Config, PrecisionType

    config = Config(f"{graph}.json", f"{graph}.pdiparams")
    config.disable_glog_info()
    if place != "cpu":
        kinds = {"fp16": PrecisionType.Half, "bf16": PrecisionType.Bfloat16}
        config.enable_use_gpu(256, int(place.split(":")[1]), kinds.get(name, PrecisionType.Float32))
        return config
    config.disable_gpu()
    config.enable_mkldnn()
    config.set_mkldnn_cache_capacity(0)  # else each shape gets rearranged weights of its own: time, and memory without end
    config.set_cpu_math_library_num_threads(runtime.thread_count())
    if name == "bf16":
        config.enable_mkldnn_bfloat16()
    return config


class OnnxRuntime(Engine):
    """ONNX Runtime on CPU."""

    shapes = "any"

    def __init__(self, file: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = runtime.thread_count()
        options.log_severity_level = 3  # errors
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # its idle threads would slow the other graph
        slow = ["SkipLayerNormFusion", "BiasGeluFusion"]  # what they make of two steps takes longer than both
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=slow
        )
        forks.never_destroy(self)

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""
        return self._session.run(None, {"input_ids": input_ids, "token_type_ids": token_type_ids})[0]


class Rough(Engine):
    """An engine of few bits, and one of float32 for what comes close to another decision: the errors of rounding are small, so
    they hardly turn any, for the price of a few pairs more.
    """

    def __init__(self, rough: Engine, open_exact: Callable[[], Engine], close_within: float):
        self.batch_tokens, self.window_rows, self.shapes = rough.batch_tokens, rough.window_rows, rough.shapes
        self._rough, self._open_exact, self.close_within = rough, open_exact, close_within

    @functools.cached_property
    def _exact(self) -> Engine:
        try:
            return self._open_exact()
        except Exception as problem:  # whatever the library makes of files that are gone
            raise UserError(f"the engine of float32 cannot be opened any more ({problem}); load the model again") from problem

    def warm_up(self) -> None:
        """Loads the engine of float32, which a single pair hardly ever needs."""
        _ = self._exact

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""
        return self._rough.run(input_ids, token_type_ids)

    def run_exact(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """The same by the engine of float32."""
        return self._exact.run(input_ids, token_type_ids)


def open_engine(name: str, folder: Path, device: str) -> Engine:
    """The engine of that name for the checkpoint folder. Raises UserError, saying why, where it cannot run here."""
    from app.predict.choose import margin  # which opens engines itself, to compare them

    check_can_run(name, device)
    if name == "dygraph":
        return Dygraph(folder, device)
    if name == "int8":
        plain, rounded = onnx_graphs(folder)
        return Rough(OnnxRuntime(rounded), lambda: OnnxRuntime(plain), margin(folder, name, device))
    graph = exported(folder) / GRAPH  # the same for both engines, whatever becomes of the folder
    engine = Inference(graph, device, name)
    if name in CLOSE and not runtime.uses_gpu(device):
        return Rough(engine, lambda: Inference(graph, device, "fp32"), margin(folder, name, device))
    return engine


def check_can_run(name: str, device: str) -> None:
    """Raises UserError, saying why, where this machine cannot run the engine."""
    reason = why_not(name, device)
    if reason:
        raise UserError(f"--engine {name}: {reason}")


def why_not(name: str, device: str) -> str:
    """Why this machine cannot run the engine; empty where it can."""
    if device.startswith("gpu") or runtime.uses_gpu(device):
        return "" if name in GPU_ENGINES else "is for CPU"
    if name not in CPU_ENGINES:
        return "is for GPU"
    if name == "int8" and not (machine.cpu_has("avx512_vnni") or machine.cpu_has("avx_vnni")):
        return "this processor has no instructions for 8-bit integers (avx512_vnni, avx_vnni)"
    if name == "int8":
        lacking = [module for module in ("onnxruntime", "onnx", "paddle2onnx") if not find_spec(module)]
        return f"needs {', '.join(lacking)} (not installed; paddle2onnx is for Python 3.9 to 3.12)" if lacking else ""
    if name == "bf16" and not machine.cpu_has("avx512_bf16"):
        return "this processor has no bf16 instructions (avx512_bf16)"
    return ""


def engines_for(device: str) -> Sequence[str]:
    """The engines that there are for this kind of device; the reference is the first."""
    return GPU_ENGINES if runtime.uses_gpu(device) else CPU_ENGINES
