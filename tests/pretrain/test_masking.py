"""Masked LM: its proportions, words and spans; special tokens are never masked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pretrain import masking as masking_module
from app.pretrain.masking import MAX_SPAN_WORDS, _sample_count, _sample_units, mask_tokens

MASK, REPLACEMENTS = 4, np.arange(1000, 2000)
STRATEGIES = ("token", "whole_word", "ngram", "span")


def sequence(length, word_length=1, seed=0):
    """A sequence `[CLS] A [SEP] B [SEP]` of distinct ids, and words of a fixed length."""
    ids = np.arange(100, 100 + length)
    special = np.zeros(length, bool)
    special[[0, length // 2, length - 1]] = True
    return ids, np.arange(length) % word_length == 0, special


@settings(max_examples=100, deadline=None)
@given(st.integers(4, 200), st.integers(1, 5), st.sampled_from(STRATEGIES), st.integers(0, 2**32 - 1), st.floats(0.05, 0.5))
def test_only_predicted_positions_change(length, word_length, masking, seed, share):
    ids, starts, special = sequence(length, word_length)
    changed, positions = mask_tokens(ids, starts, special, masking, share, MASK, REPLACEMENTS, np.random.default_rng(seed))
    max_predictions = max(1, round(share * (~special).sum()))
    assert len(positions) >= 1 and not special[positions].any() and len(set(positions)) == len(positions)
    assert len(positions) == max_predictions if masking == "token" else len(positions) <= max(max_predictions, MAX_SPAN_WORDS * word_length)
    untouched = np.setdiff1d(np.arange(length), positions)
    assert (changed[untouched] == ids[untouched]).all()
    assert all(new == MASK or new >= 1000 or new == old for new, old in zip(changed[positions], ids[positions]))


@pytest.mark.parametrize("masking", STRATEGIES)
def test_15_percent_are_predicted_in_the_proportions_80_10_10(masking):
    ids, starts, special = sequence(500, 2)
    rng = np.random.default_rng(1)
    predicted = masked = replaced = kept = 0
    for _ in range(300):
        changed, positions = mask_tokens(ids, starts, special, masking, 0.15, MASK, REPLACEMENTS, rng)
        predicted += len(positions)
        masked += (changed[positions] == MASK).sum()
        replaced += (changed[positions] >= 1000).sum()
        kept += (changed[positions] == ids[positions]).sum()
    assert predicted / (300 * 497) == pytest.approx(0.15, abs=0.005)
    for count, share in ((masked, 0.8), (replaced, 0.1), (kept, 0.1)):
        assert count / predicted == pytest.approx(share, abs=0.03 if masking == "span" else 0.015)  # one draw per span


def test_every_position_is_equally_likely():
    ids, starts, special = sequence(100)
    rng = np.random.default_rng(2)
    counts = np.zeros(100)
    for _ in range(4000):
        counts[mask_tokens(ids, starts, special, "token", 0.15, MASK, REPLACEMENTS, rng)[1]] += 1
    assert counts[special].sum() == 0 and np.allclose(counts[~special] / 4000, 0.15, atol=0.03)


def runs(positions):
    return np.split(positions, np.flatnonzero(np.diff(positions) != 1) + 1)


@pytest.mark.parametrize("masking", ["whole_word", "ngram", "span"])
def test_complete_words_are_masked_and_no_unit_crosses_a_separator(masking):
    ids, starts, special = sequence(302, 3)
    words = np.cumsum(starts | np.roll(special, 1) | special)
    rng = np.random.default_rng(3)
    for _ in range(100):
        positions = mask_tokens(ids, starts, special, masking, 0.15, MASK, REPLACEMENTS, rng)[1]
        touched = set(words[positions])
        for word in touched:
            assert set(np.flatnonzero((words == word) & ~special)) <= set(positions)


def test_ngrams_and_spans_have_the_lengths_of_their_papers():
    ids, starts, special = sequence(20_000)
    rng = np.random.default_rng(4)
    for masking, longest, shares in (
        ("ngram", 3, {1: 6 / 11, 2: 3 / 11, 3: 2 / 11}),
        ("span", 10, {length: 0.2 * 0.8 ** (length - 1) / (1 - 0.8**10) for length in (1, 2, 10)}),
    ):
        # A small share, so that two units rarely touch.
        found = np.concatenate(
            [
                [len(run) for run in runs(mask_tokens(ids, starts, special, masking, 0.005, MASK, REPLACEMENTS, rng)[1])]
                for _ in range(40)
            ]
        )
        assert found.max() >= longest
        for length, share in shares.items():
            assert (found == length).mean() == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize("masking, drawn, left", [("ngram", 6 / 11, 0.61), ("span", 0.2 / (1 - 0.8**10), 0.36)])
def test_short_sequences_have_the_lengths_in_the_docstring(masking, drawn, left):
    """An earlier version drew the positions first, which favours short units: 38 % of the spans were one word, where 20 % were drawn."""
    ids, starts, special = sequence(128, 2)
    rng = np.random.default_rng(6)
    lengths = [_sample_count(masking, rng) for _ in range(20_000)]
    chosen = [len(run) for _ in range(1500) for run in _sample_units(starts, special, masking, 19, rng)]
    # Three standard deviations of a share p of n draws: 3 * sqrt(p * (1 - p) / n), n about 20,000 and 5,000.
    assert np.mean(np.array(lengths) == 1) == pytest.approx(drawn, abs=0.011)
    assert np.mean(np.array(chosen) <= 2) == pytest.approx(left, abs=0.02)
    assert f"{left:.0%}".replace("%", " %") in masking_module.__doc__


def test_all_tokens_of_a_span_are_replaced_in_the_same_way():
    ids, starts, special = sequence(2000)
    rng = np.random.default_rng(5)
    mixed = 0
    for _ in range(50):
        changed, positions = mask_tokens(ids, starts, special, "span", 0.01, MASK, REPLACEMENTS, rng)
        for run in runs(positions):
            mixed += len({(new == MASK, new == old) for new, old in zip(changed[run], ids[run])}) > 1
    assert mixed <= 10  # of about 250 runs: two spans that happen to touch


def test_the_masks_depend_on_the_seed_only():
    ids, starts, special = sequence(60, 2)
    for masking in STRATEGIES:
        first, second, other = (
            mask_tokens(ids, starts, special, masking, 0.15, MASK, REPLACEMENTS, np.random.default_rng([1, 2, n]))
            for n in (3, 3, 4)
        )
        assert (first[0] == second[0]).all() and (first[1] == second[1]).all()
        assert len(first[1]) != len(other[1]) or (first[1] != other[1]).any()
