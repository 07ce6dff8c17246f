"""What the training loop needs of a task: its steps, its loss, its figures, its checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List, Protocol, Tuple

import paddle

Batch = Dict[str, Any]


class Task(Protocol):
    """Matching and pretraining are tasks."""

    model: paddle.nn.Layer

    def steps_in_epoch(self, epoch: int) -> int:
        """How many optimizer steps that epoch has."""

    def steps(self, epoch: int, skip: int) -> Iterator[List[Batch]]:
        """This process's share of each step of an epoch, in `gradient_accumulation_steps` parts, from step `skip` on."""

    def loss(self, model: paddle.nn.Layer, batch: Batch) -> Tuple[paddle.Tensor, Dict[str, paddle.Tensor]]:
        """The batch's part of the step's mean loss (parts and processes add up to it), and sums for the log.

        The sums are whatever `figures` needs, the same names in every batch.
        """

    def figures(self, sums: Dict[str, float], seconds: float) -> Dict[str, float]:
        """Means and rates ("pairs/s") for the log, from the sums over all batches and processes of the last `seconds`."""

    def evaluate(self) -> Dict[str, float]:
        """Dev figures. All processes call it and get the same."""

    def score(self, figures: Dict[str, float]) -> float:
        """The figure that chooses the best checkpoint, larger is better."""

    def save(self, folder: Path, figures: Dict[str, float], step: int) -> Path:
        """Writes a checkpoint folder atomically and returns its weights file (named as the model names them)."""

    def state(self) -> Dict[str, Any]:
        """What the task has to keep for a run that goes on, as JSON takes it."""

    def load_state(self, state: Dict[str, Any]) -> None:
        """Puts back what `state` gave."""
