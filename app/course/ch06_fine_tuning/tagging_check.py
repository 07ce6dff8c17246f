"""The check of tagging named entities."""

from __future__ import annotations

import math
from typing import Iterator, Optional

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, require
from app.course.calls import call, tensor
from app.course.ch06_fine_tuning.heads import SOFTMAX_TWICE, Head, train
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """The head on a small encoder, its loss, the decoding of given tags, then a short training on the shipped checkpoint."""
    paddle.seed(67)
    head = Head(student, "Tagger", (3,), hidden=8, batch=(2, 6), outputs=3)
    yield _check_model(head)
    yield _check_loss(student, head)
    yield _check_decode(student)
    yield _check_training(student)


def _check_model(head: Head) -> Text:
    (linear,), sequence = head.linears, head.sequence
    head.check_logits(linear, lambda sequence, _: sequence, [
        (linear(head.pooled), Text(
            "The pooled vector was used: one row of logits per text. Every token needs its own, from the sequence output.",
            "用了池化向量：每个文本只有一行 logits。每个词元都要有自己的，来自 sequence 输出。")),
        (linear(sequence[:, 0]), Text(
            "Only [CLS] is tagged; every token needs its logits.", "只给 [CLS] 打了标签；每个词元都要有 logits。")),
        (linear(sequence[:, 1:]), Text(
            "[CLS] is cut off: the logits have to stay [B, S, tags], because `loss` counts positions with it.",
            "[CLS] 被去掉了：logits 的形状应保持 [B, S, tags]，因为 `loss` 里的位置把它算在内。")),
        (linear(sequence[:, 1:-1]), Text(
            "[CLS] and the last token are cut off; the logits have to stay [B, S, tags].",
            "[CLS] 和最后一个词元被去掉了；logits 的形状应保持 [B, S, tags]。")),
    ])  # fmt: skip
    head.check_dropout(Text("the linear layer", "线性层"))
    return Text(
        "Tagger: logits [2, 6, 3] for 2 texts of 6 tokens and 3 tags; dropout in training only.",
        "Tagger：2 个文本、每个 6 个词元、3 个标签，logits 的形状是 [2, 6, 3]；只在训练时有 dropout。",
    )


def _check_loss(student: Student, head: Head) -> Text:
    rng = np.random.default_rng(68)
    logits = paddle.to_tensor(rng.normal(scale=2, size=[3, 9, 4]).astype("float32"))
    tags = [[3, 0, 1, 2, 0], [2, 1], [0, 3, 1, 2, 2, 1, 3]]  # the last row has no padding

    def labels(offset: int = 1, outside: int = -100, padding: int = -100) -> np.ndarray:
        """[3, 9]; `outside`: the label of [CLS] and [SEP]."""
        rows = np.full([3, 9], padding)
        for row, numbers in zip(rows, tags):
            row[0] = row[len(numbers) + 1] = outside
            row[offset : offset + len(numbers)] = numbers
        return rows

    def loss(labels: np.ndarray, count: float = 0, scores: Optional[np.ndarray] = None) -> float:
        """The sum over the positions without -100, divided by their number or by `count`."""
        scores = logits.numpy() if scores is None else scores
        logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        counted = labels != -100
        total = -np.take_along_axis(logs, np.where(counted, labels, 0)[..., None], axis=-1)[..., 0][counted].sum()
        return total / (count or counted.sum())

    right, zeros = loss(labels()), loss(labels(outside=0, padding=0))
    got = tensor("loss(logits, tags)", call(head.model.loss, logits, tags))
    everything = Text(
        "[CLS], [SEP] and padding are counted, as if they had the tag 0 (O). Their label is -100.",
        "[CLS]、[SEP] 和填充也被计入了，好像它们的标签是 0（O）。它们的标签应为 -100。",
    )
    specials = Text(
        "[CLS] and [SEP] are counted, as if they had the tag 0 (O). Their label is -100.",
        "[CLS] 和 [SEP] 也被计入了，好像它们的标签是 0（O）。它们的标签应为 -100。",
    )
    padding = Text(
        "Padding is counted, as if it had the tag 0 (O). Its label is -100.",
        "填充也被计入了，好像它的标签是 0（O）。它的标签应为 -100。",
    )
    shifted = Text(
        "The tags are shifted by one: position 0 is [CLS], so the first character is at position 1.",
        "标签错开了一位：位置 0 是 [CLS]，第一个字在位置 1。",
    )
    probabilities = F.softmax(logits).numpy()
    equal(
        "loss(logits, tags)", got.reshape([]) if got.size == 1 else got, right,
        [
            (loss(labels(), 27), Text(
                "The sum is right, but it is divided by B x S = 27, not by the 14 characters. The mean of F.cross_entropy "
                "does that too.",
                "和是对的，但除以了 B×S = 27，而不是 14 个字。F.cross_entropy 自己的平均也是这样。")),
            *((loss(labels(offset=offset), count), shifted) for offset in (0, 2) for count in (14, 27)),
            *((loss(labels(outside=0, padding=0), count), everything) for count in (14, 27)),
            *((loss(labels(outside=0), count), specials) for count in (14, 20, 27)),
            *((loss(labels(padding=0), count), padding) for count in (14, 21, 27)),
            (loss(labels(), 1), Text(
                "This is the sum over the characters; divide it by their number.",
                "这是所有字的和，应该除以字数。")),
            (loss(labels(), 3), Text(
                "The sum is divided by the number of texts; divide it by the number of characters.",
                "和除以了文本数；应该除以字数。")),
            (np.mean([loss(labels()[[row]], 0, logits.numpy()[[row]]) for row in range(3)]), Text(
                "This is the mean of the texts' means; every character of the batch counts the same.",
                "这是各文本平均值的平均；批里的每个字应该同等计算。")),
            *((loss(labels(), count, probabilities), SOFTMAX_TWICE) for count in (14, 27)),
        ],
    )  # fmt: skip
    head.check_gradients(head.model.loss(head.model(head.ids, head.types), [[0, 2, 1, 1], [2, 0]]))
    return Text(
        f"loss: {right:.3f} over 5 + 2 + 7 = 14 characters; with [CLS], [SEP] and padding as O it would be {zeros:.3f} over 27.",
        f"loss：5+2+7 = 14 个字的平均是 {right:.3f}；如果把 [CLS]、[SEP] 和填充当成 O，27 个位置的平均会是 {zeros:.3f}。",
    )


def _check_decode(student: Student) -> Text:
    another_type = Text(
        "An I- of another type continues the entity; it has to start a new one.",
        "类型不同的 `I-` 接上了前面的实体；它应该开始一个新的实体。",
    )
    cases = (
        ("O B-PER I-PER O O B-LOC I-LOC I-LOC O", [("PER", 1, 3), ("LOC", 5, 8)], (
            ([("PER", 1, 2), ("LOC", 5, 7)], Text(
                "The end is the position of the last character; it has to be the position behind it.",
                "end 是最后一个字的位置；应该是它后面的位置。")),
            ([("PER", 2, 4), ("LOC", 6, 9)], Text(
                "All positions are too large by 1: `tags` has no [CLS].", "所有位置都多了 1：`tags` 里没有 [CLS]。")),
            ([("PER", 1, 2), ("PER", 2, 3), ("LOC", 5, 6), ("LOC", 6, 7), ("LOC", 7, 8)], Text(
                "Every character became an entity of its own: an I- continues the entity.",
                "每个字都成了一个实体：`I-` 应该接着前面的实体。")),
        )),
        ("O B-TIME I-TIME", [("TIME", 1, 3)], (
            ([], Text("An entity that reaches the end of the text is lost.", "到文本末尾才结束的实体丢失了。")),
            ([("TIME", 1, 2)], Text("The last character of the text is lost.", "文本的最后一个字丢失了。")),
        )),
        ("B-PER I-PER B-PER I-PER O", [("PER", 0, 2), ("PER", 2, 4)], (
            ([("PER", 0, 4)], Text(
                "Two names side by side became one: a B- always starts a new entity.",
                "相邻的两个名称合成了一个：`B-` 总是开始一个新的实体。")),
            ([("PER", 0, 2)], Text("The second of two names side by side is lost.", "相邻的两个名称里，第二个丢失了。")),
            ([("PER", 2, 4)], Text("The first of two names side by side is lost.", "相邻的两个名称里，第一个丢失了。")),
        )),
        ("B-PER I-LOC I-LOC O", [("PER", 0, 1), ("LOC", 1, 3)], (
            ([("PER", 0, 3)], another_type),
            ([("LOC", 0, 3)], another_type),
            ([("PER", 0, 1)], Text(
                "An I- of another type is lost; it has to start a new entity.",
                "类型不同的 `I-` 丢失了；它应该开始一个新的实体。")),
        )),
        ("B-LOC O I-LOC I-LOC", [("LOC", 0, 1), ("LOC", 2, 4)], (
            ([("LOC", 0, 1)], Text(
                "An I- behind an O is lost; it has to start a new entity.",
                "O 后面的 `I-` 丢失了；它应该开始一个新的实体。")),
            ([("LOC", 0, 4)], Text("The entity goes on through an O.", "实体跨过了 O。")),
            ([("LOC", 0, 3)], Text("The entity goes on through an O.", "实体跨过了 O。")),
        )),
        ("I-TIME I-TIME O B-PER", [("TIME", 0, 2), ("PER", 3, 4)], (
            ([("PER", 3, 4)], Text(
                "An I- at the beginning of the text is lost; it has to start a new entity.",
                "文本开头的 `I-` 丢失了；它应该开始一个新的实体。")),
            ([("TIME", 1, 2), ("PER", 3, 4)], Text(
                "The first I- of the text is lost; it has to start a new entity.",
                "文本的第一个 `I-` 丢失了；它应该开始一个新的实体。")),
        )),
        ("O O", [], ()),
    )  # fmt: skip
    for tags, expected, mistakes in cases:
        given = tags.split()
        got = call(student.decode, given)
        got = [tuple(entity) for entity in got] if isinstance(got, (list, tuple)) else got
        require(
            isinstance(got, list) or got is None,
            "decode has to return a list of (type, start, end).", "decode 应该返回由 (类型, start, end) 组成的列表。",
        )  # fmt: skip
        equal(f'decode("{tags}".split())', got, expected, [(list(value), text) for value, text in mistakes])
    return Text(
        "decode: right for entities at the end, side by side, and for an I- without its B-.",
        "decode：末尾的实体、相邻的实体、没有 `B-` 的 `I-` 都正确。",
    )


def _check_training(student: Student) -> Text:
    ids = paddle.randint(200, 4000, [8, 9])
    numbers = (ids[:, 1:8] % 7).tolist()  # the tag is in the token itself
    ids[:, 0], ids[:, 8] = 2, 3
    types = paddle.zeros_like(ids)
    return train(student, "Tagger", (7,), lambda model: model.loss(model(ids, types), numbers), 15, 1e-3, math.log(7))
