"""Segment pairs: every sentence once, pairs that follow the documents, the proportions of each task."""

import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import UserError
from app.pretrain.segment_pairs import epoch_documents, make_segment_pairs


def corpus_of(documents):
    """A corpus with these sentence lengths, one list per document."""
    lengths = [length for document in documents for length in document]
    return types.SimpleNamespace(
        sentences=np.append(0, np.cumsum(lengths)).astype(np.int64),
        documents=np.append(0, np.cumsum([len(document) for document in documents])).astype(np.int64),
        held_out=np.zeros(len(documents), bool),
        weights=np.ones(len(documents)),
    )


def pairs_of(corpus, task="nsp", length=64, short=0.1, seed=0, documents=None):
    documents = np.arange(len(corpus.documents) - 1) if documents is None else documents
    return make_segment_pairs(corpus, documents, length, task, short, np.random.default_rng(seed))


def document_of(corpus, position):
    return np.searchsorted(corpus.sentences[corpus.documents], position, side="right") - 1


def random_corpus(seed=0, documents=300, max_sentences=12):
    rng = np.random.default_rng(seed)
    return corpus_of([rng.integers(1, 15, rng.integers(1, max_sentences)).tolist() for _ in range(documents)])


documents_strategy = st.lists(st.lists(st.integers(1, 90), min_size=1, max_size=12), min_size=2, max_size=20)


@settings(max_examples=150, deadline=None)
@given(
    documents_strategy, st.sampled_from(["nsp", "sop", "structbert", "none"]), st.integers(0, 999), st.sampled_from([8, 32, 128])
)
def test_every_sentence_is_used_once(documents, task, seed, length):
    corpus = corpus_of([*documents, [3, 3]])
    pairs = pairs_of(corpus, task, length, seed=seed)
    assert (pairs.lengths <= length).all() and (pairs.a_end > pairs.a_begin).all()
    assert (pairs.b_end >= pairs.b_begin).all() and ((pairs.sentence_labels == -1) == (pairs.b_end == pairs.b_begin)).all()
    other = {"nsp": 1, "structbert": 2}.get(task, 9)
    longest = max(max(document) for document in [*documents, [3, 3]])
    all_fit = 2 * longest <= length - 3  # any two sentences fit, so none of one document is truncated
    seen = np.zeros(corpus.sentences[-1], int)
    for a, a_end, b, b_end, label in zip(pairs.a_begin, pairs.a_end, pairs.b_begin, pairs.b_end, pairs.sentence_labels):
        seen[a:a_end] += 1
        if label == other:
            assert document_of(corpus, a) != document_of(corpus, b)
        elif label >= 0:
            seen[b:b_end] += 1
            assert document_of(corpus, a) == document_of(corpus, b)
            if all_fit:
                assert (b == a_end) if label == 0 else (a == b_end)
    assert (seen <= 1).all()  # long sentences are truncated; no token is used twice
    # A sentence of another document may be too long for the rest of the sequence: such a pair is truncated to the full length.
    if all_fit and (pairs.lengths[pairs.sentence_labels == other] < length).all():
        assert (seen == 1).all()


@pytest.mark.parametrize("task, shares", [("nsp", [0.5, 0.5]), ("sop", [0.5, 0.5]), ("structbert", [1 / 3] * 3)])
def test_proportions(task, shares):
    pairs = pairs_of(random_corpus(documents=3000), task)
    labels = pairs.sentence_labels[pairs.sentence_labels >= 0]
    assert np.allclose(np.bincount(labels) / len(labels), shares, atol=0.03)


def test_examples_are_full_except_for_short_seq_prob():
    corpus = corpus_of([[4] * 400] * 20)
    full, short = pairs_of(corpus, "none", 64, short=0), pairs_of(corpus, "none", 64, short=0.1)
    assert (full.lengths >= 60).mean() > 0.95
    assert 0.05 < (short.lengths < 58).mean() < 0.15


def test_the_second_segment_comes_from_any_other_document():
    corpus = corpus_of([[5] * 40] * 6)
    drawn = np.zeros((6, 6), int)
    for seed in range(60):
        pairs = pairs_of(corpus, "nsp", 64, seed=seed)
        other = pairs.sentence_labels == 1
        np.add.at(drawn, (document_of(corpus, pairs.a_begin[other]), document_of(corpus, pairs.b_begin[other])), 1)
    assert (np.diag(drawn) == 0).all() and (drawn + np.eye(6, dtype=int) * 99 > 5).all()


def test_the_pairs_depend_on_the_seed():
    corpus = random_corpus()
    same, again, other = pairs_of(corpus, seed=1), pairs_of(corpus, seed=1), pairs_of(corpus, seed=2)
    assert all((first == second).all() for first, second in zip(vars(same).values(), vars(again).values()))
    assert len(other) != len(same) or (other.a_end != same.a_end).any()


def test_weights_repeat_documents():
    corpus = random_corpus(documents=1000)
    corpus.weights = np.repeat([2.0, 0.5], 500)
    corpus.held_out[:100] = True
    documents = epoch_documents(corpus, np.random.default_rng(0))
    assert (np.bincount(documents, minlength=1000)[100:500] == 2).all() and (documents >= 100).all()
    assert 200 < (documents >= 500).sum() < 300
    pairs = pairs_of(corpus, "nsp", documents=documents)
    other = pairs.sentence_labels == 1
    assert (document_of(corpus, pairs.a_begin[other]) != document_of(corpus, pairs.b_begin[other])).all()


@pytest.mark.parametrize("task, words", [("nsp", "use sop or none"), ("structbert", "use sop or none")])
def test_one_document_is_too_few_for_tasks_with_other_documents(task, words):
    with pytest.raises(UserError, match=words):
        pairs_of(corpus_of([[5] * 20]), task)
    assert len(pairs_of(corpus_of([[5] * 20]), "sop")) and len(pairs_of(corpus_of([[5] * 20]), "none"))


@pytest.mark.parametrize("task", ["nsp", "sop", "structbert"])
def test_documents_of_one_sentence_are_refused_except_without_a_sentence_task(task):
    """The reference code hangs here."""
    corpus = corpus_of([[5], [6], [200]])
    with pytest.raises(UserError, match="use none"):
        pairs_of(corpus, task)
    assert sorted(pairs_of(corpus, "none", 64).lengths) == [7, 8, 64]
