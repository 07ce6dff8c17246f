"""The check of sentence-order pairs and of the rule that knows the topic only."""

from __future__ import annotations

import math
from typing import Iterator

import numpy as np

from app.course.answers import Student, equal, require, unpack
from app.course.texts import Text

DOCUMENTS = [[f"{'ABCD'[number]}{sentence}" for sentence in range(length)] for number, length in enumerate((3, 1, 5, 2))]
NEIGHBOURS = [pair for document in DOCUMENTS for pair in zip(document, document[1:])]
RUNS = 400


def check(student: Student) -> Iterator[Text]:
    """Pairs of four small documents, 400 times; then the rule on pairs with known overlaps."""
    runs = [_pairs(student, seed) for seed in range(RUNS)]
    labels = np.array([[label for _, _, label in pairs] for pairs in runs])
    swapped = np.array([[(b, a) == right for (a, b, _), right in zip(pairs, NEIGHBOURS)] for pairs in runs])
    require(bool(swapped.any()), "The order is never swapped.", "顺序从来没有交换。")
    require(
        not swapped.all(), "The order is always swapped. Half of the pairs keep it.", "顺序总是被交换。应有一半保持原来的顺序。"
    )
    require(not np.array_equal(labels, ~swapped), "The labels are swapped: 0 is the right order, 1 the swapped order.",
            "标签反了：0 是原来的顺序，1 是交换后的顺序。")  # fmt: skip
    require(np.array_equal(labels, swapped), "A label does not fit its pair: 0 is the right order, 1 the swapped order.",
            "有一对的标签不对：0 是原来的顺序，1 是交换后的顺序。")  # fmt: skip
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
    share = labels.mean()
    require(abs(share - 0.5) <= 5 * math.sqrt(0.25 / labels.size), f"{share:.1%} of the pairs are swapped; expected 50 %.",
            f"被交换的占 {share:.1%}；应为 50%。")  # fmt: skip
    yield Text(f"{len(NEIGHBOURS)} pairs of neighbours; {share:.1%} of {labels.size} draws are swapped, with label 1.",
               f"{len(NEIGHBOURS)} 对相邻的句子；{labels.size} 次抽签中有 {share:.1%} 交换了顺序，标签为 1。")  # fmt: skip
    yield _check_rule(student)


def _pairs(student: Student, seed: int):
    pairs = student.sop_pairs([list(document) for document in DOCUMENTS], np.random.default_rng([53, seed]))
    require(
        pairs is not None, "sop_pairs(...) is None. Is the `return` missing?", "sop_pairs(...) 是 None。是不是忘了写 return？"
    )
    pairs = [tuple(unpack(f"sop_pairs(...)[{number}]", pair, 3)) for number, pair in enumerate(pairs)]
    for a, b, _ in pairs:
        where = f"A = {a!r}, B = {b!r}"
        require(str(a)[:1] == str(b)[:1], f"{where}: the two sentences are of different documents. SOP never mixes documents.",
                f"{where}：两句来自不同的文档。SOP 不会混用文档。")  # fmt: skip
        require(
            (a, b) in NEIGHBOURS or (b, a) in NEIGHBOURS,
            f"{where}: they are not consecutive sentences.",
            f"{where}：不是相邻的两句。",
        )
    found = [tuple(sorted((a, b))) for a, b, _ in pairs]
    require(found == NEIGHBOURS, f"There are {len(found)} pairs {found[:3]}...; expected all {len(NEIGHBOURS)} neighbours in "
                                 f"order, from "
            f"{NEIGHBOURS[0]} on. Sentence 2 is in two pairs: once as the second, once as the first.",
            f"得到 {len(found)} 对 {found[:3]}……；应按顺序包含全部 {len(NEIGHBOURS)} 对相邻句子，从 {NEIGHBOURS[0]} 开始。"
            "第 2 句在两对里：一次在后，一次在前。")  # fmt: skip
    return pairs


def _check_rule(student: Student) -> Text:
    """The best threshold is 0.375: label 0 from there on, with two exceptions in 11 pairs."""
    overlaps = np.array([0.125, 0.25, 0.25, 0.375, 0.375, 0.5, 0.625, 0.625, 0.75, 0.875, 0.875])
    labels = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0])
    table = {(f"a{number}", f"b{number}"): float(value) for number, value in enumerate(overlaps)}
    pairs = [(a, b, int(label)) for (a, b), label in zip(table, labels)]
    order = np.random.default_rng(0).permutation(len(pairs))
    got = student.topic_accuracy([pairs[number] for number in order], lambda a, b: table[a, b])
    accuracies = [float(np.mean((overlaps < threshold) == labels)) for threshold in np.unique(overlaps)]
    equal(
        "topic_accuracy(pairs, overlap)", got, max(accuracies),
        [
            (lambda: max(float(np.mean((overlaps >= threshold) == labels)) for threshold in np.unique(overlaps)), Text(
                "The rule is reversed: an overlap of at least the threshold means label 0.",
                "规则反了：重合度不低于阈值时标签为 0。")),
            (float(np.mean((overlaps < 0.5) == labels)), Text(
                "The threshold is fixed at 0.5 (or at the median, which is 0.5 here). Try each overlap that occurs.",
                "阈值固定为 0.5（或中位数，这里也是 0.5）。应试遍出现过的每个重合度。")),
            (float(np.mean(accuracies)), Text(
                "This is the mean over the thresholds; return the highest accuracy.", "这是各阈值的平均；应返回最高的准确率。")),
            (lambda: float(np.mean((overlaps < overlaps.mean()) == labels)), Text(
                "The threshold is the mean overlap. Try each overlap that occurs.",
                "阈值是平均重合度。应试遍出现过的每个重合度。")),
            (max(accuracies) * len(pairs), Text(
                "This is the number of right answers; divide by the number of pairs.", "这是答对的个数；应除以句对数。")),
            (accuracies[-1], Text("This is the accuracy of the last threshold; return the highest.",
                                  "这是最后一个阈值的准确率；应返回最高的。")),
            (float(np.unique(overlaps)[int(np.argmax(accuracies))]), Text(
                "This is the best threshold; return its accuracy.", "这是最好的阈值；应返回它的准确率。")),
            (100 * max(accuracies), Text("Return a number from 0 to 1, not per cent.", "应返回 0 到 1 的数，不是百分数。")),
        ],
    )  # fmt: skip
    table = {(f"a{number}", f"b{number}"): 0.1 + 0.1 * number for number in range(6)}
    for labels, best, mistake in (
        ([0] * 6, 1.0, Text(
            "With the smallest overlap as the threshold, all pairs have label 0: at least the threshold means `>=`, not `>`.",
            "以最小的重合度为阈值时，所有句对的标签都是 0：“不低于”是 `>=`，不是 `>`。")),
        ([0, 0, 0, 1, 1, 1], 0.5, Text(
            "The reversed rule (label 1 from the threshold on) is tried too. Only a large overlap means label 0.",
            "把反过来的规则（从阈值起标签为 1）也试了。只有重合度大才表示标签 0。")),
    ):  # fmt: skip
        pairs = [(a, b, label) for (a, b), label in zip(table, labels)]
        got = student.topic_accuracy(pairs, lambda a, b: table[a, b])
        equal(f"topic_accuracy (labels {labels})", got, best, [(5 / 6, mistake), (1.0, mistake)])
    return Text(f"The best threshold is right in {max(accuracies):.1%} of the check's pairs.",
                f"最好的阈值在检查用的句对上答对 {max(accuracies):.1%}。")  # fmt: skip
