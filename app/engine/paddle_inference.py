"""Paddle Inference on the exported graph: fp32, bf16 and fp16; on CPU by oneDNN."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from app import forks, runtime
from app.engine.base import Engine
from app.quiet import quiet

ONEDNN_BATCH_TOKENS = 1792  # positions in one batch, at least: Paddle spends time between two matrix products


class PaddleInference(Engine):
    """One predictor. Its calls run one after the other: a predictor is not safe for several threads."""

    batch_tokens = ONEDNN_BATCH_TOKENS

    def __init__(self, graph: Path, device: str, precision: str):
        """`graph`: path of the exported graph without .json and .pdiparams. `precision`: fp32, bf16 or fp16 (GPU)."""
        runtime.load_paddle(nlp=False)
        from paddle.inference import create_predictor

        device = runtime.choose_device(device)
        config = _config(graph, device, precision)
        if device != "cpu":
            self._use_gpu_batches()
        with quiet():
            self._predictor = create_predictor(config)
        self._lock, self._onednn, self._shapes = threading.Lock(), device == "cpu", {}
        forks.never_destroy(self)

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """Logits float32 [B, labels] of int64 [B, S]."""
        predictor, rows = self._predictor, len(input_ids)
        with self._lock:
            added = self._unique_rows(*input_ids.shape) - rows if self._onednn else 0
            for name, values in zip(predictor.get_input_names(), (input_ids, token_type_ids)):
                padded = np.pad(values, ((0, added), (0, 0)), mode="edge") if added else values
                predictor.get_input_handle(name).copy_from_cpu(padded)
            predictor.run()
            return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()[:rows]

    def _unique_rows(self, rows: int, length: int) -> int:
        """`rows`, or slightly more. Paddle caches oneDNN's products by the digits of a shape, so 24 x 8 is taken for 2 x 48."""
        while self._shapes.setdefault(f"{rows}{length}", (rows, length)) != (rows, length):
            rows += 2
        return rows


def _config(graph: Path, device: str, precision: str):
    from paddle.inference import Config, PrecisionType

    config = Config(f"{graph}.json", f"{graph}.pdiparams")
    config.disable_glog_info()
    if device != "cpu":
        precisions = {"fp16": PrecisionType.Half, "bf16": PrecisionType.Bfloat16}
        config.enable_use_gpu(256, int(device.split(":")[1]), precisions.get(precision, PrecisionType.Float32))
        return config
    config.disable_gpu()
    config.enable_mkldnn()
    config.set_mkldnn_cache_capacity(0)  # otherwise each shape keeps its own reordered weights, without limit
    config.set_cpu_math_library_num_threads(runtime.thread_count())
    if precision == "bf16":
        config.enable_mkldnn_bfloat16()
    return config
