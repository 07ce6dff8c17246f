"""Engines: ways to compute the same logits. `dygraph` is the reference; the others run the exported graph."""

from __future__ import annotations

import functools
import threading
from abc import ABC, abstractmethod
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from app import runtime
from app.errors import UserError
from app.match.card import read_card
from app.predict import tensorrt
from app.predict.export import GRAPH, exported, onnx_graphs, tensorrt_graph

CPU_BATCH_TOKENS = 512  # positions of a batch: as fast as larger ones on one core, and less is lost where rows are lacking
GPU_BATCH_TOKENS = 16384
WINDOW = 8  # rows for each position of a batch: enough to put like lengths together, few enough that a kill costs little
CLOSE = 0.05  # to the threshold: rounding moves few probabilities further
ENGINES = ("dygraph", "fp32", "bf16", "fp16", "int8", "tensorrt")


class Engine(ABC):
    """Takes batches and gives logits; several threads may call it at once."""

    threads = 1  # that should call it at once, to keep it busy
    batch_tokens, window_rows = CPU_BATCH_TOKENS, WINDOW * CPU_BATCH_TOKENS
    shapes = "small"  # of batches, see `prediction_batches`; "few" where the number of rows changes the last bit of logits

    def _set_batches(self, name: str, gpu: bool) -> None:
        if gpu:
            self.batch_tokens = tensorrt.BATCH_TOKENS if name == "tensorrt" else GPU_BATCH_TOKENS
            self.window_rows, self.shapes = WINDOW * self.batch_tokens, "few"

    @abstractmethod
    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""

    def close(self) -> None:  # noqa: B027 (most hold nothing)
        """Lets go of what it holds outside of this process."""


class Dygraph(Engine):
    """The reference: the model as it was trained, operation by operation."""

    def __init__(self, folder: Path, device: str):
        runtime.load_paddle()
        import paddle

        from app.match.checkpoint import load_matcher

        self._set_batches("dygraph", runtime.choose_device(device) != "cpu")
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
    """Paddle Inference: on CPU through oneDNN, on GPU by itself or through TensorRT."""

    def __init__(self, folder: Path, device: str, name: str):
        graph = tensorrt_graph(folder) if name == "tensorrt" else exported(folder) / GRAPH
        runtime.load_paddle(nlp=False)
        from paddle.inference import create_predictor

        place = runtime.choose_device(device)
        config = _config(graph, place, name)
        self._set_batches(name, place != "cpu")
        with runtime.quiet():
            self._predictor = create_predictor(config)
        self._lock = threading.Lock()

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""
        predictor = self._predictor
        with self._lock:
            for name, values in zip(predictor.get_input_names(), (input_ids, token_type_ids)):
                predictor.get_input_handle(name).copy_from_cpu(values)
            predictor.run()
            return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()


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


class Int8(Engine):
    """ONNX Runtime on CPU in 8-bit integers. What comes close to another decision is computed again in float32: the errors of
    rounding are small, so they hardly turn any, for the price of a few pairs more.
    """

    shapes = "any"

    def __init__(self, folder: Path):
        self._plain_file, rounded = onnx_graphs(folder)
        self._rounded, self._decision = _onnx_session(rounded), read_card(folder).decision

    @functools.cached_property
    def _plain(self):
        return _onnx_session(self._plain_file)

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """int64 [B, S] twice -> logits, float32 [B, labels]."""
        logits = _onnx_logits(self._rounded, input_ids, token_type_ids)
        close = self._decision.is_close(self._decision.probabilities(logits), CLOSE)
        if close.any():
            logits[close] = _onnx_logits(self._plain, input_ids[close], token_type_ids[close])
        return logits


def _onnx_session(file: Path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = runtime.thread_count()
    options.log_severity_level = 3  # errors
    slow = ["SkipLayerNormFusion", "BiasGeluFusion"]  # what they make of two steps takes longer than both
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=slow)


def _onnx_logits(session, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
    return session.run(None, {"input_ids": input_ids, "token_type_ids": token_type_ids})[0]


def open_engine(name: str, folder: Path, device: str) -> Engine:
    """The engine of that name for the checkpoint folder. Raises UserError, saying why, where it cannot run here."""
    check_can_run(name, device)
    if name == "dygraph":
        return Dygraph(folder, device)
    if name == "int8":
        return Int8(folder)
    return Inference(folder, device, name)


def check_can_run(name: str, device: str) -> None:
    """Raises UserError, saying why, where this machine cannot run the engine."""
    reason = why_not(name, device)
    if reason:
        raise UserError(f"--engine {name}: {reason}")


def why_not(name: str, device: str) -> str:
    """Why this machine cannot run the engine; empty where it can."""
    if name == "int8":
        if device.startswith("gpu") or runtime.uses_gpu(device):
            return "is for CPU"
        if not (runtime.cpu_has("avx512_vnni") or runtime.cpu_has("avx_vnni")):
            return "this processor has no instructions for 8-bit integers (avx512_vnni, avx_vnni)"
        return "" if find_spec("onnxruntime") else "needs ONNX Runtime: .venv/bin/pip install onnxruntime"
    if runtime.uses_gpu(device):
        return "needs TensorRT, and Paddle built with it" if name == "tensorrt" and not _has_tensorrt() else ""
    if name in ("fp16", "tensorrt"):
        return "is for GPU"
    if name == "bf16" and not runtime.cpu_has("avx512_bf16"):
        return "this processor has no bf16 instructions (avx512_bf16)"
    return ""


def _has_tensorrt() -> bool:
    """Found without loading either."""
    paddle = find_spec("paddle")
    return bool(find_spec("tensorrt") and paddle and (Path(paddle.submodule_search_locations[0]) / "tensorrt").is_dir())
