"""Pictures of exercises: saved as SVG in the student's folder, and shown in a notebook."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_picture(figure: Figure, name: str) -> None:
    """Writes `figure` to `name` (a file ending in .svg) in the current folder, atomically, and prints its path.

    Its texts stay texts, so that a browser shows Chinese characters with its own fonts. Where no notebook shows the figure, it is
    closed, which frees its memory.
    """
    import matplotlib

    from app.atomic import atomic_file

    path = Path(name)
    with matplotlib.rc_context({"svg.fonttype": "none"}), warnings.catch_warnings(), atomic_file(path) as temporary:
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(temporary, format="svg", bbox_inches="tight")
    if matplotlib.get_backend().lower() == "agg":
        matplotlib.pyplot.close(figure)
    print(f"picture: {os.path.relpath(path)}")
