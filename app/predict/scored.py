"""A pair file -> a scored file: every row, in order, as it stood, with `probability`, `prediction`, `error` behind it."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Callable, List, Optional, Sequence

from app.atomic import atomic_file
from app.errors import UserError
from app.predict.matcher import Matcher, Score
from app.text.pairs import PairFile, Row, format_of

ADDED = ["probability", "prediction", "error"]
WINDOW = 8192  # rows in memory at once: enough to batch by length, however long the file


@dataclass
class Summary:
    """What came of a file."""

    rows: int = 0
    errors: int = 0
    matches: int = 0  # rows with the positive label
    cut: int = 0  # rows that were too long and lost tokens
    first_error: str = ""


def score_file(
    matcher: Matcher, source: str, result: str, columns: str = "", progress: Callable[[int], None] = lambda rows: None
) -> Summary:
    """Scores `source` into `result` (written whole or not at all), at constant memory. `progress` is told rows done.

    A row that cannot be scored is written with an empty probability and the reason in `error`; none is dropped.
    """
    kind = format_of(Path(result))
    if kind != format_of(Path(source)):
        raise UserError(f"--result_file {result}: must have the format of the input ({format_of(Path(source))})")
    if Path(result).exists() and Path(result).samefile(source):
        raise UserError(f"--result_file {result}: is the input file itself")
    summary = Summary()
    with PairFile(source, columns) as file, atomic_file(Path(result)) as temporary:
        twice = [name for name in ADDED if name in file.fields]
        if twice:
            raise UserError(f"{source}: has a column {twice[0]!r} already; is it a scored file?")
        with _open_text(temporary, result, file.encoding) as output:
            if file.header:
                output.write(_joined(file.header, ADDED, kind))
            rows = iter(file)
            for window in iter(lambda: list(itertools.islice(rows, WINDOW)), []):
                usable = [row for row in window if not row.error]
                scores = iter(matcher.score([(row.text_a, row.text_b) for row in usable]))
                for row in window:
                    output.write(_scored_line(row, None if row.error else next(scores), kind, matcher, summary))
                progress(len(window))
    return summary


def _scored_line(row: Row, score: Optional[Score], kind: str, matcher: Matcher, summary: Summary) -> str:
    summary.rows += 1
    if score is None:
        summary.errors += 1
        summary.first_error = summary.first_error or f"line {row.line}: {row.error}"
        return _joined(row, ["", "", row.error], kind)
    summary.cut += score.cut
    summary.matches += score.prediction == matcher.card.labels[matcher.card.decision.positive]
    return _joined(row, [f"{score.probability:.6f}", score.prediction, ""], kind)


def _joined(row: Row, added: Sequence[str], kind: str) -> str:
    """The row's own text, untouched, with the new cells behind it."""
    if kind == "tsv":
        return "\t".join([row.raw, *(cell.replace("\t", " ") for cell in added)]) + "\n"
    if kind == "csv":
        cells = io.StringIO()
        csv.writer(cells, lineterminator="").writerow(added)
        return f"{row.raw},{cells.getvalue()}\n"
    probability, prediction, error = added
    value = {ADDED[0]: float(probability) if probability else None, ADDED[1]: prediction or None, ADDED[2]: error}
    body = row.raw.strip()
    text = json.dumps(value, ensure_ascii=False)
    if body.startswith("{") and body.endswith("}") and not error.startswith("broken JSON"):
        inside = body[1:-1].strip()
        return "{" + inside + (", " if inside else "") + text[1:] + "\n"
    return json.dumps({"raw": row.raw, **value}, ensure_ascii=True) + "\n"  # not an object: kept as a string


def _open_text(path: Path, name: str, encoding: str) -> IO[str]:
    """A text writer that gives back the very bytes that were read, the undecodable ones included."""
    raw = gzip.open(path, "wb") if name.endswith(".gz") else open(path, "wb")
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")


def default_result(source: str) -> str:
    """`pairs.tsv.gz` -> `pairs.scored.tsv.gz`, beside the input."""
    path = Path(source)
    endings: List[str] = path.suffixes[-2:] if path.name.lower().endswith(".gz") else path.suffixes[-1:]
    stem = path.name[: len(path.name) - len("".join(endings))]
    return str(path.with_name(f"{stem}.scored{''.join(endings)}"))
