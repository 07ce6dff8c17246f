"""Segment pairs -> batches: `[CLS] A [SEP] B [SEP]`, padded, masked anew for each (seed, epoch, example)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict

import numpy as np

from app.pretrain.corpus import Corpus
from app.pretrain.masking import mask_tokens
from app.pretrain.segment_pairs import SegmentPairs
from app.text.tokenizer import WordPieceTokenizer


@dataclass
class PretrainingDataset:
    """The examples of one epoch, ready to be drawn by number."""

    corpus: Corpus
    pairs: SegmentPairs
    tokenizer: WordPieceTokenizer
    masking: str
    mlm_probability: float  # of ordinary tokens that are predicted
    seed: int
    epoch: int

    def __post_init__(self) -> None:
        special = {self.tokenizer.vocabulary[token] for token in self.tokenizer.special}
        self._ordinary = np.array(sorted(set(self.tokenizer.vocabulary.values()) - special))

    def example(self, row: int):
        """One example before masking: ids int64 [tokens], segment ids, word starts, special (bool [tokens])."""
        pairs, corpus, tokenizer = self.pairs, self.corpus, self.tokenizer
        segments = [(pairs.a_begin[row], pairs.a_end[row]), (pairs.b_begin[row], pairs.b_end[row])]
        ids, kinds, starts = [[tokenizer.cls_id]], [[0]], [[True]]
        for number, (begin, end) in enumerate(segments):
            if begin < end:
                ids += [corpus.tokens(begin, end), [tokenizer.sep_id]]
                kinds += [np.full(end - begin + 1, number)]
                starts += [corpus.word_starts(begin, end), [True]]
        joined = np.concatenate(ids).astype(np.int64)
        special = np.zeros(len(joined), bool)
        special[[0, len(joined) - 1, pairs.a_end[row] - pairs.a_begin[row] + 1]] = True
        return joined, np.concatenate(kinds), np.concatenate(starts), special

    def masked(self, row: int):
        """The same after masking: changed ids, segment ids, positions to predict, what stood there."""
        ids, kinds, starts, special = self.example(row)
        random = np.random.default_rng([self.seed, self.epoch, row])
        mask_id = self.tokenizer.mask_id
        changed, positions = mask_tokens(ids, starts, special, self.masking, self.mlm_probability, mask_id, self._ordinary, random)
        return changed, kinds, positions, ids[positions]

    def batch(self, rows: np.ndarray) -> Dict[str, Any]:
        """`input_ids`, `token_type_ids` int64 [rows, longest]; `predicted` int64 [M] places in the flattened batch, rising;
        `answers` int64 [M], the tokens that stood there; `sentence_labels` int64 [rows], -1 where nothing is asked.
        """
        made = [self.masked(int(row)) for row in rows]
        longest = max(len(ids) for ids, *_ in made)
        input_ids = np.full((len(rows), longest), self.tokenizer.pad_id, np.int64)
        token_type_ids = np.zeros((len(rows), longest), np.int64)
        for place, (ids, kinds, _, _) in enumerate(made):
            input_ids[place, : len(ids)], token_type_ids[place, : len(ids)] = ids, kinds
        return {
            "input_ids": input_ids,
            "token_type_ids": token_type_ids,
            "masked_positions": np.concatenate([place * longest + positions for place, (_, _, positions, _) in enumerate(made)]),
            "masked_lm_labels": np.concatenate([masked_lm_labels for *_, masked_lm_labels in made]),
            "sentence_labels": self.pairs.label[rows],
            "tokens": sum(len(ids) for ids, *_ in made),
        }
