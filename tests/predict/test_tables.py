"""Parquet and Arrow tables: the scores of the same rows in JSON lines, with all columns and types unchanged."""

import datetime
import decimal
import json
import os

import pyarrow as arrow
import pytest
from fake_engine import FakeEngine
from pyarrow import ipc, parquet

from app.errors import UserError
from app.predict.journal import side_folder
from app.text.dataset import read_labelled_pairs
from app.text.pair_file import PairFile

ROWS = 240


def table(rows=ROWS):
    """A table with columns of many types. Some texts are empty or missing."""
    when = datetime.datetime(2024, 1, 1)
    return arrow.table(
        {
            "id": arrow.array(range(rows), arrow.int32()),
            "text_a": [f"甲{n}\n" if n % 7 else None for n in range(rows)],
            "kind": arrow.array([["x", "y"][n % 2] for n in range(rows)]).dictionary_encode(),
            "text_b": arrow.array([f"乙{n % 9}" if n % 11 else "" for n in range(rows)], arrow.large_string()),
            "when": arrow.array([when] * rows, arrow.timestamp("us", "Asia/Shanghai")),
            "price": arrow.array([decimal.Decimal("1.10")] * rows, arrow.decimal128(5, 2)),
            "vector": arrow.array([[1.0, 2.0]] * rows, arrow.list_(arrow.float32())),
            "bytes": arrow.array([b"\x00\xff"] * rows),
            "label": arrow.array([float(n % 2) for n in range(rows)]),
        }
    )


def write(path, values, stream=False):
    if path.suffix == ".parquet":
        parquet.write_table(values, path, row_group_size=50, compression="zstd")
    else:
        with (ipc.new_stream if stream else ipc.new_file)(str(path), values.schema) as writer:
            writer.write_table(values, 50)
    return path


def read(path, stream=False):
    if path.suffix == ".parquet":
        return parquet.read_table(path)
    return (ipc.open_stream if stream else ipc.open_file)(str(path)).read_all()


@pytest.mark.parametrize("name, stream", [("in.parquet", False), ("in.arrow", False), ("in.arrow", True)])
def test_all_types_are_kept_and_the_scores_are_those_of_json_lines(score, tmp_path, name, stream):
    source = write(tmp_path / name, table(), stream)
    summary = score(source, result=tmp_path / f"out{source.suffix}")
    scored = read(tmp_path / f"out{source.suffix}", stream)
    assert scored.select(table().schema.names).equals(table()) and scored.schema.names[-3:] == ["probability", "prediction", "error"]
    pairs = table().select(["text_a", "text_b"]).to_pylist()
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    assert score(tmp_path / "in.jsonl", result=tmp_path / "out.jsonl") == summary and 0 < summary.errors < ROWS
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    added = ["probability", "prediction", "error"]
    assert scored.select(added).to_pylist() == [{column: line[column] for column in added} for line in lines]


def test_compression_and_row_groups_of_a_parquet_file_stay(score, tmp_path):
    score(write(tmp_path / "in.parquet", table()), result=tmp_path / "out.parquet")
    metadata = parquet.ParquetFile(tmp_path / "out.parquet").metadata
    assert metadata.row_group(0).column(0).compression == "ZSTD" and metadata.num_row_groups == 5


def test_a_run_that_failed_half_way_is_continued(score, engine, tmp_path, monkeypatch):
    monkeypatch.setattr(FakeEngine, "window_rows", 16)
    source = write(tmp_path / "in.parquet", table())
    score(source, result=tmp_path / "complete.parquet")
    engine.pairs.clear()
    engine.fail_after = 100
    with pytest.raises(RuntimeError):
        score(source, result=tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()
    engine.fail_after = None
    engine.pairs.clear()
    score(source, result=tmp_path / "out.parquet")
    assert len(set(engine.pairs)) < 120
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "complete.parquet").read_bytes()
    assert not side_folder(tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("name", ["in.parquet", "in.arrow"])
@pytest.mark.parametrize("rows", [0, 1])
def test_tables_of_no_or_one_row(score, tmp_path, name, rows):
    """Programs that write one table as several files may write empty files."""
    source = write(tmp_path / name, table(2).slice(1, rows))
    assert score(source, result=tmp_path / f"out{source.suffix}").rows == rows
    scored = read(tmp_path / f"out{source.suffix}")
    assert scored.num_rows == rows and scored.schema.names[-3:] == ["probability", "prediction", "error"]


def test_an_unreadable_or_unsuitable_table_is_one_error_line(score, tmp_path):
    content = write(tmp_path / "in.parquet", table()).read_bytes()
    for name, damaged in (("truncated", content[: len(content) // 2]), ("begin", b"PAR1"), ("middle", content[:200] + bytes(400) + content[600:])):
        (tmp_path / f"{name}.parquet").write_bytes(damaged)
        with pytest.raises(UserError, match="cannot be read as Parquet") as error:
            score(tmp_path / f"{name}.parquet")
        assert "\n" not in str(error.value)
    (tmp_path / "truncated.arrow").write_bytes(write(tmp_path / "in.arrow", table()).read_bytes()[:900])
    with pytest.raises(UserError, match="cannot be read as Arrow"):
        score(tmp_path / "truncated.arrow")
    scored = table().append_column("error", arrow.array([[1]] * ROWS))
    with pytest.raises(UserError, match="has a column 'error' already"):
        score(write(tmp_path / "scored.parquet", scored))
    with pytest.raises(UserError, match="has two columns 'id'"):
        score(write(tmp_path / "twice.parquet", table().append_column("id", arrow.array(range(ROWS)))))
    with pytest.raises(UserError, match="has columns one, two; which hold the two texts"):
        score(write(tmp_path / "names.parquet", table().select(["text_a", "text_b"]).rename_columns(["one", "two"])))


@pytest.mark.parametrize("options", [{"result": "out.jsonl"}, {"top_k": 1}, {"sort_by_probability": True}, {"result": "-"}, {"input_format": "csv"}])
def test_unsupported_options_for_tables_are_refused(score, tmp_path, options):
    source = write(tmp_path / "in.parquet", table())
    options = {**options, "result": options.get("result", "out.parquet")}
    if options["result"] != "-":
        options["result"] = tmp_path / options["result"]
    with pytest.raises(UserError, match="must have the format of the input|is scored in its order|is parquet"):
        score(source, **options)
    assert os.listdir(tmp_path) == ["in.parquet"]


def test_columns_by_name_and_labelled_tables(tmp_path):
    source = write(tmp_path / "in.parquet", table().rename_columns(["id", "one", "kind", "two", "when", "price", "vector", "bytes", "truth"]))
    with PairFile(str(source), columns="one,two,truth") as file:
        rows = list(file)
        assert file.described() == "Parquet, text_a = one, text_b = two, label = truth"
    assert [row.label for row in rows[:3]] == ["", "1", "0"] and rows[1].text_a == "甲1\n"
    pairs = read_labelled_pairs(str(write(tmp_path / "labelled.parquet", table().slice(1, 6))))
    assert pairs.labels == ["1", "0", "1", "0", "1", "0"]
