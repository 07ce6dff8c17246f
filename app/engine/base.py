"""The interface of an engine: one way to compute the logits of a fine-tuned checkpoint."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

CPU_BATCH_TOKENS = 512  # positions (tokens and padding) in one batch
GPU_BATCH_TOKENS = 16384
WINDOW = 8  # rows sorted together, per position of a batch: enough to find similar lengths, not too many to lose by a kill


class Engine(ABC):
    """Computes logits of padded batches. Several threads may call one engine at the same time."""

    threads = 1  # threads that should call `run` at the same time, to keep the engine busy
    batch_tokens, window_rows = CPU_BATCH_TOKENS, WINDOW * CPU_BATCH_TOKENS
    batch_shapes = "stepped"  # see `prediction_batches`; "fixed" where the number of rows changes the last bit of the logits
    rescore_margin = 0.0  # pairs whose probability is closer than this to another decision are computed again in float32

    def _use_gpu_batches(self) -> None:
        self.batch_tokens, self.window_rows, self.batch_shapes = GPU_BATCH_TOKENS, WINDOW * GPU_BATCH_TOKENS, "fixed"

    @abstractmethod
    def run(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """Logits float32 [B, labels] of `input_ids` and `token_type_ids`, int64 [B, S]."""

    def run_float32(self, input_ids: np.ndarray, token_type_ids: np.ndarray) -> np.ndarray:
        """The same in float32. It differs from `run` in engines of low precision only."""
        return self.run(input_ids, token_type_ids)

    def warm_up(self) -> None:  # noqa: B027 (most engines have loaded everything)
        """Loads what would otherwise be loaded at its first use."""

    def close(self) -> None:  # noqa: B027 (most engines hold nothing)
        """Frees what the engine holds outside this process."""
