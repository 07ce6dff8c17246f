"""The check of the pair task with an auxiliary sentence."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import paddle

from app.course.answers import Student, equal, require, unpack
from app.course.calls import call
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """The pairs of examples with other words, and the decision on given and on random logits."""
    yield _check_pairs(student)
    yield _check_decision(student)


def _check_pairs(student: Student) -> Text:
    names = ["正面", "负面", "没提到"]
    questions = ["关于{}，评价是正面的吗？", "关于{}，评价是负面的吗？", "没有提到{}吗？"]
    require(
        list(student.POLARITIES) == names and [student.QUESTIONS.get(name) for name in names] == questions,
        "POLARITIES or QUESTIONS was changed; the check needs them as they were.",
        "POLARITIES 或 QUESTIONS 被改动了；检查需要它们保持原样。",
    )  # fmt: skip
    for text, aspect, polarity in (("又快又便宜。", "服务", "负面"), ("太吵。", "环境", "没提到"), ("好吃。", "味道", "正面")):
        what = f'to_pairs("{text}", "{aspect}", "{polarity}")'
        got = student.to_pairs(text, aspect, polarity)
        count = len(got) if isinstance(got, (list, tuple)) else 3
        require(
            count == 3,
            f"{what} has {count} pairs; each of the 3 polarities needs a pair: from the right one alone, the model would only "
            "ever see the label 1.",
            f"{what} 有 {count} 个句对；3 种极性各要一个句对：如果只有正确的那个，模型看到的标签就全是 1。",
        )
        triples = [unpack(f"{what}[{row}]", triple, 3) for row, triple in enumerate(unpack(what, got, 3))]
        asked = [question.format(aspect) for question in questions]
        equal(Text(f"the texts of {what}", f"{what} 的文本"), [triple[0] for triple in triples], [text] * 3, [
            (asked, Text("Text and question are swapped: the review comes first.", "文本和问题写反了：评论在前。")),
        ])  # fmt: skip
        equal(Text(f"the questions of {what}", f"{what} 的问题"), [triple[1] for triple in triples], asked, [
            (questions, Text(
                "The aspect is missing in the question: use .format(aspect).", "问题里缺少方面的名称：请用 .format(aspect)。")),
            ([question.format(polarity) for question in questions], Text(
                "The polarity was put into the question in place of the aspect.", "填进问题的是极性，应该填方面的名称。")),
            ([asked[names.index(polarity)]] * 3, Text(
                "All three pairs ask about the right polarity; each pair has to ask about its own.",
                "三个句对问的都是正确的极性；每个句对应该问自己的那个极性。")),
        ])  # fmt: skip
        labels = [int(name == polarity) for name in names]
        number = Text(
            "The label is the number of the polarity; it has to be 1 for the pair that matches, and 0 for the others.",
            "标签是极性的编号；应该是：相符的句对为 1，其余为 0。",
        )
        equal(Text(f"the labels of {what}", f"{what} 的标签"), [triple[2] for triple in triples], labels, [
            ([1 - label for label in labels], Text(
                "The labels are inverted: 1 means that the question matches.", "标签反了：1 表示问题与评论相符。")),
            ([names.index(polarity)] * 3, number), ([0, 1, 2], number),
            ([1, 0, 0], Text(
                "The label is always 1 for the first polarity; compare with `polarity`.",
                "第一种极性的标签总是 1；应该与 `polarity` 比较。")),
            ([1, 1, 1], Text(
                "All labels are 1; only one of the three questions matches.", "标签全是 1；三个问题里只有一个相符。")),
        ])  # fmt: skip
    return Text(
        "to_pairs: 3 questions for each example, 1 of them with the label 1.",
        "to_pairs：每个例子 3 个问题，其中 1 个的标签是 1。",
    )  # fmt: skip


def _check_decision(student: Student) -> Text:
    names = np.array(["正面", "负面", "没提到"])
    rng = np.random.default_rng(75)
    for count in (4, 1, 9):
        logits = (rng.normal(scale=2, size=[3 * count, 2]) + rng.normal(scale=2, size=[3 * count, 1])).astype("float32")
        logits[0::3, 0] += 1.0  # so that in many examples no pair has more than 0.5
        got = call(student.decide, paddle.to_tensor(logits))
        got = got.tolist() if hasattr(got, "tolist") else got
        got = [str(name) for name in got] if isinstance(got, (list, tuple)) else got
        margin = (logits[:, 1] - logits[:, 0]).reshape(count, 3)
        odds = 1 / (1 + np.exp(-margin))
        best = margin.argmax(axis=1)
        equal(f"decide(logits[{3 * count}, 2])", got, names[best].tolist(), [
            (names[margin.argmin(axis=1)].tolist(), Text(
                "The polarity with the lowest probability of a match was chosen: column 1 means \"matches\", column 0 \"does not "
                "match\".",
                "选了相符概率最低的极性：第 1 列表示“相符”，第 0 列表示“不符”。")),
            (names[logits[:, 1].reshape(count, 3).argmax(axis=1)].tolist(), Text(
                "Column 1 was compared without column 0: the softmax is missing, or goes over the rows (axis 0). It has to go "
                "over the two columns of a pair: one with [5, 4] matches less than one with [0, 3].",
                "比较第 1 列时没有考虑第 0 列：缺少 softmax，或者 softmax 是在各行之间做的（axis 0）。"
                "应该在一个句对的两列之间做：[5, 4] 的相符概率比 [0, 3] 的小。")),
            (names[logits[:, 0].reshape(count, 3).argmax(axis=1)].tolist(), Text(
                "The logits of column 0 were compared; column 1 is the class \"matches\".",
                "比较的是第 0 列的 logits；“相符”是第 1 列。")),
            (names[odds.reshape(3, count).argmax(axis=0)].tolist(), Text(
                "The rows were grouped in the wrong order: rows 3k, 3k + 1 and 3k + 2 belong together, so reshape to [N, 3].",
                "行的分组不对：第 3k、3k + 1、3k + 2 行属于同一个例子，应该 reshape 成 [N, 3]。")),
            (names[(margin > 0).argmax(axis=1)].tolist(), Text(
                "The first pair with more than 0.5 was chosen; take the highest probability of the three.",
                "选了第一个概率大于 0.5 的句对；应该选三个里概率最高的。")),
            (names[np.where((margin > 0).any(axis=1), (margin > 0).argmax(axis=1), 2)].tolist(), Text(
                "The first pair with more than 0.5 was chosen, or else the last name; take the highest probability of the three.",
                "选了第一个概率大于 0.5 的句对，没有时选了最后一个名字；应该选三个里概率最高的。")),
            (names[logits.argmax(axis=1)].tolist(), Text(
                "There is one name per pair, from the larger of its two columns; one per example is wanted: compare its three "
                "pairs.",
                "每个句对得到一个名字，取的是两列中较大的一列；应该每个例子一个：请比较它的三个句对。")),
            (best.astype(str).tolist(), Text(
                "These are the numbers of the polarities; return POLARITIES[k].", "这是极性的编号；应该返回 POLARITIES[k]。")),
        ])  # fmt: skip
    low = int((odds.max(axis=1) < 0.5).sum())
    return Text(
        f"decide: right for 14 examples; in {low} of the last 9, no question reaches the probability 0.5.",
        f"decide：14 个例子都正确；最后 9 个例子里，有 {low} 个没有任何问题的概率达到 0.5。",
    )
