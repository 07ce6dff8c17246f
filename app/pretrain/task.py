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
from app.pretrain.examples import Examples
from app.pretrain.model import PretrainingModel, flops
from app.pretrain.sentence_pairs import epoch_documents, pair_sentences
from app.text.batches import evaluation_batches, training_batches
from app.text.tokenizer import PairTokenizer
from app.train import parallel
from app.train.prefetch import prefetch
from app.train.task import Batch

DEV_SEED = 0  # the held-out examples and their masks are the same in every run: figures can be compared
SUMS = ("rows", "tokens", "places", "predictions", "lm_loss", "lm_right", "asked", "sentence_loss", "sentence_right")


class PretrainTask:
    """Pretrains a PretrainingModel on a corpus (see `app.train.task.Task` for what each method is for)."""

    def __init__(
        self,
        model: PretrainingModel,
        tokenizer: PairTokenizer,
        corpus: Corpus,
        options: PretrainOptions,
        card: Dict[str, Any],
        matmul_rate: float,
    ):
        self.model, self.tokenizer, self.corpus, self.options, self.card = model, tokenizer, corpus, options, card
        self.matmul_rate = matmul_rate  # 1e9 operations a second, of all processes together
        self.rows_a_step = options.batch_size * runtime.world_size() * options.gradient_accumulation_steps
        self._epochs: Dict[int, Examples] = {}
        self._steps: Dict[int, int] = {}
        self.dev = self._examples(np.flatnonzero(corpus.held_out), DEV_SEED, 0)
        drawn = np.random.default_rng(DEV_SEED).permutation(len(self.dev.pairs))[: options.dev_sequences]
        self.dev.pairs = self.dev.pairs.keep(np.sort(drawn))  # of all held-out documents, not of the first

    def _examples(self, documents: np.ndarray, seed: int, epoch: int) -> Examples:
        options, random = self.options, np.random.default_rng([seed, epoch])
        pairs = pair_sentences(
            self.corpus, documents, options.max_seq_length, options.sentence_task, options.short_sequences, random
        )
        return Examples(self.corpus, pairs, self.tokenizer, options.masking, options.masked_share, seed, epoch)

    def examples(self, epoch: int) -> Examples:
        """The training examples of an epoch; the last one asked for is kept."""
        if epoch not in self._epochs:
            documents = epoch_documents(self.corpus, np.random.default_rng([self.options.seed, epoch]))
            self._epochs = {epoch: self._examples(documents, self.options.seed, epoch)}
            self._steps[epoch] = -(-len(self._epochs[epoch].pairs) // self.rows_a_step)
        return self._epochs[epoch]

    def steps_in_epoch(self, epoch: int) -> int:
        """Epochs differ by a few steps: each cuts the documents anew."""
        if epoch not in self._steps:
            self.examples(epoch)
        return self._steps[epoch]

    def steps(self, epoch: int, skip: int) -> Iterator[List[Batch]]:
        """Rows are chosen for all processes together: an epoch is the same at any world size."""
        examples = self.examples(epoch)
        batches = training_batches(examples.pairs.lengths, self.rows_a_step, self.options.seed, epoch)
        for parts in prefetch(self._parts(examples, rows) for rows in batches[skip:]):
            # The mean is over the predictions of the whole step; DataParallel averages over processes, hence the factor.
            predictions = parallel.device_sum(sum(len(part["answers"]) * part["counts"] for part in parts))
            for part in parts:
                part["lm_weight"] = part["counts"] * runtime.world_size() / predictions
            yield parts

    def _parts(self, examples: Examples, rows: np.ndarray) -> List[Batch]:
        asked = max(1, int((examples.pairs.label[rows] >= 0).sum()))
        parts = []
        for part in parallel.own_parts(rows, self.options.gradient_accumulation_steps):
            batch: Dict[str, Any] = examples.batch(part if len(part) else rows[:1])
            batch["counts"] = float(len(part) > 0)  # a process without a row takes part with a row that weighs nothing
            batch["sentence_weight"] = batch["counts"] * runtime.world_size() / asked
            parts.append(batch)
        return parts

    def loss(self, model: paddle.nn.Layer, batch: Batch) -> Tuple[paddle.Tensor, Dict[str, Any]]:
        """Masked-LM loss averaged over the step's predictions plus sentence loss averaged over its questions."""
        sums = self._sums(model, batch)
        loss = sums["lm_loss"] * batch["lm_weight"] + sums["sentence_loss"] * batch["sentence_weight"]
        return loss, {name: value.detach() if isinstance(value, paddle.Tensor) else value for name, value in sums.items()}

    def _sums(self, model: paddle.nn.Layer, batch: Batch) -> Dict[str, Any]:
        """What happened in a batch, each a sum (SUMS)."""
        answers, labels = paddle.to_tensor(batch["answers"]), paddle.to_tensor(batch["sentence_labels"])
        inputs = [paddle.to_tensor(batch[name]) for name in ("input_ids", "token_type_ids", "predicted")]
        logits, sentence_logits = model(*inputs)
        values: Dict[str, Any] = {
            "rows": len(batch["input_ids"]),
            "tokens": batch["tokens"],
            "places": batch["input_ids"].size,
            "predictions": len(batch["answers"]),
            "lm_loss": F.cross_entropy(logits.astype("float32"), answers, reduction="sum"),
            "lm_right": (logits.argmax(axis=-1) == answers).astype("float32").sum(),
            "asked": int((batch["sentence_labels"] >= 0).sum()),
            "sentence_loss": paddle.zeros([]),
            "sentence_right": paddle.zeros([]),
        }
        if sentence_logits is not None:
            values["sentence_loss"] = F.cross_entropy(sentence_logits.astype("float32"), labels, ignore_index=-1, reduction="sum")
            values["sentence_right"] = (sentence_logits.argmax(axis=-1) == labels).astype("float32").sum()
        return values

    def figures(self, sums: Dict[str, float], seconds: float) -> Dict[str, float]:
        """Losses and accuracies; share of padding; tokens, sequences and operations a second."""
        operations = flops(self.model, sums["tokens"], sums["predictions"], sums["tokens"] / sums["rows"]) / 1e9
        return {
            **_means(sums),
            "padding": 1 - sums["tokens"] / sums["places"],
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
        figures = _means(dict(zip(SUMS, parallel.all_sum(totals).tolist())))
        return {**figures, "perplexity": float(np.exp(figures["masked LM loss"]))}

    def score(self, figures: Dict[str, float]) -> float:
        """The lower the held-out masked-LM loss, the better."""
        return -figures["masked LM loss"]

    def state(self) -> Dict[str, Any]:
        """Nothing: all that a run needs to go on is in the loop's own state."""
        return {}

    def load_state(self, state: Dict[str, Any]) -> None:
        """Puts back what `state` gave."""

    def save(self, folder: Path, figures: Dict[str, float], step: int) -> Path:
        """Writes a checkpoint folder that AutoModel, run_match.sh and --init_from_ckpt read."""
        card = {**self.card, "step": step, "held_out": figures}
        return save_pretrained(folder, self.model, self.tokenizer, card)


def _means(sums: Dict[str, float]) -> Dict[str, float]:
    predictions, asked = max(1, sums["predictions"]), max(1, sums["asked"])
    masked = {"masked LM loss": sums["lm_loss"] / predictions, "masked LM accuracy": sums["lm_right"] / predictions}
    if not sums["asked"]:
        return masked
    return {**masked, "sentence loss": sums["sentence_loss"] / asked, "sentence accuracy": sums["sentence_right"] / asked}
