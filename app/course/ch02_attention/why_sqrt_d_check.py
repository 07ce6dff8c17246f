"""The check of the measurements that show why attention scores are divided by √d."""

from __future__ import annotations

from typing import Iterator

import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, unpack
from app.course.calls import call
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Compares the three numbers with our own, with and without the division, on vectors that are not standard normal."""
    paddle.seed(22)
    d = 9
    query, key = 0.7 * paddle.randn([40, d]) + 0.3, paddle.randn([7, d]) + 0.2
    products = paddle.matmul(query, key, transpose_y=True)
    for scaled in (False, True):
        what = f"measure(query, key, scaled={scaled})"
        scores = products / 3 if scaled else products
        variance, largest, slope = unpack(what, call(student.measure, query, key, scaled), 3)
        weights = F.softmax(scores, axis=-1)
        other = (
            (products.var(), Text(
                "The scores are not divided by √d, although `scaled` is True.", "`scaled` 为 True，但分数没有除以 √d。")),
            (products.var() / 81, Text(
                "The scores are divided by d; divide by √d.", "分数除以了 d；应该除以 √d。")),
            (products.var() / 7, Text(
                "The scores are divided by the root of the number of keys; d is the length of a vector.",
                "分数除以了 key 个数的平方根；d 是向量的长度。")),
            (products.var() / 40, Text(
                "The scores are divided by the root of the number of queries; d is the length of a vector.",
                "分数除以了 query 个数的平方根；d 是向量的长度。")),
            (products.var() * 9, Text("The scores are multiplied by √d; divide by it.", "分数乘以了 √d；应该除以 √d。")),
        ) if scaled else (
            (products.var() / 9, Text(
                "The scores are divided by √d, although `scaled` is False.", "`scaled` 为 False，但分数除以了 √d。")),
        )  # fmt: skip
        equal(
            f"variance of {what}", variance, scores.var(),
            [
                *other,
                (scores.std(), Text(
                    "This is the standard deviation; the variance is its square.", "这是标准差；方差是它的平方。")),
                (scores.var(axis=-1).mean(), Text(
                    "This is the mean of the variances of the rows; take the variance of all scores.",
                    "这是各行方差的平均；要对所有分数求方差。")),
                (scores.var(axis=-1), Text(
                    "This is a variance for each query; take the variance of all scores.",
                    "这是每个 query 的方差；要对所有分数求方差。")),
                (scores.var(axis=0), Text(
                    "This is a variance for each key; take the variance of all scores.",
                    "这是每个 key 的方差；要对所有分数求方差。")),
                (weights.var(), Text(
                    "This is the variance of the weights; take that of the scores, before the softmax.",
                    "这是权重的方差；要求 softmax 之前的分数的方差。")),
            ],
            5e-3,  # room for the division by n or by n - 1
        )  # fmt: skip
        equal(
            f"largest of {what}", largest, weights.max(axis=-1).mean(),
            [
                (weights.max(), Text(
                    "This is the largest of all weights; take the largest of each query, then their mean.",
                    "这是所有权重中最大的；要取每个 query 最大的权重，再求平均。")),
                (weights.max(axis=-1), Text(
                    "The mean over the queries is missing.", "还没有对所有 query 求平均。")),
                (weights.max(axis=0).mean(), Text(
                    "This is the largest weight of each key; take the largest of each query (axis -1).",
                    "这是每个 key 最大的权重；要取每个 query 最大的权重（axis -1）。")),
                (F.softmax(scores, axis=0).max(axis=0).mean(), Text(
                    "The softmax goes over the queries (axis 0); it has to go over the keys (axis -1).",
                    "softmax 是在 query 上做的（axis 0）；应该在 key 上做（axis -1）。")),
                (F.softmax(scores, axis=0).max(axis=-1).mean(), Text(
                    "The softmax goes over the queries (axis 0); it has to go over the keys (axis -1).",
                    "softmax 是在 query 上做的（axis 0）；应该在 key 上做（axis -1）。")),
                (scores.max(axis=-1).mean(), Text(
                    "These are scores; take the largest weight, after the softmax.", "这是分数；要取 softmax 之后最大的权重。")),
                (F.softmax(products, axis=-1).max(axis=-1).mean(), Text(
                    "The softmax gets the scores before the division.", "softmax 用的是除法之前的分数。")),
            ],
        )  # fmt: skip
        terms = weights * (1 - weights)
        equal(
            f"slope of {what}", slope, terms.mean(),
            [
                (terms.sum(), Text("This is the sum; take the mean.", "这是和；要求平均。")),
                (terms.sum(axis=-1).mean(), Text(
                    "This is a sum over the keys; take the mean over all weights.", "这里在 key 上求了和；要对所有权重求平均。")),
                (weights.mean(), Text(
                    "This is the mean of the weights, 1/S; multiply each weight by one minus the weight first.",
                    "这是权重的平均，等于 1/S；要先把每个权重乘以一减去权重。")),
                ((weights.max(axis=-1) * (1 - weights.max(axis=-1))).mean(), Text(
                    "This uses only the largest weight of each query; take all weights.",
                    "这里只用了每个 query 最大的权重；要用所有权重。")),
                (weights.mean() * (1 - weights.mean()), Text(
                    "The mean comes last: w * (1 - w) for each weight, then the mean.",
                    "应该最后求平均：先对每个权重算 w * (1 - w)。")),
                (largest * (1 - largest), Text(
                    "The mean comes last: w * (1 - w) for each weight, then the mean.",
                    "应该最后求平均：先对每个权重算 w * (1 - w)。")),
                ((scores * (1 - scores)).mean(), Text(
                    "These are scores; the formula has the weights.", "这里用的是分数；公式里是权重。")),
            ],
        )  # fmt: skip
        yield Text(
            f"{'Divided by' if scaled else 'Without'} √{d}: variance {float(variance):.2f}, largest weight {float(largest):.3f}, "
            f"slope {float(slope):.4f}.",
            f"{'除以' if scaled else '不除以'} √{d}：方差 {float(variance):.2f}，最大权重 {float(largest):.3f}，"
            f"斜率 {float(slope):.4f}。",
        )
