"""Bytes -> lines of text: what a file's first bytes say it is, which encoding its lines have, the lines themselves."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections import deque
from pathlib import Path
from typing import BinaryIO, Callable, Deque, Iterator, List, Optional, Tuple

from app.errors import UserError
from app.text.json_array import array_lines
from app.text.tables import table_kind, table_lines
from app.text.xlsx import sheet_lines

_SAMPLE_BYTES = 1 << 20  # how much of the file decides on its encoding
STDIN = "-"
LONGEST_LINE = 1 << 27  # bytes; without a limit, a file without line ends would be read into memory whole
UNREADABLE = (OSError, EOFError, zlib.error)  # what a broken disk or a cut .gz raises
MOST_GIVEN_BACK = 64
BOM = b"\xef\xbb\xbf"
FREQUENT = set(  # every second or third character of a Chinese text is one of these
    "的一是不了在人有我他这中大来上个国和地到时要说就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法"
    "学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者意无力它与长把机十第公此已工使情明性知全三又关点正"
    "业外将两高间由问很最重并物手应向头文体美相见被利什二等产或新己制身果加月话合回特代内信表化老给怎吗款呢请让做为买"
)
ARRAY, XLSX = "json", "xlsx"  # what holds rows, and is no lines of text
OTHERS = {  # how files begin that people take for tables of text
    b"\xd0\xcf\x11\xe0": "an Excel file of before 2007; save it as .xlsx or .csv",
    b"%PDF": "a PDF file, not a table",
    b"BZh": "packed with bzip2; unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz; unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it, or pack it with gzip",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}


def open_bytes(path: Path, encoding: str = "") -> Tuple[io.BufferedReader, str]:
    """The file's text, and what held it. gzip is unpacked; the text of an .xlsx (XLSX) is CSV, that of a JSON array (ARRAY) and
    of a table (Parquet, Arrow) JSON lines, all in UTF-8. `-` is standard input. Raises UserError where it cannot be read.
    """
    try:
        stream = _unpacked(path)
        begin = stream.peek(64)
    except UNREADABLE as problem:
        raise UserError(f"{path}: cannot be read ({getattr(problem, 'strerror', None) or problem})") from problem
    for mark, what in OTHERS.items():
        if begin.startswith(mark):
            raise UserError(f"{path}: {what}")
    if begin.startswith(b"PK\x03\x04"):
        stream.close()
        return _buffered(Generated(lambda: sheet_lines(path))), XLSX
    kind = table_kind(begin)
    if kind:
        stream.close()
        if not path.is_file():
            raise UserError(f"{path}: {kind.capitalize()} is read from a file, not from a pipe")
        return _buffered(Generated(lambda: table_lines(path, kind))), kind
    inside = begin[len(BOM) if begin.startswith(BOM) else 0 :].split()
    if inside and inside[0][:1] == b"[" and (inside[0][1:2] or (inside[1:] or [b""])[0][:1]) in (b"{", b"]"):
        return _buffered(Generated(_elements(path, stream, encoding))), ARRAY
    return stream, ""


def _unpacked(path: Path) -> io.BufferedReader:
    if str(path) == STDIN:
        if sys.stdin is None:  # its number may belong to another file by now
            raise UserError("standard input is closed; name a file with --input_file")
        stream = _buffered(_Filled(open(0, "rb", buffering=0, closefd=False)))
    elif path.is_dir():
        raise UserError(f"{path}: a folder, not a file")
    else:
        raw = open(path, "rb", buffering=0)
        stream = _buffered(raw if path.is_file() else _Filled(raw))
    packed = stream.peek(2)[:2] == b"\x1f\x8b" or path.name.lower().endswith(".gz")
    return _buffered(_Filled(gzip.GzipFile(fileobj=stream))) if packed else stream


def _buffered(raw) -> io.BufferedReader:
    return io.BufferedReader(raw, _SAMPLE_BYTES)


def _elements(path: Path, stream: io.BufferedReader, encoding: str) -> Callable[[], Iterator[bytes]]:
    """The lines of a JSON array: first of `stream`, then, begun anew, of the file opened again."""
    streams = [stream]

    def make() -> Iterator[bytes]:
        source = streams.pop() if streams else _unpacked(path)
        found = encoding or detect_encoding(source, path)
        with io.TextIOWrapper(source, encoding=found, errors="surrogateescape") as text:
            yield from array_lines(text, path)

    return make


class Generated(io.RawIOBase):
    """Bytes that a generator makes, in pieces. Going back begins it anew."""

    def __init__(self, make: Callable[[], Iterator[bytes]]):
        self._make, self._pieces, self._rest, self._at = make, make(), memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        """Fills `buffer`; fewer bytes only at the end."""
        view, filled = memoryview(buffer).cast("B"), 0
        while filled < len(view):
            self._rest = self._rest or memoryview(next(self._pieces, b""))
            if not self._rest:
                break
            count = min(len(view) - filled, len(self._rest))
            view[filled : filled + count] = self._rest[:count]
            self._rest, filled = self._rest[count:], filled + count
        self._at += filled
        return filled

    def tell(self) -> int:
        """Bytes given out."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To a place from the beginning or from here."""
        target = offset + (self._at if whence == io.SEEK_CUR else 0)
        if target < self._at:
            self._pieces, self._rest, self._at = self._make(), memoryview(b""), 0
        while self._at < target and self.readinto(bytearray(min(_SAMPLE_BYTES, target - self._at))):
            pass
        return self._at


class _Filled(io.RawIOBase):
    """A pipe or a gzip, read until there is as much as was asked for: a decision on the first bytes must not depend on timing."""

    def __init__(self, raw: BinaryIO):
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

    def seekable(self) -> bool:
        return self._raw.seekable()

    def tell(self) -> int:
        return self._raw.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As the file below does."""
        return self._raw.seek(offset, whence)

    def close(self) -> None:
        """Closes the pipe as well."""
        self._raw.close()
        super().close()


def sample_of(stream: io.BufferedReader, path: Path) -> bytes:
    """The first bytes, which are not taken away: whole lines of them, or all where the file is shorter."""
    try:
        sample = stream.peek(_SAMPLE_BYTES)
    except UNREADABLE as problem:
        raise UserError(f"{path}: cannot be read ({problem})") from problem
    return sample.rpartition(b"\n")[0] or sample if len(sample) >= _SAMPLE_BYTES else sample


def detect_encoding(stream: io.BufferedReader, path: Path) -> str:
    """utf-8, or gb18030 where more of the lines that are not ASCII are that. Raises UserError where most of them are neither."""
    sample = sample_of(stream, path)
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    of_utf8, of_gb18030 = ([line for line in lines if _decodes(line, encoding)] for encoding in ("utf-8", "gb18030"))
    if len(of_utf8) * 2 >= len(lines):
        return "utf-8"
    if len(of_gb18030) * 2 < len(lines) or not _reads_as_chinese(b"\n".join(of_gb18030).decode("gb18030")):
        if len(lines) == 1:
            return "utf-8"  # one bad row does not decide for all
        guess = _guess(sample)
        raise UserError(
            f"{path}: not UTF-8, and not surely GB18030{guess and f' (it may be {guess})'}; save it as UTF-8, or say what it is "
            "(pair files: --encoding NAME)"
        )
    return "gb18030"


def _reads_as_chinese(text: str) -> bool:
    """Whether text decoded as GB18030 is Chinese: other encodings give rare characters and kana, or hardly a frequent one."""
    letters = [letter for letter in text if letter > "\u2e7f"]
    rare = sum(not _is_common(letter) for letter in letters)
    frequent = sum(letter in FREQUENT for letter in letters)
    return rare * 10 <= len(letters) <= frequent * 10


def _is_common(letter: str) -> bool:
    """Whether it is among the 6,763 characters of GB 2312, or punctuation, or a full-width form."""
    return "\u3000" <= letter <= "\u303f" or letter >= "\uff00" or ("\u4e00" <= letter <= "\u9fff" and _of_gb2312(letter))


def _of_gb2312(letter: str) -> bool:
    try:
        return bool(letter.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _guess(sample: bytes) -> str:
    """What a detector takes it for; empty where it does not know."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 1 << 16]).best()
    return best.encoding if best else ""


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
        self._sizes: Deque[int] = deque(maxlen=MOST_GIVEN_BACK)  # bytes of the last lines
        self._again: Deque[Tuple[str, int]] = deque()  # lines that were given back, with their bytes

    def __iter__(self) -> "DecodedLines":
        return self

    def __next__(self) -> str:
        if self._again:
            text, size = self._again.popleft()
            return self._taken(text, size)
        try:
            line = self._stream.readline(LONGEST_LINE)
        except UNREADABLE as problem:
            raise self._unreadable(problem) from problem
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise UserError(f"{self._path}: line {self.number + 1:,} has more than {LONGEST_LINE >> 20} MB; is this a text file?")
        size = len(line)
        if self.number == 0 and line.startswith(BOM):
            self.begins_with_bom, line = True, line[len(BOM) :]
        return self._taken(line.decode(self._encoding, errors="surrogateescape"), size)

    def _taken(self, text: str, size: int) -> str:
        self.offset += size
        self.number += 1
        self._sizes.append(size)
        return text

    def give_back(self, lines: List[str]) -> None:
        """Takes the last lines back, MOST_GIVEN_BACK at most: they come again."""
        for text in reversed(lines):
            size = self._sizes.pop()
            self._again.appendleft((text, size))
            self.offset -= size
            self.number -= 1

    def skip_to(self, offset: int, number: int) -> None:
        """Goes on behind the first `offset` bytes, which are `number` lines."""
        try:
            self._stream.seek(offset)
        except UNREADABLE as problem:
            raise self._unreadable(problem) from problem
        self.offset, self.number = offset, number
        self._again.clear()

    def _unreadable(self, problem: Exception) -> UserError:
        return UserError(f"{self._path}: cannot be read to its end ({problem})")
