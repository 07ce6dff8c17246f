"""The nearest other texts of some texts: by BM25 over characters and words, or by the vectors of a teacher."""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterator, List, Sequence

import numpy as np
import scipy.sparse as sparse

K1, B = 1.2, 0.75  # BM25's usual constants (Robertson & Zaragoza 2009, 3.5)
ROWS_AT_ONCE = 256  # rows of the similarity matrix in memory


def bm25_neighbours(
    texts: Sequence[str], words: Sequence[Sequence[str]], wanted: Sequence[int], count: int
) -> Iterator[np.ndarray]:
    """For each text of `wanted`, an index into `texts`: its `count` nearest other texts by BM25, nearest first, int64 [<= count].

    The terms of a text are its characters, its pairs of characters and its `words`. A text without a common term is no neighbour.
    """
    numbers: Dict[str, int] = {}
    columns: List[int] = []
    counts: List[int] = []
    starts = [0]
    for text, own_words in zip(texts, words):
        for term, times in terms(text, own_words).items():
            columns.append(numbers.setdefault(term, len(numbers)))
            counts.append(times)
        starts.append(len(columns))
    shape = (len(texts), len(numbers))
    times = sparse.csr_matrix((np.array(counts, np.float32), columns, starts), shape)
    lengths = np.asarray(times.sum(axis=1)).ravel()
    in_texts = np.bincount(columns, minlength=shape[1])
    idf = np.log(1 + (shape[0] - in_texts + 0.5) / (in_texts + 0.5))
    penalty = np.repeat(K1 * (1 - B + B * lengths / lengths.mean()), np.diff(starts))
    weights = (times.data * (K1 + 1) / (times.data + penalty)).astype(np.float32)
    documents = sparse.csr_matrix((weights, columns, starts), shape).T.tocsr()
    queries = sparse.csr_matrix((idf[columns].astype(np.float32), columns, starts), shape)
    for rows in _parts(wanted):
        similarity = queries[rows] @ documents  # sparse: only texts with a common term
        for text, begin, end in zip(rows, similarity.indptr, similarity.indptr[1:]):
            others, values = similarity.indices[begin:end], similarity.data[begin:end]
            values[others == text] = -np.inf  # no text is its own neighbour
            best = highest(values, count, others)
            yield best[best != text]


def terms(text: str, words: Sequence[str]) -> Counter:
    """What BM25 counts in a text: characters, pairs of characters, and words of three characters and more."""
    lower = text.lower()
    pairs = [lower[place : place + 2] for place in range(len(lower) - 1)]
    return Counter([*lower, *pairs, *(word.lower() for word in words if len(word) > 2)])


def vector_neighbours(vectors: np.ndarray, wanted: Sequence[int], count: int) -> Iterator[np.ndarray]:
    """For each text of `wanted`: its nearest other texts by the cosine of unit vectors, float32 [texts, dimension]; as above."""
    indices = np.arange(len(vectors))
    for rows in _parts(wanted):
        for text, values in zip(rows, vectors[rows] @ vectors.T):
            values[text] = -np.inf
            yield highest(values, min(count, len(vectors) - 1), indices)


def highest(values: np.ndarray, count: int, indices: np.ndarray) -> np.ndarray:
    """The `indices` of the `count` highest values, the highest first; of equal values, the lower index first."""
    width = 4 * max(1, count)
    height = len(values) // width
    if height > 1:
        # The maxima of some groups of values are values too, so the count-th highest of them is a lower bound. Few values reach
        # it. This is several times faster than a partition of all values.
        maxima = values[: height * width].reshape(height, width).max(axis=0)
        reached = np.flatnonzero(values >= np.partition(maxima, -count)[-count])
        values, indices = values[reached], indices[reached]
    return indices[np.lexsort((indices, -values))[:count]]


def drawn_rank(rng: np.random.Generator, count: int, mean: float) -> int:
    """A random rank from 0 to `count` - 1. Near ones are more frequent: an exponential distribution with this mean, cut off."""
    return min(count - 1, int(rng.exponential(mean)))


def _parts(wanted: Sequence[int]) -> Iterator[np.ndarray]:
    wanted = np.asarray(wanted, np.int64)
    return (wanted[begin : begin + ROWS_AT_ONCE] for begin in range(0, len(wanted), ROWS_AT_ONCE))
