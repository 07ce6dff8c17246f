"""Scores for batches of a table, in pipelines of the user: Ray Data, pandas, Arrow (for Spark see spark.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np

from app import runtime
from app.engine.process_pool import EngineProcessPool
from app.engine.select import candidates, open_predictor
from app.match.predictions import predict_labels
from app.options import PredictOptions
from app.predict.output_file import ADDED, NOT_FINITE
from app.text.columns import ColumnFinder
from app.text.pair_file import text_error
from app.text.tables import added_columns

NewColumns = Dict[str, List[Any]]


class PairScorer:
    """A checkpoint that scores batches: dictionaries of NumPy arrays, pandas data frames, or Arrow tables.

    It returns the same batch with the columns `probability`, `prediction` and `error` added, as `predict.py` writes them. Batches
    of 4,096 rows and more are the fastest: pairs of similar length are computed together.

    dataset.map_batches(PairScorer, fn_constructor_args=["output/match/best"], batch_size=8192, num_cpus=2, concurrency=(4, 4))
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
        """`columns`: "A,B", the names of the two text columns; empty: known names. The others: see `predict.py --help`.

        Raises UserError if the checkpoint is not complete or the engine cannot run.
        """
        runtime.prepare()
        folder = Path(checkpoint)
        names = candidates(folder, device, max_decision_change) if engine == "auto" else [engine]
        _, self._predictor = open_predictor(
            folder, names, lambda name: EngineProcessPool(name, folder, device), lambda text: None
        )
        self._orders = 2 if symmetric else 1
        self._column_finder = ColumnFinder("the batch", columns, remembered=self._predictor.matcher_config.columns)

    def __call__(self, batch: Any) -> Any:
        """The batch with its scores. Raises UserError if it has no columns with the two texts."""
        names = list(getattr(batch, "column_names", batch))
        first, second = self._column_finder.of_objects([str(name) for name in names]).positions[:2]
        added = self._new_columns(_values(batch, first), _values(batch, second))
        if hasattr(batch, "append_column"):
            return _with_arrow_columns(batch, added)
        if hasattr(batch, "assign"):
            return batch.assign(**added)
        return {**batch, **{name: np.array(values, object if name != "probability" else float) for name, values in added.items()}}

    def _new_columns(self, first: List[Any], second: List[Any]) -> NewColumns:
        errors = [text_error(a, b) for a, b in zip(first, second)]
        pairs = [pair for pair, error in zip(zip(first, second), errors) if not error]
        if self._orders == 2:
            pairs = [order for pair in pairs for order in sorted([pair, pair[::-1]])]
        outputs = self._outputs(pairs)
        matcher_config = self._predictor.matcher_config
        predictions = predict_labels(matcher_config, outputs, self._orders)
        found = zip(predictions.finite.tolist(), predictions.probability.tolist(), predictions.label.tolist())
        rows: List[Tuple[Any, Any, str]] = []
        for error in errors:
            finite, probability, label = (True, None, 0) if error else next(found)
            error = error if finite else NOT_FINITE
            rows.append((None, None, error) if error else (float(f"{probability:.6f}"), matcher_config.labels[label], ""))
        return {name: [row[column] for row in rows] for column, name in enumerate(ADDED)}

    def _outputs(self, pairs: List[Tuple[str, str]]) -> np.ndarray:
        """See `PendingLogits.result`; a pair that occurs several times is computed once."""
        distinct = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
        outputs = self._predictor.submit(list(distinct)).result()[[distinct[pair] for pair in pairs]]
        return self._predictor.rescore_means(pairs, outputs) if self._orders == 2 else outputs

    def __del__(self) -> None:
        if hasattr(self, "_predictor"):
            self._predictor.close()


def _values(batch: Any, name: str) -> List[Any]:
    """The values of a column; None for missing ones."""
    column = batch[name]
    if hasattr(column, "to_pylist"):
        return column.to_pylist()
    return [value if isinstance(value, str) else None for value in column]


def _with_arrow_columns(table: Any, added: NewColumns) -> Any:
    import pyarrow as arrow

    for field in added_columns():
        table = table.append_column(field.name, arrow.array(added[field.name], field.type))
    return table
