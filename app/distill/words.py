"""Words of Chinese texts with their parts of speech, by jieba, and a pool of words to exchange them for."""

from __future__ import annotations

import random
from typing import Dict, Iterable, List, NamedTuple, Tuple

# Parts of speech whose words are exchanged: nouns, names of people, places, organisations and works, verbs, abbreviations.
CHANGEABLE = ("n", "nr", "nrt", "ns", "nt", "nz", "nw", "v", "vn", "j", "eng")


class TaggedText(NamedTuple):
    """A text and its words."""

    text: str
    words: Tuple[str, ...]  # together they are the text
    tags: Tuple[str, ...]  # the part of speech of each word, in the notation of ICTCLAS

    def is_noun(self, place: int) -> bool:
        """Whether the word is a noun or a name."""
        return self.tags[place].startswith("n") or self.tags[place] == "eng"

    def with_word(self, place: int, word: str) -> str:
        """The text with another word at this place."""
        return "".join((*self.words[:place], word, *self.words[place + 1 :]))


def tag(text: str) -> TaggedText:
    """Segments a text, with a part of speech for each word."""
    import jieba
    import jieba.posseg

    jieba.setLogLevel("ERROR")
    pairs = [(pair.word, pair.flag) for pair in jieba.posseg.cut(text, HMM=False)]
    return TaggedText(text, tuple(word for word, _ in pairs), tuple(flag for _, flag in pairs))


class WordPool:
    """The words of many texts by part of speech. A word that occurs often is drawn often."""

    def __init__(self, texts: Iterable[TaggedText]):
        self._words: Dict[str, List[str]] = {tag: [] for tag in CHANGEABLE}
        for text in texts:
            for word, tag in zip(text.words, text.tags):
                if tag in CHANGEABLE and len(word) > 1:
                    self._words[tag].append(word)

    def draw(self, tag: str, rng: random.Random) -> str:
        """A random word of this part of speech, one of CHANGEABLE; empty if there is none."""
        return rng.choice(self._words[tag]) if self._words[tag] else ""
