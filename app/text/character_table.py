"""Texts -> words and single-character tokens: BERT's cleaning and splitting, by table.

The libraries process one character after the other. But what happens to a character depends only on that character: it is
removed, separates words, is a token by itself (Chinese, punctuation) or belongs to a word. So the library is called once for each
distinct character. Texts are then split by looking up all their characters at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, List

import numpy as np

UNKNOWN, REMOVED, SPACE, ALONE, SEVERAL, WORD = range(6)  # kinds of characters; SEVERAL: it becomes several tokens
_CODES = 0x110000


@dataclass
class SplitTexts:
    """Texts, split. Positions count the characters of all texts, one text after the other, without the removed ones."""

    codes: np.ndarray  # uint32 [characters]
    alone: np.ndarray  # int64, positions of the characters that are tokens by themselves
    begins: np.ndarray  # int64, positions where words begin
    words: List[str]  # the words, as written in the texts
    bounds: np.ndarray  # int64 [texts + 1], where each text begins
    original: np.ndarray  # int64 [characters], their positions in the texts, joined by one character each


class CharacterTable:
    """Splits texts as `split_one` splits one text (`BasicTokenizer.split_function`)."""

    def __init__(self, split_one: Callable[[str], List[str]]):
        self.split_one = split_one
        self._kinds = np.zeros(_CODES, np.uint8)  # by code point
        self._cleaned: Dict[int, str] = {}  # code point -> cleaned character, for characters that are tokens by themselves

    def cleaned(self, code: int) -> str:
        """The cleaned form of a character that is a token by itself, for example its lower case."""
        return self._cleaned[code]

    def split(self, texts: List[str]) -> SplitTexts:
        """Splits all texts at once."""
        joined = "\n".join([*texts, ""])  # a line break separates words: no word continues in the next text
        codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
        kinds = self._kinds[codes]
        if not kinds.all():
            self._learn(np.unique(codes[kinds == UNKNOWN]))
            kinds = self._kinds[codes]
        kept = kinds != REMOVED
        ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
        bounds = np.append(0, np.cumsum(kept)[ends - 1]) if texts else np.zeros(1, np.int64)
        codes, kinds = codes[kept], kinds[kept]
        inside = kinds == WORD
        before = np.append(False, inside[:-1])
        begins, word_ends = np.flatnonzero(inside & ~before), np.flatnonzero(~inside & before)
        several = np.flatnonzero(kinds == SEVERAL)
        if len(several):
            begins, word_ends = np.append(begins, several), np.append(word_ends, several + 1)
        clean = joined if len(codes) == len(joined) else codes.tobytes().decode("utf-32-le")
        words = [clean[begin:end] for begin, end in zip(begins.tolist(), word_ends.tolist())]
        return SplitTexts(codes, np.flatnonzero(kinds == ALONE), begins, words, bounds, np.flatnonzero(kept))

    def _learn(self, codes: np.ndarray) -> None:
        """Finds the kind of each character: how the library splits it when it is between two letters."""
        for code in codes.tolist():
            pieces = self.split_one(f"a{chr(code)}a")
            if pieces == ["aa"]:
                kind = REMOVED
            elif pieces == ["a", "a"]:
                kind = SPACE
            elif len(pieces) == 1:
                kind = WORD
            elif len(pieces) == 3 and pieces[0] == pieces[2] == "a":
                kind, self._cleaned[code] = ALONE, pieces[1]
            else:
                kind = SEVERAL
            self._kinds[code] = kind
