"""The reference engine: Paddle's dynamic graph, the model exactly as it was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app import runtime
from app.engine.base import Engine


class Dygraph(Engine):
    """The loaded checkpoint, one operation after the other."""

    batch_shapes = "fixed"  # the threads divide a matrix product by its rows

    def __init__(self, folder: Path, device: str):
        runtime.load_paddle()
        import paddle

        from app.match.checkpoint import load_matcher

        if runtime.choose_device(device) != "cpu":
            self._use_gpu_batches()
        self._paddle, self._model = paddle, load_matcher(folder)[0]
        self._model.eval()

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """Logits float32 [B, labels] of int64 [B, S]."""
        with self._paddle.no_grad():
            logits = self._model(self._paddle.to_tensor(input_ids), self._paddle.to_tensor(token_type_ids))
            return logits.astype("float32").numpy()
