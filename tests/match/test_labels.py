"""Labels: equal numbers, digits that are no numbers, and which of two labels means "match"."""

import json

import pytest

from app.errors import UserError
from app.match.labels import label_names, positive_index
from app.text.dataset import LabelledPairs, read_labelled_pairs


def pairs_with(labels):
    """Training pairs with these labels."""
    return LabelledPairs("train.tsv", labels=labels, lines=list(range(2, 2 + len(labels))))


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl"])
def test_numbers_as_pandas_writes_them_are_the_same_label(tmp_path, ending):
    """Regression: these gave four classes."""
    labels = ["0", "1", "0.0", "1.0", "1.00"]
    if ending == "jsonl":
        lines = [json.dumps({"text_a": "x", "text_b": "y", "label": float(label)}) for label in labels]
    else:
        lines = ["\t,"[ending == "csv"].join(("x", "y", label)) for label in labels]
    (tmp_path / f"pairs.{ending}").write_text("\n".join(lines) + "\n")
    assert read_labelled_pairs(str(tmp_path / f"pairs.{ending}")).labels == ["0", "1", "0", "1", "1"]


@pytest.mark.parametrize("labels", [["①", "②"], ["²", "1"], ["-", "1"], ["٣", "1"]])
def test_digits_that_are_no_numbers_are_text_labels(labels):
    assert label_names(pairs_with(labels * 3)) == sorted(labels)
    with pytest.raises(UserError, match="--positive_label"):
        positive_index(sorted(labels), "")


@pytest.mark.parametrize(
    "names, expected",
    [
        (["0", "1"], "1"), (["-1", "1"], "1"), (["no", "yes"], "yes"), (["False", "True"], "True"), (["否", "是"], "是"), (["N", "Y"], "Y"),
        (["duplicate", "not_duplicate"], "duplicate"), (["entailment", "not_entailment"], "entailment"), (["match", "not match"], "match"),
        (["不相似", "相似"], "相似"), (["a", "b", "c"], "c"),
    ],
)  # fmt: skip
def test_the_label_that_means_match(names, expected):
    """Regression: `not_duplicate` was selected, as the last one in the alphabet."""
    assert names[positive_index(names, "")] == expected
    assert positive_index(names, names[0]) == 0


@pytest.mark.parametrize("names", [["1", "2"], ["A", "B"], ["cat", "dog"], ["contradiction", "entailment"]])
def test_unclear_labels_need_positive_label(names):
    with pytest.raises(UserError, match=f"the labels are '{names[0]}' and '{names[1]}'; --positive_label must say which one means that the texts match"):
        positive_index(names, "")
    with pytest.raises(UserError, match="--positive_label x: the labels are"):
        positive_index(names, "x")
