"""Answers are compared by value, and a message names the mistake where it is known."""

import numpy as np
import paddle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.course.answers import Student, WrongAnswer, equal, short, unpack
from app.course.texts import Text


class AlwaysEqual:
    def __eq__(self, other):
        return True


class NoRepr:
    def __repr__(self):
        raise ValueError

    __eq__ = __repr__


HALVED = Text("It is halved.", "它被减半了。")


def message(got, expected, mistakes=(), **options) -> str:
    with pytest.raises(WrongAnswer) as problem:
        equal("answer", got, expected, mistakes, **options)
    return problem.value.text.en


@pytest.mark.parametrize("got, expected", [
    (1, 1.0), (True, 1), ([1, 2], (1, 2)), (np.array([1, 2]), [1, 2]), (paddle.to_tensor([1.0, 2.0]), [1, 2]), ("ab", "ab"),
    ([[1, 2], [3]], [[1, 2], [3]]), ([], []), (["[CLS]", "a"], ("[CLS]", "a")), (float("-inf"), float("-inf")), (1.00001, 1.0),
    ({"a": np.ones(2)}, {"a": [1, 1]}), (paddle.to_tensor([1, 2], dtype="bfloat16"), [1.0, 2.0]), (2.0, 2),
    (paddle.sparse.sparse_coo_tensor([[0, 1]], [1.0, 2.0], [2]), [1.0, 2.0]),
])  # fmt: skip
def test_the_same_value_in_another_type_is_right(got, expected):
    equal("answer", got, expected)


@pytest.mark.parametrize("got, expected, words", [
    (None, 1, "Is the `return` missing?"), ([1, 2], [1, 2, 3], "has the shape [2]; expected [3]"), (2, 1, "answer = 2; expected 1."),
    (np.arange(8), [0, 1, 2, 3, 4, 5, 6, 8], "answer[7] = 7; expected 8."), (float("nan"), 1.0, "nan"),
    ([1, 2], [1, 3], "answer = [1, 2]; expected [1, 3]."),
    ("1", 1, "answer = '1'; expected 1."), (1, "1", "answer = 1; expected '1'."), ([[1], [2, 3]], [[1], [2, 4]], "[[1], [2, 3]]"),
    ([21128], [21127], "answer = [21128]; expected [21127]."), (12345.0, 12343.0, "answer = 12345; expected 12343."),
    ([1e-5, 3e-4], [2e-5, 1e-4], "3.e-04"), (["a"] * 9 + ["b"], ["a"] * 10, "answer[9] = 'b'; expected 'a'."),
    ({"a": np.ones(2)}, {"a": np.zeros(2)}, "expected"), (AlwaysEqual(), "a", "AlwaysEqual"), (NoRepr(), 1, "a NoRepr"),
    ([], [("a", 1)], "answer = []; expected [('a', 1)]."), (lambda: 1, 1, "expected 1"), ({"a": 1}, [1], "{'a': 1}"), ([1, None], [1, 2], "[1, None]"), (1 + 2j, 1.0, "expected"),
])  # fmt: skip
def test_another_value_is_wrong_and_shown(got, expected, words):
    assert words in message(got, expected)


def test_a_known_mistake_is_named_with_both_numbers():
    assert message(0.5, 1.0, [(0.5, HALVED)]) == "It is halved. (answer = 0.5; expected 1)"
    assert message(np.array([1.0, 2.0]), np.array([2.0, 4.0]), [(lambda: np.array([1.0, 2.0]), HALVED)]).startswith("It is halved.")
    assert "halved" not in message(0.6, 1.0, [(0.5, HALVED)])


@given(arrays(np.float64, (2, 3), elements=st.floats(-5, 5)), st.integers(0, 5), st.floats(0.01, 5))
def test_any_change_beyond_the_tolerance_is_found(values, place, change):
    changed = values.copy()
    changed.flat[place] += change
    equal("answer", values, values)
    assert "expected" in message(changed, values)


def test_values_are_unpacked_or_named():
    assert list(unpack("answer", (1, 2), 2)) == [1, 2]
    for got, words in ((None, "return"), ((1,), "2 values, not 1"), (paddle.zeros([2]), "2 values; its type is Tensor")):
        with pytest.raises(WrongAnswer, match=words):
            unpack("answer", got, 2)


def test_a_missing_name_is_named():
    assert Student({"a": 1}).a == 1
    with pytest.raises(WrongAnswer, match="`b` is not defined"):
        _ = Student({}).b


def test_large_values_are_shown_short():
    assert len(short(np.zeros((1000, 1000)))) <= 200
    assert len(short("x" * 1000)) <= 200
