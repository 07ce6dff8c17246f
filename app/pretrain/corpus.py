"""Shards -> tokens by place: all shards read as one long row of tokens, mapped into memory, not loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np

from app.atomic import read_json
from app.errors import UserError
from app.pretrain.token_shards import MAKE_ANEW, read_header

ARRAYS = {"tokens": "r", "word_starts": "r", "sentences": None, "documents": None, "held_out": None}  # how they are mapped


class Corpus:
    """The shards of a folder. Tokens, sentences and documents are numbered through, over all shards."""

    def __init__(self, folder: Path, weights: Sequence[float] = (1.0,)):
        if not (folder / "complete.json").is_file():
            raise UserError(f"{folder}: holds no complete shards")
        count = read_json(folder / "complete.json", MAKE_ANEW).get("shards")
        if type(count) is not int or count < 0:
            raise UserError(f"{folder}/complete.json: damaged (shards is {count!r}){MAKE_ANEW}")
        shards = [_read_shard(folder / f"{number:05}") for number in range(count)]
        self.headers = [header for header, _ in shards]
        self._tokens = [arrays["tokens"] for _, arrays in shards]
        self._words = [arrays["word_starts"] for _, arrays in shards]
        self._first_token = np.cumsum([0] + [len(tokens) for tokens in self._tokens])
        self.sentences = _joined([arrays["sentences"] for _, arrays in shards])  # int64 [S + 1], by token
        self.documents = _joined([arrays["documents"] for _, arrays in shards])  # int64 [D + 1], by sentence
        held_out = [arrays["held_out"] for _, arrays in shards]
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


def _read_shard(folder: Path) -> Tuple[dict, Dict[str, np.ndarray]]:
    """A shard's header and arrays, its tokens mapped into memory. Raises UserError where they do not belong together."""
    header = read_header(folder)
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode=mode) for name, mode in ARRAYS.items()}
        counts = [len(arrays["tokens"]), len(arrays["sentences"]) - 1, len(arrays["documents"]) - 1]
        whole = (
            counts == [header["tokens"], header["sentences"], header["documents"]]
            and [arrays["sentences"][-1], arrays["documents"][-1], len(arrays["held_out"])] == counts
            and len(arrays["word_starts"]) == -(-counts[0] // 8)
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as problem:
        raise UserError(f"{folder}: damaged ({problem}){MAKE_ANEW}") from problem
    if not whole:
        raise UserError(f"{folder}: damaged (its arrays are of different sizes){MAKE_ANEW}")
    return header, arrays


def _joined(offsets: List[np.ndarray]) -> np.ndarray:
    """Offsets within shards, each from 0, -> offsets over all of them."""
    lengths = [np.diff(one) for one in offsets]
    return np.append(0, np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths])))
