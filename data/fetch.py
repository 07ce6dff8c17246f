"""Fetch, check and convert a published sentence-pair data set; shared by data/*/prepare.py.

Each prepare.py describes one data set in a `DataSet` and calls `main`. The result is always the same:
train.tsv, dev.tsv, test.tsv in UTF-8 with the header `text_a<TAB>text_b<TAB>label`, one pair a line, no
quoting; a split without published labels has no label column. All splits are read and checked before the
first is written, so bad input leaves the folder as it was. Standard library only.

Exit codes: 0 all is well, 2 an error (one line on stderr), 130 interrupted.
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

# How the files are called where these data sets circulate; the first that is there is taken.
FILE_NAMES = {
    "train": ("translated_train.tsv", "train.tsv", "train.json", "train.txt"),
    "dev": ("dev_2k.tsv", "dev.tsv", "dev.json", "dev.txt"),
    "test": ("test_2k.tsv", "test.tsv", "test.json", "test.txt"),
}
TEXT_NAMES = (("text_a", "text_b"), ("sentence1", "sentence2"), ("query", "title"))
# A tab, or anything that some reader takes for the end of a line.
BREAKS = re.compile("[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
ARCHIVE_ERRORS = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError)
TIMEOUT = 30  # seconds without a byte from the server


class PrepareError(Exception):
    """Something the user has to know or to do; its text is the one line that is shown."""


@dataclass(frozen=True)
class DataSet:
    """Facts about one published data set; their sources are named in its prepare.py."""

    name: str
    url: str
    md5: str  # of the archive at url
    folders: Tuple[str, ...]  # which folder to take where a source has several
    rows: Dict[str, Tuple[int, ...]]  # published row counts of each split
    members: Dict[str, Tuple[str, ...]] = field(default_factory=dict)  # published MD5s of each file
    placeholder: str = ""  # a text which the publisher says stands for a missing one


@dataclass(frozen=True)
class Split:
    rows: List[Row]
    origin: str

    @property
    def labelled(self) -> bool:
        return len(self.rows[0]) == 3

    def to_bytes(self) -> bytes:
        header = ("text_a", "text_b", "label")[: len(self.rows[0])]
        return "".join("\t".join(row) + "\n" for row in [header, *self.rows]).encode("utf-8")


def header_columns(cells: Sequence[str]) -> List[int]:
    """Positions of the two texts and (if there) the label when the first line is a header, else nothing."""
    names = [cell.strip().lower() for cell in cells]
    for pair in TEXT_NAMES:
        if set(pair) <= set(names):
            return [names.index(name) for name in (*pair, "label") if name in names]
    return []


def json_cells(line: str) -> List[str]:
    try:
        record = json.loads(line)
    except ValueError:
        raise ValueError("not JSON") from None
    for pair in TEXT_NAMES:
        if isinstance(record, dict) and all(isinstance(record.get(name), str) for name in pair):
            return [str(record[name]) for name in (*pair, "label") if name in record]
    raise ValueError("no sentence1 and sentence2")


def checked_row(cells: Sequence[str], length: int) -> Row:
    if len(cells) != length:
        raise ValueError("a label is missing here or was missing before")
    row = tuple(BREAKS.sub(" ", cell) for cell in cells[:2]) + tuple(cell.strip() for cell in cells[2:])
    if length == 3 and row[2] not in ("0", "1"):
        raise ValueError(f"label {row[2]!r}, not 0 or 1")
    return row


def parse(data: bytes, origin: str) -> Split:
    """The rows of one file: TSV with or without a header, or JSON lines; a BOM and CRLF are tolerated."""
    try:
        # Only "\n" ends a row: str.splitlines() would also break at U+2028 inside a text.
        lines = [line[:-1] if line.endswith("\r") else line for line in data.decode("utf-8-sig").rstrip("\r\n").split("\n")]
    except UnicodeDecodeError as error:
        raise PrepareError(f"{origin}: not UTF-8 at line {data[: error.start].count(10) + 1}") from None
    is_json = lines[0].lstrip().startswith("{")
    width = len(lines[0].split("\t"))
    columns = header_columns(lines[0].split("\t"))
    skip = 1 if columns else 0
    if not columns:  # two columns are a test split without labels
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
        raise PrepareError(f"{origin}: no row in it")
    return Split(rows, origin)


def check(dataset: DataSet, name: str, split: Split, any_size: bool) -> Split:
    if not any_size and len(split.rows) not in dataset.rows[name]:
        expected = " or ".join(map(str, dataset.rows[name]))
        raise PrepareError(
            f"{split.origin}: expected {expected} rows, found {len(split.rows)} (--any_size takes an excerpt as it is)"
        )
    if name != "test" and not split.labelled:
        raise PrepareError(f"{split.origin}: no labels; only test may come without")
    return split


def open_source(source: Path, stack: ExitStack) -> Tuple[List[str], Callable[[str], bytes]]:
    """The file names in a folder or archive, and how to read one. Nothing is unpacked to disk."""
    if source.is_dir():
        names = []
        for root, folders, files in os.walk(source):
            here = Path(root).relative_to(source)
            folders[:] = [] if len(here.parts) >= 3 else folders  # a home folder given by mistake ends soon
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
    """The file of each split. All come from one folder, so that two data sets (or languages) never mix."""
    found: Dict[str, Dict[str, str]] = {}
    for split, known in FILE_NAMES.items():
        for wanted in reversed(known):  # so that the first of the names wins
            for name in names:
                path = PurePosixPath(name)
                # the qianyan zip files also have "__MACOSX/._train.tsv" and the like
                if path.name == wanted and "__MACOSX" not in path.parts:
                    found.setdefault(str(path.parent), {})[split] = name
    if len(found) > 1:
        found = {
            folder: files for folder, files in found.items() if PurePosixPath(folder).name.lower() in dataset.folders
        } or found
    if not found:
        raise PrepareError(
            f"{source}: no file of {dataset.name} in it; looked for "
            + ", ".join(name for known in FILE_NAMES.values() for name in known)
        )
    if len(found) > 1:
        raise PrepareError(
            f"{source}: several folders hold such files ({', '.join(sorted(found))}); give one of them (unpacked) to --from"
        )
    return next(iter(found.values()))


def load(dataset: DataSet, source: Path, any_size: bool) -> Dict[str, Split]:
    splits = {}
    try:
        with ExitStack() as stack:
            names, read = open_source(source, stack)
            for name, file in find_splits(dataset, source, names).items():
                data = read(file)
                split = check(dataset, name, parse(data, f"{source}/{file}"), any_size)
                known = hashlib.md5(data).hexdigest() in dataset.members.get(name, ())
                splits[name] = Split(split.rows, split.origin + (" (MD5 as published)" if known else ""))
    except ARCHIVE_ERRORS as error:
        raise PrepareError(f"{source}: neither a folder nor a whole .zip or .tar.gz ({error})") from None
    return splits


def copy_response(url: str, part: Path) -> None:
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response, part.open("wb") as file:
        size, done = int(response.headers.get("Content-Length") or 0), 0
        of_size = f" of {size / 1e6:.1f}" if size else ""
        try:
            for block in iter(lambda: response.read(1 << 16), b""):
                file.write(block)
                done += len(block)
                if sys.stderr.isatty():  # a log gets the last line only
                    print(f"\r{part.name}: {done / 1e6:.1f}{of_size} MB", end="", file=sys.stderr, flush=True)
        finally:
            print(f"\r{part.name}: {done / 1e6:.1f}{of_size} MB", file=sys.stderr)
    if size and done != size:  # read() with a size does not notice
        raise OSError(f"the connection ended after {done} of {size} bytes")


def download(dataset: DataSet, folder: Path) -> Path:
    """The published archive in `folder`; one that is there already (fetched by hand, say) is used."""
    target = folder / dataset.url.rsplit("/", 1)[-1]
    part = target.with_name(target.name + ".part")
    fetched = target if target.exists() else part
    try:
        if fetched is part:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                copy_response(dataset.url, part)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise PrepareError(
                    f"cannot download {dataset.url} ({error}); fetch it by hand and save it as "
                    f"{target}, or give the archive or its unpacked folder to --from"
                ) from None
        found = hashlib.md5(fetched.read_bytes()).hexdigest()
        if found != dataset.md5:
            advice = "removed" if fetched is part else "remove it, or give it to --from if you trust it"
            raise PrepareError(f"{fetched} from {dataset.url}: expected MD5 {dataset.md5}, found {found}; {advice}")
        os.replace(fetched, target)
    finally:
        if part.exists():
            part.unlink()
    return target


def write_atomically(path: Path, data: bytes) -> None:
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
    text = f"{len(split.rows)} pairs, "
    text += f"{sum(row[2] == '1' for row in split.rows)} with label 1" if split.labelled else "no labels (predict only)"
    for odd in ["", dataset.placeholder] if dataset.placeholder else [""]:
        count = sum(odd in (row[0].strip(), row[1].strip()) for row in split.rows)
        text += f", {count} with the text {odd!r} (kept, as published)" if count else ""
    return f"{text}, from {split.origin}"


def is_ready(dataset: DataSet, folder: Path, any_size: bool) -> bool:
    """Whether all three splits are in `folder` already, whole and in this layout."""
    try:
        return all(
            check(dataset, name, parse(data, name), any_size).to_bytes() == data
            for name, data in ((name, (folder / f"{name}.tsv").read_bytes()) for name in FILE_NAMES)
        )
    except (OSError, PrepareError):
        return False


def prepare(dataset: DataSet, source: Optional[Path], folder: Path, any_size: bool) -> None:
    if source is None and is_ready(dataset, folder, any_size):
        print(f"{dataset.name}: all three splits are in {folder} and whole; nothing to do")
        return
    if source is not None and source.is_dir() and folder.is_dir() and source.samefile(folder):
        raise PrepareError(f"{source}: source and output are the same folder; name another with --output_dir")
    splits = load(dataset, source or download(dataset, folder), any_size)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILE_NAMES:
        path = folder / f"{name}.tsv"
        if name not in splits:
            print(f"{path}: not in the source; {'the file that is there stays' if path.exists() else 'missing'}")
            continue
        data = splits[name].to_bytes()
        same = path.exists() and path.read_bytes() == data
        if not same:
            write_atomically(path, data)
        print(f"{path}: {'unchanged, ' if same else ''}{describe(dataset, splits[name])}")


def main(dataset: DataSet, default_folder: Path, argv: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=f"Fetch, check and convert {dataset.name}.")
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER_OR_ARCHIVE",
        help=f"take the files from here instead of downloading {dataset.url}",
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
        print("\ninterrupted; no half-written file is left", file=sys.stderr)
        return 130
    return 0
