"""Text pairs -> model inputs: `[CLS] A [SEP] B [SEP]`, token type ids, truncation, padding.

tokens:           [CLS] 怎 么 还 款 [SEP] 如 何 还 款 [SEP]
token_type_ids:     0   0  0  0  0   0    1  1  1  1   1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np

from app.text.tokenizer import WordPieceTokenizer

SPECIAL_TOKENS_PER_PAIR = 3  # [CLS] and two [SEP]


def truncate(length_a: int, length_b: int, max_length: int, truncation: str) -> Tuple[int, int]:
    """How many tokens of A and of B are kept, so that both together have at most `max_length` tokens.

    "longest_first"   shortens the longer text until both have the same length, then both in turn: a token of a short text carries
                      more information than a token of a long one. Source: google-research/bert, `_truncate_seq_pair`.
    "only_first"      shortens A only, but keeps its first token. If B alone is too long, B is shortened as well.
    "only_second"     the same for B.
    """
    excess = length_a + length_b - max_length
    if excess <= 0:
        return length_a, length_b
    if truncation == "only_first":
        length_a = max(1, length_a - excess)
        return length_a, min(length_b, max_length - length_a)
    if truncation == "only_second":
        length_b = max(1, length_b - excess)
        return min(length_a, max_length - length_b), length_b
    half = max_length // 2
    shorter = min(length_a, length_b, half)
    if length_a <= length_b:
        return (shorter, max_length - shorter) if shorter == length_a else (max_length - half, half)
    return (max_length - shorter, shorter) if shorter == length_b else (max_length - half, half)


@dataclass
class EncodedPairs:
    """Tokenized pairs in one flat array. Pair i is `tokens[starts[i]:starts[i+1]]`, special tokens included."""

    tokens: np.ndarray  # int32 [all tokens]
    starts: np.ndarray  # int64 [pairs + 1]
    first_lengths: np.ndarray  # int32 [pairs], tokens of "[CLS] A [SEP]", whose token type is 0
    truncated: np.ndarray  # bool [pairs], whether the pair lost tokens
    pad_id: int
    unknown_count: int  # number of [UNK] in `tokens`

    def __len__(self) -> int:
        return len(self.first_lengths)

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of each pair, special tokens included. int64 [pairs]."""
        return np.diff(self.starts)


def encode_pairs(
    tokenizer: WordPieceTokenizer, text_a: List[str], text_b: List[str], max_seq_length: int, truncation: str = "longest_first"
) -> EncodedPairs:
    """Tokenizes pairs and joins them with special tokens. Each distinct text is tokenized once.

    `text_a` and `text_b` have the same length. `max_seq_length` counts the special tokens. `truncation`: see `truncate`.
    """
    indices: Dict[str, int] = {}  # distinct text -> its index in `ids`
    indices_a = [indices.setdefault(text, len(indices)) for text in text_a]
    indices_b = [indices.setdefault(text, len(indices)) for text in text_b]
    ids = tokenizer.ids(list(indices))
    cls, sep = [tokenizer.cls_id], [tokenizer.sep_id]
    max_length = max_seq_length - SPECIAL_TOKENS_PER_PAIR
    pairs = len(text_a)
    starts, first_lengths, truncated = np.zeros(pairs + 1, np.int64), np.zeros(pairs, np.int32), np.zeros(pairs, bool)
    joined: List[int] = []
    for pair, (index_a, index_b) in enumerate(zip(indices_a, indices_b)):
        a, b = ids[index_a], ids[index_b]
        keep_a, keep_b = truncate(len(a), len(b), max_length, truncation)
        joined += cls + a[:keep_a] + sep + b[:keep_b] + sep
        starts[pair + 1] = len(joined)
        first_lengths[pair] = keep_a + 2
        truncated[pair] = keep_a + keep_b < len(a) + len(b)
    tokens = np.array(joined, dtype=np.int32)
    unknown_count = int((tokens == tokenizer.unk_id).sum())
    return EncodedPairs(tokens, starts, first_lengths, truncated, tokenizer.pad_id, unknown_count)


def pad_batch(encoded: EncodedPairs, rows: Sequence[int], length: int = 0) -> Dict[str, np.ndarray]:
    """`input_ids` and `token_type_ids` of the given pairs, int64 [rows, length].

    Pairs are padded on the right, to `length` tokens; 0 means the length of the longest pair.
    """
    starts = encoded.starts[rows][:, None]
    lengths = encoded.starts[np.asarray(rows) + 1][:, None] - starts
    positions = np.arange(length or int(lengths.max()))
    is_token = positions < lengths
    flat_positions = np.minimum(starts + positions, len(encoded.tokens) - 1)  # padding must not point past the last token
    input_ids = np.where(is_token, encoded.tokens[flat_positions], encoded.pad_id)
    token_type_ids = is_token & (positions >= encoded.first_lengths[rows][:, None])
    return {"input_ids": input_ids.astype(np.int64), "token_type_ids": token_type_ids.astype(np.int64)}
