"""Running text -> sentences: Chinese and Latin punctuation, closing quotes kept with the sentence they end."""

from __future__ import annotations

import re
from typing import List

_CLOSING = "”’」』》）)\\]\"'"
_ABBREVIATIONS = set("mr mrs ms dr prof st vs etc e.g i.e cf fig no vol inc ltd co jr sr al".split())
# A Chinese mark ends a sentence wherever it stands; a Latin one only before white space: 3.14, paddle.nn, https://a.b/?c=d
_END = re.compile(rf"(?:[。！？]|…{{1,2}}|[!?]+(?=[\s{_CLOSING}]|$)|\.+(?=[\s{_CLOSING}]|$))[。！？!?…]*[{_CLOSING}]*")


def split_sentences(text: str) -> List[str]:
    """Sentences of `text` in order, stripped; none is empty. A line break ends a sentence too.

    >>> split_sentences('他说：“我来了。”然后走了。It cost 3.14 dollars. Really?')
    ['他说：“我来了。”', '然后走了。', 'It cost 3.14 dollars.', 'Really?']
    """
    return [sentence for line in text.splitlines() for sentence in _split_line(line)]


def _split_line(line: str) -> List[str]:
    sentences, begin = [], 0
    for mark in _END.finditer(line):
        if mark.group().startswith(".") and _goes_on(line[begin : mark.start()], line[mark.end() :]):
            continue
        sentences.append(line[begin : mark.end()].strip())
        begin = mark.end()
    sentences.append(line[begin:].strip())
    return [sentence for sentence in sentences if sentence]


def _goes_on(before: str, after: str) -> bool:
    """Whether the full stop between the two belongs to an abbreviation ("Dr.", "J. Smith") or a small letter follows."""
    word = before.split()[-1].lstrip("(“\"'").lower() if before.split() else ""
    following = after.lstrip()[:1]
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isascii() and word.isalpha()) or following.islower()
