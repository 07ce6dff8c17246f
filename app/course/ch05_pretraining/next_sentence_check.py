"""The check of next-sentence pairs: properties and shares of many draws."""

from __future__ import annotations

import math
from typing import Iterator, List, Tuple

import numpy as np

from app.course.answers import Student, require, unpack
from app.course.texts import Text

LENGTHS = (4, 1, 3, 5)  # sentences of each document; the second has no pair, but its sentence can be a random one
DOCUMENTS = [[f"{'ABCD'[number]}{sentence}" for sentence in range(length)] for number, length in enumerate(LENGTHS)]
SENTENCES = [sentence for document in DOCUMENTS for sentence in document]
NEXT = {a: b for document in DOCUMENTS for a, b in zip(document, document[1:])}
RUNS = 400


def check(student: Student) -> Iterator[Text]:
    """Makes the pairs of four small documents 400 times."""
    runs = [_pairs(student, seed) for seed in range(RUNS)]
    for pairs in runs:
        _check_first(pairs)
    yield Text(
        "Each sentence with a next sentence in its document is A once: 9 pairs.",
        "每个在文档内有下一句的句子都正好作一次 A：共 9 对。",
    )
    labels = np.array([[label for _, _, label in pairs] for pairs in runs])
    follows = np.array([[NEXT[a] == b for a, b, _ in pairs] for pairs in runs])
    same_document = np.array([[a[0] == b[0] for a, b, _ in pairs] for pairs in runs])
    _check_labels(labels, follows)
    require(not (same_document & ~follows).any(),
            "A random sentence comes from the same document as A. Draw from the other documents only.",
            "随机句子和 A 来自同一篇文档。只能从其他文档中抽取。")  # fmt: skip
    require(not (labels == follows).any(), "A pair has a label that does not fit: 0 for the next sentence, 1 for a random one.",
            "有一对的标签不对：下一句为 0，随机句子为 1。")  # fmt: skip
    yield Text("Label 0 is always the next sentence, label 1 always a sentence of another document.",
               "标签 0 总是下一句，标签 1 总是另一篇文档的句子。")  # fmt: skip
    _check_random(student, runs, labels)
    share = labels.mean()
    room = 5 * math.sqrt(0.25 / labels.size)
    require(
        abs(share - 0.5) <= room,
        f"{share:.1%} of the pairs have label 1; expected 50 %.",
        f"标签为 1 的占 {share:.1%}；应为 50%。",
    )
    yield Text(f"{share:.1%} of {labels.size} pairs have label 1, and their B comes from every other document.",
               f"{labels.size} 对中标签为 1 的占 {share:.1%}，它们的 B 来自其他各篇文档。")  # fmt: skip


def _pairs(student: Student, seed: int) -> List[Tuple[str, str, int]]:
    given = [list(document) for document in DOCUMENTS]
    pairs = student.nsp_pairs(given, np.random.default_rng([52, seed]))
    require(
        pairs is not None, "nsp_pairs(...) is None. Is the `return` missing?", "nsp_pairs(...) 是 None。是不是忘了写 return？"
    )
    require(given == DOCUMENTS, "`documents` is changed. Leave it as it is.", "`documents` 被改动了。不要改动它。")
    return [tuple(unpack(f"nsp_pairs(...)[{number}]", pair, 3)) for number, pair in enumerate(pairs)]


def _check_first(pairs: List[Tuple[str, str, int]]) -> None:
    """A: each sentence that has a next one, in order."""
    first = [a for a, _, _ in pairs]
    last = [document[-1] for document in DOCUMENTS]
    unknown = [b for _, b, _ in pairs if b not in SENTENCES]
    require(not unknown, f"B = {unknown[:1]} is not a sentence of the documents.", f"B = {unknown[:1]} 不是文档里的句子。")
    crossing = [(a, b) for a, b, _ in pairs if a in last]
    require(not crossing,
            f"{crossing[:1]}: A is the last sentence of its document, so it has no next sentence. A pair may not cross the "
            "border of a document.",
            f"{crossing[:1]}：A 是文档的最后一句，没有下一句。句对不能跨越文档边界。")  # fmt: skip
    require(first == list(NEXT), f"The first sentences of the pairs are {first}; expected {list(NEXT)}.",
            f"各对的第一句是 {first}；应为 {list(NEXT)}。")  # fmt: skip


def _check_labels(labels: np.ndarray, follows: np.ndarray) -> None:
    require(bool(np.isin(labels, (0, 1)).all()), "A label has to be 0 or 1.", "标签应为 0 或 1。")
    require(bool(follows.any()), "B is never the next sentence.", "B 从来不是下一句。")
    require(not follows.all(), "B is always the next sentence. Half of the pairs need a random sentence of another document.",
            "B 总是下一句。应有一半的句对换成另一篇文档的随机句子。")  # fmt: skip
    require(not np.array_equal(labels, follows), "The labels are swapped: 0 means that B follows A, 1 that B is random.",
            "标签反了：0 表示 B 紧跟 A，1 表示 B 是随机的。")  # fmt: skip
    require(len(np.unique(labels)) == 2, f"All labels are {labels[0, 0]}.", f"所有标签都是 {labels[0, 0]}。")


def _check_random(student: Student, runs: List[List[Tuple[str, str, int]]], labels: np.ndarray) -> None:
    """Draws: of the label for each pair, of the document, and of the sentence."""
    require(runs[1] == _pairs(student, 1) and any(runs[0] != pairs for pairs in runs),
            "The same `rng` has to give the same pairs, and another `rng` other pairs. Draw all random numbers from `rng`.",
            "相同的 `rng` 应得到相同的句对，不同的 `rng` 应得到不同的句对。所有随机数都要从 `rng` 抽取。")  # fmt: skip
    require(not all(len(set(row)) == 1 for row in labels.tolist()), "All pairs of one call have the same label. Draw for each "
                                                                    "pair.",
            "一次调用中所有句对的标签都相同。应对每一对分别抽签。")  # fmt: skip
    fixed = [column for column in range(labels.shape[1]) if len(set(labels[:, column])) == 1]
    require(not fixed, f"pairs[{fixed[0] if fixed else 0}] always has the same label, whatever `rng` is. Draw for each pair.",
            f"pairs[{fixed[0] if fixed else 0}] 的标签总是一样，与 `rng` 无关。应对每一对分别抽签。")  # fmt: skip
    repeats = np.mean(labels[:, 1:] == labels[:, :-1])
    require(abs(repeats - 0.5) <= 5 * math.sqrt(0.25 / labels[:, 1:].size),
            f"A pair has the same label as the one before it in {repeats:.1%} of the cases; expected 50 %. Draw for each pair on "
            "its own.",
            f"一对的标签与前一对相同的情况占 {repeats:.1%}；应为 50%。应对每一对单独抽签。")  # fmt: skip
    for number, document in enumerate(DOCUMENTS):
        drawn = {b for pairs in runs for a, b, label in pairs if label == 1 and a in document}
        missing = [sentence for sentence in SENTENCES if sentence not in drawn and sentence not in document]
        require(len(document) < 2 or not missing,
                f"For document {number}, the random sentences are never {missing[:5]}. Every sentence of every other document "
                f"can be drawn.",
                f"对第 {number} 篇文档，随机句子从来不是 {missing[:5]}。其他每篇文档的每个句子都应可能被抽到。")  # fmt: skip
