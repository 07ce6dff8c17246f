"""Point-wise matching as a task of the training loop: its batches, its loss, its evaluation, its checkpoint."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import numpy as np
import paddle
import paddle.nn.functional as F

from app import runtime
from app.match.card import Card
from app.match.checkpoint import save_matcher
from app.match.data import Split
from app.match.decision import Decision, fit_decision
from app.match.evaluate import score_pairs
from app.match.metrics import headlines, measure
from app.match.model import PairClassifier
from app.options import MatchOptions
from app.text.batches import training_batches
from app.text.encode import pad_batch
from app.text.tokenizer import PairTokenizer
from app.train.parallel import own_parts
from app.train.task import Batch


class MatchTask:
    """Fine-tunes a PairClassifier on labelled pairs (see `app.train.task.Task` for what each method is for)."""

    def __init__(
        self, model: PairClassifier, tokenizer: PairTokenizer, splits: Dict[str, Split], card: Card, options: MatchOptions
    ):
        self.model, self.tokenizer, self.card, self.options = model, tokenizer, card, options
        self.train, self.dev = splits["train"], splits["dev"]
        self.rows_a_step = options.batch_size * runtime.world_size() * options.gradient_accumulation_steps

    def steps_in_epoch(self, epoch: int) -> int:
        """The same for every epoch."""
        return -(-len(self.train.labels) // self.rows_a_step)

    def steps(self, epoch: int, skip: int) -> Iterator[List[Batch]]:
        """The rows of a step are chosen for all processes together, so that N see what one would with N times the batch."""
        batches = training_batches(self.train.encoded.lengths, self.rows_a_step, self.options.seed, epoch)
        for rows in batches[skip:]:
            parts = own_parts(rows, self.options.gradient_accumulation_steps)
            # Parts and processes add up to the mean over the step's rows; DataParallel averages over processes, hence the factor.
            yield [self._batch(part, runtime.world_size() / len(rows)) for part in parts]

    def _batch(self, rows: np.ndarray, weight: float) -> Batch:
        batch: Dict[str, Any] = pad_batch(self.train.encoded, rows if len(rows) else np.array([0]))
        batch["labels"] = self.train.labels[rows if len(rows) else np.array([0])]
        batch["weight"] = weight if len(rows) else 0.0  # a process without a row takes part with a row that weighs nothing
        return batch

    def loss(self, model: paddle.nn.Layer, batch: Batch) -> Tuple[paddle.Tensor, Dict[str, Any]]:
        """Cross-entropy of the batch's labels; sums of loss and of right answers for the log."""
        logits = model(paddle.to_tensor(batch["input_ids"]), paddle.to_tensor(batch["token_type_ids"]))
        labels = paddle.to_tensor(batch["labels"])
        total = F.cross_entropy(logits.astype("float32"), labels, reduction="sum")
        right = (logits.argmax(axis=-1) == labels).astype("float32").sum()
        return total * batch["weight"], {"rows": len(batch["labels"]), "loss": total.detach(), "accuracy": right}

    def figures(self, sums: Dict[str, float], seconds: float) -> Dict[str, float]:
        """Loss and accuracy a pair, pairs a second."""
        rows = sums["rows"]
        return {"loss": sums["loss"] / rows, "accuracy": sums["accuracy"] / rows, "pairs/s": rows / seconds}

    def evaluate(self) -> Dict[str, float]:
        """Dev figures with the decision fitted on dev, which is kept for the checkpoint."""
        logits = score_pairs(self.model, self.dev.encoded, len(self.card.labels), self.options.batch_size * 2)
        self.card.decision = fit_decision(logits, self.dev.labels, self.card.decision, self.options.threshold)
        return headlines(measure(logits, self.dev.labels, self.card.decision, self.card.labels))

    def score(self, figures: Dict[str, float]) -> float:
        """The figure of --select_by, larger is better."""
        value = figures.get(self.options.select_by, float("-inf"))
        return -value if self.options.select_by == "loss" else value

    def state(self) -> Dict[str, Any]:
        """The decision of the last evaluation."""
        return asdict(self.card.decision)

    def load_state(self, state: Dict[str, Any]) -> None:
        """Puts back what `state` gave."""
        self.card.decision = Decision(**state)

    def save(self, folder: Path, figures: Dict[str, float], step: int) -> Path:
        """Writes the fine-tuned checkpoint folder."""
        return save_matcher(folder, self.model, self.tokenizer, replace(self.card, dev=figures, step=step))
