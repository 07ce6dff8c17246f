"""Texts -> characters that are tokens by themselves, and words: BERT's cleaning and splitting, by table.

The libraries look at one character after the other and notes where each came from. But what it does to a character
depends on that character alone: it is removed, it parts words, it stands alone (Chinese, punctuation), or it belongs to a word.
So they are asked once for each character; texts are then split by looking all their characters up at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, List

import numpy as np

UNKNOWN, REMOVED, SPACE, ALONE, ODD, WORD = range(6)  # what becomes of a character; ODD: it becomes several tokens
_CODES = 0x110000


@dataclass
class Split:
    """Texts, split. Places count the characters of all texts, one text after the other, without the removed ones."""

    codes: np.ndarray  # uint32 [characters]
    alone: np.ndarray  # int64, places of the characters that stand alone
    begins: np.ndarray  # int64, places where words begin
    words: List[str]  # the words, as they were written
    bounds: np.ndarray  # int64 [texts + 1], where each text begins
    original: np.ndarray  # int64 [characters], their places in the texts joined by one character each


class Splitter:
    """Splits as `pieces` does, which gives the cleaned words and characters of one text (`Basic.pieces`)."""

    def __init__(self, pieces: Callable[[str], List[str]]):
        self.pieces = pieces
        self._kinds = np.zeros(_CODES, np.uint8)
        self._forms: Dict[int, str] = {}  # code -> what it is after cleaning, of those that stand alone

    def form(self, code: int) -> str:
        """What a character that stands alone is after cleaning."""
        return self._forms[code]

    def split(self, texts: List[str]) -> Split:
        """Splits all texts at once."""
        joined = "\n".join([*texts, ""])  # a line break parts words: none reaches over the end of a text
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
        odd = np.flatnonzero(kinds == ODD)
        if len(odd):
            begins, word_ends = np.append(begins, odd), np.append(word_ends, odd + 1)
        clean = joined if len(codes) == len(joined) else codes.tobytes().decode("utf-32-le")
        words = [clean[begin:end] for begin, end in zip(begins.tolist(), word_ends.tolist())]
        return Split(codes, np.flatnonzero(kinds == ALONE), begins, words, bounds, np.flatnonzero(kept))

    def _learn(self, codes: np.ndarray) -> None:
        """Asks the library what becomes of each of these characters between two letters."""
        for code in codes.tolist():
            pieces = self.pieces(f"a{chr(code)}a")
            if pieces == ["aa"]:
                kind = REMOVED
            elif pieces == ["a", "a"]:
                kind = SPACE
            elif len(pieces) == 1:
                kind = WORD
            elif len(pieces) == 3 and pieces[0] == pieces[2] == "a":
                kind, self._forms[code] = ALONE, pieces[1]
            else:
                kind = ODD
            self._kinds[code] = kind
