"""Files as people have them, scored: each comes back in its own form, every row in its place, with as many cells as there are names."""

import csv
import io
import json

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import UserError

PAIRS = [("怎么还款", "如何还款"), ("甲", "乙"), ("今天", ""), ("子", "丑"), ("甲", "子")]


def sheet_rows(path):
    return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]


def test_a_sheet_comes_back_as_a_sheet(score, tmp_path):
    book = openpyxl.Workbook()
    for row in [("编号", "问题一", "问题二", "备注"), *((f"00{n}", a, b, n * 1.5) for n, (a, b) in enumerate(PAIRS)), (None,) * 4]:
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    summary = score(tmp_path / "in.xlsx")
    header, *rows = sheet_rows(tmp_path / "in.scored.xlsx")
    assert header == ["编号", "问题一", "问题二", "备注", "probability", "prediction", "error"]
    assert [row[:4] for row in rows] == [[f"00{n}", a, b or None, n * 1.5] for n, (a, b) in enumerate(PAIRS)]
    assert [isinstance(row[4], float) for row in rows] == [True, True, False, True, True] and rows[2][6] == "text_b is empty"
    assert (summary.rows, summary.errors) == (5, 1)


@pytest.mark.parametrize("options", [dict(sort_by_probability=True), dict(top_k=1)])
def test_a_ranked_sheet_and_array(score, tmp_path, options):
    book = openpyxl.Workbook()
    for row in [("text_a", "text_b"), *PAIRS]:
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    (tmp_path / "in.json").write_text(json.dumps([{"text_a": a, "text_b": b} for a, b in PAIRS]))
    score(tmp_path / "in.xlsx", **options)
    score(tmp_path / "in.json", **options)
    of_sheet = [row[:2] for row in sheet_rows(tmp_path / "in.scored.xlsx")[1:]]
    of_array = [[row["text_a"], row["text_b"] or None] for row in json.loads((tmp_path / "in.scored.json").read_text(encoding="utf-8"))]
    assert of_sheet == of_array and len(of_sheet) == (4 if "top_k" in options else 5)


def test_an_array_comes_back_as_an_array_or_as_lines(score, tmp_path):
    (tmp_path / "in.json").write_text(json.dumps([{"id": n, "text_a": a, "text_b": b} for n, (a, b) in enumerate(PAIRS)], indent=2))
    for result in ("out.json", "out.jsonl"):
        score(tmp_path / "in.json", result=tmp_path / result)
    array = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert array == lines and [row["id"] for row in array] == list(range(5)) and array[2]["error"] == "text_b is empty"


def test_rows_with_line_breaks_of_a_sheet_and_of_an_array(score, tmp_path):
    book = openpyxl.Workbook()
    for row in [("text_a", "text_b"), *((f"甲\n{n}", "乙") for n in range(40))]:
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    (tmp_path / "in.json").write_text(json.dumps([{"text_a": f"甲{n}", "text_b": "乙"} for n in range(40)]))
    for source, result in (("in.xlsx", "out.xlsx"), ("in.json", "out.json")):
        assert score(tmp_path / source, result=tmp_path / result).rows == 40
    assert [row[0] for row in sheet_rows(tmp_path / "out.xlsx")[1:]] == [f"甲\n{n}" for n in range(40)]
    assert [row["text_a"] for row in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))] == [f"甲{n}" for n in range(40)]


@pytest.mark.parametrize("name, delimiter", [("in.txt", "\t"), ("in.csv", ";"), ("in.csv", "\t"), ("in", ",")])
def test_rows_stay_as_they_are_written(score, tmp_path, name, delimiter):
    lines = [delimiter.join(cells) for cells in [("text_a", "text_b", "note"), *((a, b, "x y") for a, b in PAIRS)]]
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    score(tmp_path / name, result=tmp_path / f"out.{name.rpartition('.')[2]}")
    written = (tmp_path / f"out.{name.rpartition('.')[2]}").read_text(encoding="utf-8").splitlines()
    assert all(after.startswith(before + delimiter) for before, after in zip(lines, written)) and len(written) == 6


@pytest.mark.parametrize("source, result", [("in.tsv", "out.xlsx"), ("in.tsv", "out.json"), ("in.json", "out.csv"), ("in.csv", "out.tsv")])
def test_a_result_of_another_form_is_refused(score, tmp_path, source, result):
    text = {"in.json": '[{"text_a": "x", "text_b": "y"}]', "in.tsv": "甲\t乙\n", "in.csv": "甲,乙\n"}[source]
    (tmp_path / source).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="must have the format of the input"):
        score(tmp_path / source, result=tmp_path / result)


def test_an_object_that_has_a_new_name_already_is_a_bad_row(score, tmp_path):
    """The file written had `probability` twice in one object."""
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
def test_every_row_has_as_many_cells_as_there_are_names_and_nothing_is_lost(score, tmp_path, rows, delimiter, quoted, header):
    """Blank lines, rows that are too long or too short, quotes that are never closed."""
    kind = "tsv" if delimiter == "\t" else "csv"
    text = io.StringIO()
    first = ["text_a", "text_b", "note"] if header else ["甲", "乙", "0"]
    if quoted and kind == "csv":
        csv.writer(text, delimiter=delimiter).writerows([first, *rows])
    else:
        text.write("".join(delimiter.join(row) + "\n" for row in [first, *rows]))
    source = tmp_path / f"in.{kind}"
    source.write_bytes(text.getvalue().encode())
    reading = dict(header="yes") if header else dict(header="no", columns="1,2")
    summary = score(source, result=tmp_path / f"out.{kind}", overwrite=True, input_format=kind, **reading)
    out = (tmp_path / f"out.{kind}").read_bytes().decode()
    found = [line.split("\t") for line in out.split("\n")[:-1]] if kind == "tsv" else list(csv.reader(io.StringIO(out, newline=""), delimiter=delimiter))
    assert {len(row) for row in found} == {6} and len(found) == summary.rows + header
    for row in found[header:]:
        assert bool(row[3]) != bool(row[5])
    letters = sorted(text.getvalue().replace(delimiter, "").replace('"', "").replace("\r", "").replace("\n", "").replace("\t", ""))
    kept = "".join(cell for row in found for cell in row[:3]).replace("\\t", "")
    assert sorted(kept.replace(delimiter, "").replace('"', "").replace("\r", "").replace("\n", "").replace("\t", "")) == letters
