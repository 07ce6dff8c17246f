"""Pairs -> `[CLS] A [SEP] B [SEP]`: token ids, segment ids, truncation.

tokens:       [CLS] 怎 么 还 款 [SEP] 如 何 还 款 [SEP]
segment ids:    0   0  0  0  0   0    1  1  1  1   1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np

from app.text.tokenizer import WordPieceTokenizer

TRUNCATIONS = ("longest_first", "only_first", "only_second")
SPECIAL = 3  # [CLS] and two [SEP]


def truncate(length_a: int, length_b: int, room: int, truncation: str) -> Tuple[int, int]:
    """How many tokens of A and of B stay when both together may have `room`.

    `longest_first` cuts the longer text until it is as short as the other, then both in turn: a token of a short text
    says more than one of a long text (google-research/bert, `_truncate_seq_pair`). `only_first` and `only_second` cut that text
    alone; its first token stays, so where the other text does not fit either, it is cut as well.
    """
    excess = length_a + length_b - room
    if excess <= 0:
        return length_a, length_b
    if truncation == "only_first":
        length_a = max(1, length_a - excess)
        return length_a, min(length_b, room - length_a)
    if truncation == "only_second":
        length_b = max(1, length_b - excess)
        return min(length_a, room - length_b), length_b
    shorter = min(length_a, length_b, room // 2)
    if length_a <= length_b:
        return (shorter, room - shorter) if shorter == length_a else (room - room // 2, room // 2)
    return (room - shorter, shorter) if shorter == length_b else (room - room // 2, room // 2)


@dataclass
class EncodedPairs:
    """Tokenized pairs, flat: pair i is `tokens[starts[i]:starts[i+1]]`, of which the first `first[i]` are segment 0."""

    tokens: np.ndarray  # int32 [all tokens]
    starts: np.ndarray  # int64 [pairs + 1]
    first: np.ndarray  # int32 [pairs], length of "[CLS] A [SEP]"
    truncated: np.ndarray  # bool [pairs], whether tokens were lost
    pad_id: int
    unknown: int  # how many [UNK] there are

    def __len__(self) -> int:
        return len(self.first)

    @property
    def lengths(self) -> np.ndarray:
        """int64 [pairs], tokens of each pair with the special ones."""
        return np.diff(self.starts)


def encode_pairs(
    tokenizer: WordPieceTokenizer, text_a: List[str], text_b: List[str], max_seq_length: int, truncation: str = "longest_first"
) -> EncodedPairs:
    """Tokenizes each text once (a text that recurs is not tokenized again) and joins the pairs."""
    distinct: Dict[str, int] = {}
    positions = [distinct.setdefault(text, len(distinct)) for texts in (text_a, text_b) for text in texts]
    ids = tokenizer.ids(list(distinct))
    pairs = len(text_a)
    room = max_seq_length - SPECIAL
    cls, sep = [tokenizer.cls_id], [tokenizer.sep_id]
    joined: List[int] = []
    starts, first, truncated = np.zeros(pairs + 1, np.int64), np.zeros(pairs, np.int32), np.zeros(pairs, bool)
    for pair in range(pairs):
        a, b = ids[positions[pair]], ids[positions[pairs + pair]]
        keep_a, keep_b = truncate(len(a), len(b), room, truncation)
        joined += cls + a[:keep_a] + sep + b[:keep_b] + sep
        starts[pair + 1], first[pair] = len(joined), keep_a + 2
        truncated[pair] = keep_a + keep_b < len(a) + len(b)
    tokens = np.array(joined, dtype=np.int32)
    return EncodedPairs(tokens, starts, first, truncated, tokenizer.pad_id, int((tokens == tokenizer.unk_id).sum()))


def pad_batch(encoded: EncodedPairs, rows: Sequence[int], length: int = 0) -> Dict[str, np.ndarray]:
    """`input_ids` and `token_type_ids` of the given pairs, int64 [rows, length], padded on the right (0: to the longest)."""
    begins = encoded.starts[rows][:, None]
    lengths = encoded.starts[np.asarray(rows) + 1][:, None] - begins
    positions = np.arange(length or int(lengths.max()))
    inside = positions < lengths
    input_ids = np.where(inside, encoded.tokens[np.minimum(begins + positions, len(encoded.tokens) - 1)], encoded.pad_id)
    segments = inside & (positions >= encoded.first[rows][:, None])
    return {"input_ids": input_ids.astype(np.int64), "token_type_ids": segments.astype(np.int64)}
