"""Column names of the public data sets of text matching, and how a header differs from other rows."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Tuple

TEXT_COLUMNS = [
    ("text_a", "text_b"), ("query", "title"), ("sentence1", "sentence2"), ("question1", "question2"), ("query1", "query2"),
    ("text1", "text2"), ("sent1", "sent2"), ("sentence_a", "sentence_b"), ("q1", "q2"), ("s1", "s2"), ("premise", "hypothesis"),
    ("#1 string", "#2 string"), ("text_left", "text_right"), ("source", "target"), ("query", "candidate"), ("query", "text"),
    ("文本1", "文本2"), ("问题1", "问题2"), ("句子1", "句子2"), ("文本一", "文本二"), ("问题一", "问题二"), ("句子一", "句子二"),
    ("文本a", "文本b"), ("问题a", "问题b"), ("句子a", "句子b"), ("查询", "标题"), ("问句1", "问句2"), ("问句一", "问句二"),
]  # fmt: skip
LABEL_COLUMNS = [
    "label", "is_duplicate", "quality", "gold_label", "score", "similarity", "labels", "标签", "是否相似", "是否匹配", "相似度",
]  # fmt: skip
OTHER_COLUMNS = {
    "id", "index", "idx", "no", "no.", "qid", "qid1", "qid2", "pairid", "#1 id", "#2 id",
    "编号", "序号", "行号", "问题", "文本", "句子",
}  # fmt: skip
COLUMN_NAMES = OTHER_COLUMNS | set(LABEL_COLUMNS) | {name for pair in TEXT_COLUMNS for name in pair}
MAX_NAME_LENGTH = max(len(name) for pair in TEXT_COLUMNS for name in pair) + 2  # with white space around it
CHINESE_LABELS = set("不相似 不匹配 不相同 不等价 不一致".split())  # longer than two characters
CODE = re.compile(r"[+#-]?[\w.:/-]*\d[\w.:/%+-]*", re.ASCII)
ENGLISH_LABEL = re.compile(r"[a-z_-]+", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def find_text_columns(names: Sequence[str]) -> Optional[Tuple[str, str]]:
    """The names of the two text columns, as written in `names`. None if no known pair of names is among them."""
    lowered = {name.strip().lower(): name for name in reversed(names)}
    return next(((lowered[a], lowered[b]) for a, b in TEXT_COLUMNS if a in lowered and b in lowered), None)


def find_label_column(names: Sequence[str]) -> Optional[str]:
    """The name of the label column, as written in `names`. None if no known name is among them."""
    lowered = {name.strip().lower(): name for name in reversed(names)}
    return next((lowered[label] for label in LABEL_COLUMNS if label in lowered), None)


def has_text_columns(cells: Sequence[str]) -> bool:
    """Whether the cells are a header with known names of the two text columns."""
    return find_text_columns(cells) is not None


def is_number(cell: str) -> bool:
    """Whether a cell is a decimal number, also with an exponent: 0.5, 1e-07."""
    return bool(NUMBER.fullmatch(cell.strip()))


def is_code(cell: str) -> bool:
    """Whether a cell is a number, a date, an identifier or similar: ASCII without spaces, with at least one digit."""
    return bool(CODE.fullmatch(cell.strip()))


def looks_like_labels(cells: Sequence[str]) -> bool:
    """Whether a column may hold labels.

    Its values recur, or at least half of them look like labels: very short, a number, a code, an English word, 不相似.
    """
    distinct = {cell.strip().lower() for cell in cells}
    if 2 * len(distinct) <= len(cells):
        return True
    likely = [len(cell) <= 2 or is_code(cell) or ENGLISH_LABEL.fullmatch(cell) or cell in CHINESE_LABELS for cell in distinct]
    return 2 * sum(map(bool, likely)) >= len(likely)


def looks_like_header(rows: List[List[str]]) -> bool:
    """Whether the first row is a header.

    It is one if a cell is a known column name, if a cell is not a number while the rest of its column are numbers, or if all its
    cells are English names while most of the other rows have Chinese text.
    """
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    if any(cell.strip().lower() in COLUMN_NAMES for cell in first):
        return True
    if not rest:
        return False
    columns = list(zip(*rest))
    if any(cell.strip() and not is_number(cell) and all(map(is_number, column)) for cell, column in zip(first, columns)):
        return True
    english = all(re.fullmatch(r"[A-Za-z#_][\w #.-]*", cell.strip(), re.ASCII) for cell in first)
    chinese_rows = sum(any("\u4e00" <= character <= "\u9fff" for character in "".join(row)) for row in rest)
    return english and chinese_rows * 2 > len(rest)
