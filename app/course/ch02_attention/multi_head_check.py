"""The check of splitting a hidden state into heads and of merging the heads again."""

from __future__ import annotations

from typing import Iterator

import paddle

from app.course.answers import Student, equal
from app.course.calls import call, tensor
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Compares both functions with our own, each on inputs of its own, with B, S, heads and H / heads all different."""
    batch, length, heads, per_head = 2, 3, 5, 4
    paddle.seed(23)
    hidden = paddle.randn([batch, length, heads * per_head])
    parts = hidden.reshape([batch, length, heads, per_head])
    plain = Text(
        "The shape is right, but a plain reshape mixes the tokens: a head has to get some numbers of every token. Give the "
        "heads an axis of their own first, [B, S, heads, H / heads], then transpose.",
        "形状是对的，但直接 reshape 把各个词元混在了一起：一个头应该得到每个词元的一部分数。先给头单独一维，"
        "[B, S, heads, H / heads]，再转置。",
    )
    got = tensor("split_heads(...)", call(student.split_heads, hidden, heads))
    equal(
        "split_heads(hidden [2, 3, 20], 5)", got, parts.transpose([0, 2, 1, 3]),
        [
            (hidden.reshape([batch, heads, length, per_head]), plain),
            (hidden.transpose([0, 2, 1]).reshape([batch, heads, length, per_head]), Text(
                "The transposed numbers are cut in the wrong order: tokens and numbers are mixed. Reshape first to [B, S, "
                "heads, H / heads], then transpose.",
                "先转置再切开，词元和数混在了一起。应先 reshape 成 [B, S, heads, H / heads]，再转置。")),
            (hidden.reshape([batch, length, per_head, heads]).transpose([0, 3, 1, 2]), Text(
                "Each head gets every fifth number of a token. A head gets numbers that stand side by side: reshape to [B, S, "
                "heads, H / heads], with the heads in front.",
                "每个头得到的是每隔五个取一个的数。一个头应得到相邻的数：reshape 成 [B, S, heads, H / heads]，头在前。")),
            (parts, Text(
                "The shape is still [B, S, heads, H / heads]: the transposition is missing.",
                "形状还是 [B, S, heads, H / heads]：缺少转置。")),
            (parts.transpose([0, 2, 3, 1]), Text(
                "The last two axes are swapped: [B, heads, H / heads, S]. The tokens come before the numbers.",
                "最后两维写反了：[B, heads, H / heads, S]。词元应在数的前面。")),
            (parts.transpose([2, 0, 1, 3]), Text(
                "The heads come first: [heads, B, S, H / heads]. The batch is axis 0.",
                "头成了第一维：[heads, B, S, H / heads]。第 0 维应是批。")),
            (parts.transpose([0, 2, 1, 3]).reshape([batch * heads, length, per_head]), Text(
                "Batch and heads are one axis; keep them apart.", "批和头合成了一维；应分开。")),
        ],
    )  # fmt: skip
    one = call(student.split_heads, hidden, 2)
    equal("split_heads(hidden [2, 3, 20], 2)", one, hidden.reshape([batch, length, 2, 10]).transpose([0, 2, 1, 3]))
    yield Text("`split_heads` is right: each head has its part of every token.",
               "`split_heads` 正确：每个头都得到每个词元的一段。")

    split = paddle.randn([batch, heads, length, per_head])
    merged = tensor("merge_heads(...)", call(student.merge_heads, split))
    equal(
        "merge_heads(split [2, 5, 3, 4])", merged, split.transpose([0, 2, 1, 3]).reshape([batch, length, heads * per_head]),
        [
            (split.reshape([batch, length, heads * per_head]), Text(
                "The shape is right, but a plain reshape mixes the tokens. Move the heads behind the tokens first: transpose "
                "to [B, S, heads, H / heads], then reshape.",
                "形状是对的，但直接 reshape 把各个词元混在了一起。先把头移到词元后面：转置成 [B, S, heads, H / heads]，再 "
                "reshape。")),
            (split.transpose([0, 2, 3, 1]).reshape([batch, length, heads * per_head]), Text(
                "The numbers of the heads are interleaved: number 0 of all heads, then number 1. Transpose to [B, S, heads, H "
                "/ heads], so that each head's numbers stay together.",
                "各个头的数交错排列了：先是所有头的第 0 个数，再是第 1 个。请转置成 [B, S, heads, H / heads]，"
                "让每个头的数连在一起。")),
            (split.transpose([0, 2, 1, 3]), Text(
                "The heads still have an axis of their own: [B, S, heads, H / heads]. The reshape is missing.",
                "头还单独占一维：[B, S, heads, H / heads]。缺少 reshape。")),
            (split.mean(axis=1), Text(
                "This is the mean of the heads; their numbers are put side by side.",
                "这是各个头的平均；应该把它们的数并排放在一起。")),
            (split.sum(axis=1), Text(
                "This is the sum of the heads; their numbers are put side by side.",
                "这是各个头的和；应该把它们的数并排放在一起。")),
        ],
    )  # fmt: skip
    split = paddle.randn([3, 6, 2, 7])
    merged = call(student.merge_heads, split)
    equal("merge_heads(split [3, 6, 2, 7])", merged, split.transpose([0, 2, 1, 3]).reshape([3, 2, 42]))
    yield Text("`merge_heads` is right: the numbers of all heads stand side by side.",
               "`merge_heads` 正确：各个头的数并排放在一起。")
    equal("merge_heads(split_heads(hidden, 5))", call(student.merge_heads, got), hidden)
    yield Text("Merging after splitting gives the hidden state again.", "先拆分再合并，又得到原来的隐状态。")
