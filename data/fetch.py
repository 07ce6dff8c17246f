"""Downloads, checks and converts a published data set of sentence pairs. Shared by data/*/prepare.py.

Each prepare.py describes one data set in a `DataSet` and calls `main`. The result always has the same format:
train.tsv, dev.tsv and test.tsv in UTF-8, with the header `text_a<TAB>text_b<TAB>label`, one pair per line, without
quoting. A split without published labels has no label column. All splits are read and checked before the first
one is written, so bad input changes no file. Uses the standard library only.

Exit codes: 0 success, 2 error (one line on stderr), 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import re
import sys
import tarfile
import urllib.request
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Callable, Dict, List, Optional, Sequence, Tuple

Row = Tuple[str, ...]  # (text_a, text_b) or (text_a, text_b, label)

# Names that the files of a split have in the published copies. The first one that exists is used.
FILE_NAMES = {
    "train": ("translated_train.tsv", "train.tsv", "train.json", "train.txt"),
    "dev": ("dev_2k.tsv", "dev.tsv", "dev.json", "dev.txt"),
    "test": ("test_2k.tsv", "test.tsv", "test.json", "test.txt"),
}
TEXT_NAMES = (("text_a", "text_b"), ("sentence1", "sentence2"), ("query", "title"))
# A tab, and the characters that some programs read as the end of a line.
BREAKS = re.compile("[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
ARCHIVE_ERRORS = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError)
TIMEOUT = 30  # seconds without data from the server


class PrepareError(Exception):
    """An error that the user can fix. Its text is shown as one line."""


@dataclass(frozen=True)
class DataSet:
    """Description of one published data set. Its prepare.py names the sources."""

    name: str
    url: str
    md5: str  # of the archive at `url`
    folders: Tuple[str, ...]  # names of the folder to use if a source has several
    rows: Dict[str, Tuple[int, ...]]  # split -> published row counts
    members: Dict[str, Tuple[str, ...]] = field(default_factory=dict)  # split -> published MD5s of its file
    placeholder: str = ""  # the text that the publisher uses for a missing text


@dataclass(frozen=True)
class Split:
    """The rows of one split. All have the same number of cells."""

    rows: List[Row]
    origin: str  # the file that it was read from, for messages

    @property
    def labelled(self) -> bool:
        """Whether the rows have labels."""
        return len(self.rows[0]) == 3

    def to_bytes(self) -> bytes:
        """The content of the .tsv file."""
        header = ("text_a", "text_b", "label")[: len(self.rows[0])]
        return "".join("\t".join(row) + "\n" for row in [header, *self.rows]).encode("utf-8")


def header_columns(cells: Sequence[str]) -> List[int]:
    """Indices of the two texts and, if there is one, the label. Empty if the cells are not a header."""
    names = [cell.strip().lower() for cell in cells]
    for pair in TEXT_NAMES:
        if set(pair) <= set(names):
            return [names.index(name) for name in (*pair, "label") if name in names]
    return []


def json_cells(line: str) -> List[str]:
    """The texts and, if there is one, the label of a JSON object. Raises ValueError if they are missing."""
    try:
        record = json.loads(line)
    except ValueError:
        raise ValueError("not JSON") from None
    for pair in TEXT_NAMES:
        if isinstance(record, dict) and all(isinstance(record.get(name), str) for name in pair):
            return [str(record[name]) for name in (*pair, "label") if name in record]
    raise ValueError("no sentence1 and sentence2")


def checked_row(cells: Sequence[str], length: int) -> Row:
    """The row, with spaces for tabs and line breaks. Raises ValueError if it has not `length` cells or a wrong label."""
    if len(cells) != length:
        raise ValueError("a label is missing in this row or in an earlier row")
    row = tuple(BREAKS.sub(" ", cell) for cell in cells[:2]) + tuple(cell.strip() for cell in cells[2:])
    if length == 3 and row[2] not in ("0", "1"):
        raise ValueError(f"label {row[2]!r}, not 0 or 1")
    return row


def parse(data: bytes, origin: str) -> Split:
    """The rows of a file: TSV with or without a header, or JSON lines, also with BOM and CRLF.

    Raises PrepareError if the file is not UTF-8, has no rows, or has bad rows.
    """
    try:
        # Only "\n" ends a row: str.splitlines() would also break at U+2028 inside a text.
        lines = [line[:-1] if line.endswith("\r") else line for line in data.decode("utf-8-sig").rstrip("\r\n").split("\n")]
    except UnicodeDecodeError as error:
        raise PrepareError(f"{origin}: not UTF-8 at line {data[: error.start].count(10) + 1}") from None
    is_json = lines[0].lstrip().startswith("{")
    width = len(lines[0].split("\t"))
    columns = header_columns(lines[0].split("\t"))
    skip = 1 if columns else 0
    if not columns:  # a file with two columns is a test split without labels
        width = 2 if width == 2 else 3
        columns = list(range(width))
    rows: List[Row] = []
    bad: List[str] = []
    for number, line in enumerate(lines[skip:], skip + 1):
        try:
            cells = json_cells(line) if is_json else line.split("\t")
            if not is_json:
                if len(cells) != width:
                    raise ValueError(f"{len(cells)} columns, not {width}")
                cells = [cells[i] for i in columns]
            rows.append(checked_row(cells, len(rows[0]) if rows else len(cells)))
        except ValueError as error:
            bad.append(f"line {number} ({error})")
    if bad:
        raise PrepareError(f"{origin}: {len(bad)} bad row(s): {', '.join(bad[:5])}{', ...' if len(bad) > 5 else ''}")
    if not rows:
        raise PrepareError(f"{origin}: has no rows")
    return Split(rows, origin)


def check(dataset: DataSet, name: str, split: Split, any_size: bool) -> Split:
    """Returns the split. Raises PrepareError if it has another size than published, or no labels in train or dev."""
    if not any_size and len(split.rows) not in dataset.rows[name]:
        expected = " or ".join(map(str, dataset.rows[name]))
        raise PrepareError(
            f"{split.origin}: expected {expected} rows, found {len(split.rows)} (use --any_size to accept other sizes)"
        )
    if name != "test" and not split.labelled:
        raise PrepareError(f"{split.origin}: no labels; only the test split may have none")
    return split


def open_source(source: Path, stack: ExitStack) -> Tuple[List[str], Callable[[str], bytes]]:
    """The file names in a folder or archive, and a function that reads one file. Nothing is unpacked to disk."""
    if source.is_dir():
        names = []
        for root, folders, files in os.walk(source):
            here = Path(root).relative_to(source)
            folders[:] = [] if len(here.parts) >= 3 else folders  # in case a large folder is given by mistake
            names += [(here / file).as_posix() for file in files]
        return names, lambda name: (source / name).read_bytes()
    with source.open("rb") as file:
        magic = file.read(4)
    if magic == b"Rar!" or source.suffix.lower() == ".rar":
        raise PrepareError(f"{source}: a RAR archive cannot be read; unpack it first and give the folder to --from")
    if zipfile.is_zipfile(source):
        archive = stack.enter_context(zipfile.ZipFile(source))
        return archive.namelist(), archive.read
    tar = stack.enter_context(tarfile.open(source, "r:gz"))
    return [member.name for member in tar if member.isfile()], lambda name: tar.extractfile(name).read()


def find_splits(dataset: DataSet, source: Path, names: Sequence[str]) -> Dict[str, str]:
    """The file of each split. All are in one folder, so that two data sets or languages are never mixed.

    Raises PrepareError if there are no such files, or if several folders have them.
    """
    found: Dict[str, Dict[str, str]] = {}
    for split, file_names in FILE_NAMES.items():
        for file_name in reversed(file_names):  # the first name overwrites the later ones
            for name in names:
                path = PurePosixPath(name)
                # the qianyan .zip files also contain files like "__MACOSX/._train.tsv"
                if path.name == file_name and "__MACOSX" not in path.parts:
                    found.setdefault(str(path.parent), {})[split] = name
    if len(found) > 1:
        found = {
            folder: files for folder, files in found.items() if PurePosixPath(folder).name.lower() in dataset.folders
        } or found
    if not found:
        raise PrepareError(
            f"{source}: has no file of {dataset.name}; looked for "
            + ", ".join(name for file_names in FILE_NAMES.values() for name in file_names)
        )
    if len(found) > 1:
        raise PrepareError(
            f"{source}: several folders have such files ({', '.join(sorted(found))}); give one of them (unpacked) to --from"
        )
    return next(iter(found.values()))


def load(dataset: DataSet, source: Path, any_size: bool) -> Dict[str, Split]:
    """Reads and checks the splits of a folder or archive. Raises PrepareError if one of them is not valid."""
    splits = {}
    try:
        with ExitStack() as stack:
            names, read = open_source(source, stack)
            for name, file in find_splits(dataset, source, names).items():
                data = read(file)
                split = check(dataset, name, parse(data, f"{source}/{file}"), any_size)
                published = hashlib.md5(data).hexdigest() in dataset.members.get(name, ())
                splits[name] = Split(split.rows, split.origin + (" (MD5 as published)" if published else ""))
    except ARCHIVE_ERRORS as error:
        raise PrepareError(f"{source}: neither a folder nor a complete .zip or .tar.gz ({error})") from None
    return splits


def copy_response(url: str, target: Path) -> None:
    """Downloads `url` and shows the progress on stderr. Raises OSError if the download fails or is incomplete."""
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response, target.open("wb") as file:
        size, done = int(response.headers.get("Content-Length") or 0), 0
        of_size = f" of {size / 1e6:.1f}" if size else ""
        try:
            for block in iter(lambda: response.read(1 << 16), b""):
                file.write(block)
                done += len(block)
                if sys.stderr.isatty():  # a log file gets the last line only
                    print(f"\r{target.name}: {done / 1e6:.1f}{of_size} MB", end="", file=sys.stderr, flush=True)
        finally:
            print(f"\r{target.name}: {done / 1e6:.1f}{of_size} MB", file=sys.stderr)
    if size and done != size:  # response.read(n) does not raise an error then
        raise OSError(f"the connection ended after {done} of {size} bytes")


def download(dataset: DataSet, folder: Path) -> Path:
    """The published archive in `folder`. An existing file, for example one downloaded by hand, is used.

    Raises PrepareError if the download fails or the MD5 is wrong.
    """
    target = folder / dataset.url.rsplit("/", 1)[-1]
    partial = target.with_name(target.name + ".part")
    fetched = target if target.exists() else partial
    try:
        if fetched is partial:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                copy_response(dataset.url, partial)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise PrepareError(
                    f"cannot download {dataset.url} ({error}); download it by hand and save it as "
                    f"{target}, or give the archive or its unpacked folder to --from"
                ) from None
        found = hashlib.md5(fetched.read_bytes()).hexdigest()
        if found != dataset.md5:
            advice = "removed" if fetched is partial else "remove it, or give it to --from if you trust it"
            raise PrepareError(f"{fetched} from {dataset.url}: expected MD5 {dataset.md5}, found {found}; {advice}")
        os.replace(fetched, target)
    finally:
        if partial.exists():
            partial.unlink()
    return target


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file under a temporary name and renames it: `path` never has incomplete content."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        if temporary.exists():
            temporary.unlink()


def describe(dataset: DataSet, split: Split) -> str:
    """Row counts, label balance, empty texts and origin, in words."""
    text = f"{len(split.rows)} pairs, "
    text += f"{sum(row[2] == '1' for row in split.rows)} with label 1" if split.labelled else "no labels (predict only)"
    for missing in ["", dataset.placeholder] if dataset.placeholder else [""]:
        count = sum(missing in (row[0].strip(), row[1].strip()) for row in split.rows)
        text += f", {count} with the text {missing!r} (kept, as published)" if count else ""
    return f"{text}, from {split.origin}"


def is_ready(dataset: DataSet, folder: Path, any_size: bool) -> bool:
    """Whether `folder` has all three splits, complete and in the final format."""
    try:
        return all(
            check(dataset, name, parse(data, name), any_size).to_bytes() == data
            for name, data in ((name, (folder / f"{name}.tsv").read_bytes()) for name in FILE_NAMES)
        )
    except (OSError, PrepareError):
        return False


def prepare(dataset: DataSet, source: Optional[Path], folder: Path, any_size: bool) -> None:
    """Writes the splits into `folder`. `source`: a folder or archive; None: download it. Raises PrepareError or OSError."""
    if source is None and is_ready(dataset, folder, any_size):
        print(f"{dataset.name}: all three splits are complete in {folder}; nothing to do")
        return
    if source is not None and source.is_dir() and folder.is_dir() and source.samefile(folder):
        raise PrepareError(f"{source}: source and output are the same folder; give another one with --output_dir")
    splits = load(dataset, source or download(dataset, folder), any_size)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILE_NAMES:
        path = folder / f"{name}.tsv"
        if name not in splits:
            print(f"{path}: not in the source; {'the existing file is kept' if path.exists() else 'missing'}")
            continue
        data = splits[name].to_bytes()
        same = path.exists() and path.read_bytes() == data
        if not same:
            write_atomically(path, data)
        print(f"{path}: {'unchanged, ' if same else ''}{describe(dataset, splits[name])}")


def main(dataset: DataSet, default_folder: Path, argv: Optional[Sequence[str]] = None) -> int:
    """The command line of a prepare.py. Returns the exit code."""
    parser = argparse.ArgumentParser(description=f"Download, check and convert {dataset.name}.")
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER_OR_ARCHIVE",
        help=f"read the files from here instead of downloading {dataset.url}",
    )
    parser.add_argument("--output_dir", type=Path, default=default_folder, help="default: the folder of prepare.py")
    parser.add_argument("--any_size", action="store_true", help="accept other row counts than the published ones")
    args = parser.parse_args(argv)
    try:
        prepare(dataset, args.source, args.output_dir, args.any_size)
    except (PrepareError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; no incomplete file is left", file=sys.stderr)
        return 130
    return 0
