"""Calls a student's function with copies, so that the check's own values stay as they are."""

from __future__ import annotations

import copy
import inspect
from typing import Any, Callable, List

import numpy as np
import paddle

from app.course.answers import check_not_none, require, same

COPIED = (list, dict, set, np.ndarray)


def call(function: Callable, *arguments: Any, **keywords: Any) -> Any:
    """`function(*arguments, **keywords)` of a student. Raises WrongAnswer if it changes a tensor, array, list, dict or set.

    The function gets copies of those, and may keep them. Models and other objects are not copied. Gradients reach the original
    tensors, but not those inside lists and dicts.
    """
    copies = [_copy(value) for value in arguments]
    named = {name: _copy(value) for name, value in keywords.items()}
    result = function(*copies, **named)
    names = [*_names(function, len(arguments)), *keywords]
    for name, one, before in zip(names, [*copies, *named.values()], [*arguments, *keywords.values()]):
        which = f" `{name}`" if name else ""
        require(
            not _is_copied(before) or same(one, before, 0),
            f"`{_name(function)}` changes its input{which}. Compute a new value. (Lists and arrays: `a += b` works in place. "
            "Tensors: methods whose names end in `_` work in place.)",
            f"`{_name(function)}` 改变了输入{which}。请计算新的值。（列表和数组：`a += b` 会就地修改。"
            "张量：名字以 `_` 结尾的方法会就地修改。）",
        )
    return result


def tensor(what: str, got: Any) -> paddle.Tensor:
    """`got`, after checking that it is a tensor. Raises WrongAnswer."""
    check_not_none(what, got)
    kind = type(got).__name__
    require(isinstance(got, paddle.Tensor), f"{what} has to be a tensor; it is a {kind}.", f"{what} 应该是张量，现在是 {kind}。")
    return got


def _is_copied(value: Any) -> bool:
    return isinstance(value, (paddle.Tensor, *COPIED))


def _copy(value: Any) -> Any:
    if isinstance(value, paddle.Tensor):
        return value.clone()
    return copy.deepcopy(value) if isinstance(value, COPIED) else value


def _name(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _names(function: Callable, count: int) -> List[str]:
    """The names of the first `count` arguments; an empty string where there is none."""
    try:
        names = list(inspect.signature(function.forward if isinstance(function, paddle.nn.Layer) else function).parameters)
    except (TypeError, ValueError):  # some built-in functions have no signature
        names = []
    return [*names, *[""] * count][:count]
