"""Bytes -> lines of text: plain or gzip; UTF-8 (a BOM is fine) or, detected, GB18030."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import Iterator

from app.errors import UserError

_SAMPLE_BYTES = 1 << 20  # how much of the file decides on its encoding


def open_bytes(path: Path) -> io.BufferedReader:
    """The file's bytes, unpacked where its name ends in .gz. Raises UserError where it cannot be opened."""
    try:
        if path.is_dir():
            raise UserError(f"{path}: a folder, not a pair file")
        raw = open(path, "rb", buffering=0)
        return io.BufferedReader(gzip.GzipFile(fileobj=raw) if path.name.lower().endswith(".gz") else raw, _SAMPLE_BYTES)
    except OSError as problem:
        raise UserError(f"{path}: {problem.strerror or problem}") from problem


def detect_encoding(stream: io.BufferedReader, path: Path) -> str:
    """utf-8, or gb18030 where most lines with non-ASCII letters are that and not UTF-8."""
    try:
        sample = stream.peek(_SAMPLE_BYTES)
    except (OSError, EOFError, zlib.error) as problem:
        raise UserError(f"{path}: cannot be read ({problem})") from problem
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(f"{path}: UTF-16 text; save it as UTF-8")
    whole = sample.rpartition(b"\n")[0] or sample
    lines = [line for line in whole.split(b"\n") if not line.isascii()]
    broken = [line for line in lines if not _decodes(line, "utf-8")]
    if len(broken) * 2 > len(lines) and all(_decodes(line, "gb18030") for line in broken):
        return "gb18030"
    return "utf-8"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
        return True
    except UnicodeDecodeError:
        return False


def decoded_lines(stream: io.BufferedReader, encoding: str, path: Path) -> Iterator[str]:
    """Lines with their ends; a byte that does not decode is kept as a surrogate, so that it can be written back."""
    try:
        for number, line in enumerate(stream):
            if number == 0 and line.startswith(b"\xef\xbb\xbf"):
                line = line[3:]
            yield line.decode(encoding, errors="surrogateescape")
    except (OSError, EOFError, zlib.error) as problem:
        raise UserError(f"{path}: cannot be read to its end ({problem})") from problem
