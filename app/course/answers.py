"""What a check asks of a student's answer, and what it says when the answer is wrong."""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence, Tuple, Union

import numpy as np

from app.course.texts import Text

Mistakes = Sequence[Tuple[Union[Any, Callable[[], Any]], Text]]  # the value that a mistake gives, and what the mistake is

SMALL = 6  # arrays of so many elements are shown whole


class WrongAnswer(Exception):
    """What is wrong and why, in both languages."""

    def __init__(self, en: str, zh: str):
        super().__init__(en)
        self.text = Text(en, zh)


class NotDefined(WrongAnswer):
    """The student's file lacks a name that the check needs."""


class Student:
    """The names that a student's file defines: `student.attention(...)`. Raises NotDefined for the others."""

    def __init__(self, namespace: Dict[str, Any]):
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        if name not in self._namespace:
            raise NotDefined(f"`{name}` is not defined in your file.", f"你的文件里没有定义 `{name}`。")
        return self._namespace[name]


def require(condition: bool, en: str, zh: str) -> None:
    """Raises WrongAnswer with this text unless `condition`."""
    if not condition:
        raise WrongAnswer(en, zh)


def unpack(what: str, got: Any, count: int) -> Sequence[Any]:
    """`got`, after checking that it is a tuple or list of `count` values. Raises WrongAnswer."""
    if got is None:
        raise WrongAnswer(f"{what} is None. Is the `return` missing?", f"{what} 是 None。是不是忘了写 return？")
    if not isinstance(got, (tuple, list)) or len(got) != count:
        kind = f"{len(got)}" if isinstance(got, (tuple, list)) else f"a {type(got).__name__}"
        raise WrongAnswer(f"{what} has to be {count} values; it is {kind}.", f"{what} 应该是 {count} 个值，现在是 {kind}。")
    return got


def equal(what: str, got: Any, expected: Any, mistakes: Mistakes = (), tolerance: float = 1e-4) -> None:
    """Raises WrongAnswer unless `got` has the shape and, up to `tolerance` (absolute and relative), the values of `expected`.

    `what`: the name of the answer, which is the same in both languages: "attention(query, key, value)".
    `mistakes`: if `got` is the value of one of them, the message says which mistake it is. A value may be a function that
    computes it.
    Numbers, strings, Booleans, lists, tuples, NumPy arrays and Paddle tensors can be compared.
    """
    if got is None:
        raise WrongAnswer(f"{what} is None. Is the `return` missing?", f"{what} 是 None。是不是忘了写 return？")
    if _same(got, expected, tolerance):
        return
    difference = _difference(what, got, expected, tolerance)
    for value, text in mistakes:
        if _same(got, value() if callable(value) else value, tolerance):
            raise WrongAnswer(f"{text.en} ({difference.en})", f"{text.zh}（{difference.zh}）")
    raise WrongAnswer(f"{difference.en}.", f"{difference.zh}。")


def _difference(what: str, got: Any, expected: Any, tolerance: float) -> Text:
    """Both values; for large arrays the first place where they differ."""
    ours, theirs = _array(expected), _array(got)
    if ours is None or theirs is None or theirs.dtype.kind in "OSUc" or (not ours.shape and not theirs.shape):
        return _both(what, short(got), short(expected))
    if ours.shape != theirs.shape:
        shapes = list(theirs.shape), list(ours.shape)
        return Text(f"{what} has the shape {shapes[0]}; expected {shapes[1]}", f"{what} 的形状是 {shapes[0]}，应为 {shapes[1]}")
    if ours.size <= SMALL:
        return _both(what, short(got), short(expected))
    differs = ~_close(theirs, ours, tolerance)
    place = tuple(int(index) for index in np.argwhere(differs)[0])
    return _both(f"{what}{list(place)}", short(theirs[place]), short(ours[place]))


def _both(what: str, got: str, expected: str) -> Text:
    return Text(f"{what} = {got}; expected {expected}", f"{what} = {got}，应为 {expected}")


def short(value: Any) -> str:
    """A value in at most 200 characters, with floats of 4 digits."""
    array = _array(value)
    if array is None or array.dtype.kind in "OSU":
        text = " ".join(repr(value).split())
    elif array.ndim == 0 and array.dtype.kind == "f":
        text = f"{float(array):.4g}"
    else:
        text = np.array2string(array, precision=4, suppress_small=True, threshold=20, edgeitems=2, separator=", ")
        text = " ".join(text.split())
    return text if len(text) <= 200 else text[:197] + "..."


def _array(value: Any) -> Any:
    """`value` as a NumPy array; None if it is no regular array."""
    try:
        return np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    except Exception:  # whatever a student returned
        return None


def _same(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether both have the same shape and values."""
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(expected) and all(_same(one, other, tolerance) for one, other in zip(got, expected))
    got_array, expected_array = _array(got), _array(expected)
    if got_array is None or expected_array is None or got_array.shape != expected_array.shape:
        return False
    return bool(_close(got_array, expected_array, tolerance).all())


def _close(got: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """bool, elementwise: equal, for numbers up to the tolerance. A Boolean equals 0 or 1; a text never equals a number."""
    if got.dtype.kind in "biuf" and expected.dtype.kind in "biuf":
        return np.isclose(got.astype(np.float64), expected.astype(np.float64), rtol=tolerance, atol=tolerance, equal_nan=True)
    if (got.dtype.kind in "biuf") != (expected.dtype.kind in "biuf"):
        return np.zeros(got.shape, bool)
    return np.asarray(got == expected)
