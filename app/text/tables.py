"""Parquet and Arrow tables: their rows as JSON lines, and a copy of the table with the scores as new columns. Constant memory."""

from __future__ import annotations

import contextlib
import itertools
import json
from pathlib import Path
from typing import Any, BinaryIO, Iterator, List

from app.errors import UserError

PARQUET, ARROW, STREAM = "parquet", "arrow", "arrow stream"
SIGNATURES = {b"PAR1": PARQUET, b"ARROW1": ARROW, b"\xff\xff\xff\xff": STREAM}  # first bytes of a file -> container
MAX_BATCH_ROWS = 1 << 16
MAX_BATCH_BYTES = 1 << 26  # unpacked


def table_container(begin: bytes) -> str:
    """The container of a file with these first bytes: a value of SIGNATURES, or "" if it is not a table."""
    return next((container for signature, container in SIGNATURES.items() if begin.startswith(signature)), "")


class Table:
    """An open table: its schema, and its rows with `batches` (once). `container`: a value of SIGNATURES.

    Raises UserError if the file is damaged or has two columns with the same name.
    """

    def __init__(self, path: Path, container: str):
        import pyarrow as arrow
        from pyarrow import ipc, parquet

        self.path, self.container = path, container
        self._file: BinaryIO = open(path, "rb")
        try:
            if container == PARQUET:
                # Without pre_buffer: a row group is not read into memory at once.
                self._table: Any = parquet.ParquetFile(self._file, pre_buffer=False, buffer_size=1 << 20)
                self.schema = self._table.schema_arrow
            else:
                self._table = ipc.open_file(self._file) if container == ARROW else ipc.open_stream(self._file)
                self.schema = self._table.schema
        except (arrow.ArrowException, OSError) as problem:
            self._file.close()
            raise self._unreadable(problem) from problem
        repeated = [name for name in self.schema.names if self.schema.names.count(name) > 1]
        if repeated:
            raise UserError(f"{path}: has two columns {repeated[0]!r}")

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def compression(self) -> str:
        """The compression of the first column of a Parquet file, as `ParquetWriter` names it."""
        groups = self._table.metadata.num_row_groups
        name = self._table.metadata.row_group(0).column(0).compression.lower() if groups and self.schema.names else "snappy"
        return "none" if name == "uncompressed" else name

    def batches(self, columns: List[str]) -> Iterator[Any]:
        """The rows as record batches of the given columns. Raises UserError if the file is damaged."""
        import pyarrow as arrow

        try:
            if self.container == PARQUET:
                metadata = self._table.metadata
                for group in range(metadata.num_row_groups):
                    rows, size = metadata.row_group(group).num_rows, metadata.row_group(group).total_byte_size
                    batch_rows = max(1, min(MAX_BATCH_ROWS, MAX_BATCH_BYTES * max(1, rows) // max(1, size)))
                    yield from self._table.iter_batches(batch_rows, row_groups=[group], columns=columns)
            elif self.container == ARROW:
                batches = map(self._table.get_batch, range(self._table.num_record_batches))
                yield from (batch.select(columns) for batch in batches)
            else:
                yield from (batch.select(columns) for batch in self._table)
        except (arrow.ArrowException, OSError) as problem:
            raise self._unreadable(problem) from problem

    def _unreadable(self, problem: Exception) -> UserError:
        reason = " ".join(str(problem).split())
        return UserError(f"{self.path}: cannot be read as {self.container.capitalize()} ({reason})")


def table_lines(path: Path, container: str) -> Iterator[bytes]:
    """The rows as lines of JSON, UTF-8. Columns that are not strings, numbers, Booleans or null are left out."""
    from pyarrow import types

    with Table(path, container) as table:
        scalar_columns = [field.name for field in table.schema if _is_scalar(field.type, types)]
        for batch in table.batches(scalar_columns):
            for row in batch.to_pylist():
                # default: pyarrow returns float16 as NumPy's, and decimals as Python's.
                yield json.dumps(row, ensure_ascii=False, default=float).encode("utf-8", "surrogatepass") + b"\n"


def _is_scalar(data_type: Any, types: Any) -> bool:
    """Whether it is a string, a number, a Boolean or always null, also with dictionary encoding. `types`: `pyarrow.types`."""
    data_type = data_type.value_type if types.is_dictionary(data_type) else data_type
    tests = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_boolean)
    tests += (types.is_decimal, types.is_null)
    return any(test(data_type) for test in (*tests, getattr(types, "is_string_view", types.is_string)))


def table_names(path: Path, container: str) -> List[str]:
    """The names of all columns of a table, of any type."""
    with Table(path, container) as table:
        return list(table.schema.names)


def write_table(source: Path, container: str, scores: Path, target: Path) -> None:
    """Copies the table `source`, with its types, and adds the columns of `scores` (JSON lines, one per row) on the right."""
    import pyarrow as arrow

    with Table(source, container) as table, open(scores, encoding="utf-8") as lines, contextlib.ExitStack() as stack:
        schema = table.schema
        for field in added_columns():
            schema = schema.append(field)
        writer = stack.enter_context(_writer(table, schema, target))
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
    """A writer of the same container as `table`."""
    from pyarrow import ipc, parquet

    if table.container == PARQUET:
        return parquet.ParquetWriter(str(target), schema, compression=table.compression)
    new = ipc.new_file if table.container == ARROW else ipc.new_stream
    return new(str(target), schema, options=ipc.IpcWriteOptions(unify_dictionaries=table.container == ARROW))
