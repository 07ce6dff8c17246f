"""Batches of similar length: every row once, reproducible, with little padding."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.text.batch_sampler import evaluation_batches, padding_share, prediction_batches, training_batches
from app.text.dataset import read_labelled_pairs
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.features import encode_pairs
from app.text.vocabulary import count_words, learn_vocabulary


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 64), st.integers(0, 5), st.integers(0, 3))
def test_every_row_is_in_one_batch_and_batches_have_similar_sizes(rows, batch_size, seed, epoch):
    lengths = np.random.default_rng(rows).integers(5, 60, rows)
    batches = training_batches(lengths, batch_size, seed, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(rows))
    sizes = {len(batch) for batch in batches}
    assert max(sizes) <= batch_size and max(sizes) - min(sizes) <= 1 and len(batches) == -(-rows // batch_size)


def test_the_order_depends_on_seed_and_epoch_only():
    lengths = np.random.default_rng(0).integers(5, 60, 1000)

    def order(seed, epoch):
        return np.concatenate(training_batches(lengths, 16, seed, epoch)).tolist()

    assert order(1, 0) == order(1, 0) and order(1, 0) != order(1, 1) and order(1, 0) != order(2, 0)


def test_batches_stay_random():
    """Buckets must not put the same rows together in every epoch, and not sort an epoch by length."""
    lengths = np.repeat(np.arange(10, 50), 100)
    first, second = (training_batches(lengths, 20, 1, epoch) for epoch in (0, 1))
    together = {frozenset(batch.tolist()) for batch in first} & {frozenset(batch.tolist()) for batch in second}
    means = np.array([lengths[batch].mean() for batch in first])
    assert not together and abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_evaluation_batches_begin_with_the_longest_rows():
    batches = evaluation_batches(np.array([5, 9, 7, 9]), 2)
    assert [batch.tolist() for batch in batches] == [[1, 3], [2, 0]]


def test_padding_under_ten_percent_on_lcqmc(real_data):
    pairs = read_labelled_pairs(str(real_data / "lcqmc" / "dev.tsv"))
    tokens = learn_vocabulary(count_words(pairs.text_a + pairs.text_b), 8000)
    tokenizer = FastWordPieceTokenizer({token: number for number, token in enumerate(tokens)})
    lengths = encode_pairs(tokenizer, pairs.text_a, pairs.text_b, 128).lengths
    assert padding_share(lengths, training_batches(lengths, 32, 1, 0)) < 0.10


@given(st.lists(st.integers(1, 128), max_size=300), st.sampled_from(["any", "fixed", "stepped"]), st.sampled_from([64, 512]))
def test_prediction_batches_have_every_row_in_shapes_that_the_engine_supports(lengths, shapes, tokens):
    lengths = np.array(lengths, int)
    batches = prediction_batches(lengths, tokens, 128, shapes)
    seen = np.concatenate([rows for rows, _ in batches] or [np.zeros(0, int)])
    assert set(seen.tolist()) == set(range(len(lengths)))
    for rows, length in batches:
        assert lengths[rows].max() <= length <= 128
        assert len(rows) == (2 if shapes == "stepped" else 1) or len(rows) * length <= tokens * (1.5 if shapes == "stepped" else 1)
    if shapes == "any":
        assert len(seen) == len(lengths) and all((lengths[rows] == length).all() for rows, length in batches)
    if shapes == "stepped":
        assert {len(rows) for rows, _ in batches} <= {size for power in range(9) for size in (2 << power, 6 << power)}
    if shapes == "fixed":
        assert len({length for _, length in batches}) == len({(len(rows), length) for rows, length in batches}) <= 20
