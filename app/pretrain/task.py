"""Pretraining as a task of the trainer: its examples, its two losses, its evaluation, its checkpoint.

loss = masked-LM loss (mean over the predicted tokens of a step) + sentence loss (mean over the labelled examples of a step)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import numpy as np
import paddle
import paddle.nn.functional as F

from app import runtime
from app.options import PretrainOptions
from app.pretrain.checkpoint import save_pretrained
from app.pretrain.corpus import Corpus
from app.pretrain.dataset import PretrainingDataset
from app.pretrain.model import PretrainingModel, flops
from app.pretrain.segment_pairs import epoch_documents, make_segment_pairs
from app.text.batch_sampler import evaluation_batches, training_batches
from app.text.tokenizer import WordPieceTokenizer
from app.train import distributed
from app.train.prefetch import prefetch
from app.train.task import Batch

DEV_SEED = 0  # all runs evaluate the same examples with the same masks, so their metrics can be compared
SUMS = (  # what is summed over the batches for the metrics
    "rows",  # sequences
    "tokens",  # without padding
    "positions",  # tokens and padding
    "predictions",  # tokens that masked LM predicts
    "lm_loss",
    "lm_correct",
    "sentence_examples",  # sequences with a label of the sentence task
    "sentence_loss",
    "sentence_correct",
)


class PretrainTask:
    """Pretrains a PretrainingModel on a corpus. `app.train.task.Task` says what each method is for.

    `matmul_rate`: 1e9 floating-point operations per second of a large matrix product, summed over all processes.
    """

    def __init__(
        self,
        model: PretrainingModel,
        tokenizer: WordPieceTokenizer,
        corpus: Corpus,
        options: PretrainOptions,
        metadata: Dict[str, Any],
        matmul_rate: float,
    ):
        self.model, self.tokenizer, self.corpus, self.options, self.metadata = model, tokenizer, corpus, options, metadata
        self.matmul_rate = matmul_rate
        self.global_batch_size = options.batch_size * runtime.world_size() * options.gradient_accumulation_steps
        self._datasets: Dict[int, PretrainingDataset] = {}  # by epoch; one at a time
        self._steps_in_epoch: Dict[int, int] = {}
        self.dev = self._make_dataset(np.flatnonzero(corpus.held_out), DEV_SEED, 0)
        drawn = np.random.default_rng(DEV_SEED).permutation(len(self.dev.pairs))[: options.dev_sequences]
        self.dev.pairs = self.dev.pairs.select(np.sort(drawn))  # a sample of all held-out documents, not the first ones

    def _make_dataset(self, documents: np.ndarray, seed: int, epoch: int) -> PretrainingDataset:
        options, rng = self.options, np.random.default_rng([seed, epoch])
        pairs = make_segment_pairs(
            self.corpus, documents, options.max_seq_length, options.sentence_task, options.short_seq_prob, rng
        )
        return PretrainingDataset(self.corpus, pairs, self.tokenizer, options.masking, options.masked_lm_prob, seed, epoch)

    def dataset(self, epoch: int) -> PretrainingDataset:
        """The training examples of an epoch. The dataset of the last epoch that was used is cached."""
        if epoch not in self._datasets:
            documents = epoch_documents(self.corpus, np.random.default_rng([self.options.seed, epoch]))
            self._datasets = {epoch: self._make_dataset(documents, self.options.seed, epoch)}
            self._steps_in_epoch[epoch] = -(-len(self._datasets[epoch].pairs) // self.global_batch_size)
        return self._datasets[epoch]

    def steps_in_epoch(self, epoch: int) -> int:
        """It differs slightly between epochs, because each epoch divides the documents into other segment pairs."""
        if epoch not in self._steps_in_epoch:
            self.dataset(epoch)
        return self._steps_in_epoch[epoch]

    def steps(self, epoch: int, skip: int) -> Iterator[List[Batch]]:
        """The examples of a step are chosen for all processes together: an epoch is the same with any number of processes."""
        dataset = self.dataset(epoch)
        batches = training_batches(dataset.pairs.lengths, self.global_batch_size, self.options.seed, epoch)
        for micro_batches in prefetch(self._micro_batches(dataset, indices) for indices in batches[skip:]):
            # The mean is over the predictions of the step in all processes. DataParallel averages over the processes, hence the
            # factor world_size.
            own_predictions = sum(len(batch["masked_lm_labels"]) * batch["example_weight"] for batch in micro_batches)
            predictions = distributed.device_sum(own_predictions)
            for batch in micro_batches:
                batch["lm_weight"] = batch["example_weight"] * runtime.world_size() / predictions
            yield micro_batches

    def _micro_batches(self, dataset: PretrainingDataset, indices: np.ndarray) -> List[Batch]:
        sentence_examples = max(1, int((dataset.pairs.sentence_labels[indices] >= 0).sum()))
        micro_batches = []
        for own_indices in distributed.own_micro_batches(indices, self.options.gradient_accumulation_steps):
            # A process without an example computes one with weight 0: all processes must take part.
            batch: Dict[str, Any] = dataset.batch(own_indices if len(own_indices) else indices[:1])
            batch["example_weight"] = float(len(own_indices) > 0)
            batch["sentence_weight"] = batch["example_weight"] * runtime.world_size() / sentence_examples
            micro_batches.append(batch)
        return micro_batches

    def loss(self, model: paddle.nn.Layer, batch: Batch) -> Tuple[paddle.Tensor, Dict[str, Any]]:
        """The share of a micro-batch in the sum of both losses, and its SUMS."""
        sums = self._sums(model, batch)
        loss = sums["lm_loss"] * batch["lm_weight"] + sums["sentence_loss"] * batch["sentence_weight"]
        return loss, {name: value.detach() if isinstance(value, paddle.Tensor) else value for name, value in sums.items()}

    def _sums(self, model: paddle.nn.Layer, batch: Batch) -> Dict[str, Any]:
        """The values of SUMS for one batch. The losses and the counts of correct predictions are tensors."""
        inputs = [paddle.to_tensor(batch[name]) for name in ("input_ids", "token_type_ids", "masked_lm_positions")]
        masked_lm_labels = paddle.to_tensor(batch["masked_lm_labels"])  # [M]
        sentence_labels = paddle.to_tensor(batch["sentence_labels"])  # [B]
        logits, sentence_logits = model(*inputs)  # [M, V], [B, C]
        sums: Dict[str, Any] = {
            "rows": len(batch["input_ids"]),
            "tokens": batch["tokens"],
            "positions": batch["input_ids"].size,
            "predictions": len(batch["masked_lm_labels"]),
            "lm_loss": F.cross_entropy(logits.astype("float32"), masked_lm_labels, reduction="sum"),
            "lm_correct": (logits.argmax(axis=-1) == masked_lm_labels).astype("float32").sum(),
            "sentence_examples": int((batch["sentence_labels"] >= 0).sum()),
            "sentence_loss": paddle.zeros([]),
            "sentence_correct": paddle.zeros([]),
        }
        if sentence_logits is not None:
            sums["sentence_loss"] = F.cross_entropy(
                sentence_logits.astype("float32"), sentence_labels, ignore_index=-1, reduction="sum"
            )
            sums["sentence_correct"] = (sentence_logits.argmax(axis=-1) == sentence_labels).astype("float32").sum()
        return sums

    def training_metrics(self, sums: Dict[str, float], seconds: float) -> Dict[str, float]:
        """Losses and accuracies, share of padding, and the speed: tokens, sequences and operations per second."""
        operations = flops(self.model, sums["tokens"], sums["predictions"], sums["tokens"] / sums["rows"]) / 1e9
        return {
            **_mean_metrics(sums),
            "padding": 1 - sums["tokens"] / sums["positions"],
            "tokens/s": sums["tokens"] / seconds,
            "sequences/s": sums["rows"] / seconds,
            "GFLOP/s": operations / seconds,
            "share of matmul rate": operations / seconds / self.matmul_rate,
        }

    @paddle.no_grad()
    def evaluate(self) -> Dict[str, float]:
        """The metrics on the held-out documents. Each process computes its share of the batches."""
        self.model.eval()
        totals = np.zeros(len(SUMS))
        batches = evaluation_batches(self.dev.pairs.lengths, self.options.batch_size * 2)
        for indices in batches[runtime.rank() :: runtime.world_size()]:
            sums = self._sums(self.model, self.dev.batch(indices))
            totals += [float(sums[name]) for name in SUMS]
        metrics = _mean_metrics(dict(zip(SUMS, distributed.all_sum(totals).tolist())))
        return {**metrics, "perplexity": float(np.exp(metrics["masked LM loss"]))}

    def metric_for_best_model(self, metrics: Dict[str, float]) -> float:
        """The negative held-out masked-LM loss."""
        return -metrics["masked LM loss"]

    def state(self) -> Dict[str, Any]:
        """Empty: the trainer state is enough to resume."""
        return {}

    def load_state(self, state: Dict[str, Any]) -> None:
        """Restores what `state` returned."""

    def save(self, folder: Path, metrics: Dict[str, float], step: int) -> Path:
        """Writes a checkpoint folder that AutoModel, run_match.sh and --init_from_ckpt can load."""
        metadata = {**self.metadata, "step": step, "held_out": metrics}
        return save_pretrained(folder, self.model, self.tokenizer, metadata)


def _mean_metrics(sums: Dict[str, float]) -> Dict[str, float]:
    """Mean losses and accuracies; those of the sentence task only if an example has a label."""
    predictions, sentence_examples = max(1, sums["predictions"]), sums["sentence_examples"]
    metrics = {"masked LM loss": sums["lm_loss"] / predictions, "masked LM accuracy": sums["lm_correct"] / predictions}
    if sentence_examples:
        metrics["sentence loss"] = sums["sentence_loss"] / sentence_examples
        metrics["sentence accuracy"] = sums["sentence_correct"] / sentence_examples
    return metrics
