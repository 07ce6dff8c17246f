"""Parquet and Arrow tables: their rows -> JSON lines, and the same table with scores behind its columns. At constant memory."""

from __future__ import annotations

import contextlib
import itertools
import json
from pathlib import Path
from typing import Any, BinaryIO, Iterator, List

from app.errors import UserError

PARQUET, ARROW, STREAM = "parquet", "arrow", "arrow stream"
MARKS = {b"PAR1": PARQUET, b"ARROW1": ARROW, b"\xff\xff\xff\xff": STREAM}  # how such files begin
ROWS = 1 << 16  # read at once, at most,
BYTES = 1 << 26  # and so many bytes of them, unpacked


def table_kind(begin: bytes) -> str:
    """What a file that begins so is; empty where it is no table."""
    return next((kind for mark, kind in MARKS.items() if begin.startswith(mark)), "")


class Table:
    """A table, opened: its schema, and its rows in batches, by `batches` (once)."""

    def __init__(self, path: Path, kind: str):
        import pyarrow as arrow
        from pyarrow import ipc, parquet

        self.path, self.kind = path, kind
        self._file: BinaryIO = open(path, "rb")
        try:
            if kind == PARQUET:
                self._table: Any = parquet.ParquetFile(self._file, pre_buffer=False, buffer_size=1 << 20)  # not a row group whole
                self.schema = self._table.schema_arrow
            else:
                self._table = ipc.open_file(self._file) if kind == ARROW else ipc.open_stream(self._file)
                self.schema = self._table.schema
        except (arrow.ArrowException, OSError) as problem:
            self._file.close()
            raise self._unreadable(problem) from problem
        twice = [name for name in self.schema.names if self.schema.names.count(name) > 1]
        if twice:
            raise UserError(f"{path}: has two columns {twice[0]!r}")

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def compression(self) -> str:
        """How the first column of a Parquet file is packed."""
        groups = self._table.metadata.num_row_groups
        name = self._table.metadata.row_group(0).column(0).compression.lower() if groups and self.schema.names else "snappy"
        return "none" if name == "uncompressed" else name

    def batches(self, columns: List[str]) -> Iterator[Any]:
        """The rows, some at a time: record batches of these columns. Raises UserError where the file is damaged."""
        import pyarrow as arrow

        try:
            if self.kind == PARQUET:
                metadata = self._table.metadata
                for group in range(metadata.num_row_groups):
                    rows, size = metadata.row_group(group).num_rows, metadata.row_group(group).total_byte_size
                    most = max(1, min(ROWS, BYTES * max(1, rows) // max(1, size)))
                    yield from self._table.iter_batches(most, row_groups=[group], columns=columns)
            else:
                numbers = range(self._table.num_record_batches) if self.kind == ARROW else None
                whole = map(self._table.get_batch, numbers) if numbers is not None else self._table
                yield from (batch.select(columns) for batch in whole)
        except (arrow.ArrowException, OSError) as problem:
            raise self._unreadable(problem) from problem

    def _unreadable(self, problem: Exception) -> UserError:
        said = " ".join(str(problem).split())
        return UserError(f"{self.path}: cannot be read as {self.kind.capitalize()} ({said})")


def table_lines(path: Path, kind: str) -> Iterator[bytes]:
    """The rows as lines of JSON, UTF-8: texts, numbers and truth values; columns of other types are left out."""
    from pyarrow import types

    with Table(path, kind) as table:
        plain = [field.name for field in table.schema if _is_plain(field.type, types)]
        for batch in table.batches(plain):
            for row in batch.to_pylist():
                yield json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _is_plain(kind: Any, types: Any) -> bool:
    kind = kind.value_type if types.is_dictionary(kind) else kind
    tests = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_boolean)
    return any(test(kind) for test in (*tests, getattr(types, "is_string_view", types.is_string)))


def table_names(path: Path, kind: str) -> List[str]:
    """The names of all columns, whatever their types."""
    with Table(path, kind) as table:
        return list(table.schema.names)


def write_table(source: Path, kind: str, scores: Path, target: Path) -> None:
    """Writes the table `source` anew, all types as they are; behind its columns those of `scores` (JSON lines, one a row)."""
    import pyarrow as arrow

    with Table(source, kind) as table, open(scores, encoding="utf-8") as lines, contextlib.ExitStack() as opened:
        schema = table.schema
        for field in added_columns():
            schema = schema.append(field)
        writer = opened.enter_context(_writer(table, schema, target))
        for batch in table.batches(table.schema.names):
            rows = [json.loads(line) for line in itertools.islice(lines, batch.num_rows)]
            columns = [arrow.array([row[field.name] for row in rows], field.type) for field in added_columns()]
            writer.write_batch(arrow.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema))


def added_columns() -> List[Any]:
    """The Arrow fields of the columns that scoring adds."""
    import pyarrow as arrow

    return [
        arrow.field("probability", arrow.float64()),
        arrow.field("prediction", arrow.string()),
        arrow.field("error", arrow.string()),
    ]


def _writer(table: Table, schema: Any, target: Path) -> Any:
    from pyarrow import ipc, parquet

    if table.kind == PARQUET:
        return parquet.ParquetWriter(str(target), schema, compression=table.compression)
    new = ipc.new_file if table.kind == ARROW else ipc.new_stream
    return new(str(target), schema, options=ipc.IpcWriteOptions(unify_dictionaries=table.kind == ARROW))
