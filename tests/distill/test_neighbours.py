"""Nearest texts: equal to a slow textbook computation."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.distill.neighbours import K1, B, bm25_neighbours, drawn_rank, highest, terms, vector_neighbours

TEXTS = st.lists(st.text("天地玄黄a ", min_size=1, max_size=8), min_size=1, max_size=14, unique=True)


def bm25(query, text, texts):
    """The formula of Robertson & Zaragoza, with the idf of Lucene."""
    mean, total = sum(sum(terms(each, []).values()) for each in texts) / len(texts), 0.0
    for term in terms(query, []):
        with_term = sum(term in terms(each, []) for each in texts)
        times = terms(text, [])[term]
        idf = math.log(1 + (len(texts) - with_term + 0.5) / (with_term + 0.5))
        total += idf * times * (K1 + 1) / (times + K1 * (1 - B + B * sum(terms(text, []).values()) / mean))
    return total


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(1, 5))
def test_bm25_is_the_textbook_formula(texts, count):
    wanted = range(len(texts))
    found = list(bm25_neighbours(texts, [[]] * len(texts), wanted, count))
    assert len(found) == len(texts)
    for text, nearest in zip(wanted, found):
        values = {other: bm25(texts[text], texts[other], texts) for other in wanted if other != text}
        common = [value for value in sorted(values.values(), reverse=True) if value > 0]
        assert text not in nearest and len(set(nearest)) == len(nearest) == min(count, len(common))
        np.testing.assert_allclose([values[other] for other in nearest], common[:count], rtol=1e-4)


def test_words_and_pairs_of_characters_count():
    assert dict(terms("AB甲", ["甲", "甲乙丙丁"])) == {"a": 1, "b": 1, "甲": 1, "ab": 1, "b甲": 1, "甲乙丙丁": 1}


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(1, 9), st.integers(0, 99))
def test_vector_neighbours_are_those_of_brute_force(texts, count, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-1, 2, (texts, 6)).astype(np.float32)  # many are equal
    wanted = np.flatnonzero(rng.random(texts) < 0.5)
    found = list(vector_neighbours(vectors, wanted, count))
    assert len(found) == len(wanted)
    for text, nearest in zip(wanted, found):
        similarity = vectors @ vectors[text]
        others = sorted((other for other in range(texts) if other != text), key=lambda other: (-similarity[other], other))
        assert nearest.tolist() == others[:count]


@given(st.lists(st.integers(-5, 5), max_size=300), st.integers(1, 7))
def test_highest_values_come_first_and_equal_ones_by_index(values, count):
    expected = sorted(range(len(values)), key=lambda index: (-values[index], index))[:count]
    assert highest(np.array(values, np.float32), count, np.arange(len(values))).tolist() == expected


def test_near_ranks_are_drawn_more_often():
    ranks = [drawn_rank(np.random.default_rng(seed), 5, 2.0) for seed in range(2000)]
    counts = np.bincount(ranks, minlength=5)
    assert len(counts) == 5 and counts[0] > counts[1] > counts[2] > counts[3] > 0
