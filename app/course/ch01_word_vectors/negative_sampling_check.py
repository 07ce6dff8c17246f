"""The check of the full softmax loss and of the negative-sampling loss."""

from __future__ import annotations

import warnings
from typing import Iterator

import numpy as np

from app.course.answers import Student, equal, require
from app.course.calls import call
from app.course.texts import Text


class CountedRows(np.ndarray):
    """A matrix that notes how many of its rows were multiplied."""

    multiplied = 0  # of the whole matrix; rows that were picked first are a plain array

    def __getitem__(self, index):
        return np.asarray(self)[index]

    def __array_ufunc__(self, function, method, *inputs, **options):
        CountedRows.multiplied += len(self)
        return getattr(function, method)(*(_plain(value) for value in inputs), **options)

    def __array_function__(self, function, types, arguments, options):
        if function is not np.take:
            CountedRows.multiplied += len(self)
        plain = [[_plain(one) for one in value] if isinstance(value, (list, tuple)) else _plain(value) for value in arguments]
        return function(*plain, **options)

    def __iter__(self):
        """One row after the other, as in a loop over all words."""
        CountedRows.multiplied += len(self)
        return iter(np.asarray(self))

    def take(self, *arguments, **options):
        """Rows that are picked."""
        return np.asarray(self).take(*arguments, **options)

    def dot(self, *arguments):
        """The method, which calls neither of the above."""
        CountedRows.multiplied += len(self)
        return np.asarray(self).dot(*arguments)


def _plain(value):
    """A counted matrix as a plain array."""
    return np.asarray(value) if isinstance(value, CountedRows) else value


def check(student: Student) -> Iterator[Text]:
    """Compares both losses with our own, asks for large scores, and counts the rows that negative sampling multiplies."""
    rng = np.random.default_rng(12)
    vector, outputs = rng.normal(size=4), rng.normal(size=[9, 4])
    scores = outputs @ vector
    target = int(scores.argsort()[4])  # neither the most likely word nor the least likely one
    full = np.log(np.exp(scores).sum()) - scores[target]
    others = np.delete(scores, target)
    equal(
        "full_softmax_loss(...)", call(student.full_softmax_loss, vector, outputs, target), full,
        [
            (-full, Text("The sign is wrong: a loss is minus the logarithm.", "符号错了：损失是对数的负值。")),
            (np.exp(-full), Text(
                "This is the probability; the loss is minus its logarithm.", "这是概率；损失是它的对数的负值。")),
            (np.log(np.exp(scores).sum()), Text(
                "The score of the target is missing: subtract it from the logarithm of the sum.",
                "缺少目标词的分数：要从和的对数里减去它。")),
            (-scores[target], Text(
                "The denominator of the softmax is missing: the sum over all words.", "缺少 softmax 的分母：对所有词求和。")),
            (full - np.log(9), Text(
                "This has the mean of the exponentials; the softmax needs their sum.", "这里对指数求了平均；softmax 需要求和。")),
            (np.log(np.exp(others).sum()) - scores[target], Text(
                "The target is not in the denominator; the sum goes over all words, also over the target.",
                "分母里没有目标词；求和要包括所有的词，也包括目标词。")),
            (full - scores.max(), Text(
                "The largest score was subtracted inside the exponentials, but it is not added again, or not subtracted from "
                "the score of the target.",
                "在指数里减去了最大的分数，但之后没有加回来，或者没有从目标词的分数里减去。")),
            (full / np.log(2), Text("This is the logarithm to base 2; use `np.log`.", "这是以 2 为底的对数；请用 `np.log`。")),
            (full / 9, Text("The loss of one pair is not divided by the number of words.", "一个词对的损失不用除以词数。")),
        ],
        1e-6,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scale = 2000 / scores.max()
        large = np.asarray(call(student.full_softmax_loss, scale * vector, outputs, target), dtype=float)
    require(
        bool(np.isfinite(large).all()),
        f"full_softmax_loss = {large} when the largest score is 2,000: `np.exp` overflows there, or the logarithm of 0 is taken. "
        "Subtract the largest score before `np.exp`, and take the logarithm of the sum, not of the quotient.",
        f"最大的分数是 2,000 时，full_softmax_loss = {large}：`np.exp` 溢出，或者对 0 取了对数。"
        "请在 `np.exp` 之前减去最大的分数，并且对和取对数，而不是对商取对数。",
    )
    equal("full_softmax_loss(...) of large scores", large, scale * (scores.max() - scores[target]), tolerance=1e-3)
    yield Text("The full softmax loss is right, also for a score of 2,000.",
               "完整 softmax 的损失正确，分数为 2,000 时也正确。")  # fmt: skip

    negatives = np.array([index for index in (3, 8, 1, 5, 0) if index != target][:4])
    negatives = np.append(negatives, negatives[1])  # drawn twice, so it counts twice
    positive, negative = scores[target], scores[negatives]

    def loss(positive_sign, negative_sign, of=np.sum):
        log_sigmoid = [-np.logaddexp(0, -positive_sign * positive), -np.logaddexp(0, -negative_sign * negative)]
        return -log_sigmoid[0] - of(log_sigmoid[1])

    expected = loss(1, -1)
    equal(
        "negative_sampling_loss(...)", call(student.negative_sampling_loss, vector, outputs, target, negatives), expected,
        [
            (loss(1, 1), Text(
                "The minus in σ(-u·v) is missing: the negatives are pulled to the centre word like neighbours.",
                "σ(-u·v) 里缺少负号：负样本会像邻近词一样被拉向中心词。")),
            (loss(-1, 1), Text(
                "Target and negatives are swapped: σ(u·v) is for the target, σ(-u·v) for the negatives.",
                "目标词和负样本写反了：目标词用 σ(u·v)，负样本用 σ(-u·v)。")),
            (-expected, Text("The sign is wrong: a loss is minus the logarithm.", "符号错了：损失是对数的负值。")),
            (expected - 2 * np.logaddexp(0, -positive), Text(
                "The term of the target has the wrong sign; both parts of the loss have a minus.",
                "目标词的项符号错了；损失的两部分前面都是负号。")),
            (loss(1, -1, np.mean), Text(
                "The mean over the negatives is taken; the formula has their sum.", "对负样本求了平均；公式里是求和。")),
            (loss(1, -1, lambda terms: 0), Text("The negatives are missing.", "缺少负样本。")),
            (expected - 2 * np.logaddexp(0, negative).sum(), Text(
                "The terms of the negatives have the wrong sign; both parts of the loss have a minus.",
                "负样本的项符号错了；损失的两部分前面都是负号。")),
            (expected - np.logaddexp(0, -positive), Text("The term of the target is missing.", "缺少目标词的项。")),
            (loss(1, -1, lambda terms: terms[0]), Text("Only the first negative is used.", "只用了第一个负样本。")),
            (loss(1, -1, lambda terms: terms[:4].sum()), Text(
                "A word that was drawn twice counts twice.", "抽到两次的词要算两次。")),
            (np.logaddexp(0, -positive) + np.logaddexp(0, negative), Text(
                "The sum over the negatives is missing; the loss is one number.", "没有对负样本求和；损失是一个数。")),
            (expected / 6, Text("The formula has a sum over K + 1 words, not a mean.", "公式是对 K + 1 个词求和，不是求平均。")),
            (np.log(np.exp(scores[[target, *negatives]]).sum()) - positive, Text(
                "This is a softmax over the target and the negatives. Negative sampling has a sigmoid for each word.",
                "这是在目标词和负样本上做的 softmax。负采样是对每个词各做一次 sigmoid。")),
        ],
        1e-6,
    )  # fmt: skip
    one = np.array([2 if target != 2 else 6])
    equal("negative_sampling_loss(..., one negative)", call(student.negative_sampling_loss, vector, outputs, target, one),
          np.logaddexp(0, -scores[target]) + np.logaddexp(0, scores[one[0]]), tolerance=1e-6)  # fmt: skip
    CountedRows.multiplied = 0
    counted = rng.normal(size=[1000, 4]).view(CountedRows)
    student.negative_sampling_loss(vector, counted, target, negatives)  # without `call`: comparing would count too
    require(
        CountedRows.multiplied == 0,
        "The loss is right, but all rows of `outputs` are multiplied, so nothing is saved. Pick the rows first: "
        "`outputs[negatives] @ vector`.",
        "损失的值正确，但 `outputs` 的所有行都参与了乘法，没有省下计算。请先取出需要的行：`outputs[negatives] @ vector`。",
    )
    yield Text("The negative-sampling loss is right: 6 dot products for 5 negatives, whatever the size of the vocabulary.",
               "负采样的损失正确：5 个负样本只需 6 个点积，与词表大小无关。")  # fmt: skip
