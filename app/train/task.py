"""What the trainer needs from a task: its steps, its loss, its metrics, its checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List, Protocol, Tuple

import paddle

Batch = Dict[str, Any]


class Task(Protocol):
    """Matching and pretraining are tasks."""

    model: paddle.nn.Layer
    global_batch_size: int  # rows of one optimizer step, over all processes and micro-batches

    def steps_in_epoch(self, epoch: int) -> int:
        """The number of optimizer steps of this epoch."""

    def steps(self, epoch: int, skip: int) -> Iterator[List[Batch]]:
        """The micro-batches of this process for each optimizer step of an epoch, from step `skip` on."""

    def loss(self, model: paddle.nn.Layer, batch: Batch) -> Tuple[paddle.Tensor, Dict[str, paddle.Tensor]]:
        """The share of one micro-batch in the mean loss of the step (the shares of all add up to it), and sums for the log.

        The sums are what `training_metrics` needs, with the same names in every batch.
        """

    def training_metrics(self, sums: Dict[str, float], seconds: float) -> Dict[str, float]:
        """Means and rates ("pairs/s") for the log, from the sums over all batches and processes of the last `seconds`."""

    def evaluate(self) -> Dict[str, float]:
        """The dev metrics. All processes call it and get the same values."""

    def metric_for_best_model(self, metrics: Dict[str, float]) -> float:
        """The metric that selects the best checkpoint; larger is better."""

    def save(self, folder: Path, metrics: Dict[str, float], step: int) -> Path:
        """Writes a checkpoint folder atomically. Returns its weights file, whose tensors have the names of `model`'s."""

    def state(self) -> Dict[str, Any]:
        """What the task must keep for a resume, as JSON values."""

    def load_state(self, state: Dict[str, Any]) -> None:
        """Restores what `state` returned."""
