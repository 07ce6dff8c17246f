"""Bytes -> lines of text: the container of a file (gzip, .xlsx, JSON array, table), its encoding, its lines."""

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
from app.text.tables import table_container, table_lines
from app.text.xlsx import sheet_lines

SAMPLE_BYTES = 1 << 20  # first bytes of a file, which decide on its encoding
STDIN = "-"
MAX_LINE_BYTES = 1 << 27  # without a limit, a file without line ends would be read into memory at once
READ_ERRORS = (OSError, EOFError, zlib.error)  # raised for a broken disk or a truncated .gz file
MAX_PUSHED_BACK = 64  # lines
BOM = b"\xef\xbb\xbf"
FREQUENT_CHARACTERS = set(  # about half of the characters of a Chinese text are among these
    "的一是不了在人有我他这中大来上个国和地到时要说就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法"
    "学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者意无力它与长把机十第公此已工使情明性知全三又关点正"
    "业外将两高间由问很最重并物手应向头文体美相见被利什二等产或新己制身果加月话合回特代内信表化老给怎吗款呢请让做为买"
)
ARRAY, XLSX = "json", "xlsx"  # containers whose content is not lines of text
UNSUPPORTED = {  # first bytes -> the reason why the file cannot be read
    b"\xd0\xcf\x11\xe0": "an Excel file of before 2007; save it as .xlsx or .csv",
    b"%PDF": "a PDF file, not a table",
    b"BZh": "packed with bzip2; unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz; unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it, or pack it with gzip",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}


def open_bytes(path: Path, encoding: str = "") -> Tuple[io.BufferedReader, str]:
    """The text of a file (`-`: standard input) as bytes, and its container: XLSX, ARRAY, a table format, or "" for text files.

    gzip is unpacked. A sheet is converted to CSV, a JSON array or a table (Parquet, Arrow) to JSON lines, both in UTF-8.
    `encoding`: of a JSON array; empty: detected. Raises UserError if the file cannot be read.
    """
    try:
        stream = _unpacked(path)
        begin = stream.peek(64)
    except READ_ERRORS as problem:
        raise UserError(f"{path}: cannot be read ({getattr(problem, 'strerror', None) or problem})") from problem
    for signature, reason in UNSUPPORTED.items():
        if begin.startswith(signature):
            raise UserError(f"{path}: {reason}")
    if begin.startswith(b"PK\x03\x04"):
        stream.close()
        return _buffered(GeneratedStream(lambda: sheet_lines(path))), XLSX
    container = table_container(begin)
    if container:
        stream.close()
        if not path.is_file():
            raise UserError(f"{path}: {container.capitalize()} is read from a file, not from a pipe")
        return _buffered(GeneratedStream(lambda: table_lines(path, container))), container
    words = begin[len(BOM) if begin.startswith(BOM) else 0 :].split()
    if words and words[0][:1] == b"[" and (words[0][1:2] or (words[1:] or [b""])[0][:1]) in (b"{", b"]"):
        return _buffered(GeneratedStream(_array_generator(path, stream, encoding))), ARRAY
    return stream, ""


def _unpacked(path: Path) -> io.BufferedReader:
    if str(path) == STDIN:
        if sys.stdin is None:  # file descriptor 0 may belong to another file by now
            raise UserError("standard input is closed; name a file with --input_file")
        stream = _buffered(_FullReads(open(0, "rb", buffering=0, closefd=False)))
    elif path.is_dir():
        raise UserError(f"{path}: a folder, not a file")
    else:
        raw = open(path, "rb", buffering=0)
        stream = _buffered(raw if path.is_file() else _FullReads(raw))
    packed = stream.peek(2)[:2] == b"\x1f\x8b" or path.name.lower().endswith(".gz")
    return _buffered(_FullReads(gzip.GzipFile(fileobj=stream))) if packed else stream


def _buffered(raw) -> io.BufferedReader:
    return io.BufferedReader(raw, SAMPLE_BYTES)


def _array_generator(path: Path, stream: io.BufferedReader, encoding: str) -> Callable[[], Iterator[bytes]]:
    """A function that returns the lines of a JSON array. Its first call reads `stream`; later calls open the file again."""
    streams = [stream]

    def lines() -> Iterator[bytes]:
        source = streams.pop() if streams else _unpacked(path)
        with io.TextIOWrapper(source, encoding=encoding or detect_encoding(source, path), errors="surrogateescape") as text:
            yield from array_lines(text, path)

    return lines


class GeneratedStream(io.RawIOBase):
    """The bytes of a generator as a stream. Seeking backwards starts a new generator."""

    def __init__(self, make_chunks: Callable[[], Iterator[bytes]]):
        self._make_chunks, self._chunks, self._rest, self._position = make_chunks, make_chunks(), memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        """Fills `buffer` completely, except at the end of the stream. Returns the number of bytes."""
        view, filled = memoryview(buffer).cast("B"), 0
        while filled < len(view):
            self._rest = self._rest or memoryview(next(self._chunks, b""))
            if not self._rest:
                break
            count = min(len(view) - filled, len(self._rest))
            view[filled : filled + count] = self._rest[:count]
            self._rest, filled = self._rest[count:], filled + count
        self._position += filled
        return filled

    def tell(self) -> int:
        """The number of bytes read so far."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a position. `whence`: SEEK_SET or SEEK_CUR."""
        target = offset + (self._position if whence == io.SEEK_CUR else 0)
        if target < self._position:
            self._chunks, self._rest, self._position = self._make_chunks(), memoryview(b""), 0
        while self._position < target and self.readinto(bytearray(min(SAMPLE_BYTES, target - self._position))):
            pass
        return self._position


class _FullReads(io.RawIOBase):
    """A pipe or a gzip file whose reads return all requested bytes: what the first bytes decide must not depend on timing."""

    def __init__(self, raw: BinaryIO):
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        """Fills `buffer` completely, except at the end of the stream. Returns the number of bytes."""
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
        """Moves to a position of the underlying file."""
        return self._raw.seek(offset, whence)

    def close(self) -> None:
        """Closes the underlying file as well."""
        self._raw.close()
        super().close()


def sample_of(stream: io.BufferedReader, path: Path) -> bytes:
    """The complete lines among the first SAMPLE_BYTES bytes, or all bytes of a shorter file. They stay in the stream."""
    try:
        sample = stream.peek(SAMPLE_BYTES)
    except READ_ERRORS as problem:
        raise UserError(f"{path}: cannot be read ({problem})") from problem
    return sample.rpartition(b"\n")[0] or sample if len(sample) >= SAMPLE_BYTES else sample


def detect_encoding(stream: io.BufferedReader, path: Path) -> str:
    """`utf-8` or `gb18030`: the first of them that decodes at least half of the lines that are not ASCII.

    Raises UserError if it is neither, or if the text decoded as GB18030 does not look Chinese.
    """
    sample = sample_of(stream, path)
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    utf8_lines, gb18030_lines = ([line for line in lines if _decodes(line, encoding)] for encoding in ("utf-8", "gb18030"))
    if len(utf8_lines) * 2 >= len(lines):
        return "utf-8"
    if len(gb18030_lines) * 2 < len(lines) or not _looks_chinese(b"\n".join(gb18030_lines).decode("gb18030")):
        if len(lines) == 1:
            return "utf-8"  # the file is ASCII but for one bad row
        guess = _guess_encoding(sample)
        reason = f"not UTF-8, and probably not GB18030{guess and f' (it may be {guess})'}"
        raise UserError(f"{path}: {reason}; save it as UTF-8, or give its encoding (pair files: --encoding NAME)")
    return "gb18030"


def _looks_chinese(text: str) -> bool:
    """Whether text decoded as GB18030 is Chinese. From another encoding it has rare characters and kana, or few frequent ones."""
    characters = [character for character in text if character > "\u2e7f"]
    rare = sum(not _is_common(character) for character in characters)
    frequent = sum(character in FREQUENT_CHARACTERS for character in characters)
    return rare * 10 <= len(characters) <= frequent * 10


def _is_common(character: str) -> bool:
    """Whether it is one of the 6,763 Chinese characters of GB 2312, punctuation, or a full-width form."""
    if "\u4e00" <= character <= "\u9fff":
        return bool(character.encode("gb2312", errors="ignore"))
    return "\u3000" <= character <= "\u303f" or character >= "\uff00"


def _guess_encoding(sample: bytes) -> str:
    """The most probable encoding; empty if the detector finds none."""
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
    """A line without its line end, and the line end: `\\n`, `\\r\\n`, or nothing at the end of a file."""
    length = 2 if line.endswith("\r\n") else int(line.endswith("\n"))
    return line[: len(line) - length], line[len(line) - length :]


class DecodedLines:
    """The lines of a stream, with their line ends. Bytes that do not decode become surrogates, so that they can be written back.

    `offset`: bytes read so far, unpacked. `number`: lines read so far.
    """

    def __init__(self, stream: io.BufferedReader, encoding: str, path: Path):
        self._stream, self._encoding, self._path = stream, encoding, path
        self.offset = self.number = 0
        self.begins_with_bom = False
        self._sizes: Deque[int] = deque(maxlen=MAX_PUSHED_BACK)  # bytes of the last lines
        self._pushed_back: Deque[Tuple[str, int]] = deque()  # lines to return again, with their bytes

    def __iter__(self) -> "DecodedLines":
        return self

    def __next__(self) -> str:
        if self._pushed_back:
            text, size = self._pushed_back.popleft()
            return self._counted(text, size)
        try:
            line = self._stream.readline(MAX_LINE_BYTES)
        except READ_ERRORS as problem:
            raise self._unreadable(problem) from problem
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            raise UserError(f"{self._path}: line {self.number + 1:,} has over {MAX_LINE_BYTES >> 20} MB; is this a text file?")
        size = len(line)
        if self.number == 0 and line.startswith(BOM):
            self.begins_with_bom, line = True, line[len(BOM) :]
        return self._counted(line.decode(self._encoding, errors="surrogateescape"), size)

    def _counted(self, text: str, size: int) -> str:
        self.offset += size
        self.number += 1
        self._sizes.append(size)
        return text

    def push_back(self, lines: List[str]) -> None:
        """Makes the iteration return the last lines again. At most MAX_PUSHED_BACK lines."""
        for text in reversed(lines):
            size = self._sizes.pop()
            self._pushed_back.appendleft((text, size))
            self.offset -= size
            self.number -= 1

    def skip_to(self, offset: int, number: int) -> None:
        """Continues after the first `offset` bytes, which are `number` lines."""
        try:
            self._stream.seek(offset)
        except READ_ERRORS as problem:
            raise self._unreadable(problem) from problem
        self.offset, self.number = offset, number
        self._pushed_back.clear()

    def _unreadable(self, problem: Exception) -> UserError:
        return UserError(f"{self._path}: cannot be read to its end ({problem})")
