"""One JSON array of objects: its elements -> JSON lines, and JSON lines -> an array. Element by element, whatever the size."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator, TextIO, Tuple

from app.errors import UserError

CHUNK = 1 << 20  # characters read at once
BETWEEN = re.compile(r"[ \t\r\n]*(,?)[ \t\r\n]*")


def array_lines(text: TextIO, path: Path) -> Iterator[bytes]:
    """The elements, one a line, UTF-8. Raises UserError where the array is damaged; `path` is for its words."""
    rest, number = text.read(CHUNK).lstrip("\ufeff \t\r\n")[1:], 0
    more = text.read(CHUNK)
    while True:
        rest, place = rest + more, 0
        try:
            # All but the last characters: what stands there may go on. At the end of the file, all.
            while len(rest) - place > CHUNK or not more:
                value, place = _element(rest, place, number)
                if place == len(rest) + 1:
                    return
                number += 1
                yield _line(value)
        except ValueError as problem:
            if not more:
                raise UserError(f"{path}: a damaged JSON array, behind its element {number:,} ({problem})") from problem
        rest, more = rest[place:], text.read(CHUNK)


def _element(text: str, place: int, number: int) -> Tuple[Any, int]:
    """The element behind `place` and the place behind it, or, behind the array's end, the place behind the whole text."""
    between = BETWEEN.match(text, place)
    if text[between.end() : between.end() + 1] == "]" and not between[1]:
        if text[between.end() + 1 :].strip():
            raise ValueError("something stands behind its end")
        return None, len(text) + 1
    if bool(between[1]) != bool(number):
        raise ValueError("a comma is lacking, or one too many")
    return json.JSONDecoder().raw_decode(text, between.end())


def _line(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half a character
        return json.dumps(value).encode() + b"\n"


def write_array(rows: Path, target: Path) -> None:
    """Writes JSON lines as one array, one element a line."""
    with open(rows, "rb") as lines, open(target, "wb") as array:
        array.write(b"[")
        for number, line in enumerate(lines):
            array.write((b",\n" if number else b"\n") + line.rstrip(b"\r\n"))
        array.write(b"\n]\n")
