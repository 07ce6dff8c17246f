"""What a check asks of a student's answer, and what it says when the answer is wrong."""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence, Tuple, Union

import numpy as np

from app.course.texts import Text

Mistakes = Sequence[Tuple[Union[Any, Callable[[], Any]], Text]]  # the value that a mistake gives, and what the mistake is
What = Union[str, Text]  # the name of an answer; a plain string such as "attention(query, key, value)" is for both languages
NUMBERS = "biuf"  # kinds of NumPy types: Boolean, integer, unsigned, float
SMALL = 6  # arrays of so many elements are shown whole
SHOWN = 200  # characters of a value in a message


class WrongAnswer(Exception):
    """What is wrong and why, in both languages."""

    def __init__(self, en: str, zh: str):
        super().__init__(en)
        self.text = Text(en, zh)


class NotDefined(WrongAnswer, AttributeError):
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


def unpack(what: What, got: Any, count: int) -> Sequence[Any]:
    """`got`, after checking that it is a tuple or list of `count` values. Raises WrongAnswer."""
    en, zh = _both_languages(what)
    check_not_none(what, got)
    if not isinstance(got, (tuple, list)):
        kind = type(got).__name__
        raise WrongAnswer(f"{en} has to be {count} values; its type is {kind}.", f"{zh} 应为 {count} 个值，类型却是 {kind}。")
    if len(got) != count:
        length = len(got)
        raise WrongAnswer(f"{en} has to be {count} values, not {length}.", f"{zh} 应为 {count} 个值，而不是 {length} 个。")
    return got


def equal(what: What, got: Any, expected: Any, mistakes: Mistakes = (), tolerance: float = 1e-4) -> None:
    """Raises WrongAnswer unless `got` has the shape and the values of `expected`.

    Integers have to be equal; of floats, the difference may be `tolerance` (absolute) plus `tolerance` times the value, so choose
    a smaller one for small values.

    `mistakes`: if `got` is the value of one of them (nan counts as a value), the message says which mistake it is. A value may be
    a function that computes it.
    Numbers, strings, Booleans, lists, tuples, dicts, NumPy arrays and Paddle tensors can be compared.
    """
    check_not_none(what, got)
    if same(got, expected, tolerance):
        return
    difference = _difference(_both_languages(what), got, expected, tolerance)
    for value, text in mistakes:
        if same(got, value() if callable(value) else value, tolerance):
            raise WrongAnswer(f"{text.en} ({difference.en})", f"{text.zh}（{difference.zh}）")
    raise WrongAnswer(f"{difference.en}.", f"{difference.zh}。")


def check_not_none(what: What, got: Any) -> None:
    """Raises WrongAnswer if a student's function has returned nothing."""
    en, zh = _both_languages(what)
    require(got is not None, f"{en} is None. Is the `return` missing?", f"{zh} 是 None。是不是忘了写 return？")


def _both_languages(what: What) -> Text:
    return what if isinstance(what, Text) else Text(what, what)


def _difference(what: Text, got: Any, expected: Any, tolerance: float) -> Text:
    """Both values; for large ones the first place where they differ."""
    lists = isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)) and len(got) == len(expected) > 1
    if lists and (len(expected) > SMALL or len(repr(expected)) > SHOWN // 2):
        index = next((i for i, (one, other) in enumerate(zip(got, expected)) if not same(one, other, tolerance)), 0)
        return _difference(Text(f"{what.en}[{index}]", f"{what.zh}[{index}]"), got[index], expected[index], tolerance)
    ours, theirs = _array(expected), _array(got)
    numbers = all(array is not None and array.dtype.kind in NUMBERS for array in (ours, theirs))
    if not numbers or (not ours.shape and not theirs.shape):
        return _both(what, got, expected)
    if ours.shape != theirs.shape:
        got, expected = list(theirs.shape), list(ours.shape)
        return Text(f"{what.en} has the shape {got}; expected {expected}", f"{what.zh} 的形状是 {got}，应为 {expected}")
    if ours.size <= SMALL:
        return _both(what, got, expected)
    place = tuple(int(index) for index in np.argwhere(~_close(theirs, ours, tolerance))[0])
    return _both(Text(f"{what.en}{list(place)}", f"{what.zh}{list(place)}"), theirs[place], ours[place])


def _both(what: Text, got: Any, expected: Any) -> Text:
    """Both values, with as many digits as it takes to see that they differ."""
    for digits in (4, 8, 17):
        theirs, ours = short(got, digits), short(expected, digits)
        if theirs != ours:
            break
    return Text(f"{what.en} = {theirs}; expected {ours}", f"{what.zh} = {theirs}，应为 {ours}")


def short(value: Any, digits: int = 4) -> str:
    """A value in at most SHOWN characters, with floats of so many digits."""
    array = _array(value)
    if array is None or array.dtype.kind not in NUMBERS:
        try:
            text = repr(value)
        except Exception:  # a student's own __repr__
            text = f"a {type(value).__name__}"
    elif array.ndim == 0 and array.dtype.kind == "f":
        text = f"{float(array):.{digits}g}"
    else:
        small = digits == 4 and (array.dtype.kind != "f" or np.nanmax(np.abs(array), initial=0) >= 0.01)
        text = np.array2string(array, precision=digits, suppress_small=small, threshold=20, edgeitems=2, separator=", ")
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _array(value: Any) -> Any:
    """`value` as a NumPy array; None if it is no regular array."""
    try:
        if hasattr(value, "numpy"):
            if value.is_sparse():  # Paddle ends the process when it converts one
                value = value.to_dense()
            value = (value.astype("float32") if "bfloat16" in str(value.dtype) else value).numpy()
        return np.asarray(value)
    except Exception:  # whatever a student returned
        return None


def same(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether both have the same shape and, up to `tolerance` (see `equal`), the same values."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(same(got[key], expected[key], tolerance) for key in expected)
    got_array, expected_array = _array(got), _array(expected)
    if all(array is not None and array.dtype.kind in NUMBERS for array in (got_array, expected_array)):
        return got_array.shape == expected_array.shape and bool(_close(got_array, expected_array, tolerance).all())
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(expected) and all(same(one, other, tolerance) for one, other in zip(got, expected))
    if isinstance(expected, str) or isinstance(got, str):
        return isinstance(expected, str) and isinstance(got, str) and str.__eq__(got, expected)
    if got_array is None or expected_array is None or got_array.shape != expected_array.shape:
        return False
    return bool(_close(got_array, expected_array, tolerance).all())


def _close(got: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """bool, elementwise: integers are equal, floats up to the tolerance. A Boolean equals 0 or 1."""
    if got.dtype.kind in NUMBERS and expected.dtype.kind in NUMBERS:
        if "f" in (got.dtype.kind, expected.dtype.kind):
            return np.isclose(got.astype(np.float64), expected.astype(np.float64), rtol=tolerance, atol=tolerance, equal_nan=True)
        return got == expected
    if (got.dtype.kind in NUMBERS) != (expected.dtype.kind in NUMBERS):
        return np.zeros(got.shape, bool)
    try:
        return np.broadcast_to(np.asarray(got == expected, dtype=bool), got.shape)
    except Exception:  # a student's own __eq__
        return np.zeros(got.shape, bool)
