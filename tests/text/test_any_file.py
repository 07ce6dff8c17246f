"""Random files in all formats: every row is read as the right pair or has an error, or the file is refused with a question."""

import csv
import gzip
import io
import json

import openpyxl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.errors import UserError
from app.text.basic_tokenizer import is_blank
from app.text.pair_file import PairFile

HEADERS = [
    ("text_a", "text_b", "label", "id"), ("问题一", "问题二", "标签", "编号"), ("question1", "question2", "is_duplicate", "qid"),
    ("甲方", "乙方", "同", "行"), ("one", "two", "same", "number"), None,
]  # fmt: skip
NAMES = dict(text_a=0, text_b=1, label=2, id=3)
BROKEN = ["", "单独一格", "a,b;c\td,e;f\tg,h;i\tj,k;l\tm", "{", '"never closed', "\udcff\udcfe"]
LETTERS = st.text(st.sampled_from("怎么还款借钱的是 abcXYZ019？！℃"), max_size=8)


@st.composite
def files(draw):
    """Draws (bytes, file name, options of PairFile, the right pairs; None for a broken row)."""
    file_format = draw(st.sampled_from(["tsv", "csv", ";", "jsonl", "json", "xlsx"]))
    roles = draw(st.permutations(["text_a", "text_b", *draw(st.sampled_from([[], ["label"], ["id"], ["label", "id"]]))]))
    header = draw(st.sampled_from(HEADERS)) if file_format not in ("jsonl", "json") else draw(st.sampled_from(HEADERS[:-1]))
    names = [header[NAMES[role]] if header else "" for role in roles]
    count = draw(st.integers(1, 12))
    rows, truth = [], []
    unknown = header is not None and header[0] not in ("text_a", "问题一", "question1")
    for number in range(count):
        values = {"text_a": f"问{number}{draw(LETTERS)}", "text_b": f"答{number}{draw(LETTERS)}", "label": str(number % 2), "id": str(number * 3 + 5)}
        rows.append([values[role] for role in roles])
        truth.append((values["text_a"], values["text_b"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030"])) if file_format != "xlsx" else "utf-8"
    broken = {} if file_format in ("json", "xlsx") else draw(st.dictionaries(st.integers(0, count), st.sampled_from(BROKEN), max_size=2))
    lines = [_line(file_format, names, names)] if header and file_format not in ("jsonl", "json") else []
    for number, row in enumerate(rows):
        lines += [broken[number] + "\n"] if number in broken else []
        lines.append(_line(file_format, row, names))
    for number in sorted(broken, reverse=True):
        if number < count:
            truth.insert(number, None)
    assume(not (broken and count == 1 and not header))  # one of the two rows is broken, but which one is unknown
    reading = {}
    if draw(st.booleans()):
        chosen = [roles.index("text_a"), roles.index("text_b")]
        named = header and (file_format in ("jsonl", "json") or draw(st.booleans()))
        reading["columns"] = ",".join(names[position] if named else str(position + 1) for position in chosen)
    # A header of unknown Chinese words looks like a row of texts: the user has to say that it is a header.
    if file_format not in ("jsonl", "json") and (draw(st.booleans()) or (unknown and len(roles) == 2)):
        reading["header"] = "yes" if header else "no"
    data = _sheet([names] * bool(header) + rows) if file_format == "xlsx" else _bytes(file_format, lines, encoding)
    assume(not (0 in broken and not header and "header" in reading))  # the user says that the first row is a normal one
    if "columns" not in reading and (header is None or unknown):  # then the order of the columns decides which text is the first
        order = sorted(("text_a", "text_b"), key=roles.index)
        truth = [pair if pair is None or order[0] == "text_a" else pair[::-1] for pair in truth]
    compressed = draw(st.booleans()) and file_format != "xlsx"
    return gzip.compress(data) if compressed else data, draw(st.sampled_from(["in", "in.txt", "in.tsv", "in.csv", "in.json"])), reading, truth


def _line(file_format, row, names):
    if file_format in ("jsonl", "json"):
        return json.dumps(dict(zip(names, row)), ensure_ascii=False) + "\n"
    if file_format == "tsv":
        return "\t".join(row) + "\n"
    text = io.StringIO()
    csv.writer(text, delimiter=";" if file_format == ";" else ",", lineterminator="\n").writerow(row)
    return text.getvalue()


def _bytes(file_format, lines, encoding):
    text = "[" + ",".join(lines) + "]" if file_format == "json" else "".join(lines)
    mark = b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b""
    return mark + text.encode("gb18030" if encoding == "gb18030" else "utf-8", "surrogateescape")


def _sheet(rows):
    book, data = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(data)
    return data.getvalue()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(files())
def test_a_row_is_the_right_pair_or_an_error_or_the_file_is_refused(tmp_path, drawn):
    data, name, reading, truth = drawn
    (tmp_path / name).write_bytes(data)
    try:
        with PairFile(str(tmp_path / name), **reading) as file:
            rows = [None if row.error else (row.text_a, row.text_b) for row in file]
    except UserError as error:
        assert "\n" not in str(error)
        return
    expected = [pair if pair is None or not any(map(is_blank, pair)) else None for pair in truth]
    if len(rows) == len(expected):
        wrong = [(found, true) for found, true in zip(rows, expected) if found is not None and found != true]
    else:  # in CSV, a quote that is never closed swallows lines: no row may be read as another pair
        wrong = [found for found in rows if found is not None and found not in expected]
    assert not wrong
