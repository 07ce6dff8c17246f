"""Writes the same rows in each format of pair files."""

import json

import openpyxl
import pyarrow as arrow
from pyarrow import ipc, parquet

FORMATS = ["tsv", "csv", "jsonl", "json", "xlsx", "parquet", "arrow"]


def write(path, names, rows):
    """Writes rows of values in the format of the file's ending."""
    ending = path.suffix[1:]
    objects = [dict(zip(names, row)) for row in rows]
    if ending in ("tsv", "csv"):
        cells = [["" if value is None else str(value) for value in row] for row in [names, *rows]]
        cells = [[f'"{cell}"' if "," in cell else cell for cell in row] for row in cells] if ending == "csv" else cells
        path.write_text("".join("\t,"[ending == "csv"].join(row) + "\n" for row in cells), encoding="utf-8")
    elif ending in ("jsonl", "json"):
        lines = [json.dumps(value, ensure_ascii=False) for value in objects]
        path.write_text("\n".join(lines) if ending == "jsonl" else f"[{','.join(lines)}]", encoding="utf-8")
    elif ending == "xlsx":
        book = openpyxl.Workbook()
        for row in [names, *rows]:
            book.active.append(list(row))
        book.save(path)
    elif ending == "parquet":
        parquet.write_table(arrow.Table.from_pylist(objects), path)
    else:
        table = arrow.Table.from_pylist(objects)
        with ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)
    return str(path)
