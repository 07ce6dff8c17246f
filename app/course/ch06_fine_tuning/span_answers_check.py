"""The check of question answering with spans."""

from __future__ import annotations

import math
from typing import Callable, Iterator, List, Tuple

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, require, short, unpack
from app.course.calls import call, tensor
from app.course.ch06_fine_tuning.heads import CALL, NO_SEGMENTS, SOFTMAX_TWICE, Head, train
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """The head on a small encoder, its loss, the best span of given scores, then a short training on the shipped checkpoint."""
    paddle.seed(70)
    head = Head(student, "SpanReader", (), hidden=8, batch=(3, 7), outputs=2)
    yield _check_model(head)
    yield _check_loss(student, head)
    yield _check_span(student)
    yield _check_training(student)


def _check_model(head: Head) -> Text:
    (linear,), got = head.linears, head.got
    scores, one_segment = linear(head.sequence), linear(head.encoder(head.ids)[0])
    require(
        not isinstance(got, paddle.Tensor) or got.shape != [3, 7, 2],
        "forward returns one tensor [B, S, 2]; return its two columns as two tensors: scores[:, :, 0] and scores[:, :, 1].",
        "forward 返回的是一个张量 [B, S, 2]；请把它的两列作为两个张量返回：scores[:, :, 0] 和 scores[:, :, 1]。",
    )
    pair = unpack(CALL, got, 2)
    halves = scores.reshape([3, 2, 7])
    for column, name in enumerate((Text("start", "起点分数 start"), Text("end", "终点分数 end"))):
        equal(name, pair[column], scores[:, :, column], [
            (scores[:, :, 1 - column], Text(
                "Start and end are swapped: the start is output 0, the end is output 1.",
                "起点和终点写反了：起点是输出 0，终点是输出 1。")),
            (one_segment[:, :, column], NO_SEGMENTS),
            (F.softmax(scores, axis=-1)[:, :, column], Text(
                "There is a softmax over start and end; return the scores themselves.",
                "在起点和终点之间做了 softmax；请返回分数本身。")),
            (F.softmax(scores, axis=1)[:, :, column], Text(
                "These are probabilities over the positions; return the scores, because cross_entropy contains the softmax.",
                "这是各位置上的概率；请返回分数，因为 cross_entropy 自己包含 softmax。")),
            (halves[:, column], Text(
                "The [B, S, 2] scores were cut in the wrong order; take scores[:, :, 0] and scores[:, :, 1].",
                "[B, S, 2] 的分数切分方式不对；请取 scores[:, :, 0] 和 scores[:, :, 1]。")),
            (scores[:, :, column : column + 1], Text(
                "The last axis is still there; take scores[:, :, 0], or squeeze it away.",
                "最后一维还在；请取 scores[:, :, 0]，或者用 squeeze 去掉它。")),
            (linear(head.pooled)[:, column], Text(
                "The pooled vector was used: one score per text. Every token needs its scores, from the sequence output.",
                "用了池化向量：每个文本只有一个分数。每个词元都要有分数，来自 sequence 输出。")),
            (scores[:, column], Text(
                "These are the scores of one token; take one column of the last axis: scores[:, :, 0].",
                "这是一个词元的分数；请取最后一维的一列：scores[:, :, 0]。")),
            (scores[column], Text(
                "These are the scores of one text; take one column of the last axis: scores[:, :, 0].",
                "这是一个文本的分数；请取最后一维的一列：scores[:, :, 0]。")),
        ])  # fmt: skip
    return Text(
        "SpanReader: start and end are [3, 7] each; the head has 8 x 2 + 2 = 18 numbers of its own.",
        "SpanReader：起点和终点的形状各是 [3, 7]；头自己的参数有 8×2+2 = 18 个。",
    )


def _check_loss(student: Student, head: Head) -> Text:
    rng = np.random.default_rng(71)
    start, end = (paddle.to_tensor(rng.normal(scale=2, size=[4, 6]).astype("float32")) for _ in range(2))
    first, last = paddle.to_tensor([2, 1, 3, 0]), paddle.to_tensor([5, 1, 4, 2])
    one, other = float(F.cross_entropy(start, first)), float(F.cross_entropy(end, last))
    got = tensor("loss(start, end, first, last)", call(head.model.loss, start, end, first, last))
    equal(
        "loss(start, end, first, last)", got.reshape([]) if got.size == 1 else got, (one + other) / 2,
        [
            (one + other, Text(
                "This is the sum of both cross-entropies; the mean is wanted.",
                "这是两个交叉熵的和，应该取平均。")),
            (one, Text("Only the start is counted; the end is missing.", "只计算了起点，缺少终点。")),
            (other, Text("Only the end is counted; the start is missing.", "只计算了终点，缺少起点。")),
            (lambda: (F.cross_entropy(start, last) + F.cross_entropy(end, first)) / 2, Text(
                "Start and end are swapped: the start scores are compared with the last token.",
                "起点和终点写反了：起点分数与最后一个词元比较了。")),
            (lambda: (F.cross_entropy(F.softmax(start), first) + F.cross_entropy(F.softmax(end), last)) / 2, SOFTMAX_TWICE),
            (lambda: (F.cross_entropy(start, last) + other) / 2, Text(
                "The start scores are compared with the last token.", "起点分数与最后一个词元比较了。")),
            (lambda: (one + F.cross_entropy(end, first)) / 2, Text(
                "The end scores are compared with the first token.", "终点分数与第一个词元比较了。")),
            (4 * (one + other) / 2, Text("This is the sum over the batch; the mean is wanted.", "这是整批的和，应该取平均。")),
            (4 * (one + other), Text(
                "This is the sum over the batch and over start and end; the mean is wanted.",
                "这是整批以及起点与终点的和，应该取平均。")),
            (lambda: (F.cross_entropy(start, first, reduction="none") + F.cross_entropy(end, last, reduction="none")) / 2, Text(
                "These are the losses of the rows; the mean is wanted.", "这是每一行的损失，应该取平均。")),
        ],
    )  # fmt: skip
    scores = head.model(head.ids, head.types)
    head.check_gradients(head.model.loss(*scores, paddle.to_tensor([4, 5, 4]), paddle.to_tensor([5, 5, 4])))
    return Text(
        f"loss: the mean of {one:.3f} (start) and {other:.3f} (end) is {(one + other) / 2:.3f}.",
        f"loss：{one:.3f}（起点）与 {other:.3f}（终点）的平均是 {(one + other) / 2:.3f}。",
    )


def _spans(left: int, right: int, longest: int) -> List[Tuple[int, int]]:
    """The allowed spans."""
    return [(i, j) for i in range(left, right + 1) for j in range(i, min(i + longest, right + 1))]


def _check_span(student: Student) -> Text:
    rng = np.random.default_rng(72)
    for case in range(60):
        size, left, cut = 12 + case % 5, 2 + case % 4, 1 + case % 3
        start, end = rng.normal(scale=3, size=[2, size]).astype("float32")
        if case % 3 == 0:
            start, end = start - 40, end - 40  # scores below 0 only
        _check_one_span(student, start, end, left, size - 1 - cut, 1 + case % 6)
    return Text(
        "best_span: right for 60 random texts; the spans stay in the passage, in order and within the length.",
        "best_span：60 个随机文本都正确；片段在段落里，顺序对，长度不超限。",
    )


def _check_one_span(student: Student, start: np.ndarray, end: np.ndarray, left: int, right: int, longest: int) -> None:
    what = f"best_span(start, end, {left}, {right}, {longest})"
    got = call(student.best_span, start, end, left, right, longest)
    require(
        got is not None or max(start.max(), end.max()) > 0,
        f"{what} is None. Either there is no `return`, or the search starts with a best sum that is too large: all scores may be "
        'below 0, so start with float("-inf").',
        f'{what} 是 None。要么缺少 return，要么一开始的最大和设得太大：所有分数都可能小于 0，请从 float("-inf") 开始。',
    )
    pair = [float(value) for value in unpack(what, got, 2)]
    require(
        all(value == int(value) for value in pair),
        f"{what} has to be two positions; it is {short(pair)}. These look like scores.",
        f"{what} 应该是两个位置，现在是 {short(pair)}，看起来是分数。",
    )
    i, j = map(int, pair)
    for wrong, en, zh in (
        (j < i, "The end lies before the start: only j >= i is allowed.", "终点在起点之前：只允许 j >= i。"),
        (min(i, j) < left or max(i, j) > right, "The span is not in the passage: i and j have to be between `left` and `right`.",
         "片段不在段落里：i 和 j 应该在 `left` 和 `right` 之间。"),
        (j - i + 1 > longest, "The span is too long: it may have at most `longest` tokens, i and j included.",
         "片段太长：包括 i 和 j 在内，最多只能有 `longest` 个词元。"),
    ):  # fmt: skip
        require(not wrong, f"{what} = ({i}, {j}). {en}", f"{what} = ({i}, {j})。{zh}")

    def best(spans: List[Tuple[int, int]], score: Callable[[int, int], float]) -> Tuple[int, int]:
        return max(spans, key=lambda span: score(*span), default=(-1, -1))

    def total(i: int, j: int) -> float:
        return start[i] + end[j]

    spans = _spans(left, right, longest)
    expected = best(spans, total)
    first = int(start[left : right + 1].argmax()) + left
    equal(
        what, (i, j), expected,
        [
            ((expected[0] - left, expected[1] - left), Text(
                "These positions count from `left`; count from 0, the beginning of `start`.",
                "这些位置是从 `left` 数起的；应该从 0，即 `start` 的开头数起。")),
            (best(_spans(left, right - 1, longest), total), Text(
                "The last token of the passage, at `right`, was not tried.", "没有试段落的最后一个词元，即 `right`。")),
            (best(_spans(left + 1, right, longest), total), Text(
                "The first token of the passage, at `left`, was not tried.", "没有试段落的第一个词元，即 `left`。")),
            (best(_spans(left, right, longest - 1), total), Text(
                "A span of exactly `longest` tokens is allowed, but was not tried.",
                "正好 `longest` 个词元的片段是允许的，但没有试。")),
            (best(spans, lambda i, j: end[i] + start[j]), Text("Start and end are swapped.", "起点和终点写反了。")),
            (best(spans, lambda i, j: -total(i, j)), Text("This is the worst span.", "这是最差的片段。")),
            (best([span for span in spans if span[0] == first], total), Text(
                "The best start was chosen first, and then the best end behind it; the sum of both scores counts.",
                "先选了最好的起点，再在它后面选最好的终点；应该看两个分数之和。")),
            (best(spans, lambda i, j: start[i] * end[j]), Text(
                "The scores are multiplied; they are logits, so add them.", "分数相乘了；它们是 logits，应该相加。")),
            (best(spans, lambda i, j: max(start[i], end[j])), Text(
                "The larger of both scores was taken; their sum counts.", "取了两个分数中较大的一个；应该看两者之和。")),
        ],
    )  # fmt: skip


def _check_training(student: Student) -> Text:
    ids = paddle.randint(200, 4000, [8, 14])
    first = paddle.to_tensor([5, 6, 7, 8, 9, 10, 5, 8])
    last = first + paddle.to_tensor([1, 2, 0, 1, 2, 1, 3, 0])
    ids[:, 0], ids[:, 4], ids[:, 13] = 2, 3, 3
    for row in range(8):  # 150 stands where the answer starts, 160 where it ends; one token: 170
        ids[row, int(first[row])], ids[row, int(last[row])] = 150, 160
        if int(first[row]) == int(last[row]):
            ids[row, int(first[row])] = 170
    types = paddle.to_tensor([[0] * 5 + [1] * 9] * 8)
    return train(student, "SpanReader", (), lambda model: model.loss(*model(ids, types), first, last), 15, 1e-3, math.log(14))
