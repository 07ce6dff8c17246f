"""One file for several processes: ranges of bytes that begin and end between rows, and the result put together again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from app.atomic import fsync, read_json, write_json
from app.errors import UserError
from app.predict.files import Summary
from app.predict.journal import FINISHED, JOURNAL, difference, read_journal, side_folder, side_lock
from app.predict.windows import Place
from app.text.lines import LONGEST_LINE, UNREADABLE
from app.text.pairs import PairFile

CHUNK = 1 << 20
WITHOUT_END = 1 << 62


def row_range(file: PairFile, number: int, of: int) -> Tuple[Place, int]:
    """Where part `number` of `of` begins, and before which byte its last row begins: nearly equal bytes for each part.

    Where a row may hold line breaks (CSV) and where the size is not known (.gz), the file is read for it.
    """
    first = file.place
    if of == 1:
        return first, WITHOUT_END
    try:
        size = _size(file)
        targets = [size * part // of for part in (number, number + 1)]
        begin, end = _by_rows(file, targets) if file.format.kind == "csv" else _by_lines(file, targets)
    except UNREADABLE as problem:
        raise UserError(f"{file.path}: cannot be read to its end ({problem})") from problem
    return max(begin, first), end[0] if number + 1 < of else WITHOUT_END


def _size(file: PairFile) -> int:
    """Bytes, unpacked."""
    if not file.packed:
        return file.path.stat().st_size
    with file.bytes() as stream:
        return sum(len(chunk) for chunk in iter(lambda: stream.read(CHUNK), b""))


def _by_rows(file: PairFile, targets: List[int]) -> List[Place]:
    """For each target, the place of the first row that begins there or behind it."""
    with file.again() as other:
        places, rows = [], iter(other)
        for target in targets:
            while other.place[0] < target and next(rows, None) is not None:
                pass
            places.append(other.place)
    return places


def _by_lines(file: PairFile, targets: List[int]) -> List[Place]:
    """The same where each line is a row: only line ends are counted."""
    places, offset, lines = [], 0, 0
    with file.bytes() as stream:
        for target in targets:
            while offset < target:
                chunk = stream.read(min(CHUNK, target - offset))
                if not chunk:
                    break
                offset, lines, last = offset + len(chunk), lines + chunk.count(b"\n"), chunk[-1:]
            if offset and last != b"\n":
                rest = stream.readline(LONGEST_LINE)
                offset, lines, last = offset + len(rest), lines + 1, rest[-1:] or last
            places.append((offset, lines))
    return places


def publish(result: Path, parts: int, arrange: Optional[Callable[[Path], Path]] = None) -> Optional[Summary]:
    """Where all parts are done, makes the result of them, whole or not at all, and returns what came of all rows.

    Returns None where other processes are still at theirs, or have published it already. `arrange` may put another
    file in the place of the merged one. The side folder keeps a note until `clear`.
    """
    with side_lock(result) as side:
        if side is None or (side / FINISHED).is_file():
            return None
        folders = [side / f"{number}-of-{parts}" for number in range(parts)]
        ends = [(read_journal(folder / JOURNAL)[0] or [{}])[-1] for folder in folders]
        if not all(end.get("done") for end in ends):
            return None
        summary = Summary()
        for end in ends:
            summary.add(Summary(**end["summary"]))
        merged = _merged([folder / "part" for folder in folders], side / "merged")
        final = arrange(merged) if arrange else merged
        fsync(final)
        os.replace(final, result)
        fsync(result.parent)
        identity = read_journal(folders[0] / JOURNAL)[0][0]["identity"]
        write_json(side / FINISHED, {"identity": identity, "summary": asdict(summary)})
        merged.unlink(missing_ok=True)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        return summary


def _merged(parts: List[Path], target: Path) -> Path:
    """The parts in one file; they stay until the result is published: killed before that, it is put together again."""
    target.unlink(missing_ok=True)
    if len(parts) == 1:
        with contextlib.suppress(OSError):  # where a file cannot have two names, it is copied
            os.link(parts[0], target)
            return target
    with open(target, "wb") as whole:
        for path in parts:
            with open(path, "rb") as part:
                shutil.copyfileobj(part, whole, CHUNK)
    return target


def finished(result: Path, identity: Dict[str, Any]) -> Optional[Summary]:
    """What came of the rows, where this very work is published already."""
    note = side_folder(result) / FINISHED
    if not (note.is_file() and result.is_file()):
        return None
    try:
        found = read_json(note)
        return None if difference(found["identity"], json.loads(json.dumps(identity))) else Summary(**found["summary"])
    except (UserError, KeyError, TypeError, AttributeError):
        return None  # damaged: the work is done again


def clear(results: List[Path]) -> None:
    """Removes the notes beside the results, once all of them are published."""
    if all((side_folder(result) / FINISHED).is_file() for result in results):
        for result in results:
            with side_lock(result) as side:
                shutil.rmtree(side or "", ignore_errors=True)
