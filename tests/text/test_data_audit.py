"""The audit: balance, duplicates, conflicting labels, leaks."""

import pytest

from app.errors import UserError
from app.text.data_audit import audit_split, count_shared, drop_shared
from app.text.dataset import LabelledPairs, read_labelled_pairs
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.features import encode_pairs
from app.text.vocabulary import SPECIAL_TOKENS

TOKENIZER = FastWordPieceTokenizer({token: number for number, token in enumerate(SPECIAL_TOKENS + list("甲乙丙丁"))})


def split(rows):
    return LabelledPairs("x.tsv", [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], list(range(1, len(rows) + 1)))


def test_duplicates_and_conflicts_are_counted_separately():
    pairs = split([("甲", "乙", "1"), ("甲", "乙", "1"), ("甲", "乙", "0"), ("乙", "甲", "1"), ("丙", "戊", "0")])
    found = audit_split("train", pairs, encode_pairs(TOKENIZER, pairs.text_a, pairs.text_b, 16))
    assert (found.rows, found.duplicates, found.conflicts, found.labels) == (5, 1, 1, {"1": 3, "0": 2})
    assert found.unknown_share == 1 / 25 and found.length_percentiles["longest"] == 5


def test_leaked_pairs_are_removed_from_the_training_set():
    train, dev = split([("甲", "乙", "1"), ("丙", "丁", "0"), ("丙", "丙", "1")]), split([("甲", "乙", "1"), ("乙", "乙", "0")])
    assert count_shared(dev, train) == 1
    remaining = drop_shared(train, [dev])
    assert (remaining.text_a, remaining.labels, remaining.lines) == (["丙", "丙"], ["0", "1"], [2, 3])


@pytest.mark.parametrize(
    "pair", [("乙 B", "甲a"), ("甲Ａ", "乙b"), (" 甲　a ", "乙\tb"), ("甲A", "乙 Ｂ"), ("甲a", "乙\u00a0b"), ("甲ａ", "乙ｂ")]
)
def test_pairs_that_differ_in_order_width_case_or_spaces_only_are_leaks(pair):
    train, dev = split([("甲a", "乙b", "1"), ("丙", "丁", "0"), ("丙", "丙", "1")]), split([(*pair, "1")])
    assert count_shared(dev, train) == 1 and drop_shared(train, [dev]).text_a == ["丙", "丙"]


@pytest.mark.parametrize("pair", [("甲a", "乙c"), ("甲a", "甲a"), ("甲ab", "乙"), ("甲", "a乙b")])
def test_different_pairs_are_no_leaks(pair):
    assert count_shared(split([(*pair, "1")]), split([("甲a", "乙b", "1")])) == 0


def test_an_error_if_too_little_remains_without_leaks():
    """Regression: this was an IndexError or a KeyError."""
    train = split([("甲", "乙", "1"), ("丙", "丁", "0")])
    with pytest.raises(UserError, match="leaves no row of x.tsv"):
        drop_shared(train, [train])
    with pytest.raises(UserError, match="leaves no row with the label '0' of x.tsv"):
        drop_shared(train, [split([("丁", "丙", "0")]), split([])])


def test_lcqmc_has_162_dev_pairs_in_train(real_data):
    """162 identical pairs, and 384 if order, case, width and spaces are ignored."""
    train, dev = (read_labelled_pairs(str(real_data / "lcqmc" / f"{name}.tsv")) for name in ("train", "dev"))
    train_pairs = set(zip(train.text_a, train.text_b))
    assert sum(pair in train_pairs for pair in zip(dev.text_a, dev.text_b)) == 162
    assert count_shared(dev, train) == 384
