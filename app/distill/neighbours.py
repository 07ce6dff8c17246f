"""The nearest other texts of each text: by BM25 over characters and words, or by the vectors of a teacher."""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterator, List, Sequence

import numpy as np
import scipy.sparse as sparse

K1, B = 1.2, 0.75  # BM25's usual constants (Robertson & Zaragoza 2009, 3.5)
ROWS_AT_ONCE = 256  # rows of the similarity matrix in memory


class Neighbours:
    """The `count` nearest other texts of each text, nearest first: int64 [texts, count], by rows of `ROWS_AT_ONCE` texts."""

    def __init__(self, queries: "sparse.csr_matrix | np.ndarray", documents: "sparse.csr_matrix | np.ndarray", count: int):
        self._queries, self._documents = queries, documents
        self.count = min(count, queries.shape[0] - 1)

    def __iter__(self) -> Iterator[np.ndarray]:
        for begin in range(0, self._queries.shape[0], ROWS_AT_ONCE):
            similarity = self._queries[begin : begin + ROWS_AT_ONCE] @ self._documents
            similarity = similarity.toarray() if sparse.issparse(similarity) else similarity
            rows = np.arange(len(similarity))
            similarity[rows, begin + rows] = -np.inf  # no text is its own neighbour
            nearest = np.argpartition(-similarity, self.count - 1, axis=1)[:, : self.count]
            order = np.argsort(-np.take_along_axis(similarity, nearest, axis=1), axis=1, kind="stable")
            yield np.take_along_axis(nearest, order, axis=1)


def bm25_neighbours(texts: Sequence[str], words: Sequence[Sequence[str]], count: int) -> Neighbours:
    """By BM25. The terms of a text are its characters, its pairs of characters and its `words`."""
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
    return Neighbours(queries, documents, count)


def terms(text: str, words: Sequence[str]) -> Counter:
    """What BM25 counts in a text: characters, pairs of characters, and words of three characters and more."""
    lower = text.lower()
    pairs = [lower[place : place + 2] for place in range(len(lower) - 1)]
    return Counter([*lower, *pairs, *(word.lower() for word in words if len(word) > 2)])


def vector_neighbours(vectors: np.ndarray, count: int) -> Neighbours:
    """By the cosine of unit vectors, float32 [texts, dimension]."""
    return Neighbours(vectors, np.ascontiguousarray(vectors.T), count)


def drawn_rank(rng: np.random.Generator, count: int, mean: float) -> int:
    """A random rank from 0 to `count` - 1. Near ones are more frequent: an exponential distribution with this mean, cut off."""
    return min(count - 1, int(rng.exponential(mean)))


