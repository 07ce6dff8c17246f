"""A file of texts -> blocks of different texts: one text a line, or several texts on one topic with tabs between them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, TypeVar

from app.errors import UserError
from app.text.column_names import has_text_columns
from app.text.formats import check_line_ends
from app.text.lines import DecodedLines, detect_encoding, open_bytes, sample_of
from app.text.pair_file import CONTAINERS

Item = TypeVar("Item")
NOT_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")  # control characters, and bytes that could not be decoded


class Block(NamedTuple):
    """Different texts, and which of them were on one line."""

    texts: List[str]
    groups: List[List[int]]  # for each line with several texts, their indices


def read_lines(path: Path, max_characters: int, left_out: Counter) -> Iterator[List[str]]:
    """The usable texts of each line of a file (.txt or .gz; UTF-8 or GB18030). Counts the others by reason in `left_out`.

    White space in a text becomes one space. Raises UserError if the file cannot be read, or is not a file of plain texts.
    """
    stream, container = open_bytes(path)
    with stream:
        if container:
            raise UserError(f"{path}: {CONTAINERS[container]}, not plain text; save one text a line")
        encoding = detect_encoding(stream, path)
        first = sample_of(stream, path).decode(encoding, "replace")
        check_line_ends(first, path)
        _check_plain(first.partition("\n")[0].strip("\ufeff\r"), path)
        for line in DecodedLines(stream, encoding, path):
            texts = []
            for text in filter(None, (" ".join(cell.split()) for cell in line.split("\t"))):
                reason = _reason(text, max_characters)
                if reason:
                    left_out[reason] += 1
                else:
                    texts.append(text)
            yield texts


def _check_plain(line: str, path: Path) -> None:
    """Raises UserError if the first line is that of a pair file or of JSON lines: names and labels are no texts."""
    if any(has_text_columns(line.split(delimiter)) for delimiter in "\t,;"):
        raise UserError(f"{path}: a file of pairs with a header; give a file of texts, one a line")
    if line.startswith("{") and line.rstrip().endswith("}"):
        raise UserError(f"{path}: JSON lines, not plain text; save one text a line")


def _reason(text: str, max_characters: int) -> str:
    """Why a text is not used; empty if it is."""
    if not any(map(str.isalnum, text)):
        return "without a letter or digit"
    if len(text) > max_characters:
        return f"longer than {max_characters} characters"
    return "not valid text" if NOT_TEXT.search(text) else ""


def blocks(lines: Iterable[List[str]], size: int, left_out: Counter) -> Iterator[Block]:
    """Blocks of at most about `size` different texts. A text that a block holds already is counted in `left_out`."""
    places: Dict[str, int] = {}
    groups: List[List[int]] = []
    for texts in lines:
        for part in batched(texts, size):
            before = len(places)
            group = list(dict.fromkeys(places.setdefault(text, len(places)) for text in part))
            left_out["repeated"] += len(part) - (len(places) - before)
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
