"""Shards -> tokens by place: all shards read as one long row of tokens, mapped into memory, not loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Sequence

import numpy as np

from app.errors import UserError
from app.pretrain.shards import read_header


class Corpus:
    """The shards of a folder. Tokens, sentences and documents are numbered through, over all shards."""

    def __init__(self, folder: Path, weights: Sequence[float] = (1.0,)):
        if not (folder / "complete.json").is_file():
            raise UserError(f"{folder}: holds no complete shards")
        count = json.loads((folder / "complete.json").read_text(encoding="utf-8"))["shards"]
        names = [folder / f"{number:05}" for number in range(count)]
        self.headers = [read_header(name) for name in names]
        self._tokens = [np.load(name / "tokens.npy", mmap_mode="r") for name in names]
        self._words = [np.load(name / "word_starts.npy", mmap_mode="r") for name in names]
        self._first_token = np.cumsum([0] + [header["tokens"] for header in self.headers])
        self.sentences = _joined([np.load(name / "sentences.npy") for name in names])  # int64 [S + 1], by token
        self.documents = _joined([np.load(name / "documents.npy") for name in names])  # int64 [D + 1], by sentence
        held_out = [np.load(name / "held_out.npy") for name in names]
        self.held_out = np.concatenate([np.zeros(0, bool), *held_out])  # bool [D]
        by_shard = [weights[header["source"]] for header in self.headers]
        self.weights = np.repeat(np.array(by_shard, float), [header["documents"] for header in self.headers])  # [D]

    @property
    def unknown_share(self) -> float:
        """[UNK] among all tokens, 0 to 1."""
        return sum(header["unknown"] for header in self.headers) / max(1, int(self.sentences[-1]))

    def tokens(self, begin: int, end: int) -> np.ndarray:
        """Token ids from place `begin` to before `end`, which lie in one document: uint16 or uint32 [end - begin]."""
        shard, first = self._shard_of(begin)
        return self._tokens[shard][begin - first : end - first]

    def word_starts(self, begin: int, end: int) -> np.ndarray:
        """Whether each of these tokens begins a word: bool [end - begin]."""
        shard, first = self._shard_of(begin)
        begin, end = begin - first, end - first
        bits = np.unpackbits(self._words[shard][begin // 8 : -(-end // 8)])
        return bits[begin % 8 : begin % 8 + end - begin].astype(bool)

    def _shard_of(self, place: int):
        shard = int(np.searchsorted(self._first_token, place, side="right")) - 1
        return shard, int(self._first_token[shard])


def _joined(offsets: List[np.ndarray]) -> np.ndarray:
    """Offsets within shards, each from 0, -> offsets over all of them."""
    lengths = [np.diff(one) for one in offsets]
    return np.append(0, np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths])))
