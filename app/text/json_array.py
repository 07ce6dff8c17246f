"""One JSON array of objects -> JSON lines, and JSON lines -> an array. Element by element, at constant memory."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator, TextIO, Tuple

from app.errors import UserError

CHUNK = 1 << 20  # characters read at once
SEPARATOR = re.compile(r"[ \t\r\n]*(,?)[ \t\r\n]*")  # between two elements


def array_lines(text: TextIO, path: Path) -> Iterator[bytes]:
    """The elements as lines of JSON, UTF-8. Raises UserError if the array is damaged. `path` is for messages only."""
    buffer, count = text.read(CHUNK).lstrip("\ufeff \t\r\n")[1:], 0
    chunk = text.read(CHUNK)
    while True:
        buffer, position = buffer + chunk, 0
        try:
            # An element near the end of the buffer may continue in the next chunk: it waits until the chunk is read.
            while len(buffer) - position > CHUNK or not chunk:
                value, position = _next_element(buffer, position, count)
                if position == len(buffer) + 1:
                    return
                count += 1
                yield _as_line(value)
        except ValueError as problem:
            if not chunk:
                raise UserError(f"{path}: a damaged JSON array, after its element {count:,} ({problem})") from problem
        buffer, chunk = buffer[position:], text.read(CHUNK)


def _next_element(text: str, position: int, count: int) -> Tuple[Any, int]:
    """The element that follows `position`, after `count` others, and the position after it.

    After the last element: None and len(text) + 1. Raises ValueError if the text is damaged or incomplete.
    """
    separator = SEPARATOR.match(text, position)
    if text[separator.end() : separator.end() + 1] == "]" and not separator[1]:
        if text[separator.end() + 1 :].strip():
            raise ValueError("there is text after its end")
        return None, len(text) + 1
    if bool(separator[1]) != bool(count):
        raise ValueError("a comma is missing, or there is one too many")
    return json.JSONDecoder().raw_decode(text, separator.end())


def _as_line(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(value).encode() + b"\n"


def write_array(rows: Path, target: Path) -> None:
    """Writes the file `rows` (JSON lines) as one array, one element per line."""
    with open(rows, "rb") as lines, open(target, "wb") as array:
        array.write(b"[")
        for number, line in enumerate(lines):
            array.write((b",\n" if number else b"\n") + line.rstrip(b"\r\n"))
        array.write(b"\n]\n")
