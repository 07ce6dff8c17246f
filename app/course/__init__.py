"""The course: exercises on the chapter about pretrained language models, with checks. docs/course.md describes it.

from app.course import check      # in a cell of an exercise
check("2.1")
"""

_LAZY = {  # imported at their first use, so that `import app.course` costs nothing
    "ROOT": "app.shell",
    "check": "app.course.notebook",
    "save_picture": "app.course.pictures",
}


def __getattr__(name: str):
    if name not in _LAZY:
        raise AttributeError(f"module 'app.course' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
