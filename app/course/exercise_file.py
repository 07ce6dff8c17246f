"""The file of an exercise: the source has both languages and the solution; the student gets one language and a gap to fill.

### BEGIN SOLUTION     the lines up to END (or STARTER) are in the solution only
### STARTER            optional: the lines below, written as comments, are in the student's file in their place
### END SOLUTION
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import List

from app.course.contents import Exercise
from app.errors import UserError
from app.shell import ROOT

MARKER = re.compile(r"^# ?%%")
LAB = re.compile(r'tags=\[[^\]]*"lab"')  # a cell that a student runs; the check does not, because it takes minutes


@dataclass
class Cell:
    """A cell in jupytext's percent format. `heading` is its `# %%` line; the lines before the first one have none."""

    heading: str
    lines: List[str]


def split_cells(text: str) -> List[Cell]:
    """The cells of a file."""
    cells = [Cell("", [])]
    for line in text.split("\n"):
        if MARKER.match(line):
            cells.append(Cell(line, []))
        else:
            cells[-1].lines.append(line)
    return cells


def student_text(exercise: Exercise, language: str, solved: bool) -> str:
    """The student's file, with the gap or with the solution."""
    comment = "Run this cell first." if language == "en" else "请先运行这个单元。"
    lines = [
        "# %% [markdown]", f"# # {exercise.number} {exercise.title.read(language)}", "",
        f"# %%\n# {comment}\nimport sys", "", f"sys.path.insert(0, {str(ROOT)!r})", "from app.course import check", "",
    ]  # fmt: skip
    for cell in split_cells(exercise.file.read_text(encoding="utf-8").rstrip()):
        language_of_cell = re.search(r' lang="(\w+)"', cell.heading)
        if not language_of_cell:
            lines += [cell.heading] * bool(cell.heading) + _fill(cell.lines, language, solved)
        elif language_of_cell[1] == language:
            lines += [cell.heading.replace(language_of_cell[0], ""), *cell.lines]
    return "\n".join([*lines, "", "# %%", f'check("{exercise.number}")', ""]).lstrip("\n")


def without_labs(text: str) -> str:
    """The file with empty lines in place of its labs, so that the other lines keep their numbers."""
    lines: List[str] = []
    for cell in split_cells(text):
        lines += [cell.heading] * bool(cell.heading)
        lines += [""] * len(cell.lines) if LAB.search(cell.heading) else cell.lines
    return "\n".join(lines)


def solution_cells(exercise: Exercise) -> str:
    """The code cells that the student completes, with the solution."""
    cells = split_cells(exercise.file.read_text(encoding="utf-8"))
    solved = (_fill(cell.lines, "en", solved=True) for cell in cells if any("### BEGIN SOLUTION" in line for line in cell.lines))
    return "\n\n".join("\n".join(lines).strip("\n") for lines in solved)


def _fill(lines: List[str], language: str, solved: bool) -> List[str]:
    """The lines of a code cell without what belongs to the other version, and without the marks."""
    kept, part, starter, length = [], "", [], 0
    for line in lines:
        mark, indent = line.strip(), line[: len(line) - len(line.lstrip())]
        if mark == "### BEGIN SOLUTION":
            part, starter, length = "solution", [], 0
        elif mark == "### STARTER":
            part = "starter"
        elif mark == "### END SOLUTION":
            lines_hint = f"about {length} lines" if language == "en" else f"大约 {length} 行"
            gap = [f"{indent}# YOUR CODE HERE ({lines_hint})", f"{indent}raise NotImplementedError"]
            kept += [] if solved else (starter if part == "starter" else gap)
            part = ""
        elif part == "starter":
            starter.append(re.sub(r"^(\s*)# ?", r"\1", line).rstrip())
        else:
            length += bool(part and mark)
            kept += [line] if solved or not part else []
    if part:
        raise ValueError("### BEGIN SOLUTION without ### END SOLUTION")
    return kept


def read_student_text(path: Path) -> str:
    """A student's file as Python cells, from `.py` or `.ipynb`. Raises UserError if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix != ".ipynb":
            return text
        lines = []
        for cell in json.loads(text)["cells"]:
            tags = ' tags=["lab"]' if "lab" in cell.get("metadata", {}).get("tags", []) else ""
            if cell["cell_type"] == "code":
                lines += [f"# %%{tags}", _without_magics("".join(cell["source"]))]
        return "\n".join([*lines, ""])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UserError(f"{path}: cannot be read ({reason}); save it as UTF-8 text, or start the exercise again") from problem


def _without_magics(source: str) -> str:
    """The code of a notebook's cell with IPython's commands as comments: lines with % or !, or the cell if it begins with %%."""
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError):
        pattern = r"(?m)^(.*)$" if source.lstrip().startswith("%%") else r"(?m)^(\s*[%!].*)$"
        return re.sub(pattern, r"# \1", source)
