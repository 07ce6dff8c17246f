"""Scores for data frames of Spark, by `mapInPandas`."""

from __future__ import annotations

import functools
import os
from typing import Any, Callable, Iterable, Iterator

from app.predict.pair_scorer import PairScorer


def spark_scorer(checkpoint: str, **options: Any) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """A function for Spark's `mapInPandas`: data frames -> the same with scores. `options`: those of `PairScorer`.

    `checkpoint`: a folder that all executors can read, or the name of one that was given to `SparkContext.addFile`. Each Python
    worker of Spark loads the model once and computes with `spark.task.cpus` threads.
    """

    def score(frames: Iterable[Any]) -> Iterator[Any]:
        scorer = _worker_scorer(checkpoint, tuple(sorted(options.items())))
        return (scorer(frame) for frame in frames)

    return score


@functools.lru_cache(maxsize=1)
def _worker_scorer(checkpoint: str, options: tuple) -> PairScorer:
    from pyspark import SparkFiles, TaskContext

    task = TaskContext.get()
    os.environ["OMP_NUM_THREADS"] = str(task.cpus() if task else 1)
    folder = checkpoint if os.path.isdir(checkpoint) else SparkFiles.get(os.path.basename(checkpoint.rstrip("/")))
    return PairScorer(folder, **dict(options))
