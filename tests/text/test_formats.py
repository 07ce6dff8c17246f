"""The format of a file is found by its content: tabs, commas, semicolons, JSON, Excel. An unclear one is one error line."""

import csv
import gzip
import io
import json

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import UserError
from app.text.basic_tokenizer import is_blank
from app.text.dataset import read_labelled_pairs
from app.text.json_array import write_array
from app.text.pair_file import PairFile
from app.text.xlsx import write_sheet

ROWS = [("怎么还信用卡", "信用卡如何还款", "1"), ("今天，天气", "明天天气怎么样呢", "0"), ("借钱", "贷款的利息是多少", "1")]


def rows_of(path, **reading):
    with PairFile(str(path), **reading) as file:
        return [(row.text_a, row.text_b, row.label) for row in file if not row.error]


def text_of(delimiter, rows):
    return "".join(delimiter.join(row) + "\n" for row in rows)


def sheet_of(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


@pytest.mark.parametrize("name", ["pairs.txt", "pairs.csv", "pairs.tsv", "pairs.dat", "pairs", "pairs.jsonl", "pairs.TXT", "pairs.txt.gz"])
@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
@pytest.mark.parametrize("header", [True, False])
def test_the_delimiter_is_found_by_the_content(tmp_path, name, delimiter, header):
    data = text_of(delimiter, [("text_a", "text_b", "label")] * header + ROWS).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert rows_of(tmp_path / name) == ROWS


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["pairs.json", "pairs.jsonl", "pairs.txt", "pairs.json.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_json_array_is_read(tmp_path, indent, name, encoding):
    values = [{"sentence1": a, "sentence2": b, "label": label} for a, b, label in ROWS]
    data = json.dumps(values, ensure_ascii=False, indent=indent).encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert rows_of(tmp_path / name) == ROWS


@pytest.mark.parametrize("text", ['[{"a": 1}', '[{"a": 1} {"a": 2}]', '[{"a": 1},]', '[{"a": 1}] x', '[{"a": }]', "[{", '[{"a": 1}, , {}]'])
def test_a_damaged_json_array_is_one_error_line(tmp_path, text):
    (tmp_path / "pairs.json").write_text(text)
    with pytest.raises(UserError, match="a damaged JSON array, after its element [01]"):
        rows_of(tmp_path / "pairs.json", columns="a,a")


WORD = st.text(max_size=6)
JSON = st.recursive(st.none() | st.integers() | WORD, lambda inside: st.lists(inside, max_size=3), max_leaves=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(WORD, JSON, max_size=3), min_size=1, max_size=5), st.sampled_from([None, 1]), st.integers(1, 40))
def test_any_json_array_stays_the_same(tmp_path_factory, values, indent, chunk):
    from app.text import json_array

    folder = tmp_path_factory.mktemp("array")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "CHUNK", chunk)
        lines = list(json_array.array_lines(io.StringIO(json.dumps(values, indent=indent)), folder))
    assert [json.loads(line) for line in lines] == values
    (folder / "rows").write_bytes(b"".join(lines))
    write_array(folder / "rows", folder / "array.json")
    assert json.loads((folder / "array.json").read_text(encoding="utf-8")) == values


def test_a_sheet_is_read_row_by_row(tmp_path):
    sheet_of(tmp_path / "pairs.xlsx", [("编号", "问题一", "问题二", "标签"), (7, "多\n行", 42, True), (None,) * 4, (8.0, "=1+1", "x", 0.0), (None,)])
    with PairFile(str(tmp_path / "pairs.xlsx")) as file:
        rows = list(file)
    # openpyxl reads formulas that no program has computed as empty.
    assert [(row.line, row.text_a, row.text_b, row.label) for row in rows[:1]] == [(2, "多\n行", "42", "True")]
    assert [row.error for row in rows] == ["", "empty line", "text_a is empty"] and rows[2].line == 4
    assert file.described() == "XLSX, text_a = 问题一, text_b = 问题二, label = 标签"


def test_rows_of_a_sheet_keep_their_numbers_when_reading_is_resumed(tmp_path):
    """Cells may have line breaks: rows are counted, not lines."""
    sheet_of(tmp_path / "pairs.xlsx", [("text_a", "text_b"), *((f"多\n行{n}", "乙") for n in range(300))])
    with PairFile(str(tmp_path / "pairs.xlsx")) as file:
        rows, position = iter(file), None
        for _ in range(200):
            next(rows)
        position = file.position
    with PairFile(str(tmp_path / "pairs.xlsx")) as file:
        file.skip_to(position)
        row = next(iter(file))
    assert (row.line, row.text_a) == (202, "多\n行200")


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELL | st.integers(-(10**14), 10**14).map(str), min_size=2, max_size=2), min_size=1, max_size=6))
def test_any_texts_stay_in_a_sheet(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("sheet")
    with open(folder / "rows", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text_a", "text_b"), *rows])
    write_sheet(folder / "rows", folder / "pairs.xlsx")
    with PairFile(str(folder / "pairs.xlsx")) as file:
        found = [(row.text_a, row.text_b) for row in file if not row.error]
    assert found == [tuple(row) for row in rows if not any(map(is_blank, row))]


def test_a_first_row_of_another_width_is_refused(tmp_path):
    """Regression: it decided the number of columns, and all other rows were errors."""
    (tmp_path / "pairs.tsv").write_text("a\tb\tc\td\n" + text_of("\t", ROWS), encoding="utf-8")
    with pytest.raises(UserError, match="its first row has 4 cells, others have 3"):
        rows_of(tmp_path / "pairs.tsv")


def test_the_sep_line_of_excel_gives_the_delimiter(tmp_path):
    (tmp_path / "pairs.csv").write_text("sep=;\n" + text_of(";", [("text_a", "text_b", "label"), *ROWS]), encoding="utf-8")
    assert rows_of(tmp_path / "pairs.csv") == ROWS
    with PairFile(str(tmp_path / "pairs.csv")) as file:
        assert file.preamble == "sep=;\n" and next(iter(file)).line == 3


@pytest.mark.parametrize(
    "content, words",
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel file of before 2007; save it as .xlsx or .csv"),
        (b"PAR1\x15\x04", "cannot be read as Parquet"), (b"BZh91AY", "bzip2"), (b"\xfd7zXZ\0", "packed with xz"), (b"PK\x03\x04x", "cannot be read as .xlsx"),
        ("甲\t乙\n".encode("utf-16"), "UTF-16"), (b"a\tb\rc\td\re\tf\r", "old Macs"), (b"one\ntwo\nthree\n", "its first row is 'one"),
        ('["a", "b"]\n["c", "d"]\n'.encode(), "a JSON row must be an object"), (b"\n\n \n", "empty"), (b"[]", "empty"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_pair_file_is_one_error_line(tmp_path, content, words):
    (tmp_path / "pairs.csv").write_bytes(content)
    with pytest.raises(UserError, match=words) as error:
        rows_of(tmp_path / "pairs.csv")
    assert str(tmp_path / "pairs.csv") in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("input_format, name", [("json", "rows.tsv"), ("xlsx", "rows.tsv"), ("tsv", "array.json"), ("jsonl", "sheet.xlsx")])
def test_an_input_format_that_the_file_does_not_have_is_refused(tmp_path, input_format, name):
    (tmp_path / "rows.tsv").write_text(text_of("\t", ROWS), encoding="utf-8")
    (tmp_path / "array.json").write_text('[{"text_a": "x", "text_b": "y"}]')
    sheet_of(tmp_path / "sheet.xlsx", ROWS)
    with pytest.raises(UserError, match="--input_format|is no JSON array|is no Excel file"):
        rows_of(tmp_path / name, input_format=input_format)


def test_the_input_format_option_decides(tmp_path):
    (tmp_path / "pairs.txt").write_text("a,b\tc,d\ne,f\tg,h\n")
    assert rows_of(tmp_path / "pairs.txt", input_format="tsv") == [("a,b", "c,d", ""), ("e,f", "g,h", "")]
    assert rows_of(tmp_path / "pairs.txt", input_format="csv") == [("a", "b\tc", "d"), ("e", "f\tg", "h")]


# -- encodings ---------------------------------------------------------------------------------------------------------

CHINESE = "".join(f"我想问一下怎么还款{number}\t信用卡的还款方式有什么{number}\t1\n" for number in range(1000))


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_gb18030_is_found_in_short_files_with_and_without_a_last_line_end(tmp_path, end, lines):
    text = "\n".join(CHINESE.split("\n")[:lines]) + end
    (tmp_path / "pairs.tsv").write_bytes(text.encode("gb18030"))
    with PairFile(str(tmp_path / "pairs.tsv")) as file:
        assert file.encoding == "gb18030" and not any(row.error for row in file)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_broken_line_does_not_decide_the_encoding(tmp_path, encoding):
    """Databases that truncate fields by bytes leave half a character."""
    lines = CHINESE.encode(encoding).split(b"\n")
    lines[500] = lines[500].replace("款".encode(encoding), "款".encode(encoding)[:1], 1)
    (tmp_path / "pairs.tsv").write_bytes(b"\n".join(lines))
    with PairFile(str(tmp_path / "pairs.tsv")) as file:
        bad = [row for row in file if row.error and row.raw]
    assert file.encoding == encoding and [row.line for row in bad] == [501]
    assert encoding == "utf-8" or "columns where" in bad[0].error or "GB18030" in bad[0].error


OTHER_TEXTS = {
    "big5": "請問信用卡怎麼還款\t信用卡的繳款方式有哪些\n今天天氣如何\t明天會下雨嗎\n",
    "shift_jis": "クレジットカードの支払い方法を教えて\t支払いはどうやってしますか\n",
    "euc_jp": "クレジットカードの支払い方法を教えて\t支払いはどうやってしますか\n",
    "cp949": "신용카드 결제는 어떻게 하나요\t카드 대금 납부 방법을 알려 주세요\n",
    "latin-1": "où est le café\tle café est où\nça va très bien\tcomment ça va\n",
}


@pytest.mark.parametrize("encoding", OTHER_TEXTS)
def test_other_encodings_are_refused_unless_the_user_names_them(tmp_path, encoding):
    """Regression: they were read as GB18030, and nonsense was scored without a message."""
    (tmp_path / "pairs.tsv").write_bytes((OTHER_TEXTS[encoding] * 2).encode(encoding))
    with pytest.raises(UserError, match="not UTF-8, and probably not GB18030.*--encoding"):
        rows_of(tmp_path / "pairs.tsv")
    found = rows_of(tmp_path / "pairs.tsv", encoding=encoding)
    assert found[0][:2] == tuple(OTHER_TEXTS[encoding].split("\n")[0].split("\t"))


# -- CSV that is broken --------------------------------------------------------------------------------------------------


def test_a_quote_that_is_never_closed_is_an_error_of_its_line_only(tmp_path):
    rows = [f"甲{number},乙{number},1" for number in range(200)]
    rows[3] = '"甲3,乙3,1'
    (tmp_path / "pairs.csv").write_text("text_a,text_b,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with PairFile(str(tmp_path / "pairs.csv")) as file:
        found = list(file)
    assert [row.line for row in found if row.error] == [5] and "quot" in found[3].error and len(found) == 200
    assert found[-1].text_a == "甲199" and found[-1].line == 201


def test_the_error_of_a_row_of_several_lines_names_them(tmp_path):
    (tmp_path / "pairs.csv").write_text('text_a,text_b\n"two\nlines",\nx,y\n', encoding="utf-8")
    with PairFile(str(tmp_path / "pairs.csv")) as file:
        assert [row.error for row in file] == ["text_b is empty (a row of lines 2 to 3)", ""]


def test_training_reads_the_same_files_as_prediction(tmp_path):
    sheet_of(tmp_path / "pairs.xlsx", [("问题1", "问题2", "标签"), *ROWS])
    pairs = read_labelled_pairs(str(tmp_path / "pairs.xlsx"))
    assert pairs.columns == ["问题1", "问题2", "标签"] and list(zip(pairs.text_a, pairs.text_b, pairs.labels)) == ROWS
