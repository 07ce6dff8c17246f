"""The check of ensembles: mean of probabilities, mean of logits, vote."""

from __future__ import annotations

from typing import Iterator

import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal
from app.course.calls import call, tensor
from app.course.texts import Text

# Models, texts, labels: the vote, the rounded mean label and the probabilities give different predictions.
LOGITS = [
    [[3.0, 0.5, 2.0], [0.0, 1.0, 4.0], [1.0, 0.9, 0.0], [-1.0, 2.0, 0.5]],
    [[0.0, 0.5, 6.0], [2.0, 1.0, 0.5], [0.0, 0.1, 3.0], [0.3, 1.0, 0.2]],
    [[1.0, 0.2, 0.0], [1.5, 0.1, 0.6], [0.2, 0.0, 0.9], [2.5, 0.0, 1.0]],
    [[0.5, 0.9, 0.3], [0.8, 0.3, 0.2], [0.7, 1.1, 0.4], [0.6, 1.4, 0.0]],
    [[1.2, 0.4, 0.7], [0.1, 2.2, 0.3], [0.5, 1.6, 0.2], [0.0, 0.4, 1.9]],
]


def check(student: Student) -> Iterator[Text]:
    """Compares each way with our own on 5 models, 4 texts and 3 labels, then on 2 models."""
    logits = paddle.to_tensor(LOGITS)
    soft = F.softmax(logits, axis=-1)
    by_probability, by_logit = soft.mean(axis=0), F.softmax(logits.mean(axis=0), axis=-1)
    votes = logits.argmax(axis=-1)
    shares = F.one_hot(votes, 3).mean(axis=0)
    models = Text("The softmax goes over the models (axis 0); it has to go over the labels (axis -1).",
                  "softmax 是在模型上做的（axis 0），应该在标签上做（axis -1）。")  # fmt: skip
    texts = Text("The softmax goes over the texts; it has to go over the labels (axis -1).",
                 "softmax 是在文本上做的，应该在标签上做（axis -1）。")  # fmt: skip
    first_mean = Text("The mean comes first and the softmax after it: that is the mean of the logits.",
                      "先求了平均再做 softmax：这是 logits 的平均。")  # fmt: skip
    first_softmax = Text("The softmax comes first and the mean after it: that is the mean of the probabilities.",
                         "先做了 softmax 再求平均：这是概率的平均。")  # fmt: skip
    equal('ensemble(logits, "probabilities")', combined(student, logits, "probabilities"), by_probability, [
        (by_logit, first_mean),
        (F.softmax(logits, axis=0).mean(axis=0), models),
        (F.softmax(logits, axis=1).mean(axis=0), texts),
        (soft.sum(axis=0), Text("The probabilities are added; take the mean over the models.", "概率相加了，应对模型求平均。")),
        (soft.mean(axis=1), Text("The mean goes over the texts (axis 1); it has to go over the models (axis 0).",
                                 "平均是在文本上做的（axis 1），应该在模型上做（axis 0）。")),
        (F.softmax(by_probability, axis=-1), Text("There is a second softmax after the mean.", "平均之后又做了一次 softmax。")),
        (logits.mean(axis=0), Text("These are logits: the softmax is missing.", "这是 logits：缺少 softmax。")),
        (shares, Text("This is the vote.", "这是投票的结果。")),
        (soft.prod(axis=0), Text("The probabilities are multiplied; take their mean.", "概率相乘了，应取平均。")),
    ])  # fmt: skip
    equal('ensemble(logits, "logits")', combined(student, logits, "logits"), by_logit, [
        (by_probability, first_softmax),
        (logits.mean(axis=0), Text(
            "The softmax after the mean is missing: the rows do not sum to 1.", "平均之后缺少 softmax：每行之和不是 1。")),
        (F.softmax(logits.mean(axis=0), axis=0), texts),
        (F.softmax(logits.sum(axis=0), axis=-1), Text(
            "The logits are added, so the probabilities become too extreme; take their mean.",
            "logits 相加了，概率会过于极端，应取平均。")),
        (F.softmax(by_probability, axis=-1), Text(
            "There is a softmax before the mean and one after it.", "平均前后各做了一次 softmax。")),
        (F.softmax(logits.mean(axis=1), axis=-1), Text(
            "The mean goes over the texts (axis 1); it has to go over the models (axis 0).",
            "平均是在文本上做的（axis 1），应该在模型上做（axis 0）。")),
    ])  # fmt: skip
    yield Text(
        f"The mean of probabilities and the mean of logits are right. They choose {by_probability.argmax(axis=-1).tolist()} "
        f"and {by_logit.argmax(axis=-1).tolist()} for four texts.",
        f"概率平均和 logits 平均都正确。对四段文本，它们分别选择 {by_probability.argmax(axis=-1).tolist()} 和 "
        f"{by_logit.argmax(axis=-1).tolist()}。",
    )
    rounded = F.one_hot(votes.astype("float32").mean(axis=0).round().astype("int64"), 3)
    equal('ensemble(logits, "vote")', combined(student, logits, "vote"), shares, [
        (5 * shares, Text("These are numbers of votes; divide by the number of models.", "这是票数，还要除以模型个数。")),
        (rounded, Text(
            "The mean of the label numbers is rounded. Labels are names, not amounts: one vote for 0 and one for 2 is no vote "
            "for 1.",
            "这是标签编号平均后取整。标签是名字，不是数量：0 和 2 各一票，不等于给 1 投票。")),
        (votes.astype("float32").mean(axis=0), Text(
            "This is the mean of the label numbers. Labels are names, not amounts; return the share of each label, [N, C].",
            "这是标签编号的平均。标签是名字，不是数量；请返回每个标签的比例 [N, C]。")),
        (shares.argmax(axis=-1), Text("This is the label with the most votes; return the share of each label, [N, C].",
                                      "这是得票最多的标签；请返回每个标签的比例 [N, C]。")),
        (F.one_hot(shares.argmax(axis=-1), 3), Text("The winner gets everything; return the shares of the votes.",
                                                    "赢家拿走了全部；请返回得票的比例。")),
        (F.one_hot(by_probability.argmax(axis=-1), 3), Text(
            "The argmax comes after the mean. In a vote each model decides first.",
            "先求了平均再取 argmax。投票要让每个模型先决定。")),
        (by_probability, Text("This is the mean of the probabilities. In a vote each model decides first.",
                              "这是概率的平均。投票要让每个模型先决定。")),
    ])  # fmt: skip
    yield Text(
        f"The vote is right: the first text gets the shares {[round(share, 4) for share in shares[0].tolist()]}.",
        f"投票正确：第一段文本的得票比例是 {[round(share, 4) for share in shares[0].tolist()]}。",
    )
    few = logits[1:3, :3, :2]
    for way, expected in (
        ("probabilities", F.softmax(few).mean(axis=0)), ("logits", F.softmax(few.mean(axis=0))),
        ("vote", F.one_hot(few.argmax(axis=-1), 2).mean(axis=0)),
    ):  # fmt: skip
        what = f'ensemble(logits, "{way}")'
        equal(Text(f"{what} of two models", f"两个模型的 {what}"), combined(student, few, way), expected)
    yield Text("Two models with two labels work too.", "换成两个模型、两个标签也正确。")


def combined(student: Student, logits: paddle.Tensor, way: str) -> paddle.Tensor:
    """What the student's function returns for copies."""
    return tensor(f'ensemble(logits, "{way}")', call(student.ensemble, logits, way))
