"""The scored file: every row in its order and format, with the scores after its own cells."""

import csv
import gzip
import io
import json
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import select
from app.errors import UserError
from app.match.decision import Decision
from app.match.matcher_config import MatcherConfig

PAIRS = [("怎么还款", "如何还款"), ("甲", "乙"), ("今天", ""), ("子", "丑"), ("甲", "子")]


def test_number_and_text_of_rows_stay_for_any_input(score, tmp_path):
    """A reference reader skips rows without two columns, and then predictions and input rows do not match."""
    source = tmp_path / "in.tsv"
    lines = [
        b"id\ttext_a\ttext_b", "1\t怎么还款\t如何还款".encode(), b"only one column", b"", "2\t\t如何还款".encode(), b"3\t\xff\xfe\tx",
        '4\t"引号\t没关系'.encode(), "5\t有\x00空\t没有".encode(), "6\t😀😀\t龘".encode(), ("7\t" + "长" * 100_000 + "\t短").encode(),
    ]  # fmt: skip
    source.write_bytes(b"\r\n".join(lines))
    summary = score(source, result=tmp_path / "out.tsv")
    written = (tmp_path / "out.tsv").read_bytes().split(b"\n")[:-1]
    assert all(line.endswith(b"\r") for line in written[:-1])  # with the line ends of the input
    written = [line.rstrip(b"\r") for line in written]
    assert summary.rows == 9 and len(written) == 10 and summary.truncated == 1
    for before, after in zip(lines, written):
        assert after.startswith(before + b"\t")
    assert written[0].endswith(b"\tprobability\tprediction\terror")
    errors = {number for number, line in enumerate(written[1:], 1) if line.split(b"\t")[-1]}
    assert errors == {2, 3, 4, 5} and summary.errors == 4 and summary.first_error.startswith("line 3: ")
    for number in (1, 6, 7, 8, 9):
        probability, prediction, error = written[number].split(b"\t")[-3:]
        assert 0 <= float(probability) <= 1 and prediction in (b"0", b"1") and error == b""


def test_csv_and_jsonl_keep_their_formats(score, tmp_path):
    (tmp_path / "in.csv").write_text('text_a,text_b,note\n"有,逗号","两\n行","说 ""好"""\na,,n\n', encoding="utf-8")
    score(tmp_path / "in.csv", result=tmp_path / "out.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert rows[0] == ["text_a", "text_b", "note", "probability", "prediction", "error"]
    assert rows[1][:3] == ["有,逗号", "两\n行", '说 "好"'] and rows[1][5] == "" and rows[2][5] == "text_b is empty"
    lines = [
        '{"text_a": "甲", "text_b": "乙", "more": [1, {"x": null}]}',
        "broken",
        '{"text_a": "\\ud800", "text_b": "乙"}',
        "[]",
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    score(tmp_path / "in.jsonl", result=tmp_path / "out.jsonl")
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(out) == 4 and out[0]["more"] == [1, {"x": None}]
    assert isinstance(out[0]["probability"], float) and out[0]["error"] == ""
    assert out[1]["raw"] == "broken" and all(row["probability"] is None and row["error"] for row in out[1:])


def test_gzip_and_gb18030_stay_in_the_result(score, tmp_path):
    source = tmp_path / "in.tsv.gz"
    source.write_bytes(gzip.compress("怎么还款\t如何还款\n今天\t明天\n".encode("gb18030")))
    score(source, result=tmp_path / "out.tsv.gz")
    text = gzip.decompress((tmp_path / "out.tsv.gz").read_bytes()).decode("gb18030")
    assert [line.split("\t")[:2] for line in text.splitlines()] == [["怎么还款", "如何还款"], ["今天", "明天"]]


NUL_IN_CSV = sys.version_info >= (3, 11)  # earlier versions of Python's csv refuse it: the row has an error
CELL = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
CELL |= st.sampled_from(["\t", '"', "\n", "\x00", "😀", "", " ", "a" * 3000])
CELL = CELL.filter(lambda cell: NUL_IN_CSV or "\x00" not in cell)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_texts_stay_in_a_csv(score, tmp_path, pairs, line_end, ends_with_line_end):
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([("text_a", "text_b"), *pairs])
    written = text.getvalue() if ends_with_line_end else text.getvalue()[: -len(line_end)]
    (tmp_path / "in.csv").write_bytes(written.encode("utf-8"))
    summary = score(tmp_path / "in.csv", result=tmp_path / "out.csv")
    rows = list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8", newline="")))[1:]
    assert summary.rows == len(pairs) == len(rows)
    assert [tuple(row[:2]) for row in rows] == pairs
    assert all(bool(row[2]) != bool(row[4]) for row in rows)  # a probability or an error


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b"")), min_size=1, max_size=8))
def test_any_bytes_stay_in_a_tsv(score, tmp_path, lines):
    """Rows in a wrong encoding, rows with too few or too many cells: each line is in its position, with its own bytes."""
    (tmp_path / "in.tsv").write_bytes(b"text_a\ttext_b\n" + b"".join(line + b"\n" for line in lines))
    score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", overwrite=True, encoding="utf-8")
    written = [line.split(b"\t") for line in (tmp_path / "out.tsv").read_bytes().split(b"\n")]
    assert written[0] == [b"text_a", b"text_b", b"probability", b"prediction", b"error"] and len(written) == len(lines) + 2
    for before, after in zip(lines, written[1:]):
        first, *others = before.split(b"\t")
        assert len(after) == 5 and after[:2] == [first, b"\\t".join(others)]  # cells too many are joined into the last one


def test_line_ends_byte_order_mark_and_columns_of_short_rows_stay(score, tmp_path):
    (tmp_path / "in.csv").write_bytes("\ufefftext_a,text_b,note\r\n甲,子,x\r\n只有一格\r\n乙,丑,y".encode())
    score(tmp_path / "in.csv", result=tmp_path / "out.csv")
    written = (tmp_path / "out.csv").read_bytes().decode()
    assert written.startswith("\ufefftext_a,text_b,note,probability,prediction,error\r\n") and written.count("\r\n") == 3
    rows = list(csv.DictReader(io.StringIO(written[1:])))
    assert rows[1]["text_a"] == "只有一格" and rows[1]["prediction"] == "" and "columns" in rows[1]["error"]
    assert rows[2]["note"] == "y" and rows[2]["error"] == ""


def test_jsonl_may_begin_with_broken_lines(score, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text_a": \n\n{"text_a": "甲", "text_b": "子"}\n', encoding="utf-8")
    assert score(tmp_path / "in.jsonl", result=tmp_path / "out.jsonl").errors == 2
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert out[0]["raw"] == '{"text_a": ' and out[1]["error"] == "empty line" and out[2]["error"] == ""


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl"])
def test_labels_with_any_characters_stay_in_one_cell(score, tmp_path, monkeypatch, ending):
    """A CSV of training pairs may have labels with line breaks; a TSV cannot contain them."""
    matcher_config = MatcherConfig(['no\t"1"', "yes,\r\n2\u2028"], Decision(), 32, "longest_first")
    monkeypatch.setattr(select, "read_matcher_config", lambda folder: matcher_config)
    rows = [f"甲{n}\t乙{n}" for n in range(40)]
    if ending == "csv":
        rows = [row.replace("\t", ",") for row in rows]
    if ending == "jsonl":
        rows = [json.dumps(dict(zip(("text_a", "text_b"), row.split("\t")))) for row in rows]
    (tmp_path / f"in.{ending}").write_text("\n".join(rows) + "\n", encoding="utf-8")
    score(tmp_path / f"in.{ending}", result=tmp_path / f"out.{ending}")
    with open(tmp_path / f"out.{ending}", encoding="utf-8", newline="") as file:
        if ending == "tsv":
            cells = [line.split("\t") for line in file.read().split("\n")[:-1]]
        else:
            cells = list(csv.reader(file)) if ending == "csv" else [list(json.loads(line).values()) for line in file]
    names = ['no "1"', "yes, 2"] if ending == "tsv" else matcher_config.labels
    assert len(cells) == 40 and all(len(row) == 5 for row in cells) and {row[3] for row in cells} == set(names)


@pytest.mark.parametrize("name, delimiter", [("in.txt", "\t"), ("in.csv", ";"), ("in.csv", "\t"), ("in", ",")])
def test_rows_stay_as_they_are_written(score, tmp_path, name, delimiter):
    lines = [delimiter.join(cells) for cells in [("text_a", "text_b", "note"), *((a, b, "x y") for a, b in PAIRS)]]
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    score(tmp_path / name, result=tmp_path / f"out.{name.rpartition('.')[2]}")
    written = (tmp_path / f"out.{name.rpartition('.')[2]}").read_text(encoding="utf-8").splitlines()
    assert all(after.startswith(before + delimiter) for before, after in zip(lines, written)) and len(written) == 6


def test_an_object_that_already_has_a_new_name_is_a_bad_row(score, tmp_path):
    """Regression: the result had `probability` twice in one object."""
    lines = [json.dumps({"text_a": f"甲{n}", "text_b": "乙", **({"probability": 0.5} if n == 150 else {})}) for n in range(200)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    assert score(tmp_path / "in.jsonl", result=tmp_path / "out.jsonl").errors == 1
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert out[150] == {"raw": lines[150], "probability": None, "prediction": None, "error": "has 'probability' already"}
    (tmp_path / "first.jsonl").write_text("\n".join([lines[0], lines[150]]) + "\n")
    with pytest.raises(UserError, match="has a column 'probability' already"):
        score(tmp_path / "first.jsonl")


CELLS = st.sampled_from(["甲", "乙丑", "", '"', 'a "b" c', "x,y", "x;y", "两\n行", "\t", " "])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, max_size=5), min_size=1, max_size=8), delimiter=st.sampled_from([",", ";", "\t"]),
    quoted=st.booleans(), header=st.booleans(),
)  # fmt: skip
def test_every_row_has_one_cell_per_column_and_no_character_is_lost(score, tmp_path, rows, delimiter, quoted, header):
    """Blank lines, rows with too many or too few cells, quotes that are never closed."""
    ending = "tsv" if delimiter == "\t" else "csv"
    text = io.StringIO()
    first = ["text_a", "text_b", "note"] if header else ["甲", "乙", "0"]
    if quoted and ending == "csv":
        csv.writer(text, delimiter=delimiter).writerows([first, *rows])
    else:
        text.write("".join(delimiter.join(row) + "\n" for row in [first, *rows]))
    source = tmp_path / f"in.{ending}"
    source.write_bytes(text.getvalue().encode())
    reading = dict(header="yes") if header else dict(header="no", columns="1,2")
    summary = score(source, result=tmp_path / f"out.{ending}", overwrite=True, input_format=ending, **reading)
    out = (tmp_path / f"out.{ending}").read_bytes().decode()
    found = [line.split("\t") for line in out.split("\n")[:-1]] if ending == "tsv" else list(csv.reader(io.StringIO(out, newline=""), delimiter=delimiter))
    assert {len(row) for row in found} == {6} and len(found) == summary.rows + header
    for row in found[header:]:
        assert bool(row[3]) != bool(row[5])
    letters = sorted(text.getvalue().replace(delimiter, "").replace('"', "").replace("\r", "").replace("\n", "").replace("\t", ""))
    kept = "".join(cell for row in found for cell in row[:3]).replace("\\t", "")
    assert sorted(kept.replace(delimiter, "").replace('"', "").replace("\r", "").replace("\n", "").replace("\t", "")) == letters


def test_labels_that_the_encoding_of_the_input_does_not_have(score, tmp_path, monkeypatch):
    monkeypatch.setattr(select, "read_matcher_config", lambda folder: MatcherConfig(["否", "是"], Decision(), 32, "longest_first"))
    (tmp_path / "in.tsv").write_bytes("text_a\ttext_b\ncaf\u00e9\tun caf\u00e9\n".encode("latin-1"))
    with pytest.raises(UserError, match="the label '否' cannot be written in its encoding, LATIN-1"):
        score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", encoding="latin-1")
    assert [file.name for file in tmp_path.iterdir() if "out" in file.name] == []
