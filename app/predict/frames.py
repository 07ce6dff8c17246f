"""Scores for tables in people's own pipelines: batches of Ray Data (`PairScorer`) and of Spark (`spark_scorer`)."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

import numpy as np

from app import runtime
from app.match.card import read_card
from app.options import PredictOptions
from app.predict.choose import candidates, open_first
from app.predict.export import unchanged
from app.predict.processes import EngineProcesses
from app.predict.rows import ADDED, NOT_FINITE
from app.predict.scorer import Scorer, decide
from app.text.columns import Chooser
from app.text.pairs import text_error
from app.text.tokenizer import PairTokenizer

Columns = Dict[str, List[Any]]


class PairScorer:
    """A checkpoint that scores batches of a table: dictionaries of NumPy arrays, pandas data frames, Arrow tables.

    What comes back is the same batch with the columns `probability`, `prediction` and `error` behind its own, as `predict.py`
    writes them. Large batches (4,096 rows and more) are fastest: pairs of like lengths are computed together.

    ray_dataset.map_batches(PairScorer, fn_constructor_args=["output/match/best"], batch_size=8192, num_cpus=2, concurrency=4)
    """

    def __init__(
        self,
        checkpoint: str,
        columns: str = "",
        engine: str = "auto",
        device: str = "auto",
        symmetric: bool = False,
        max_decision_change: float = PredictOptions.max_decision_change,
    ):
        """`columns`: "A,B", the names of the two texts' columns; empty: by known names. The rest is as `predict.py --help` says.

        Raises UserError where the checkpoint is not whole or the engine cannot run.
        """
        runtime.prepare()
        folder = Path(checkpoint)
        names = candidates(folder, device, max_decision_change) if engine == "auto" else [engine]
        with unchanged(folder):
            card = read_card(folder)
            _, opened = open_first(names, lambda name: EngineProcesses(name, folder, device), lambda text: None)
            self._scorer = Scorer(opened, PairTokenizer.load(folder), card)
        self._orders = 2 if symmetric else 1
        self._chooser = Chooser("the batch", columns, remembered=card.columns)

    def __call__(self, batch: Any) -> Any:
        """The batch with its scores. Raises UserError where the two texts are not found among its columns."""
        names = list(getattr(batch, "column_names", batch))
        first, second = self._chooser.of_objects([str(name) for name in names]).places[:2]
        added = self._scores(_values(batch, first), _values(batch, second))
        if hasattr(batch, "append_column"):
            return _with_arrow_columns(batch, added)
        if hasattr(batch, "assign"):
            return batch.assign(**added)
        return {**batch, **{name: np.array(values, object if name != "probability" else float) for name, values in added.items()}}

    def _scores(self, first: List[Any], second: List[Any]) -> Columns:
        errors = [text_error(a, b) for a, b in zip(first, second)]
        pairs = [pair for pair, error in zip(zip(first, second), errors) if not error]
        asked = [order for pair in pairs for order in (sorted([pair, pair[::-1]]) if self._orders == 2 else [pair])]
        distinct = {pair: place for place, pair in enumerate(dict.fromkeys(asked))}
        scores = self._scorer.submit(list(distinct)).result()[[distinct[pair] for pair in asked]] if asked else np.zeros((0, 1))
        if self._orders == 2:
            scores = self._scorer.exact_means(asked, scores)
        card = self._scorer.card
        verdicts = decide(card, scores, self._orders)
        found = zip(verdicts.finite.tolist(), verdicts.probability.tolist(), verdicts.label.tolist())
        rows: List[Tuple[Any, Any, str]] = []
        for error in errors:
            finite, probability, label = (True, None, 0) if error else next(found)
            error = error if finite else NOT_FINITE
            rows.append((None, None, error) if error else (float(f"{probability:.6f}"), card.labels[label], ""))
        return {name: [row[place] for row in rows] for place, name in enumerate(ADDED)}

    def __del__(self) -> None:
        if hasattr(self, "_scorer"):
            self._scorer.close()


def _values(batch: Any, name: str) -> List[Any]:
    """A column's values; None where one is missing."""
    column = batch[name]
    if hasattr(column, "to_pylist"):
        return column.to_pylist()
    return [value if isinstance(value, str) else None for value in column]


def _with_arrow_columns(table: Any, added: Columns) -> Any:
    import pyarrow as arrow

    for name, values in added.items():
        table = table.append_column(name, arrow.array(values, arrow.float64() if name == "probability" else arrow.string()))
    return table


def spark_scorer(checkpoint: str, **options: Any) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """What Spark's `mapInPandas` takes: data frames in, the same with their scores out. `options`: those of `PairScorer`.

    `checkpoint` is a folder that all executors see, or the name of one that was given to `SparkContext.addFile`. A worker
    process of Spark loads the model once and computes with the threads of `spark.task.cpus`.
    """

    def score(frames: Iterable[Any]) -> Iterator[Any]:
        scorer = _spark_worker(checkpoint, tuple(sorted(options.items())))
        return (scorer(frame) for frame in frames)

    return score


@functools.lru_cache(maxsize=1)
def _spark_worker(checkpoint: str, options: tuple) -> PairScorer:
    from pyspark import SparkFiles, TaskContext

    task = TaskContext.get()
    os.environ["OMP_NUM_THREADS"] = str(task.cpus() if task else 1)
    folder = checkpoint if os.path.isdir(checkpoint) else SparkFiles.get(os.path.basename(checkpoint.rstrip("/")))
    return PairScorer(folder, **dict(options))
