"""The matcher of commands that name none: that of the last `run_match.sh`, or the one that is part of the repository."""

from __future__ import annotations

import os
import sys

from app.atomic import restore_folder
from app.progress import say
from app.shell import ROOT, in_repository

AUTO = "auto"
OWN = "output/match/best"
SHIPPED = "data/models/match-mini-zh"


def chosen(folder: str) -> str:
    """The checkpoint folder that is meant: for AUTO, OWN if `run_match.sh` has made it, else SHIPPED.

    OWN is also meant if it cannot be read: a broken link to it must be an error, not the scores of another model.
    """
    if folder != AUTO:
        return folder
    restore_folder(ROOT / OWN)  # after a kill it may have another name for a moment
    own = ROOT / OWN
    is_broken = any(os.path.lexists(parent) and not parent.is_dir() for parent in own.parents)
    return in_repository(OWN if os.path.lexists(own) or is_broken else SHIPPED)


def say_if_shipped(folder: str) -> None:
    """Says on standard error that a command uses SHIPPED, which the user may not have named."""
    if folder == in_repository(SHIPPED):
        say(f"model: {folder}, a general matcher for Chinese questions (`bash run_match.sh` makes one for your data)", sys.stderr)
