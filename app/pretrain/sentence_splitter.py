"""Text -> sentences, by Chinese and Latin punctuation. A closing quote stays with the sentence that it ends."""

from __future__ import annotations

import re
from typing import List

_CLOSING = "”’」』》）)\\]\"'"
_ABBREVIATIONS = set("mr mrs ms dr prof st vs etc e.g i.e cf fig no vol inc ltd co jr sr al".split())
# A Chinese mark always ends a sentence. A Latin mark ends one only before white space, a closing mark or the end of the line, so
# 3.14, paddle.nn and https://a.b/?c=d are not split.
_END = re.compile(rf"(?:[。！？]|…{{1,2}}|[!?]+(?=[\s{_CLOSING}]|$)|\.+(?=[\s{_CLOSING}]|$))[。！？!?…]*[{_CLOSING}]*")


def split_sentences(text: str) -> List[str]:
    """The sentences of `text` in order, stripped, without empty ones. A line break also ends a sentence.

    >>> split_sentences('他说：“我来了。”然后走了。It cost 3.14 dollars. Really?')
    ['他说：“我来了。”', '然后走了。', 'It cost 3.14 dollars.', 'Really?']
    """
    return [sentence for line in text.splitlines() for sentence in _split_line(line)]


def _split_line(line: str) -> List[str]:
    sentences, begin = [], 0
    for end_mark in _END.finditer(line):
        is_full_stop = end_mark.group().startswith(".")
        if is_full_stop and _sentence_continues(line[begin : end_mark.start()], line[end_mark.end() :]):
            continue
        sentences.append(line[begin : end_mark.end()].strip())
        begin = end_mark.end()
    sentences.append(line[begin:].strip())
    return [sentence for sentence in sentences if sentence]


def _sentence_continues(before: str, after: str) -> bool:
    """Whether a full stop between these texts does not end a sentence: it follows an abbreviation ("Dr.", "J. Smith"), or a small
    letter follows it.
    """
    last_word = before.split()[-1].lstrip("(“\"'").lower() if before.split() else ""
    is_initial = len(last_word) == 1 and last_word.isascii() and last_word.isalpha()
    return last_word in _ABBREVIATIONS or is_initial or after.lstrip()[:1].islower()
