"""A file of texts -> blocks of different texts: one text a line, or several texts on one topic with tabs between them."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, TypeVar

from app.text.basic_tokenizer import is_blank
from app.text.lines import DecodedLines, detect_encoding, open_bytes
from app.text.pair_file import SURROGATES

Item = TypeVar("Item")


class Block(NamedTuple):
    """Different texts, and which of them were on one line."""

    texts: List[str]
    groups: List[List[int]]  # for each line with several texts, their indices


def read_lines(path: Path, max_characters: int, left_out: Counter) -> Iterator[List[str]]:
    """The usable texts of each line of a file (.txt or .gz; UTF-8 or GB18030). Counts the others by reason in `left_out`.

    Raises UserError if the file cannot be read.
    """
    stream, _ = open_bytes(path)
    with stream:
        for line in DecodedLines(stream, detect_encoding(stream, path), path):
            texts = []
            for text in filter(None, map(str.strip, line.split("\t"))):
                reason = _reason(text, max_characters)
                if reason:
                    left_out[reason] += 1
                else:
                    texts.append(text)
            yield texts


def _reason(text: str, max_characters: int) -> str:
    """Why a text is not used; empty if it is."""
    if is_blank(text):
        return "without a visible character"
    if len(text) > max_characters:
        return f"longer than {max_characters} characters"
    return "not valid text" if SURROGATES.search(text) else ""


def blocks(lines: Iterator[List[str]], size: int, left_out: Counter) -> Iterator[Block]:
    """Blocks of about `size` different texts. A text that a block holds already is counted in `left_out`."""
    places: Dict[str, int] = {}
    groups: List[List[int]] = []
    for texts in lines:
        left_out["repeated"] += sum(text in places for text in texts)
        group = list(dict.fromkeys(places.setdefault(text, len(places)) for text in texts))
        if len(group) > 1:
            groups.append(group)
        if len(places) >= size:
            yield Block(list(places), groups)
            places, groups = {}, []
    if places:
        yield Block(list(places), groups)


def batched(items: Iterable[Item], size: int) -> Iterator[List[Item]]:
    """The items in lists of `size`; the last one may be shorter."""
    rest = iter(items)
    while True:
        batch = list(itertools.islice(rest, size))
        if not batch:
            return
        yield batch
