"""Calls a student's function with copies, so that the check's own values stay as they are."""

from __future__ import annotations

import copy
from typing import Any, Callable

import numpy as np
import paddle

from app.course.answers import check_not_none, require, same

COPIED = (list, dict, set, np.ndarray)


def call(function: Callable, *arguments: Any, **keywords: Any) -> Any:
    """`function(*arguments, **keywords)` of a student. Raises WrongAnswer if it changes a tensor, array, list, dict or set.

    The function gets copies of those, and may keep them. Models and other objects are not copied.
    """
    copies = [_copy(value) for value in arguments]
    result = function(*copies, **{name: _copy(value) for name, value in keywords.items()})
    names = _names(function)
    for index, (one, before) in enumerate(zip(copies, arguments)):
        name = f" `{names[index]}`" if index < len(names) else ""
        require(
            not _is_copied(before) or same(one, before, 0),
            f"`{_name(function)}` changes its input{name}. Compute a new value (methods whose names end in `_` work in place).",
            f"`{_name(function)}` 改变了输入{name}。请计算新的值（名字以 `_` 结尾的方法会就地修改）。",
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


def _names(function: Callable) -> tuple:
    """The names of a function's arguments; nothing for objects that are called."""
    code = getattr(function, "__code__", None)
    return code.co_varnames[: code.co_argcount] if code else ()
