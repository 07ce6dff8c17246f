"""The audit: balance, duplicates, conflicting labels, leaks."""

from app.text.audit import audit_split, drop_pairs, shared_pairs
from app.text.encode import encode_pairs
from app.text.labelled import Pairs, read_pairs
from app.text.tokenizer import PairTokenizer
from app.text.vocab import SPECIAL_TOKENS

TOKENIZER = PairTokenizer({token: number for number, token in enumerate(SPECIAL_TOKENS + list("甲乙丙丁"))})


def split(rows):
    return Pairs("x.tsv", [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], list(range(1, len(rows) + 1)))


def test_duplicates_and_conflicts_are_told_apart():
    pairs = split([("甲", "乙", "1"), ("甲", "乙", "1"), ("甲", "乙", "0"), ("乙", "甲", "1"), ("丙", "戊", "0")])
    found = audit_split("train", pairs, encode_pairs(TOKENIZER, pairs.text_a, pairs.text_b, 16))
    assert (found.rows, found.duplicates, found.conflicts, found.labels) == (5, 1, 1, {"1": 3, "0": 2})
    assert found.unknown_share == 1 / 25 and found.length_percentiles["longest"] == 5


def test_leaks_leave_the_training_set():
    train, dev = split([("甲", "乙", "1"), ("丙", "丁", "0")]), split([("甲", "乙", "1"), ("乙", "乙", "0")])
    assert shared_pairs(train, dev) == {("甲", "乙")}
    left = drop_pairs(train, shared_pairs(train, dev))
    assert (left.text_a, left.labels, left.lines) == (["丙"], ["0"], [2])


def test_lcqmc_has_162_dev_pairs_in_train(real_data):
    train, dev = (read_pairs(str(real_data / "lcqmc" / f"{name}.tsv")) for name in ("train", "dev"))
    shared = shared_pairs(train, dev)
    assert sum(pair in shared for pair in zip(dev.text_a, dev.text_b)) == 162
