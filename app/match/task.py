"""Point-wise matching as a task of the trainer: its batches, its loss, its evaluation, its checkpoint."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import numpy as np
import paddle
import paddle.nn.functional as F

from app import runtime
from app.match.checkpoint import save_matcher
from app.match.decision import Decision, fit_decision
from app.match.evaluate import predict_logits
from app.match.matcher_config import MatcherConfig
from app.match.metrics import compute_metrics, summary_metrics
from app.match.model import PairClassifier
from app.match.splits import EncodedSplit
from app.options import MatchOptions
from app.text.batch_sampler import training_batches
from app.text.features import pad_batch
from app.text.tokenizer import WordPieceTokenizer
from app.train.distributed import own_micro_batches
from app.train.task import Batch


class MatchTask:
    """Fine-tunes a PairClassifier on labelled pairs. `app.train.task.Task` says what each method is for."""

    def __init__(
        self,
        model: PairClassifier,
        tokenizer: WordPieceTokenizer,
        splits: Dict[str, EncodedSplit],
        matcher_config: MatcherConfig,
        options: MatchOptions,
    ):
        self.model, self.tokenizer, self.matcher_config, self.options = model, tokenizer, matcher_config, options
        self.train, self.dev = splits["train"], splits["dev"]
        self.global_batch_size = options.batch_size * runtime.world_size() * options.gradient_accumulation_steps

    def steps_in_epoch(self, epoch: int) -> int:
        """The same for every epoch."""
        return -(-len(self.train.labels) // self.global_batch_size)

    def steps(self, epoch: int, skip: int) -> Iterator[List[Batch]]:
        """The rows of a step are chosen for all processes together: N processes see the rows that one process with N times the
        batch size would see.
        """
        batches = training_batches(self.train.encoded.lengths, self.global_batch_size, self.options.seed, epoch)
        for rows in batches[skip:]:
            micro_batches = own_micro_batches(rows, self.options.gradient_accumulation_steps)
            # The losses of all micro-batches and processes add up to the mean over the rows of the step. DataParallel averages
            # over the processes, hence the factor world_size.
            yield [self._batch(own_rows, runtime.world_size() / len(rows)) for own_rows in micro_batches]

    def _batch(self, rows: np.ndarray, weight: float) -> Batch:
        if not len(rows):  # a process without a row computes one with weight 0: all processes must take part
            rows, weight = np.array([0]), 0.0
        batch = {**pad_batch(self.train.encoded, rows), "labels": self.train.labels[rows], "weight": weight}
        return batch if self.train.targets is None else {**batch, "targets": self.train.targets[rows]}

    def loss(self, model: paddle.nn.Layer, batch: Batch) -> Tuple[paddle.Tensor, Dict[str, Any]]:
        """Cross-entropy of the labels, or of the distributions of soft labels; for the log, the sums of the loss and of the
        predictions that are the label (with soft labels: the more probable one).
        """
        logits = model(paddle.to_tensor(batch["input_ids"]), paddle.to_tensor(batch["token_type_ids"]))
        labels = paddle.to_tensor(batch["labels"])
        if "targets" in batch:
            targets = paddle.to_tensor(batch["targets"])  # float32 [B, labels]
            total = F.cross_entropy(logits.astype("float32"), targets, soft_label=True, reduction="sum")
        else:
            total = F.cross_entropy(logits.astype("float32"), labels, reduction="sum")
        correct = (logits.argmax(axis=-1) == labels).astype("float32").sum()
        return total * batch["weight"], {"rows": len(batch["labels"]), "loss": total.detach(), "accuracy": correct}

    def training_metrics(self, sums: Dict[str, float], seconds: float) -> Dict[str, float]:
        """Mean loss and accuracy, pairs per second."""
        rows = sums["rows"]
        return {"loss": sums["loss"] / rows, "accuracy": sums["accuracy"] / rows, "pairs/s": rows / seconds}

    def evaluate(self) -> Dict[str, float]:
        """The dev metrics, with a decision that is fitted on dev and kept for the checkpoint."""
        labels = self.matcher_config.labels
        logits = predict_logits(self.model, self.dev.encoded, len(labels), self.options.batch_size * 2)
        decision = fit_decision(logits, self.dev.labels, self.matcher_config.decision, self.options.threshold)
        self.matcher_config.decision = decision
        return summary_metrics(compute_metrics(logits, self.dev.labels, decision, labels))

    def metric_for_best_model(self, metrics: Dict[str, float]) -> float:
        """The metric of --metric_for_best_model; larger is better."""
        value = metrics.get(self.options.metric_for_best_model, float("-inf"))
        return -value if self.options.metric_for_best_model == "loss" else value

    def state(self) -> Dict[str, Any]:
        """The decision of the last evaluation."""
        return asdict(self.matcher_config.decision)

    def load_state(self, state: Dict[str, Any]) -> None:
        """Restores what `state` returned."""
        self.matcher_config.decision = Decision(**state)

    def save(self, folder: Path, metrics: Dict[str, float], step: int) -> Path:
        """Writes the fine-tuned checkpoint folder."""
        return save_matcher(folder, self.model, self.tokenizer, replace(self.matcher_config, dev=metrics, step=step))
