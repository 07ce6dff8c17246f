"""The same WordPiece ids in less time: characters that are tokens by themselves come from a table, words from a cache."""

from __future__ import annotations

import itertools
from typing import Any, Dict, List, Tuple

import numpy as np

from app.text.character_table import CharacterTable
from app.text.tokenizer import WordPieceTokenizer

MAX_WORDS = 1 << 16  # distinct words whose ids are cached


class FastWordPieceTokenizer(WordPieceTokenizer):
    """Only words go through the library, each distinct one once. Chinese characters and punctuation are looked up."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self._table = CharacterTable(self._split_words)
        self._character_ids = np.full(0x110000, -1, np.int32)  # by code point
        self._word_ids: Dict[str, List[int]] = {}

    def ids(self, texts: List[str]) -> List[List[int]]:
        """Token ids of each text."""
        tokens, lengths = self.flat_ids(texts)
        ends = np.cumsum(lengths).tolist()
        flat = tokens.tolist()
        return [flat[begin:end] for begin, end in zip([0, *ends], ends)]

    def flat_ids(self, texts: List[str]) -> Tuple[np.ndarray, np.ndarray]:
        """The ids of all texts in one array, int32 [all tokens], and how many each text has, int64 [texts]."""
        tokens, lengths, _ = self._flat(texts)
        return tokens, lengths

    def word_starts(self, texts: List[str]) -> np.ndarray:
        """Whether each token of `flat_ids` begins a word, as jieba segments Chinese: bool [all tokens]."""
        import jieba

        jieba.setLogLevel("ERROR")
        tokens, _, positions = self._flat(texts)
        begins = np.zeros(sum(map(len, texts)) + len(texts) + 1, bool)  # of the joined texts; the last one is for position -1
        offset = 0
        for text in texts:
            begins[[offset + begin for _, begin, _ in jieba.tokenize(text)]] = True
            offset += len(text) + 1
        return begins[positions] & (positions >= 0)

    def _flat(self, texts: List[str]) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`flat_ids`, and int64 [all tokens]: the position in the joined texts (`SplitTexts.original`) of the word or character
        that the token begins, or -1 for a later piece of a word.
        """
        split = self._table.split(texts)
        of_words = self._ids_of_words(split.words)
        counts = np.zeros(len(split.codes), np.int64)  # tokens that begin at each character
        counts[split.alone] = 1
        sizes = np.fromiter(map(len, of_words), np.int64, len(of_words))
        counts[split.begins] = sizes
        ends = np.cumsum(counts)
        tokens = np.empty(int(counts.sum()), np.int32)
        tokens[ends[split.alone] - 1] = self._ids_of_characters(split.codes[split.alone])
        flat = np.fromiter(itertools.chain.from_iterable(of_words), np.int32, int(sizes.sum()))
        within = np.arange(len(flat)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        tokens[np.repeat(ends[split.begins] - sizes, sizes) + within] = flat
        positions = np.full(len(tokens), -1, np.int64)
        positions[ends[split.alone] - 1] = split.original[split.alone]
        filled = sizes > 0
        positions[(ends[split.begins] - sizes)[filled]] = split.original[split.begins][filled]
        return tokens, np.diff(np.append(0, ends)[split.bounds]), positions

    def _ids_of_characters(self, codes: np.ndarray) -> np.ndarray:
        ids = self._character_ids[codes]
        new = np.unique(codes[ids < 0])
        if len(new):
            self._character_ids[new] = [self.vocabulary.get(self._table.cleaned(code), self.unk_id) for code in new.tolist()]
            ids = self._character_ids[codes]
        return ids

    def _ids_of_words(self, words: List[str]) -> List[List[int]]:
        cache = self._word_ids
        new = [word for word in dict.fromkeys(words) if word not in cache]
        if len(cache) + len(new) > MAX_WORDS:  # constant memory, however long the file is
            cache.clear()
            new = list(dict.fromkeys(words))
        cache.update(zip(new, super().ids(new)))
        return [cache[word] for word in words]
