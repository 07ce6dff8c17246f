"""The check of scaled dot-product attention."""

from __future__ import annotations

import math
from typing import Iterator, List

import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, unpack
from app.course.calls import call, tensor
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Compares output and weights with our own, on inputs with different B, S and D, then on other shapes."""
    paddle.seed(21)
    query, key, value = paddle.randn([2, 3, 16]), paddle.randn([2, 3, 16]), paddle.randn([2, 3, 16])
    scores = paddle.matmul(query, key, transpose_y=True)
    expected = F.softmax(scores / math.sqrt(16), axis=-1)
    output, weights = _attention(student, query, key, value)
    equal(
        "weights", weights, expected,
        [
            (F.softmax(scores, axis=-1), Text(
                "The scores are not divided by √d.", "分数没有除以 √d。")),
            (F.softmax(scores / 16, axis=-1), Text(
                "The scores are divided by d; divide by √d.", "分数除以了 d；应该除以 √d。")),
            (F.softmax(scores / math.sqrt(3), axis=-1), Text(
                "The scores are divided by the root of S, the number of tokens; d is the length of a vector.",
                "分数除以了词元数 S 的平方根；d 是向量的长度。")),
            (F.softmax(scores / 4, axis=1), Text(
                "The softmax goes over the queries (axis 1); the weights of one query have to sum to 1 (axis -1).",
                "softmax 是在 query 上做的（axis 1）；同一个 query 的权重之和应为 1（axis -1）。")),
            (F.softmax(scores / 4, axis=0), Text(
                "The softmax goes over the batch (axis 0), so sentences influence each other.",
                "softmax 是在批上做的（axis 0），句子之间会互相影响。")),
            (F.softmax(scores * 4, axis=-1), Text(
                "The scores are multiplied by √d; divide by it.", "分数乘以了 √d；应该除以 √d。")),
            (F.softmax(scores, axis=-1) / 4, Text(
                "The weights are divided by √d; divide the scores, before the softmax.",
                "除以 √d 的是权重；应在 softmax 之前除分数。")),
            (lambda: paddle.matmul(expected, value), Text(
                "Output and weights are swapped: return the output first.", "输出和权重写反了：先返回输出。")),
            (scores / 4, Text(
                "These are scores, not weights: the softmax is missing.", "这是分数，不是权重：缺少 softmax。")),
            (F.softmax(paddle.matmul(key, query, transpose_y=True) / 4, axis=-1), Text(
                "Query and key are swapped: row i has to belong to query i.",
                "query 和 key 写反了：第 i 行应属于第 i 个 query。")),
        ],
    )  # fmt: skip
    yield Text(
        f"The weights are right; the first row sums to {float(weights[0, 0].sum()):.4f}.",
        f"权重正确；第一行的和是 {float(weights[0, 0].sum()):.4f}。",
    )
    equal(
        "output", output, paddle.matmul(expected, value),
        [
            (paddle.matmul(expected, key), Text(
                "The weighted sum is of the keys, not of the values.", "加权求和的是 key，不是 value。")),
            (paddle.matmul(expected, value, transpose_x=True), Text("The weights are transposed.", "权重被转置了。")),
        ],
    )  # fmt: skip
    query, key, value = paddle.randn([4, 5, 7]), paddle.randn([4, 5, 7]), paddle.randn([4, 5, 7])
    expected = F.softmax(paddle.matmul(query, key, transpose_y=True) / math.sqrt(7), axis=-1)
    output, weights = _attention(student, query, key, value)
    equal("weights of [4, 5, 7]", weights, expected)
    equal("output of [4, 5, 7]", output, paddle.matmul(expected, value))
    yield Text("The output is the weighted sum of the values, for [2, 3, 16] and for [4, 5, 7].",
               "输出是 value 的加权和，形状为 [2, 3, 16] 和 [4, 5, 7] 时都正确。")  # fmt: skip


def _attention(student: Student, *inputs: paddle.Tensor) -> List[paddle.Tensor]:
    """The student's output and weights."""
    results = unpack("attention(query, key, value)", call(student.attention, *inputs), 2)
    return [tensor(what, result) for what, result in zip(("output", "weights"), results)]
