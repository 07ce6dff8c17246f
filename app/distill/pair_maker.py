"""A block of texts -> pairs worth learning from, by kind.

group         two texts of one line of the file: they are on the same topic
teacher       a text and one of its nearest texts by the teacher's vectors
bm25          a text and one of its nearest texts by characters and words
near_miss     a text and the same text with one change that makes it another question, half of them also in other words
rewording     a text and the same question in other words
random        two texts
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Dict, Iterator, List, NamedTuple, Optional

import numpy as np

from app.distill.near_misses import near_miss
from app.distill.neighbours import bm25_neighbours, drawn_rank, vector_neighbours
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

    group: float = 1.0
    teacher: float = 0.5
    bm25: float = 0.5
    near_miss: float = 1.0
    rewording: float = 0.75
    random: float = 0.25


class PairMaker:
    """The pairs of one block of texts. They depend on the block and its number, the numbers of pairs, and the seed alone.

    `vectors`: the teacher's, float32 [texts, dimension]; None: without pairs of the kind `teacher`.
    """

    def __init__(self, block: Block, vectors: Optional[np.ndarray], per_text: PairsPerText, seed: int, number: int):
        self.texts = block.texts
        self._rng, self._random = np.random.default_rng([seed, number]), random.Random(f"{seed} {number}")
        self._tagged = [tag(text) for text in block.texts]
        self._pool = WordPool(self._tagged if per_text.near_miss else ())
        self._groups: Dict[int, List[List[int]]] = {}  # text -> the lines on which it stands with others
        for group in block.groups:
            for text in group:
                self._groups.setdefault(text, []).append(group)
        # kind -> the number of pairs of each text, int64 [texts]
        self._counts = {kind: self._rng.poisson(mean, len(self.texts)) for kind, mean in vars(per_text).items()}
        searched = {kind: np.flatnonzero(self._counts[kind]) for kind in ("bm25", "teacher")}
        words = [text.words for text in self._tagged]
        self._nearest = {"bm25": bm25_neighbours(self.texts, words, searched["bm25"], NEIGHBOURS)}
        if vectors is not None:
            self._nearest["teacher"] = vector_neighbours(vectors, searched["teacher"], NEIGHBOURS)

    def pairs(self, both_orders: bool) -> Iterator[Pair]:
        """All pairs, each once, in random order of its two texts; with `both_orders`, in both orders."""
        written = set()
        for text in range(len(self.texts)):
            for kind, partner in self._partners(text):
                pair = Pair(self.texts[text], partner, kind)
                both = frozenset(pair[:2])
                if partner and len(both) == 2 and both not in written:
                    written.add(both)
                    orders = [pair, Pair(pair.text_b, pair.text_a, kind)]
                    yield from orders if both_orders else [orders[self._rng.integers(2)]]

    def _partners(self, text: int) -> Iterator[tuple]:
        """(kind, other text) of each pair of one text; the other text is empty where none was found."""
        for kind, counts in self._counts.items():
            nearest = next(self._nearest[kind]) if kind in self._nearest and counts[text] else ()
            for _ in range(counts[text]):
                if len(nearest):
                    yield kind, self.texts[nearest[drawn_rank(self._rng, len(nearest), MEAN_RANK)]]
                elif kind == "group" and text in self._groups:
                    yield kind, self.texts[self._random.choice(self._random.choice(self._groups[text]))]
                elif kind == "near_miss":
                    yield kind, self._near_miss(text)
                elif kind == "rewording":
                    yield kind, rewording(self._tagged[text], self._random)
                elif kind == "random":
                    yield kind, self.texts[self._rng.integers(len(self.texts))]

    def _near_miss(self, text: int) -> str:
        """Half of them are reworded as well: otherwise the number of changed words would tell near misses from rewordings."""
        changed = near_miss(self._tagged[text], self._pool, self._random)
        if changed and self._random.random() < 0.5:
            return rewording(tag(changed), self._random) or changed
        return changed
