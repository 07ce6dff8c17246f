"""Counts and the teacher's cosines by kind of pair, at constant memory."""

from __future__ import annotations

from typing import Dict, List, Optional

import numpy as np

BINS = 2000  # of the cosines from -1 to 1; so a quantile is exact to 0.001


class ScoreTable:
    """How many pairs of each kind there are, and the distribution of their cosines."""

    def __init__(self) -> None:
        self.pairs = 0
        self._counts: Dict[str, int] = {}
        self._histograms: Dict[str, np.ndarray] = {}  # kind -> int64 [BINS]

    def add(self, kinds: List[str], cosines: Optional[np.ndarray]) -> None:
        """Adds pairs. `cosines`: float [pairs], or None without a teacher."""
        self.pairs += len(kinds)
        names = np.array(kinds)
        for kind in dict.fromkeys(kinds):
            self._counts[kind] = self._counts.get(kind, 0) + int((names == kind).sum())
            if cosines is not None:
                bins = np.histogram(cosines[names == kind].clip(-1, 1), BINS, (-1, 1))[0]
                self._histograms[kind] = self._histograms.get(kind, 0) + bins

    def lines(self) -> List[str]:
        """The table as lines to print."""
        lines = [f"{'kind':10} {'pairs':>10}" + ("    cosine   10 %   50 %   90 %" if self._histograms else "")]
        for kind, count in sorted(self._counts.items(), key=lambda item: -item[1]):
            line = f"{kind:10} {count:>10,}"
            if kind in self._histograms:
                sums = np.cumsum(self._histograms[kind])
                quantiles = [np.searchsorted(sums, share * sums[-1]) * 2 / BINS - 1 for share in (0.1, 0.5, 0.9)]
                line += " " * 10 + " ".join(f"{value:6.3f}" for value in quantiles)
            lines.append(line)
        return lines
