"""Soft labels in pair files: every value in every format is read as the right probability, or is a bad row with a reason."""

import decimal
import json

import pyarrow as arrow
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pair_formats import FORMATS, write
from pyarrow import parquet

from app.errors import UserError
from app.text.dataset import read_labelled_pairs
from app.text.pair_file import PairFile
from app.text.soft_labels import parse_soft_columns, read_probability

NAN, INF = float("nan"), float("inf")
GOOD = [(0.25, 0.25), (1e-7, 1e-7), (0, 0.0), (1, 1.0), ("0.25", 0.25), ("1e-07", 1e-7), (" 0.5 ", 0.5), ("0", 0.0), ("1.0", 1.0), (".5", 0.5)]
EMPTY = [None, "", "  "]
BAD = [
    (NAN, "'nan'"), (INF, "'inf'"), (-0.1, "'-0.1' is not from 0 to 1"), (1.2, "'1.2' is not from 0 to 1"), (True, "'True' is not a decimal number"),
    ("nan", "'nan'"), ("inf", "'inf'"), ("５", "'５' is not a decimal number"), ("0,5", "'0,5' is not a decimal number"), ("-0.1", "'-0.1'"),
    ("1.2", "'1.2'"), ("50%", "'50%'"), ("0x1", "'0x1'"), ("1_0", "'1_0'"), ("true", "'true'"),
]  # fmt: skip


def rows_of(path, **reading):
    with PairFile(str(path), labelled=True, **reading) as file:
        return list(file)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("kind", [float, str, int, bool])
def test_a_value_is_the_right_probability_or_a_bad_row_in_every_format(tmp_path, ending, kind):
    """One file for each type of values: a column of a table has one type. Each row has a label as well, so that nothing but the
    soft label can be wrong."""
    good = [(value, right) for value, right in GOOD if type(value) is kind]
    empty = [value for value in EMPTY if value is None or type(value) is kind]
    bad = [(value, reason) for value, reason in BAD if type(value) is kind]
    if ending == "xlsx":  # a sheet has no nan and inf
        bad = [(value, reason) for value, reason in bad if value == value and value != INF]
    values = [value for value, _ in good] + empty + [value for value, _ in bad]
    names = ["text_a", "text_b", "label", "probability"]
    path = write(tmp_path / f"pairs.{ending}", names, [[f"甲{n}", f"乙{n}", n % 2, value] for n, value in enumerate(values)])
    found = rows_of(path, soft_label_column="probability")
    right = [((value,), "") for _, value in good] + [((), "") for _ in empty]
    assert [(row.soft_label, row.error) for row in found[: len(right)]] == right
    for row, (value, reason) in zip(found[len(right) :], bad):
        assert row.error.startswith("the soft label") and reason in row.error, (value, row)
    assert [row.label for row in found] == [str(n % 2) for n in range(len(values))]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"\s?[+-]?\d*[.,]?\d*([eE]-?\d)?\s?", fullmatch=True), st.floats().map(repr)))
@example("0\x1f")  # regression: a Python message as the reason
def test_any_text_is_its_decimal_value_or_empty_or_refused(text):
    try:
        found = read_probability(text)
    except ValueError as problem:
        assert "soft label" in str(problem)
        return
    if found is None:
        assert not text.strip()
    else:
        assert found == float(decimal.Decimal(text.strip())) and 0 <= found <= 1 and text.strip().isascii()


@pytest.mark.parametrize("ending", FORMATS)
def test_a_row_needs_a_label_or_a_soft_label(tmp_path, ending):
    rows = [["甲", "乙", "1", None, ""], ["丙", "丁", None, 0.25, ""], ["戊", "己", "0", 1.0, ""], ["庚", "辛", None, None, "too  long\u2028"]]
    path = write(tmp_path / f"pairs.{ending}", ["text_a", "text_b", "label", "p", "error"], rows)
    found = rows_of(path, soft_label_column="p")
    assert [(row.label, row.soft_label) for row in found[:3]] == [("1", ()), ("", (0.25,)), ("0", (1.0,))]
    assert [row.error for row in found] == ["", "", "", "neither a label nor a soft label (error: too long)"]
    pairs = read_labelled_pairs(path, bad_rows="skip", soft_label_column="p")
    assert pairs.soft.given.tolist() == [False, True, True] and pairs.keep([1]).soft.values.tolist() == [[0.25]]
    assert [row.error for row in rows_of(path)] == ["", "the label is empty", "", "the label is empty"]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_column_for_each_label(tmp_path, ending):
    rows = [["甲", "乙", 0.2, 0.3, 0.5], ["丙", "丁", 0.333, 0.333, 0.333], ["戊", "己", 0.5, 0.5, 0.1], ["庚", "辛", 1.0, 0.0, None]]
    path = write(tmp_path / f"pairs.{ending}", ["text_a", "text_b", "pa", "pb", "pc"], rows)
    found = rows_of(path, soft_label_column="c=pc, a=pa, b=pb")
    assert found[0].soft_label == pytest.approx((0.5, 0.2, 0.3)) and found[1].soft_label == pytest.approx((1 / 3,) * 3)
    assert [row.error for row in found[2:]] == [
        "the soft label adds up to 1.1, not to 1", "the soft label has no value in column pc",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "names, columns, soft, label",
    [
        ("text_a,text_b,label", "", "label", ""),  # the probability stands in the label column
        ("text_a,text_b,score,similarity", "", "score", "0"),  # its name is that of a label column
        ("text_a,text_b,p,score", "", "3", "0"),
        ("q,a,p,same", "q,a,same", "p", "0"),
        ("q,a,p,x", "q,a,same", "p", ""),  # the dev set has `same`
        ("q,a,p,x", "1,2,4", "p", "0"),
        ("q,a,p,x", "1,2,3", "3", ""),
        ("", "", "3", "0"),
        ("", "1,2,3", "3", ""),
        ("", "1,2,4", "3", "0"),
    ],
)
def test_which_columns_are_the_soft_label_and_the_label(tmp_path, names, columns, soft, label):
    row = "甲,乙,0.25,0\n丙,丁,1e-07,1\n" if names.count(",") != 2 else "甲,乙,0.25\n丙,丁,1e-07\n"
    (tmp_path / "pairs.csv").write_text(names + "\n" * bool(names) + row, encoding="utf-8")
    first, second = rows_of(tmp_path / "pairs.csv", columns=columns, soft_label_column=soft)
    assert (first.text_a, first.text_b, first.label, first.soft_label, second.soft_label) == ("甲", "乙", label, (0.25,), (1e-7,))


@pytest.mark.parametrize(
    "header, soft, described",
    [
        ("text_a,text_b,p,q\n", "q", "q"), ("text_a,text_b,p,q\n", "04", "q"), ("", "3", "column 3"),
        ("text_a,text_b,p,q\n", "y=3,n=4", "p of y + q of n"), ("", "y=3,n=4", "column 3 of y + column 4 of n"),
    ],
)  # fmt: skip
def test_the_column_is_shown_by_its_name(tmp_path, header, soft, described):
    """Regression: a number was shown as it is, also where the column has a name."""
    (tmp_path / "pairs.csv").write_text(header + "甲,乙,0.25,0.75\n丙,丁,0.5,0.5\n", encoding="utf-8")
    with PairFile(str(tmp_path / "pairs.csv"), columns="1,2", soft_label_column=soft) as file:
        assert file.described().endswith(f", soft label = {described}")


def test_in_a_file_without_header_the_first_soft_label_may_be_missing_or_have_an_exponent(tmp_path):
    for first in ("", "1e-07", ".5"):
        (tmp_path / "pairs.tsv").write_text(f"甲\t乙\t{first}\n丙\t丁\t0.5\n戊\t己\t0.25\n", encoding="utf-8")
        assert [row.line for row in rows_of(tmp_path / "pairs.tsv", columns="1,2,3", soft_label_column="3")] == [1, 2, 3]


def test_labels_that_come_late_in_json_lines_are_read_or_refused(tmp_path):
    rows = [{"text_a": "甲", "text_b": "乙", "p": 0.5}] * 120 + [{"text_a": "甲", "text_b": "乙", "p": 0.5, "label": 1}]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert "has 'label', which the first 100 rows do not have" in rows_of(tmp_path / "pairs.jsonl", soft_label_column="p")[-1].error
    assert rows_of(tmp_path / "pairs.jsonl", columns="text_a,text_b,label", soft_label_column="p")[-1].label == "1"
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, [{**row, "label": 0, "p": None} for row in rows] + rows[:1])))
    assert rows_of(tmp_path / "pairs.jsonl", soft_label_column="p")[-1].soft_label == (0.5,)


@pytest.mark.parametrize(
    "flag, reason",
    [
        ("q", "has no column 'q', but text_a, text_b, p, p, n"), ("p", "has two columns 'p'; use a column number"), ("6", "has columns 1 to 5"),
        ("0", "has columns 1 to 5"), ("text_a", "has a text in this column"), ("2", "has a text in this column"), ("p,n", "must be the column"),
        ("0=p", "must be the column"), ("0=p,0=n", "must be the column"), ("0=n,1=n", "must be the column"), ("0=,1=n", "must be the column"),
    ],
)  # fmt: skip
def test_a_column_that_cannot_be_used_is_one_error_line(tmp_path, flag, reason):
    (tmp_path / "pairs.tsv").write_text("text_a\ttext_b\tp\tp\tn\n甲\t乙\t1\t1\t1\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"--soft_label_column {flag}: .*{reason}") as error:
        rows_of(tmp_path / "pairs.tsv", soft_label_column=flag)
    assert "\n" not in str(error.value)


def test_a_number_that_is_the_name_of_another_column(tmp_path):
    """Regression: the column 4 was taken, whose name is 3."""
    (tmp_path / "pairs.tsv").write_text("text_a\ttext_b\t4\t3\n甲\t乙\t0.5\t0.1\n", encoding="utf-8")
    with pytest.raises(UserError, match="--soft_label_column 4: in .*, the column named '4' is not column 4; rename it"):
        rows_of(tmp_path / "pairs.tsv", soft_label_column="4")


def test_a_name_in_a_file_without_header(tmp_path):
    (tmp_path / "pairs.tsv").write_text("甲\t乙\t0.5\n丙\t丁\t0.7\n", encoding="utf-8")
    with pytest.raises(UserError, match="has no header; use a column number, from 1"):
        rows_of(tmp_path / "pairs.tsv", soft_label_column="p")


def test_types_of_table_columns(tmp_path):
    """A type that is not read would look like a column of empty cells. Regressions: float16 was a TypeError; decimals, and a
    column without any label, were refused."""
    texts = {"text_a": ["甲", "丙"], "text_b": ["乙", "丁"]}
    half = arrow.array([0.5, None], arrow.float32()).cast(arrow.float16())
    parquet.write_table(arrow.table({**texts, "label": [1, 0], "p": half}), tmp_path / "half.parquet")
    assert [row.soft_label for row in rows_of(tmp_path / "half.parquet", soft_label_column="p")] == [(0.5,), ()]
    amounts = arrow.array([decimal.Decimal("1"), None], arrow.decimal128(5, 2))
    parquet.write_table(arrow.table({**texts, "label": amounts, "p": amounts}), tmp_path / "decimal.parquet")
    assert [(row.label, row.soft_label) for row in rows_of(tmp_path / "decimal.parquet", soft_label_column="p")] == [("1", (1.0,)), ("", ())]
    parquet.write_table(arrow.table({**texts, "label": arrow.nulls(2), "p": [0.5, 0.1]}), tmp_path / "nulls.parquet")
    assert [row.label for row in rows_of(tmp_path / "nulls.parquet", soft_label_column="p")] == ["", ""]
    for name, soft in (("p", "p"), ("label", "x")):
        parquet.write_table(arrow.table({**texts, "x": [0.5, 0.1], name: [b"1", b"0"]}), tmp_path / "bytes.parquet")
        with pytest.raises(UserError, match=f"the column '{name}' holds neither strings nor numbers"):
            rows_of(tmp_path / "bytes.parquet", soft_label_column=soft)


def test_a_label_that_is_nan_is_missing(tmp_path):
    """In a column of floats, missing values may be written so."""
    parquet.write_table(arrow.table({"text_a": ["甲", "丙"], "text_b": ["乙", "丁"], "label": [1.0, NAN], "p": [0.5, 0.7]}), tmp_path / "x.parquet")
    assert [row.label for row in rows_of(tmp_path / "x.parquet", soft_label_column="p")] == ["1", ""]
    assert [row.error for row in rows_of(tmp_path / "x.parquet")] == ["", "the label is empty"]


def test_one_column_is_refused_for_more_than_two_labels():
    with pytest.raises(UserError, match=r"one column is for two labels; here are 3.*--soft_label_column a=COLUMN,b=COLUMN,c=COLUMN \("):
        parse_soft_columns("probability").check_labels(["a", "b", "c"])
    with pytest.raises(UserError, match="a column for each label; the labels are a, b, c"):
        parse_soft_columns("a=1,b=2").check_labels(["a", "b", "c"])
    parse_soft_columns("b=2,a=1").check_labels(["a", "b"])
