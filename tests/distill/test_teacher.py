"""Vectors are computed once, kept by teacher and text, and checked when they are read back."""

import numpy as np
import pytest
from distill import toy_teacher
from distill.toy_teacher import NAME

from app.distill.encoder import PROBE, Encoder
from app.distill.teacher import Teacher
from app.errors import UserError
from app.predict.score_cache import ScoreCache

TEXTS = [f"问题{number}怎么办" for number in range(150)]


@pytest.fixture
def open_teacher(tmp_path):
    """A function that opens a teacher with the same cache again and again."""

    def teacher(function="encode"):
        encoder = Encoder(f"{NAME}:{function}")
        cache = ScoreCache(str(tmp_path / "vectors"), encoder.identity)
        toy_teacher.encoded.clear()
        return Teacher(encoder, cache)

    return teacher


def test_each_text_is_encoded_once(open_teacher):
    first = open_teacher().vectors(TEXTS[:100] + TEXTS[:50])
    assert sorted(toy_teacher.encoded) == sorted(TEXTS[:100])
    again = open_teacher().vectors(TEXTS)
    assert sorted(toy_teacher.encoded) == sorted(TEXTS[100:])
    assert (again[:50] == first[100:]).all() and (again[:100] == first[:100]).all()


def test_the_order_of_the_texts_is_kept_and_does_not_matter(open_teacher):
    texts = TEXTS[::-1] + ["短", "一个比较长的文本，要放在最后一批里面才对"]
    expected = toy_teacher.encode(texts)
    np.testing.assert_allclose(open_teacher().vectors(texts), expected / np.linalg.norm(expected, axis=1, keepdims=True), rtol=1e-5)


def test_no_texts(open_teacher):
    assert open_teacher().vectors([]).shape == (0, 256)


def test_another_teacher_does_not_use_the_vectors(open_teacher):
    open_teacher().vectors(TEXTS)
    open_teacher("lists").vectors(TEXTS)
    assert sorted(toy_teacher.encoded) == sorted(TEXTS)


def test_vectors_before_an_error_are_kept(open_teacher, monkeypatch):
    original, calls = toy_teacher.encode, []

    def fails(texts):
        calls.append(texts)
        if len(calls) == 3:
            raise RuntimeError("gone")
        return original(texts)

    teacher = open_teacher()
    monkeypatch.setattr(toy_teacher, "encode", fails)
    with pytest.raises(UserError, match="raised RuntimeError: gone"):
        teacher.vectors(TEXTS)
    monkeypatch.undo()
    open_teacher().vectors(TEXTS)
    assert 0 < len(toy_teacher.encoded) < len(TEXTS)


def test_changed_weights_behind_the_same_name_are_noticed(open_teacher, monkeypatch):
    open_teacher().vectors(TEXTS)
    monkeypatch.setattr(toy_teacher, "encode", lambda texts: np.random.default_rng(1).random((len(texts), 256)))
    with pytest.raises(UserError, match="has other vectors than --teacher"):
        open_teacher()


def test_vectors_of_different_dimensions(open_teacher):
    with pytest.raises(UserError, match="vectors of 3 and of 64 numbers"):
        open_teacher("grows").vectors(TEXTS)


@pytest.mark.parametrize("damage", [np.zeros(256, np.float32), np.full(256, np.nan, np.float32), np.ones(255, np.float32)])
def test_a_damaged_vector_is_not_used(open_teacher, tmp_path, damage):
    teacher = open_teacher()
    teacher._cache.put({teacher._keys(TEXTS)[7]: damage})
    with pytest.raises(UserError, match="damaged|vectors of 256 and of 255"):
        teacher.vectors(TEXTS)


def test_two_teachers_share_one_cache(open_teacher):
    one = open_teacher()
    other = open_teacher()
    assert (one.vectors(TEXTS[:100]) == other.vectors(TEXTS[:100])).all()
    assert sorted(toy_teacher.encoded) == sorted(TEXTS[:100]) and PROBE[0] not in TEXTS
