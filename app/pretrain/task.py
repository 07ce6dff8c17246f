"""Pretraining as a task of the training loop: its examples, its loss, its evaluation, its checkpoint."""

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

DEV_SEED = 0  # the held-out examples and their masks are the same in every run: figures can be compared
SUMS = ("rows", "tokens", "positions", "predictions", "lm_loss", "lm_correct", "sentence_examples", "sentence_loss", "sentence_correct")


class PretrainTask:
    """Pretrains a PretrainingModel on a corpus (see `app.train.task.Task` for what each method is for)."""

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
        self.matmul_rate = matmul_rate  # 1e9 operations a second, of all processes together
        self.global_batch_size = options.batch_size * runtime.world_size() * options.gradient_accumulation_steps
        self._epochs: Dict[int, PretrainingDataset] = {}
        self._steps: Dict[int, int] = {}
        self.dev = self._examples(np.flatnonzero(corpus.held_out), DEV_SEED, 0)
        drawn = np.random.default_rng(DEV_SEED).permutation(len(self.dev.pairs))[: options.dev_sequences]
        self.dev.pairs = self.dev.pairs.keep(np.sort(drawn))  # of all held-out documents, not of the first

    def _examples(self, documents: np.ndarray, seed: int, epoch: int) -> PretrainingDataset:
        options, random = self.options, np.random.default_rng([seed, epoch])
        pairs = make_segment_pairs(
            self.corpus, documents, options.max_seq_length, options.sentence_task, options.short_seq_prob, random
        )
        return PretrainingDataset(self.corpus, pairs, self.tokenizer, options.masking, options.masked_lm_prob, seed, epoch)

    def examples(self, epoch: int) -> PretrainingDataset:
        """The training examples of an epoch; the last one sentence_examples for is kept."""
        if epoch not in self._epochs:
            documents = epoch_documents(self.corpus, np.random.default_rng([self.options.seed, epoch]))
            self._epochs = {epoch: self._examples(documents, self.options.seed, epoch)}
            self._steps[epoch] = -(-len(self._epochs[epoch].pairs) // self.global_batch_size)
        return self._epochs[epoch]

    def steps_in_epoch(self, epoch: int) -> int:
        """Epochs differ by a few steps: each cuts the documents anew."""
        if epoch not in self._steps:
            self.examples(epoch)
        return self._steps[epoch]

    def steps(self, epoch: int, skip: int) -> Iterator[List[Batch]]:
        """Rows are chosen for all processes together: an epoch is the same at any world size."""
        examples = self.examples(epoch)
        batches = training_batches(examples.pairs.lengths, self.global_batch_size, self.options.seed, epoch)
        for micro_batches in prefetch(self._micro_batches(examples, rows) for rows in batches[skip:]):
            # The mean is over the predictions of the whole step; DataParallel averages over processes, hence the factor.
            predictions = distributed.device_sum(sum(len(part["masked_lm_labels"]) * part["counts"] for part in micro_batches))
            for part in micro_batches:
                part["lm_weight"] = part["counts"] * runtime.world_size() / predictions
            yield micro_batches

    def _micro_batches(self, examples: PretrainingDataset, rows: np.ndarray) -> List[Batch]:
        sentence_examples = max(1, int((examples.pairs.label[rows] >= 0).sum()))
        micro_batches = []
        for part in distributed.own_micro_batches(rows, self.options.gradient_accumulation_steps):
            batch: Dict[str, Any] = examples.batch(part if len(part) else rows[:1])
            batch["counts"] = float(len(part) > 0)  # a process without a row takes part with a row that weighs nothing
            batch["sentence_weight"] = batch["counts"] * runtime.world_size() / sentence_examples
            micro_batches.append(batch)
        return micro_batches

    def loss(self, model: paddle.nn.Layer, batch: Batch) -> Tuple[paddle.Tensor, Dict[str, Any]]:
        """Masked-LM loss averaged over the step's predictions plus sentence loss averaged over its questions."""
        sums = self._sums(model, batch)
        loss = sums["lm_loss"] * batch["lm_weight"] + sums["sentence_loss"] * batch["sentence_weight"]
        return loss, {name: value.detach() if isinstance(value, paddle.Tensor) else value for name, value in sums.items()}

    def _sums(self, model: paddle.nn.Layer, batch: Batch) -> Dict[str, Any]:
        """What happened in a batch, each a sum (SUMS)."""
        masked_lm_labels, labels = paddle.to_tensor(batch["masked_lm_labels"]), paddle.to_tensor(batch["sentence_labels"])
        inputs = [paddle.to_tensor(batch[name]) for name in ("input_ids", "token_type_ids", "masked_positions")]
        logits, sentence_logits = model(*inputs)
        values: Dict[str, Any] = {
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
            values["sentence_loss"] = F.cross_entropy(sentence_logits.astype("float32"), labels, ignore_index=-1, reduction="sum")
            values["sentence_correct"] = (sentence_logits.argmax(axis=-1) == labels).astype("float32").sum()
        return values

    def training_metrics(self, sums: Dict[str, float], seconds: float) -> Dict[str, float]:
        """Losses and accuracies; share of padding; tokens, sequences and operations a second."""
        operations = flops(self.model, sums["tokens"], sums["predictions"], sums["tokens"] / sums["rows"]) / 1e9
        return {
            **_means(sums),
            "padding": 1 - sums["tokens"] / sums["positions"],
            "tokens/s": sums["tokens"] / seconds,
            "sequences/s": sums["rows"] / seconds,
            "GFLOP/s": operations / seconds,
            "share of matmul rate": operations / seconds / self.matmul_rate,
        }

    @paddle.no_grad()
    def evaluate(self) -> Dict[str, float]:
        """Held-out figures; every process measures its share of the batches."""
        self.model.eval()
        totals = np.zeros(len(SUMS))
        batches = evaluation_batches(self.dev.pairs.lengths, self.options.batch_size * 2)
        for rows in batches[runtime.rank() :: runtime.world_size()]:
            sums = self._sums(self.model, self.dev.batch(rows))
            totals += [float(sums[name]) for name in SUMS]
        metrics = _means(dict(zip(SUMS, distributed.all_sum(totals).tolist())))
        return {**metrics, "perplexity": float(np.exp(metrics["masked LM loss"]))}

    def metric_for_best_model(self, metrics: Dict[str, float]) -> float:
        """The lower the held-out masked-LM loss, the better."""
        return -metrics["masked LM loss"]

    def state(self) -> Dict[str, Any]:
        """Nothing: all that a run needs to go on is in the loop's own state."""
        return {}

    def load_state(self, state: Dict[str, Any]) -> None:
        """Puts back what `state` gave."""

    def save(self, folder: Path, metrics: Dict[str, float], step: int) -> Path:
        """Writes a checkpoint folder that AutoModel, run_match.sh and --init_from_ckpt read."""
        metadata = {**self.metadata, "step": step, "held_out": metrics}
        return save_pretrained(folder, self.model, self.tokenizer, metadata)


def _means(sums: Dict[str, float]) -> Dict[str, float]:
    predictions, sentence_examples = max(1, sums["predictions"]), max(1, sums["sentence_examples"])
    masked = {"masked LM loss": sums["lm_loss"] / predictions, "masked LM accuracy": sums["lm_correct"] / predictions}
    if not sums["sentence_examples"]:
        return masked
    return {**masked, "sentence loss": sums["sentence_loss"] / sentence_examples, "sentence accuracy": sums["sentence_correct"] / sentence_examples}
