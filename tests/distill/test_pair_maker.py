"""A block of texts -> pairs."""

import numpy as np
import pytest
from distill import toy_teacher
from hypothesis import given, settings
from hypothesis import strategies as st

from app.distill.pair_maker import PairMaker, PairsPerText
from app.distill.texts import Block

QUESTIONS = ["怎么还信用卡", "信用卡怎么还款", "信用卡还款方式", "在哪里买火车票", "怎么买火车票", "明天下雨吗", "后天下雨吗", "3天能到吗", "how are you"]
MANY = PairsPerText(*[6.0] * 6)


def pairs(block, vectors=True, per_text=MANY, seed=1, number=0, both_orders=False):
    found = toy_teacher.encode(block.texts)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return list(PairMaker(block, found if vectors else None, per_text, seed, number).pairs(both_orders))


@settings(max_examples=25, deadline=None)
@given(st.permutations(QUESTIONS), st.integers(1, 9), st.integers(0, 99), st.booleans())
def test_each_pair_once_and_never_a_text_with_itself(texts, count, seed, vectors):
    block = Block(texts[:count], [list(range(count))[:3]] if count > 1 else [])
    found = pairs(block, vectors, seed=seed)
    assert len({frozenset(pair[:2]) for pair in found}) == len(found)
    for pair in found:
        assert pair.text_a != pair.text_b and pair.text_a and pair.text_b
        own = [text in block.texts for text in pair[:2]]
        assert all(own) or (any(own) and pair.kind in ("near_miss", "rewording"))
        if pair.kind == "group":
            assert {pair.text_a, pair.text_b} <= set(block.texts[:3])
    assert vectors or "teacher" not in {pair.kind for pair in found}


def test_every_kind_is_made():
    kinds = {pair.kind for pair in pairs(Block(QUESTIONS, [[0, 5]]), per_text=PairsPerText(*[2.0] * 6))}
    assert kinds == set(vars(MANY))


def test_a_number_of_zero_makes_none_of_a_kind():
    for kind in vars(MANY):
        alone = PairsPerText(**{name: 3.0 * (name == kind) for name in vars(MANY)})
        assert {pair.kind for pair in pairs(Block(QUESTIONS, [[0, 1], [3, 4]]), per_text=alone)} == {kind}


def test_both_orders_are_the_same_pairs_twice():
    once, twice = (pairs(Block(QUESTIONS, []), both_orders=both, per_text=PairsPerText(bm25=2, random=0, teacher=0, near_miss=0, rewording=0)) for both in (False, True))
    assert {frozenset(pair[:2]) for pair in twice[::2]} >= {frozenset(pair[:2]) for pair in once[:1]}
    assert [pair[:2] for pair in twice[1::2]] == [pair[1::-1] for pair in twice[::2]]


def test_seed_and_block_decide():
    block = Block(QUESTIONS, [[0, 1]])
    assert pairs(block) == pairs(block)
    assert pairs(block) != pairs(block, seed=2) and pairs(block) != pairs(block, number=1)


def test_neighbours_are_near():
    only = PairsPerText(group=0, teacher=0, bm25=1, near_miss=0, rewording=0, random=0)
    found = pairs(Block(QUESTIONS, []), per_text=only)
    assert found and all(set(pair.text_a) & set(pair.text_b) for pair in found)


def test_a_long_line_takes_no_memory_per_pair_of_its_texts():
    texts = [f"问题{number}" for number in range(3000)]
    only = PairsPerText(group=1, teacher=0, bm25=0, near_miss=0, rewording=0, random=0)
    assert len(pairs(Block(texts, [list(range(3000))]), False, only)) == pytest.approx(3000, abs=300)
