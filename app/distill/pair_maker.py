"""A block of texts -> pairs worth learning from, by kind.

group         two texts of one line of the file: they are on the same topic
teacher       a text and one of its nearest texts by the teacher's vectors
bm25          a text and one of its nearest texts by characters and words
near_miss     a text and the same text with one change that makes it another question
rewording     a text and the same question in other words
random        two texts
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Dict, Iterator, List, NamedTuple, Optional

import numpy as np

from app.distill.near_misses import near_miss
from app.distill.neighbours import Neighbours, bm25_neighbours, drawn_rank, vector_neighbours
from app.distill.rewordings import rewording
from app.distill.texts import Block
from app.distill.words import WordPool, tag

NEIGHBOURS = 30  # nearest texts among which one is drawn
MEAN_RANK = 4.0  # of the neighbour that is drawn


class Pair(NamedTuple):
    """Two texts, in the order in which they are written, and how they were found."""

    text_a: str
    text_b: str
    kind: str


@dataclass
class PairsPerText:
    """How many pairs of each kind a text gets on average: the mean of a Poisson distribution."""

    group: float = 2.0
    teacher: float = 1.0
    bm25: float = 1.0
    near_miss: float = 0.5
    rewording: float = 0.25
    random: float = 0.5


class PairMaker:
    """The pairs of one block of texts. They depend on the block and its number, the numbers of pairs, and the seed alone.

    `vectors`: the teacher's, float32 [texts, dimension]; None: without pairs of the kind `teacher`.
    """

    def __init__(self, block: Block, vectors: Optional[np.ndarray], per_text: PairsPerText, seed: int, number: int):
        self.texts, self.per_text = block.texts, per_text
        self._rng, self._random = np.random.default_rng([seed, number]), random.Random(f"{seed} {number}")
        self._tagged = [tag(text) for text in block.texts]
        self._pool = WordPool(self._tagged)
        self._others: Dict[int, List[int]] = {text: [] for text in range(len(block.texts))}  # of the same lines
        for group in block.groups:
            for text in group:
                self._others[text] += [other for other in group if other != text]
        self._searches: Dict[str, Neighbours] = {}
        if per_text.bm25 and len(self.texts) > 1:
            words = [text.words for text in self._tagged]
            self._searches["bm25"] = bm25_neighbours(self.texts, words, NEIGHBOURS)
        if per_text.teacher and vectors is not None and len(self.texts) > 1:
            self._searches["teacher"] = vector_neighbours(vectors, NEIGHBOURS)

    def pairs(self, both_orders: bool) -> Iterator[Pair]:
        """All pairs, each once, in random order of its two texts; with `both_orders`, in both orders."""
        written = set()
        nearest = {kind: (row for rows in search for row in rows) for kind, search in self._searches.items()}
        for text in range(len(self.texts)):
            found = self._partners(text, {kind: next(rows) for kind, rows in nearest.items()})
            for kind, partner in found:
                pair = Pair(self.texts[text], partner, kind)
                both = frozenset(pair[:2])
                if partner and len(both) == 2 and both not in written:
                    written.add(both)
                    orders = [pair, Pair(pair.text_b, pair.text_a, kind)]
                    yield from orders if both_orders else [orders[self._rng.integers(2)]]

    def _partners(self, text: int, nearest: Dict[str, np.ndarray]) -> Iterator[tuple]:
        """(kind, other text) of each pair of one text; the other text is empty where none was found."""
        for kind, mean in vars(self.per_text).items():
            for _ in range(self._rng.poisson(mean)):
                if kind in nearest:
                    rank = drawn_rank(self._rng, len(nearest[kind]), MEAN_RANK)
                    yield kind, self.texts[nearest[kind][rank]]
                elif kind == "group" and self._others[text]:
                    yield kind, self.texts[self._random.choice(self._others[text])]
                elif kind == "near_miss":
                    yield kind, near_miss(self._tagged[text], self._pool, self._random)
                elif kind == "rewording":
                    yield kind, rewording(self._tagged[text], self._random)
                elif kind == "random":
                    yield kind, self.texts[self._rng.integers(len(self.texts))]
