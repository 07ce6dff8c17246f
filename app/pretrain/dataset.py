"""Segment pairs -> padded batches of `[CLS] A [SEP] B [SEP]`. Masks are drawn again in every epoch (dynamic masking).

input_ids:           [CLS] 今 天 [MASK] 雨 [SEP] 带 [MASK] 了 吗 [SEP] [PAD]
token_type_ids:        0   0  0    0    0    0   1    1    1  1    1     0
masked_lm_positions:               3                  7
masked_lm_labels:                  下                 伞
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Tuple

import numpy as np

from app.pretrain.corpus import Corpus
from app.pretrain.masking import mask_tokens
from app.pretrain.segment_pairs import SegmentPairs
from app.text.tokenizer import WordPieceTokenizer


@dataclass
class PretrainingDataset:
    """The examples of one epoch, by index. The masks of an example depend on (seed, epoch, index) only."""

    corpus: Corpus
    pairs: SegmentPairs
    tokenizer: WordPieceTokenizer
    masking: str
    masked_lm_prob: float
    seed: int
    epoch: int

    def __post_init__(self) -> None:
        special_ids = {self.tokenizer.vocabulary[token] for token in self.tokenizer.special}
        self._replacement_ids = np.array(sorted(set(self.tokenizer.vocabulary.values()) - special_ids))

    def example(self, index: int) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """One example without masks: input_ids, token_type_ids (int64 [S]), word_starts, special_tokens_mask (bool [S])."""
        pairs, corpus, tokenizer = self.pairs, self.corpus, self.tokenizer
        segments = [(pairs.a_begin[index], pairs.a_end[index]), (pairs.b_begin[index], pairs.b_end[index])]
        input_ids, token_type_ids, word_starts = [[tokenizer.cls_id]], [[0]], [[True]]
        for segment, (begin, end) in enumerate(segments):
            if begin < end:
                input_ids += [corpus.tokens(begin, end), [tokenizer.sep_id]]
                token_type_ids += [np.full(end - begin + 1, segment)]
                word_starts += [corpus.word_starts(begin, end), [True]]
        input_ids = np.concatenate(input_ids).astype(np.int64)
        special_tokens_mask = np.zeros(len(input_ids), bool)
        first_sep = pairs.a_end[index] - pairs.a_begin[index] + 1
        special_tokens_mask[[0, first_sep, len(input_ids) - 1]] = True
        return input_ids, np.concatenate(token_type_ids), np.concatenate(word_starts), special_tokens_mask

    def masked_example(self, index: int) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """One example with masks: input_ids, token_type_ids (int64 [S]), masked_lm_positions, masked_lm_labels (int64 [M])."""
        original_ids, token_type_ids, word_starts, special_tokens_mask = self.example(index)
        input_ids, masked_lm_positions = mask_tokens(
            original_ids,
            word_starts,
            special_tokens_mask,
            self.masking,
            self.masked_lm_prob,
            self.tokenizer.mask_id,
            self._replacement_ids,
            np.random.default_rng([self.seed, self.epoch, index]),
        )
        return input_ids, token_type_ids, masked_lm_positions, original_ids[masked_lm_positions]

    def batch(self, indices: np.ndarray) -> Dict[str, Any]:
        """The examples with these indices, padded to the longest:

        `input_ids`, `token_type_ids`: int64 [B, S]
        `masked_lm_positions`: int64 [M], positions in the flattened batch [B x S], sorted
        `masked_lm_labels`: int64 [M], the original tokens at these positions
        `sentence_labels`: int64 [B], -1 without a label
        `tokens`: the number of tokens without padding
        """
        examples = [self.masked_example(int(index)) for index in indices]
        lengths = [len(input_ids) for input_ids, *_ in examples]
        longest = max(lengths)
        input_ids = np.full((len(examples), longest), self.tokenizer.pad_id, np.int64)
        token_type_ids = np.zeros((len(examples), longest), np.int64)
        for row, (ids, types, _, _) in enumerate(examples):
            input_ids[row, : len(ids)], token_type_ids[row, : len(ids)] = ids, types
        return {
            "input_ids": input_ids,
            "token_type_ids": token_type_ids,
            "masked_lm_positions": np.concatenate([row * longest + example[2] for row, example in enumerate(examples)]),
            "masked_lm_labels": np.concatenate([example[3] for example in examples]),
            "sentence_labels": self.pairs.sentence_labels[indices],
            "tokens": sum(lengths),
        }
