"""Pair files: formats, columns, encodings, and bad rows with their line numbers."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import UserError
from app.text.dataset import read_labelled_pairs
from app.text.pair_file import PairFile


def rows_of(path, columns="", labelled=False):
    with PairFile(str(path), columns, labelled) as file:
        return list(file)


@pytest.mark.parametrize(
    "header", ["text_a\ttext_b\tlabel", "query\ttitle\tlabel", "sentence1\tsentence2\tlabel", "Question1\tQUESTION2\tLabel"]
)
def test_recognised_headers(tmp_path, header):
    path = tmp_path / "pairs.tsv"
    path.write_text(f"{header}\n甲\t乙\t1\n", encoding="utf-8")
    (row,) = rows_of(path, labelled=True)
    assert (row.line, row.text_a, row.text_b, row.label, row.error) == (2, "甲", "乙", "1", "")


def test_header_in_another_order_with_more_columns(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("id,label,sentence2,sentence1\n7,0,乙,甲\n", encoding="utf-8")
    (row,) = rows_of(path, labelled=True)
    assert (row.text_a, row.text_b, row.label) == ("甲", "乙", "0")


def test_without_header_the_order_decides(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("甲\t乙\t1\n丙\t丁\t0\n", encoding="utf-8")
    assert [(row.line, row.text_a, row.label) for row in rows_of(path)] == [(1, "甲", "1"), (2, "丙", "0")]


@pytest.mark.parametrize(
    "columns, expected", [("#1 String,#2 String,Quality", ("x", "y", "1")), ("2,3,1", ("x", "y", "1")), ("3,2", ("y", "x", ""))]
)
def test_columns_by_name_and_by_number(tmp_path, columns, expected):
    path = tmp_path / "pairs.tsv"
    path.write_text("Quality\t#1 String\t#2 String\n1\tx\ty\n", encoding="utf-8")
    row = rows_of(path, columns)[0]
    assert (row.text_a, row.text_b, row.label) == expected


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_format_encoding_and_line_end(tmp_path, ending, compressed, encoding, line_end):
    lines = {
        "tsv": ["text_a\ttext_b\tlabel", "怎么还信用卡\t信用卡如何还款\t1", "今天天气\t明天天气\t0"],
        "csv": ["text_a,text_b,label", "怎么还信用卡,信用卡如何还款,1", "今天天气,明天天气,0"],
        "jsonl": [
            json.dumps({"text_a": a, "text_b": b, "label": label}, ensure_ascii=False)
            for a, b, label in (("怎么还信用卡", "信用卡如何还款", 1), ("今天天气", "明天天气", 0))
        ],
    }[ending]
    data = line_end.join(lines).encode(encoding)  # without a line end after the last line
    path = tmp_path / f"pairs.{ending}{'.gz' if compressed else ''}"
    path.write_bytes(gzip.compress(data) if compressed else data)
    pairs = read_labelled_pairs(str(path))
    assert (pairs.text_a, pairs.text_b) == (["怎么还信用卡", "今天天气"], ["信用卡如何还款", "明天天气"])
    assert pairs.labels == ["1", "0"]
    assert f"in {'GB18030' if encoding == 'gb18030' else 'UTF-8'}, text_a" in pairs.described


def test_csv_quotes_and_line_breaks_inside_a_cell(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text('text_a,text_b,label\n"a, ""quoted""","two\nlines",1\nc,d,0\n', encoding="utf-8")
    first, second = rows_of(path)
    assert (first.line, first.text_a, first.text_b) == (2, 'a, "quoted"', "two\nlines")
    assert first.raw == '"a, ""quoted""","two\nlines",1'
    assert second.line == 4  # the row above has two lines


def test_tsv_has_no_quoting_and_no_other_line_ends(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text('text_a\ttext_b\tlabel\n"他说\u2028了\t好"的\x0b吗\t1\n', encoding="utf-8")
    (row,) = rows_of(path)
    assert (row.text_a, row.text_b) == ('"他说\u2028了', '好"的\x0b吗')


@pytest.mark.parametrize(
    "line, reason",
    [
        ("只有一列", "1 columns where 3"), ("a\tb\tc\td", "4 columns where 3"), ("\tb\t1", "text_a is empty"),
        ("a\t  \t1", "text_b is empty"), ("a\t\u200b\u00ad\ufeff\t1", "text_b is empty"), ("\x00\x07\tb\t1", "text_a is empty"),
        ("\u0301\ue000\tb\t1", "text_a is empty"), ("a\tb\t", "label is empty"), ("", "empty line"), ("a\tb\t2", "label '2'"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_by_line(tmp_path, line, reason):
    path = tmp_path / "pairs.tsv"
    path.write_text(f"text_a\ttext_b\tlabel\na\tb\t1\n{line}\nc\td\t0\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"line 3: .*{reason}"):
        read_labelled_pairs(str(path), labels=["0", "1"])
    pairs = read_labelled_pairs(str(path), bad_rows="skip", labels=["0", "1"])
    assert (len(pairs), [row.line for row in pairs.bad]) == (2, [3])


def test_only_the_first_five_bad_rows_are_named_and_all_are_counted(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("text_a\ttext_b\tlabel\na\tb\t1\n" + "x\n" * 7, encoding="utf-8")
    with pytest.raises(UserError) as error:
        read_labelled_pairs(str(path))
    message = str(error.value)
    assert "7 bad row(s): line 3:" in message and "line 7:" in message and "line 8" not in message


def test_an_invalid_byte_is_an_error_of_its_row_only(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_bytes("甲\t乙\n".encode() * 20 + b"\xff\xfe\tx\n" + "丙\t丁\n".encode())
    rows = rows_of(path)
    assert [row.line for row in rows if row.error] == [21] and "UTF-8" in rows[20].error


@pytest.mark.parametrize(
    "text, reason",
    [
        ("{", "broken JSON"),
        ("[1]", "not a JSON object"),
        ('{"text_a": "x"}', "no 'text_b'"),
        ('{"text_a": 1, "text_b": "y"}', "not a string"),
    ],
)
def test_bad_json_rows(tmp_path, text, reason):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"text_a": "a", "text_b": "b"}\n' + text + "\n", encoding="utf-8")
    assert reason in rows_of(path)[1].error


@pytest.mark.parametrize("name, content, reason", [
    ("pairs.xlsx", b"x", "its first row is 'x"), ("pairs.tsv", b"", "empty"), ("pairs.tsv", b"a\n", "no rows of several cells"),
    ("pairs.tsv", b"a\tb\tc\td\te\n", "--columns"), ("pairs.tsv.gz", b"not gzip", "cannot be read"),
    ("pairs.tsv", "甲\t乙\n".encode("utf-16"), "UTF-16"),
])  # fmt: skip
def test_files_that_cannot_be_used(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=reason):
        rows_of(path)


def test_missing_file_folder_and_truncated_gzip(tmp_path):
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(UserError, match="a folder"):
        rows_of(tmp_path / "folder.tsv")
    with pytest.raises(UserError, match="No such file"):
        rows_of(tmp_path / "none.tsv")
    content = gzip.compress("".join(f"{i}甲\t{i * 7919 % 1000}乙\n" for i in range(300_000)).encode())
    (tmp_path / "truncated.tsv.gz").write_bytes(content[: len(content) * 3 // 4])
    with pytest.raises(UserError, match="to its end"):
        rows_of(tmp_path / "truncated.tsv.gz")


CELL = st.text(st.characters(blacklist_characters="\t\n\r", blacklist_categories=("Cs",)), min_size=1).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, st.sampled_from("01")), min_size=1, max_size=20))
def test_any_text_stays_the_same_in_a_tsv(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("any") / "pairs.tsv"
    lines = ["text_a\ttext_b\tlabel", *("\t".join(pair) for pair in pairs)]
    path.write_bytes(("\n".join(lines) + "\n").encode("utf-8"))
    rows = rows_of(path)
    assert [(row.text_a, row.text_b, row.label) for row in rows] == pairs and [row.raw for row in rows] == lines[1:]


def test_all_rows_of_lcqmc_are_read(real_data):
    pairs = read_labelled_pairs(str(real_data / "lcqmc" / "dev.tsv"))
    assert len(pairs) == 8802 and set(pairs.labels) == {"0", "1"}


def test_mrpc_has_a_byte_order_mark_and_an_unusual_header(real_data):
    pairs = read_labelled_pairs(str(real_data / "mrpc" / "dev.tsv"), "#1 String,#2 String,Quality")
    assert len(pairs) == 408 and pairs.text_a[0].startswith("He said the foodservice pie business")
