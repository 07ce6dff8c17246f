"""The check of point-wise and pair-wise loss."""

from __future__ import annotations

from typing import Any, Iterator, List, Tuple

import numpy as np
import paddle

from app.course.answers import Mistakes, Student, equal, require, unpack
from app.course.texts import Text

# Pairs in order beyond the margin, in order within it, and in the wrong order by more than the margin.
# The mean without a clamp is below 0.
FIXED = [0.81, 0.35, 0.62], [[0.22, 0.7, 0.1, 0.77], [0.27, 0.05, 0.62, 0.3], [0.15, 0.33, 0.57, 0.04]], 0.2


def check(student: Student) -> Iterator[Text]:
    """Compares both losses and their gradients for two sets of scores and margins."""
    generator = np.random.default_rng(5)
    random = generator.uniform(0.3, 0.9, 5), generator.uniform(0.1, 0.7, [5, 2]), 0.45
    for positive, negative, margin in FIXED, random:
        tensors = [paddle.to_tensor(scores, dtype="float32", stop_gradient=False) for scores in (positive, negative)]
        positive, negative = np.array(positive), np.array(negative)
        shapes = [list(tensor.shape) for tensor in tensors]
        what = f"losses(positive {shapes[0]}, negative {shapes[1]}, margin={margin})"
        point_wise, pair_wise = (_number(loss) for loss in unpack(what, student.losses(*tensors, margin), 2))
        right, mistakes = _point_wise(positive, negative)
        right_pair, mistakes_pair = _pair_wise(positive[:, None], negative, margin)
        first = right_pair, Text("This is the pair-wise loss; return the point-wise loss first.",
                                 "这是成对式损失；应该先返回单点式损失。")  # fmt: skip
        equal(f"{what}: point_wise", point_wise, right, [*mistakes, first])
        equal(f"{what}: pair_wise", pair_wise, right_pair, mistakes_pair)
        for name, loss in ("point_wise", point_wise), ("pair_wise", pair_wise):
            require(_has_gradients(loss, tensors),
                    f"{what}: {name} has no gradient for `positive`, for `negative`, or for both. Compute it with Paddle's "
                    "operations from both of them.",
                    f"{what}：{name} 对 `positive` 或 `negative`（或两者）没有梯度。请用 Paddle 的运算由两者计算。")  # fmt: skip
        if margin == FIXED[2]:
            active = (margin - positive[:, None] + negative > 0).sum()
            yield Text(f"Point-wise: {right:.4f}, the mean over {len(positive) + negative.size} pairs.",
                       f"单点式：{right:.4f}，是 {len(positive) + negative.size} 个句对的平均。")  # fmt: skip
            yield Text(f"Pair-wise: {right_pair:.4f}, the mean over {negative.size} (d+, d-); {active} of them are above 0.",
                       f"成对式：{right_pair:.4f}，是 {negative.size} 个 (d+, d-) 的平均，其中 {active} 个大于 0。")  # fmt: skip
    yield Text("Both losses have gradients.", "两种损失都有梯度。")


def _number(loss: Any) -> Any:
    """A loss of the shape [1], which older versions of Paddle give, as a number."""
    return loss.reshape([]) if isinstance(loss, paddle.Tensor) and list(loss.shape) == [1] else loss


def _has_gradients(loss: Any, arguments: List[paddle.Tensor]) -> bool:
    """Whether the loss has a gradient for every argument."""
    if not isinstance(loss, paddle.Tensor) or loss.stop_gradient:
        return False
    found = paddle.grad(loss, arguments, retain_graph=True, allow_unused=True)
    return all(gradient is not None for gradient in found)


def _point_wise(positive: np.ndarray, negative: np.ndarray) -> Tuple[float, Mistakes]:
    """The mean cross-entropy, and what mistakes give."""
    ones, zeros = -np.log(positive), -np.log(1 - negative)  # [Q], [Q, K]
    every = np.concatenate([ones[:, None], zeros], axis=1)
    swapped = np.concatenate([-np.log(1 - positive)[:, None], -np.log(negative)], axis=1)
    again = np.concatenate([-np.log(_sigmoid(positive))[:, None], -np.log(1 - _sigmoid(negative))], axis=1)
    listed = positive - np.log(np.exp(positive) + np.exp(negative).sum(axis=1))  # log of a softmax over the documents
    return every.mean(), [
        (every.sum(), Text("This is the sum; the loss is the mean over all pairs.", "这是总和；损失是所有句对的平均。")),
        (swapped.mean(), Text("The labels are swapped: d+ has label 1, d- has label 0.",
                              "标签写反了：d+ 的标签是 1，d- 的是 0。")),
        (-every.mean(), Text("The minus sign is missing: log s is negative.", "缺少负号：log s 是负数。")),
        (again.mean(), Text("A sigmoid was applied again (binary_cross_entropy_with_logits does that, too); the scores are "
                            "probabilities already.",
                            "又做了一次 sigmoid（binary_cross_entropy_with_logits 也会做）；分数已经是概率了。")),
        (ones.mean(), Text("Only d+ is counted; each d- gives -log(1 - s).", "只统计了 d+；每个 d- 也有 -log(1 - s)。")),
        (zeros.mean(), Text("Only d- is counted; each d+ gives -log s.", "只统计了 d-；每个 d+ 也有 -log s。")),
        ((ones.mean() + zeros.mean()) / 2, Text(
            "d+ and d- got the same weight; in a mean over all pairs each pair counts the same.",
            "d+ 和 d- 的权重相同；对所有句对取平均时，每个句对的权重才相同。")),
        (ones.mean() + zeros.mean(), Text(
            "Two means are added; take one mean over all pairs.", "这是两个平均值之和；应该对所有句对取一个平均。")),
        (every.sum() / len(every), Text("This is the sum over the documents of a query; take the mean over all pairs.",
                                        "这是每个查询的文档之和；应该对所有句对取平均。")),
        (-listed.mean(), Text(
            "This is F.cross_entropy with its softmax over the documents of a query; here each pair has its own label 0 or 1.",
            "这是 F.cross_entropy，它在一个查询的文档上做 softmax；这里每个句对有自己的标签 0 或 1。")),
        (every.mean(axis=0), Text("The mean goes over the queries only (axis 0); take it over all pairs.",
                                  "只对查询取了平均（axis 0）；应该对所有句对取平均。")),
        (every.mean(axis=1), Text("The mean goes over the documents only (axis 1); take it over all pairs.",
                                  "只对文档取了平均（axis 1）；应该对所有句对取平均。")),
        (every, Text("These are the losses of the single pairs; take their mean.", "这是每个句对的损失；还要取平均。")),
    ]  # fmt: skip


def _pair_wise(positive: np.ndarray, negative: np.ndarray, margin: float) -> Tuple[float, Mistakes]:
    """The mean hinge loss for positive [Q, 1] and negative [Q, K], and what mistakes give."""
    raw = margin - positive + negative
    hinge = np.maximum(0, raw)
    return hinge.mean(), [
        (hinge.sum(), Text("This is the sum; the loss is the mean over all (d+, d-).", "这是总和；损失是所有 (d+, d-) 的平均。")),
        (np.maximum(0, margin + positive - negative).mean(), Text(
            "The sign is swapped: this loss wants d- to lead. It has to be margin - s(q, d+) + s(q, d-).",
            "符号写反了：这样的损失会让 d- 领先。应该是 margin - s(q, d+) + s(q, d-)。")),
        (np.maximum(0, negative - positive).mean(), Text(
            "The margin is forgotten: the loss is 0 as soon as d+ leads by anything.",
            "忘了 margin：d+ 只要领先一点，损失就是 0。")),
        (np.maximum(0, negative - positive - margin).mean(), Text(
            "The margin is subtracted; it has to be added, so that d+ must lead by it.",
            "减去了 margin；应该加上它，要求 d+ 领先这么多。")),
        (np.maximum(0, 0.1 - positive + negative).mean(), Text(
            "The margin is fixed at 0.1; use the argument `margin`.", "margin 固定成了 0.1；应该用参数 `margin`。")),
        (raw.mean(), Text("There is no clamp at 0: pairs that are in order already make the loss smaller. Take max(0, ...) of "
                          "each.",
                          "没有在 0 处截断：已经排对的文档对会让损失变小。每一对都要取 max(0, ...)。")),
        (max(0, raw.mean()), Text("The clamp at 0 is applied to the mean; apply it to each (d+, d-) before the mean.",
                                  "对平均值取了 max(0, ...)；应该先对每个 (d+, d-) 取，再平均。")),
        (np.maximum(0, margin - _sigmoid(positive) + _sigmoid(negative)).mean(), Text(
            "A sigmoid was applied again; it squeezes the scores into 0.5 to 0.73.",
            "又做了一次 sigmoid；它把分数压到 0.5 到 0.73 之间。")),
        (hinge.sum() / len(hinge), Text(
            "This is the sum over the d- of a query, then the mean over the queries; take the mean of all.",
            "这是先对每个查询的 d- 求和，再对查询取平均；应该全部取平均。")),
        (hinge.sum() / np.sum(hinge > 0), Text(
            "The mean goes over the pairs above 0 only; the pairs with the loss 0 count, too.",
            "只对大于 0 的取了平均；损失为 0 的也要计算在内。")),
        (hinge[:, 0].mean(), Text("Only the first d- of each query counts; take the mean over all.",
                                  "每个查询只算了第一个 d-；应该对全部取平均。")),
        (hinge.max(axis=1).mean(), Text("Only the hardest d- of each query counts; take the mean over all.",
                                        "每个查询只算了最难的 d-；应该对全部取平均。")),
        (np.maximum(0, margin - positive[:, 0] + negative.mean(axis=1)).mean(), Text(
            "The mean over the d- is taken before the clamp at 0; compare d+ with each d-.",
            "在取 max(0, ...) 之前就对 d- 取了平均；应该让 d+ 与每个 d- 比较。")),
        (np.abs(raw).mean(), Text("This is the absolute value; below 0 the loss is 0.", "这是绝对值；小于 0 时损失应为 0。")),
        (hinge.mean(axis=0), Text("The mean goes over the queries only (axis 0); take it over all.",
                                  "只对查询取了平均（axis 0）；应该对全部取平均。")),
        (hinge.mean(axis=1), Text("The mean goes over the documents only (axis 1); take it over all.",
                                  "只对文档取了平均（axis 1）；应该对全部取平均。")),
        (hinge, Text("These are the losses of the single (d+, d-); take their mean.", "这是每个 (d+, d-) 的损失；还要取平均。")),
    ]  # fmt: skip


def _sigmoid(values: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-values))
