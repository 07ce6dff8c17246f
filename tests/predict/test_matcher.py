"""`Matcher`: the arguments that it accepts, and clear errors for all others."""

import numpy as np
import pandas as pd
import pytest

from app import Matcher

PAIRS = [("怎么还款", "如何还款"), ("今天", "明天")]


@pytest.mark.parametrize(
    "pairs",
    [iter(PAIRS), (pair for pair in PAIRS), [list(pair) for pair in PAIRS], np.array(PAIRS), np.array(PAIRS, object), pd.DataFrame(PAIRS),
     pd.DataFrame(PAIRS).itertuples(index=False), pd.DataFrame(PAIRS).values],
)  # fmt: skip
def test_any_iterable_of_pairs_is_accepted(small_matcher, pairs):
    matcher = Matcher.load(str(small_matcher / "best"), "cpu", "dygraph")
    assert matcher.score(pairs) == matcher.score(PAIRS)


@pytest.mark.parametrize(
    "pairs, words",
    [
        ("还款借钱", "pairs: a text"), (("还款", "借钱"), "pair 0 is '还款'.*one pair alone"), ([*PAIRS, ("a", "b", "c")], "pair 2 is"),
        ([("a",)], "pair 0 is"), ([None], "pair 0 is None"), ([("a", None)], "pair 0 has None"), ([("a", 3)], "pair 0 has 3"),
        ([("a", "")], "pair 0 has ''"), ([("a", " \u200b")], "pair 0 has"), ([float("nan")], "pair 0 is nan"), ([("a", float("nan"))], "has nan"),
        (pd.DataFrame([("a", "b", "c")]), "pair 0 is"), ([{"text_a": "a", "text_b": "b"}], "pair 0 is"), ([{"a", "b"}], "pair 0 is"),
    ],
)  # fmt: skip
def test_a_value_that_is_no_pair_is_a_clear_value_error(small_matcher, pairs, words):
    """Regression: `score(("还款", "借钱"))` scored 还/款 and 借/钱."""
    with pytest.raises(ValueError, match=words):
        Matcher.load(str(small_matcher / "best"), "cpu", "dygraph").score(pairs)


def test_invalid_arguments_are_clear_value_errors(small_matcher):
    with pytest.raises(ValueError, match="engine 'fp23': one of auto, dygraph"):
        Matcher.load(str(small_matcher / "best"), "cpu", "fp23")
    matcher = Matcher.load(str(small_matcher / "best"), "cpu", "dygraph")
    with pytest.raises(ValueError, match="top_k is -1"):
        matcher.rank("怎么还款", ["如何还款"], top_k=-1)
    with pytest.raises(ValueError, match="candidates: one text"):
        matcher.rank("怎么还款", "如何还款")
    with pytest.raises(ValueError, match="pair 1 has ''"):
        matcher.rank("怎么还款", ["如何还款", ""])
    assert matcher.score([]) == [] and matcher.rank("怎么还款", []) == []
