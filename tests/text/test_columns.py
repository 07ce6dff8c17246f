"""Which columns hold the texts: by name, number or order. An unclear file is an error, and a header is never read as a pair."""

import json

import pytest

from app.errors import UserError
from app.text.dataset import read_labelled_pairs
from app.text.pair_file import PairFile

BODY = [("怎么还信用卡", "信用卡如何还款", "1"), ("今天天气", "明天天气怎么样", "0"), ("借钱", "贷款的利息", "1"), ("几点", "时间", "0"), ("甲", "乙", "1")]
PUBLIC = {  # headers of public data sets, with the indices of the two texts and of the label
    "LCQMC": ("text_a text_b label", 0, 1, 2), "LCQMC of others": ("sentence1 sentence2 label", 0, 1, 2), "QQP": ("id qid1 qid2 question1 question2 is_duplicate", 3, 4, 5),
    "MRPC": ("Quality|#1 ID|#2 ID|#1 String|#2 String", 3, 4, 0), "PAWS-X": ("id sentence1 sentence2 label", 1, 2, 3), "SNLI": ("gold_label premise hypothesis", 1, 2, 0),
    "STS-B": ("index genre filename year old_index source1 source2 sentence1 sentence2 score", 7, 8, 9), "Chinese": ("编号 问题一 问题二 标签", 1, 2, 3),
    "Chinese sentences": ("句子1 句子2 是否相似", 0, 1, 2), "in capitals": ("Text_A TEXT_B Label", 0, 1, 2),
}  # fmt: skip


def write(path, rows):
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def read(path, **reading):
    with PairFile(path, **reading) as file:
        return file.columns, [(row.text_a, row.text_b, row.label) for row in file if not row.error]


@pytest.mark.parametrize("data_set", PUBLIC)
def test_headers_of_public_data_sets_are_recognised(tmp_path, data_set):
    header, a, b, label = PUBLIC[data_set]
    names = header.split("|" if "|" in header else " ")
    rows = []
    for number, row in enumerate(BODY):
        cells = [str(number)] * len(names)
        cells[a], cells[b], cells[label] = row
        rows.append(cells)
    columns, found = read(write(tmp_path / "pairs.tsv", [names, *rows]))
    assert found == BODY and columns == [names[a], names[b], names[label]]


@pytest.mark.parametrize(
    "rows, reading, words",
    [
        ([("id", "问题甲", "问题乙"), *((str(n), a, b) for n, (a, b, _) in enumerate(BODY))], {}, "has columns id, 问题甲, 问题乙; which hold the two texts"),
        ([("first", "second"), *(row[:2] for row in BODY)], {}, "has columns first, second"),
        ([("one", "two", "same"), *BODY], {}, "has columns one, two, same"),
        ([(str(n * 7), a, b) for n, (a, b, _) in enumerate(BODY)], {}, "column 1 holds only numbers, as in 0 . 怎么"),
        ([(label, a, b) for a, b, label in BODY], {}, "column 1 holds only numbers"),
        ([(label, a, b) for a, b, label in BODY[:1]], {}, "column 1 holds only numbers"),
        ([(a, label, b) for a, b, label in BODY], {}, "column 2 holds only numbers"),
        ([(f"2024-01-0{n + 1}", a, b) for n, (a, b, _) in enumerate(BODY)], {}, "column 1 holds no texts, as in 2024-01-01"),
        ([(f"A-{n}", a, b) for n, (a, b, _) in enumerate(BODY)], {}, "column 1 holds no texts, as in A-0"),
        ([("银行", a, b) for a, b, _ in BODY], {}, "column 3 holds no labels, as in 银行 . 怎么还信用卡 . 信用卡如何还款"),
        ([("text_a", "text_b", "text_a"), *((a, b, b) for a, b, _ in BODY)], {}, "has two columns 'text_a'"),
        ([("x", "y", "x"), *((a, b, b) for a, b, _ in BODY)], {"columns": "x,y"}, "has two columns 'x'"),
        ([(a, "x", b, label) for a, b, label in BODY], {}, "4 columns without known names; a row is 怎么还信用卡 . x"),
        (BODY, {"columns": "text_a,text_b"}, "no column 'text_a' among 怎么"),
        (BODY, {"columns": "1,4"}, "has columns 1 to 3"),
        (BODY, {"columns": "0,1"}, "has columns 1 to 3"),
        (BODY, {"columns": "①,②"}, "no column '①'"),
        (BODY, {"columns": "1"}, "two names"),
        (BODY, {"columns": "a,b", "header": "no"}, "has no header"),
    ],
)  # fmt: skip
def test_unclear_columns_are_one_error_line(tmp_path, rows, reading, words):
    """Regression: a header was scored as a pair and an id as a text, with exit code 0."""
    path = write(tmp_path / "pairs.tsv", rows)
    with pytest.raises(UserError, match=words) as error:
        read(path, **reading)
    assert path in str(error.value) or "--columns" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "rows, reading, expected",
    [
        ([("first", "second"), *(row[:2] for row in BODY)], {"header": "yes"}, 0),
        ([("first", "second"), *(row[:2] for row in BODY)], {"header": "no"}, 1),
        ([("id", "x", "y"), *((str(n), a, b) for n, (a, b, _) in enumerate(BODY))], {"columns": "2,3"}, 0),
        ([("id", "x", "y"), *((str(n), a, b) for n, (a, b, _) in enumerate(BODY))], {"columns": "x,y"}, 0),
        ([(str(n), a, b) for n, (a, b, _) in enumerate(BODY)], {}, 0),  # a column that counts the rows
        ([(str(n * 7), a, b) for n, (a, b, _) in enumerate(BODY)], {"columns": "2,3"}, 0),
        ([(a, b, name) for (a, b, _), name in zip(BODY, ("entailment", "not_entailment") * 9)], {}, 0),
        ([(a, b, name) for (a, b, _), name in zip(BODY, ("不相似", "相似") * 9)], {}, 0),
        ([(a, b, f"2024-01-0{n + 1}") for n, (a, b, _) in enumerate(BODY)], {}, 0),
        ([("1", "2"), ("3", "4")], {}, 0),  # all cells are numbers: they are the texts
    ],
)  # fmt: skip
def test_options_of_the_user_decide(tmp_path, rows, reading, expected):
    columns, found = read(write(tmp_path / "pairs.tsv", rows), **reading)
    texts = [row[:2] for row in found]
    assert len(texts) == len(rows) - (rows[0][0] in ("id", "first")) + expected * (rows[0][0] in ("id", "first"))
    assert ("first", "second") not in texts or expected


def test_column_names_of_the_training_data_come_first(tmp_path):
    rows = [("text_a", "text_b", "问", "答"), *((a, b, f"问{a}", f"答{b}") for a, b, _ in BODY)]
    path = write(tmp_path / "pairs.tsv", rows)
    assert read(path)[0] == ["text_a", "text_b"]
    assert read(path, remembered=["问", "答", "label"])[0] == ["问", "答"]
    assert read(path, remembered=["其他", "名字"])[0] == ["text_a", "text_b"]  # not in this file
    assert read(path, remembered=["问", "答"], columns="text_b,问")[0] == ["text_b", "问"]


@pytest.mark.parametrize("header", [("text_a", "text_b", "label"), ("问题一", "问题二", "标签")])
def test_a_header_in_the_middle_is_a_bad_row(tmp_path, header):
    """As after `cat a.tsv b.tsv`. Regression: it became a third class in training, and was scored as a pair."""
    path = write(tmp_path / "pairs.tsv", [header, *BODY, header, *BODY])
    with pytest.raises(UserError, match="line 7: a header in the middle of the file"):
        read_labelled_pairs(path)
    assert read(path)[1] == BODY * 2
    assert read(write(tmp_path / "none.tsv", [*BODY, header, *BODY]))[1] == BODY * 2
    assert read(write(tmp_path / "twice.tsv", [header, header, *BODY]))[1] == BODY


def test_the_description_names_format_and_columns(tmp_path):
    path = write(tmp_path / "pairs.tsv", [("问题一", "问题二", "标签"), *BODY])
    with PairFile(path) as file:
        assert file.described() == "TSV in UTF-8, text_a = 问题一, text_b = 问题二, label = 标签"
    with PairFile(write(tmp_path / "none.tsv", BODY)) as file:
        assert file.described() == "TSV in UTF-8, text_a = column 1, text_b = column 2, label = column 3"


def test_column_names_in_json(tmp_path):
    lines = [json.dumps({"id": n, "q1": a, "q2": b}, ensure_ascii=False) for n, (a, b, _) in enumerate(BODY)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(["no JSON", '{"id": 1}', *lines]) + "\n", encoding="utf-8")
    assert read(str(tmp_path / "pairs.jsonl")) == (["q1", "q2"], [(a, b, "") for a, b, _ in BODY])
    with pytest.raises(UserError, match="no column 'x' among id, q1, q2"):
        read(str(tmp_path / "pairs.jsonl"), columns="x,q1")
    (tmp_path / "other.jsonl").write_text('{"one": "x", "two": "y"}\n')
    with pytest.raises(UserError, match="has columns one, two; which hold the two texts"):
        read(str(tmp_path / "other.jsonl"))
