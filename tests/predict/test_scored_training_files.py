"""A scored file is a training file with soft labels, in every format."""

import pytest
from pair_formats import FORMATS, write

from app.text.dataset import read_labelled_pairs

PAIRS = [("怎么还款", "如何还款"), ("甲", "乙"), ("今天", ""), ("子", "丑"), ("甲子", "子"), ("问", "答")]


def texts_of(pairs):
    return list(zip(pairs.text_a, pairs.text_b))


@pytest.fixture
def expected(score, tmp_path):
    """The probability of each pair, as the scored TSV has it; without the pair that cannot be scored."""
    score(write(tmp_path / "expected.tsv", ["text_a", "text_b"], PAIRS))
    rows = [line.split("\t") for line in (tmp_path / "expected.scored.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    found = {(row[0], row[1]): float(row[2]) for row in rows if row[2]}
    assert len(found) == 5 and len(set(found.values())) == 5
    return found


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("names", [["text_a", "text_b"], ["编号", "问题一", "问题二"], ["sentence1", "sentence2", "label"]])
def test_a_scored_file_has_the_soft_labels_of_its_pairs(score, expected, tmp_path, ending, names):
    before, after = ["007"] * (names[0] == "编号"), ["1"] * (names[-1] == "label")
    score(write(tmp_path / f"in.{ending}", names, [[*before, *pair, *after] for pair in PAIRS]))
    pairs = read_labelled_pairs(str(tmp_path / f"in.scored.{ending}"), bad_rows="skip", soft_label_column="probability")
    assert dict(zip(texts_of(pairs), pairs.soft.values[:, 0].tolist())) == pytest.approx(expected, abs=0)
    assert pairs.labels == [*after, ""][:1] * 5  # `prediction` is not taken for a label
    assert [row.error for row in pairs.bad] == ["text_b is empty"]


@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_a_scored_file_without_header(score, expected, tmp_path, ending):
    source = write(tmp_path / f"in.{ending}", *[list(PAIRS[0]), PAIRS[1:]])
    score(source, header="no")
    reading = {"columns": "1,2,3", "soft_label_column": "3", "bad_rows": "skip"}
    pairs = read_labelled_pairs(str(tmp_path / f"in.scored.{ending}"), **reading)
    assert dict(zip(texts_of(pairs), pairs.soft.values[:, 0].tolist())) == expected and pairs.labels == [""] * 5


@pytest.mark.parametrize("ending, broken", [("tsv", "一格"), ("tsv", "a\tb\tc"), ("csv", '"open'), ("csv", "一格"), ("jsonl", "{"), ("jsonl", '{"text_a": 1}')])
def test_rows_that_cannot_be_scored_are_bad_rows(score, expected, tmp_path, ending, broken):
    source = write(tmp_path / f"in.{ending}", ["text_a", "text_b"], PAIRS)
    with open(source, "a", encoding="utf-8") as file:
        file.write(("" if ending != "jsonl" else "\n") + broken + "\n")
    score(source)
    pairs = read_labelled_pairs(str(tmp_path / f"in.scored.{ending}"), bad_rows="skip", soft_label_column="probability")
    assert dict(zip(texts_of(pairs), pairs.soft.values[:, 0].tolist())) == pytest.approx(expected, abs=0)
    assert len(pairs.bad) == 2 and pairs.bad[1].error
