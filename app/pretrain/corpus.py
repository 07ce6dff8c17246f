"""Token shards -> one corpus: positions continue from shard to shard. Tokens are mapped into memory, not loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np

from app.atomic import read_json
from app.errors import UserError
from app.pretrain.token_shards import REBUILD_HINT, read_header

MMAP_MODES = {"tokens": "r", "word_starts": "r", "sentences": None, "documents": None, "held_out": None}  # None: loaded


class Corpus:
    """The shards of a folder. Tokens, sentences and documents are numbered over all shards.

    `weights`: one per source, the number of times that an epoch uses its documents.

    sentences: int64 [S + 1], the token position where each sentence begins, and the end of the last one
    documents: int64 [D + 1], the index of each document's first sentence, and the end of the last one
    held_out:  bool [D], documents for evaluation
    weights:   float64 [D]

    Raises UserError if the shards are incomplete or damaged.
    """

    def __init__(self, folder: Path, weights: Sequence[float] = (1.0,)):
        if not (folder / "complete.json").is_file():
            raise UserError(f"{folder}: has no complete shards")
        num_shards = read_json(folder / "complete.json", REBUILD_HINT).get("shards")
        if type(num_shards) is not int or num_shards < 0:
            raise UserError(f"{folder}/complete.json: damaged (shards is {num_shards!r}){REBUILD_HINT}")
        shards = [_read_shard(folder / f"{number:05}") for number in range(num_shards)]
        self.headers = [header for header, _ in shards]
        self._tokens = [arrays["tokens"] for _, arrays in shards]
        self._word_starts = [arrays["word_starts"] for _, arrays in shards]
        self._first_token = np.cumsum([0] + [len(tokens) for tokens in self._tokens])
        self.sentences = _concatenate_offsets([arrays["sentences"] for _, arrays in shards])
        self.documents = _concatenate_offsets([arrays["documents"] for _, arrays in shards])
        held_out = [arrays["held_out"] for _, arrays in shards]
        self.held_out = np.concatenate([np.zeros(0, bool), *held_out])
        by_shard = [weights[header["source"]] for header in self.headers]
        self.weights = np.repeat(np.array(by_shard, float), [header["documents"] for header in self.headers])

    @property
    def unknown_share(self) -> float:
        """The share of [UNK] among all tokens, 0 to 1."""
        return sum(header["unknown"] for header in self.headers) / max(1, int(self.sentences[-1]))

    def tokens(self, begin: int, end: int) -> np.ndarray:
        """The token ids of the positions `begin` to `end` - 1, which must be in one document: uint16 or uint32 [end - begin]."""
        shard, first = self._shard_of(begin)
        return self._tokens[shard][begin - first : end - first]

    def word_starts(self, begin: int, end: int) -> np.ndarray:
        """Whether each of these tokens begins a word: bool [end - begin]."""
        shard, first = self._shard_of(begin)
        begin, end = begin - first, end - first
        bits = np.unpackbits(self._word_starts[shard][begin // 8 : -(-end // 8)])
        return bits[begin % 8 : begin % 8 + end - begin].astype(bool)

    def _shard_of(self, position: int) -> Tuple[int, int]:
        """The number of the shard with this token position, and the position of the shard's first token."""
        shard = int(np.searchsorted(self._first_token, position, side="right")) - 1
        return shard, int(self._first_token[shard])


def _read_shard(folder: Path) -> Tuple[dict, Dict[str, np.ndarray]]:
    """The header and the arrays of a shard. Raises UserError if a file is damaged or the sizes do not match."""
    header = read_header(folder)
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode=mode) for name, mode in MMAP_MODES.items()}
        counts = [len(arrays["tokens"]), len(arrays["sentences"]) - 1, len(arrays["documents"]) - 1]
        sizes_match = (
            counts == [header["tokens"], header["sentences"], header["documents"]]
            and [arrays["sentences"][-1], arrays["documents"][-1], len(arrays["held_out"])] == counts
            and len(arrays["word_starts"]) == -(-counts[0] // 8)
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as problem:
        raise UserError(f"{folder}: damaged ({problem}){REBUILD_HINT}") from problem
    if not sizes_match:
        raise UserError(f"{folder}: damaged (the sizes of its arrays do not match){REBUILD_HINT}")
    return header, arrays


def _concatenate_offsets(offsets: List[np.ndarray]) -> np.ndarray:
    """Offsets of each shard, which begin with 0 -> offsets of all shards together."""
    lengths = [np.diff(shard_offsets) for shard_offsets in offsets]
    return np.append(0, np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths])))
