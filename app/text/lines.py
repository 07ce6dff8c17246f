"""Bytes -> lines of text: plain or gzip; UTF-8 (a BOM is fine) or, detected, GB18030."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import Optional, Tuple

from app.errors import UserError

_SAMPLE_BYTES = 1 << 20  # how much of the file decides on its encoding
STDIN = "-"
LONGEST_LINE = 1 << 27  # bytes; without a limit, a file without line ends would be read into memory whole
UNREADABLE = (OSError, EOFError, zlib.error)  # what a broken disk or a cut .gz raises
BOM = b"\xef\xbb\xbf"


def open_bytes(path: Path) -> io.BufferedReader:
    """The file's bytes, unpacked where its name ends in .gz; `-` is standard input. Raises UserError where it cannot be read."""
    try:
        if str(path) == STDIN:
            return io.BufferedReader(_Filled(open(0, "rb", buffering=0, closefd=False)), _SAMPLE_BYTES)
        if path.is_dir():
            raise UserError(f"{path}: a folder, not a pair file")
        raw = open(path, "rb", buffering=0)
        packed = path.name.lower().endswith(".gz")
        return io.BufferedReader(gzip.GzipFile(fileobj=raw) if packed else raw if path.is_file() else _Filled(raw), _SAMPLE_BYTES)
    except OSError as problem:
        raise UserError(f"{path}: {problem.strerror or problem}") from problem


class _Filled(io.RawIOBase):
    """A pipe, read until there is as much as was asked for: what the encoding is decided on must not depend on its timing."""

    def __init__(self, raw: io.RawIOBase):
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        """Fills `buffer`; fewer bytes only at the end."""
        view, filled = memoryview(buffer), 0
        while filled < len(view):
            count: Optional[int] = self._raw.readinto(view[filled:])
            if not count:
                break
            filled += count
        return filled

    def close(self) -> None:
        """Closes the pipe as well."""
        self._raw.close()
        super().close()


def detect_encoding(stream: io.BufferedReader, path: Path) -> str:
    """utf-8, or gb18030 where most lines with non-ASCII letters are that and not UTF-8."""
    try:
        sample = stream.peek(_SAMPLE_BYTES)
    except UNREADABLE as problem:
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


def split_end(line: str) -> Tuple[str, str]:
    """A line without its end, and the end: a line break, or nothing at the end of a file."""
    length = 2 if line.endswith("\r\n") else int(line.endswith("\n"))
    return line[: len(line) - length], line[len(line) - length :]


class DecodedLines:
    """Lines with their ends; a byte that does not decode is kept as a surrogate, so that it can be written back.

    `offset` bytes of the unpacked stream and `number` lines were taken so far.
    """

    def __init__(self, stream: io.BufferedReader, encoding: str, path: Path):
        self._stream, self._encoding, self._path = stream, encoding, path
        self.offset = self.number = 0
        self.begins_with_bom = False

    def __iter__(self) -> "DecodedLines":
        return self

    def __next__(self) -> str:
        try:
            line = self._stream.readline(LONGEST_LINE)
        except UNREADABLE as problem:
            raise self._unreadable(problem) from problem
        if not line:
            raise StopIteration
        self.offset += len(line)
        self.number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise UserError(f"{self._path}: line {self.number:,} has more than {LONGEST_LINE >> 20} MB; is this a text file?")
        if self.number == 1 and line.startswith(BOM):
            self.begins_with_bom, line = True, line[len(BOM) :]
        return line.decode(self._encoding, errors="surrogateescape")

    def skip_to(self, offset: int, number: int) -> None:
        """Goes on behind the first `offset` bytes, which are `number` lines."""
        try:
            self._stream.seek(offset)
        except UNREADABLE as problem:
            raise self._unreadable(problem) from problem
        self.offset, self.number = offset, number

    def _unreadable(self, problem: Exception) -> UserError:
        return UserError(f"{self._path}: cannot be read to its end ({problem})")
