"""Scored Excel sheets and JSON arrays: the result has the format of the input, and every row its position."""

import json

import openpyxl
import pytest

PAIRS = [("怎么还款", "如何还款"), ("甲", "乙"), ("今天", ""), ("子", "丑"), ("甲", "子")]


def sheet_rows(path):
    return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]


def test_a_scored_sheet_is_a_sheet(score, tmp_path):
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
    sheet = [row[:2] for row in sheet_rows(tmp_path / "in.scored.xlsx")[1:]]
    array = [[row["text_a"], row["text_b"] or None] for row in json.loads((tmp_path / "in.scored.json").read_text(encoding="utf-8"))]
    assert sheet == array and len(sheet) == (4 if "top_k" in options else 5)


def test_a_scored_array_is_an_array_or_json_lines(score, tmp_path):
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
