"""An engine of low precision with a float32 twin: predictions that rounding could change are computed again in float32.

The errors of rounding are small, so few pairs are close enough to the threshold: the decisions stay those of float32, for the
price of a few pairs more.
"""

from __future__ import annotations

import functools
from typing import Callable

import numpy as np

from app.engine.base import Engine
from app.errors import UserError

# By engine, on CPU: distance of a probability to another decision within which it is computed again. Rounding moves
# probabilities by about half of it.
RESCORE_MARGIN = {"int8": 0.05, "bf16": 0.05}
MARGIN_FACTOR = 1.25  # the margin is this times the largest difference measured on this machine, where that is larger


def rescore_margin(name: str, largest_difference: float) -> float:
    """The margin of a low-precision engine, from the largest difference of a probability that was measured (0: none was)."""
    return max(RESCORE_MARGIN[name], MARGIN_FACTOR * largest_difference)


class LowPrecision(Engine):
    """Runs the low-precision engine; `run_float32` opens the float32 engine at its first use."""

    def __init__(self, low_precision: Engine, open_float32: Callable[[], Engine], margin: float):
        self.batch_tokens, self.window_rows = low_precision.batch_tokens, low_precision.window_rows
        self.batch_shapes, self.rescore_margin = low_precision.batch_shapes, margin
        self._low_precision, self._open_float32 = low_precision, open_float32

    @functools.cached_property
    def _float32(self) -> Engine:
        try:
            return self._open_float32()
        except Exception as problem:  # a library may raise anything when its files are gone
            raise UserError(f"the float32 engine cannot be opened any more ({problem}); load the model again") from problem

    def warm_up(self) -> None:
        """Opens the float32 engine, which a single pair rarely needs."""
        _ = self._float32

    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """Logits float32 [B, labels] of int64 [B, S], computed in low precision."""
        return self._low_precision.run(input_ids, token_type_ids)

    def run_float32(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """The same, computed in float32."""
        return self._float32.run(input_ids, token_type_ids)
