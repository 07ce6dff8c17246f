"""ONNX Runtime on CPU: runs the graph of 8-bit integers, and its float32 twin for rescoring (both are made by quantize.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app import forks, runtime
from app.engine.base import Engine


class OnnxRuntime(Engine):
    """One ONNX Runtime session."""

    batch_shapes = "any"

    def __init__(self, file: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = runtime.thread_count()
        options.log_severity_level = 3  # errors only
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would slow the other session
        slow = ["SkipLayerNormFusion", "BiasGeluFusion"]  # the fused operation takes longer than the two that it replaces
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=slow
        )
        forks.never_destroy(self)

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """Logits float32 [B, labels] of int64 [B, S]."""
        return self._session.run(None, {"input_ids": input_ids, "token_type_ids": token_type_ids})[0]
