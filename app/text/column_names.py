"""Names that columns have in the public data sets of this field, and what a header looks like."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Tuple

PAIRS = [
    ("text_a", "text_b"), ("query", "title"), ("sentence1", "sentence2"), ("question1", "question2"), ("query1", "query2"),
    ("text1", "text2"), ("sent1", "sent2"), ("sentence_a", "sentence_b"), ("q1", "q2"), ("s1", "s2"), ("premise", "hypothesis"),
    ("#1 string", "#2 string"), ("text_left", "text_right"), ("source", "target"), ("query", "candidate"), ("query", "text"),
    ("文本1", "文本2"), ("问题1", "问题2"), ("句子1", "句子2"), ("文本一", "文本二"), ("问题一", "问题二"), ("句子一", "句子二"),
    ("文本a", "文本b"), ("问题a", "问题b"), ("句子a", "句子b"), ("查询", "标题"), ("问句1", "问句2"), ("问句一", "问句二"),
]  # fmt: skip
LABELS = [
    "label", "is_duplicate", "quality", "gold_label", "score", "similarity", "labels", "标签", "是否相似", "是否匹配", "相似度",
]  # fmt: skip
OTHERS = {
    "id", "index", "idx", "no", "no.", "qid", "qid1", "qid2", "pairid", "#1 id", "#2 id",
    "编号", "序号", "行号", "问题", "文本", "句子",
}  # fmt: skip
WORDS = OTHERS | set(LABELS) | {name for pair in PAIRS for name in pair}
LONGEST_NAME = max(len(name) for pair in PAIRS for name in pair) + 2  # with white space around it
LABEL_WORDS = set("不相似 不匹配 不相同 不等价 不一致".split())
CODE = re.compile(r"[+#-]?[\w.:/-]*\d[\w.:/%+-]*", re.ASCII)
LABEL = re.compile(r"[a-z_-]+", re.ASCII)
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def find_pair(names: Sequence[str]) -> Optional[Tuple[str, str]]:
    """Of these names the two of the texts, as they are written there; None where they are not known."""
    lowered = {name.strip().lower(): name for name in reversed(names)}
    return next(((lowered[a], lowered[b]) for a, b in PAIRS if a in lowered and b in lowered), None)


def find_label(names: Sequence[str]) -> Optional[str]:
    """Of these names that of the label; None where it is not known."""
    lowered = {name.strip().lower(): name for name in reversed(names)}
    return next((lowered[label] for label in LABELS if label in lowered), None)


def knows_pair(cells: Sequence[str]) -> bool:
    """Whether these cells are a header with known names of texts."""
    return find_pair(cells) is not None


def is_number(cell: str) -> bool:
    """Whether a cell is a number in plain digits."""
    return bool(NUMBER.fullmatch(cell.strip()))


def is_code(cell: str) -> bool:
    """Whether a cell is a number, a date, an identifier or the like: in one piece, with a digit, of ASCII."""
    return bool(CODE.fullmatch(cell.strip()))


def looks_like_labels(cells: Sequence[str]) -> bool:
    """Whether a column may hold labels: values that recur, or such as labels are (numbers, codes, one English word, 不相似)."""
    distinct = {cell.strip().lower() for cell in cells}
    if 2 * len(distinct) <= len(cells):
        return True
    likely = [len(cell) <= 2 or is_code(cell) or LABEL.fullmatch(cell) or cell in LABEL_WORDS for cell in distinct]
    return 2 * sum(map(bool, likely)) >= len(likely)


def looks_like_header(rows: List[List[str]]) -> bool:
    """Whether the first row names columns: by a word that only headers are, or since it alone has no number in a column of
    numbers, or has English names over Chinese text.
    """
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    if any(cell.strip().lower() in WORDS for cell in first):
        return True
    if not rest:
        return False
    columns = list(zip(*rest))
    if any(cell.strip() and not is_number(cell) and all(map(is_number, column)) for cell, column in zip(first, columns)):
        return True
    english = all(re.fullmatch(r"[A-Za-z#_][\w #.-]*", cell.strip(), re.ASCII) for cell in first)
    chinese = sum(any("\u4e00" <= letter <= "\u9fff" for letter in "".join(row)) for row in rest)
    return english and chinese * 2 > len(rest)
