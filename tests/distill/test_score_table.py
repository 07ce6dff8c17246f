"""Counts and quantiles by kind."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.distill.score_table import ScoreTable


@given(st.lists(st.tuples(st.sampled_from(["bm25", "random"]), st.floats(-1.001, 1.001)), min_size=1), st.integers(1, 5))
def test_counts_and_quantiles_are_those_of_all_pairs(pairs, at_once):
    table = ScoreTable()
    for begin in range(0, len(pairs), at_once):
        kinds, cosines = zip(*pairs[begin : begin + at_once])
        table.add(list(kinds), np.array(cosines, np.float32))
    assert table.pairs == len(pairs)
    for line in table.lines()[1:]:
        kind, count, *quantiles = line.split()
        own = np.array([cosine for name, cosine in pairs if name == kind]).clip(-1, 1)
        assert int(count) == len(own)
        expected = np.quantile(own, [0.1, 0.5, 0.9], method="inverted_cdf")
        np.testing.assert_allclose(list(map(float, quantiles)), expected, atol=0.0021)


def test_without_a_teacher_there_are_counts_only():
    table = ScoreTable()
    table.add(["random", "bm25", "random"], None)
    assert [line.split() for line in table.lines()] == [["kind", "pairs"], ["random", "2"], ["bm25", "1"]]
