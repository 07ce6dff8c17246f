"""Words of Chinese texts with their parts of speech, by jieba, and a pool of words to exchange them for."""

from __future__ import annotations

import itertools
import random
from typing import Dict, Iterable, Iterator, List, NamedTuple, Tuple

# Parts of speech whose words are exchanged: nouns, names of people, places, organisations and works, verbs, abbreviations.
CHANGEABLE = ("n", "nr", "nrt", "ns", "nt", "nz", "nw", "v", "vn", "j", "eng")
# Words of these parts of speech that belong to the grammar of a question.
KEPT = frozenset("可以 可能 没有 应该 需要 知道 觉得 不能 不会 不要 不是 不用 合适 适合 开始 时候 感觉 东西 情况 问题".split())


class TaggedText(NamedTuple):
    """A text and its words."""

    text: str
    words: Tuple[str, ...]  # together they are the text
    tags: Tuple[str, ...]  # the part of speech of each word, in the notation of ICTCLAS

    def is_noun(self, place: int) -> bool:
        """Whether there is a word at this place that is a noun or a name."""
        return 0 <= place < len(self.words) and (self.tags[place].startswith("n") or self.tags[place] == "eng")

    def with_word(self, place: int, word: str) -> str:
        """The text with another word at this place."""
        return "".join((*self.words[:place], word, *self.words[place + 1 :]))

    def starts(self) -> Dict[int, int]:
        """Where each word begins in the text -> its place. The end of the text -> the number of words."""
        return {start: place for place, start in enumerate(itertools.accumulate(map(len, self.words), initial=0))}

    def changeable(self) -> List[int]:
        """The places of the words that can be exchanged."""
        tagged = enumerate(zip(self.words, self.tags))
        return [place for place, (word, tag) in tagged if tag in CHANGEABLE and len(word) > 1 and word not in KEPT]

    def contexts(self, place: int) -> Iterator[str]:
        """What a word that can stand at this place has in common with the present one: its part of speech, and the words around
        it, two on one side and one on the other (or the border of the text).
        """
        around = ("^", *self.words, "$")
        before, after = around[max(0, place - 1) : place + 1], around[place + 2 : place + 4]
        yield f"{self.tags[place]} {before[-1]} _ {' '.join(after)}"
        if len(before) > 1:
            yield f"{self.tags[place]} {' '.join(before)} _ {after[0]}"
        if self.tags[place] == "ns":  # all names of places are like each other
            yield "ns"


def tag(text: str) -> TaggedText:
    """Segments a text, with a part of speech for each word."""
    import jieba
    import jieba.posseg

    jieba.setLogLevel("ERROR")
    pairs = [(pair.word, pair.flag) for pair in jieba.posseg.cut(text, HMM=False)]
    return TaggedText(text, tuple(word for word, _ in pairs), tuple(flag for _, flag in pairs))


class WordPool:
    """The words of many texts by their contexts. A word that occurs often is drawn often."""

    def __init__(self, texts: Iterable[TaggedText]):
        self._words: Dict[str, List[str]] = {}
        for text in texts:
            for place in text.changeable():
                for context in text.contexts(place):
                    self._words.setdefault(context, []).append(text.words[place])

    def draw(self, text: TaggedText, place: int, rng: random.Random) -> str:
        """A random word from a context like that of `place`, one of `text.changeable()`; empty if there is none."""
        found = [self._words[context] for context in text.contexts(place) if context in self._words]
        return rng.choice(rng.choice(found)) if found else ""
