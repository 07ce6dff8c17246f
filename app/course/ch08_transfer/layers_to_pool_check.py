"""The check of pooling: one vector for each text, from the right layers, without the padding."""

from __future__ import annotations

from typing import Iterator, List

import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal
from app.course.calls import call, tensor
from app.course.texts import Text

MASK = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
WEIGHTS = [0.5, 1.0, 0.0, 2.0, 1.5]


def check(student: Student) -> Iterator[Text]:
    """Compares each way with our own, on random tensors of 4 layers, then of 6."""
    paddle.seed(82)
    states, mask = [paddle.randn([2, 5, 3]) for _ in range(5)], paddle.to_tensor(MASK)
    check_last(student, states, mask)
    equal('pool(hidden_states, mask, "cls")', pooled(student, states, mask, "cls"), states[-1][:, 0], [
        (states[0][:, 0], Text("This is [CLS] of the embeddings; take the last layer.", "这是嵌入层的 [CLS]，应取最后一层。")),
        (states[1][:, 0], Text("This is [CLS] of the first layer; take the last layer.", "这是第一层的 [CLS]，应取最后一层。")),
        (states[-1][0], Text(
            "This is the first text; take the first token: `[:, 0]`.", "这是第一段文本，应取第一个词元：`[:, 0]`。")),
        (states[-1][:, -1], Text("This is the last token; [CLS] is the first.", "这是最后一个词元，[CLS] 是第一个。")),
        (mean(states[-1], mask), Text(
            "This is the mean over the tokens; take the first token only.", "这是词元的平均，应只取第一个词元。")),
    ])  # fmt: skip
    yield Text(
        "The mean leaves out the padding, and [CLS] is taken from the last layer.", "平均时去掉了填充，[CLS] 取自最后一层。"
    )
    check_two_layers(student, states, mask)
    yield Text(
        "The last two layers, and the first and the last, are averaged correctly.", "最后两层、第一层与最后一层的平均正确。"
    )
    check_weighted(student, states, mask)
    more = [paddle.randn([3, 4, 2]) for _ in range(7)]
    longer = paddle.to_tensor([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]])
    weights = [0.0, 1.0, 0.5, 0.0, 2.0, 0.0, 3.0]
    for way, expected in (
        ("cls", more[6][:, 0]), ("last", mean(more[6], longer)), ("last_two", mean(mix(more, [5, 6]), longer)),
        ("first_last", mean(mix(more, [1, 6]), longer)), ("weighted", mean(weighted(more, weights) / sum(weights), longer)),
    ):  # fmt: skip
        what, got = f'pool(hidden_states, mask, "{way}")', pooled(student, more, longer, way, weights)
        equal(Text(f"{what} of a model with 6 layers", f"6 层模型的 {what}"), got, expected)
    yield Text("The weighted mean is right, and a model with 6 layers works as well.", "加权平均正确；换成 6 层的模型也正确。")


def pooled(student: Student, states: List[paddle.Tensor], mask: paddle.Tensor, way: str, *weights: List[float]) -> paddle.Tensor:
    """What the student's function returns for copies."""
    return tensor(f'pool(hidden_states, mask, "{way}")', call(student.pool, states, mask, way, *weights))


def mean(states: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
    """The mean over the tokens without the padding: float32 [B, H]."""
    kept = mask.unsqueeze(-1).astype("float32")
    return (states * kept).sum(axis=1) / kept.sum(axis=1)


def mix(states: List[paddle.Tensor], layers: List[int]) -> paddle.Tensor:
    """The mean of some layers: float32 [B, S, H]."""
    return paddle.stack([states[layer] for layer in layers]).mean(axis=0)


def weighted(states: List[paddle.Tensor], weights: List[float]) -> paddle.Tensor:
    """The sum of the tensors, each multiplied by its weight: float32 [B, S, H]."""
    return sum(weight * state for weight, state in zip(weights, states))


def check_last(student: Student, states: List[paddle.Tensor], mask: paddle.Tensor) -> None:
    """The mean over the tokens of the last layer."""
    last, kept = states[-1], mask.unsqueeze(-1).astype("float32")
    equal('pool(hidden_states, mask, "last")', pooled(student, states, mask, "last"), mean(last, mask), [
        (last.mean(axis=1), Text("The padding counts in the mean: the mask is not used.", "填充被算进了平均：没有使用掩码。")),
        ((last * kept).mean(axis=1), Text(
            "The sum leaves out the padding, but it is divided by S, the padded length. Divide by the number of tokens of each "
            "text.",
            "求和时去掉了填充，但除以的是填充后的长度 S。应除以每段文本自己的词元数。")),
        (last.sum(axis=1) / kept.sum(axis=1), Text(
            "The sum contains the padding: multiply by the mask before you sum.", "求和时包含了填充：请先乘以掩码再求和。")),
        ((last * kept).sum(axis=1), Text(
            "This is the sum; divide it by the number of tokens of each text.", "这是和，还要除以每段文本的词元数。")),
        ((last * kept).sum(axis=1) / kept.sum(), Text(
            "The sum is divided by the number of tokens of the whole batch. Divide by that of each text.",
            "除以的是整个批的词元数。应除以每段文本自己的词元数。")),
        (lambda: ((last * (1 - kept)).sum(axis=1) / (1 - kept).sum(axis=1)), Text(
            "The mask is inverted: this is the mean over the padding.", "掩码用反了：这是对填充求的平均。")),
        (lambda: mean(last[:, 1:], mask[:, 1:]), Text(
            "[CLS] is left out; it is a token too.", "漏掉了 [CLS]，它也是词元。")),
        (last.max(axis=1), Text("This is the maximum over the positions; take the mean over the tokens.",
                                "这是各位置的最大值，应对词元求平均。")),
        (lambda: mean(states[0], mask), Text(
            "This is the output of the embeddings; take the last layer.", "这是嵌入层的输出，应取最后一层。")),
    ])  # fmt: skip


def check_two_layers(student: Student, states: List[paddle.Tensor], mask: paddle.Tensor) -> None:
    """The last two layers; the first and the last."""
    added = Text("The two layers are added; take their mean.", "两层相加了，应取平均。")
    joined = Text("The two layers are joined (concatenated); take their mean.", "两层被拼接了，应取平均。")
    unmasked = Text("The padding counts in the mean of this way.", "这种方式的平均里算进了填充。")
    got = pooled(student, states, mask, "last_two")
    equal('pool(hidden_states, mask, "last_two")', got, mean(mix(states, [-2, -1]), mask), [
        (2 * mean(mix(states, [-2, -1]), mask), added),
        (paddle.concat([mean(states[-2], mask), mean(states[-1], mask)], axis=-1), joined),
        (mix(states, [-2, -1]).mean(axis=1), unmasked),
        (mean(mix(states, [0, 1]), mask), Text("These are the first two.", "这是最前面两个。")),
        (mean(states[-2], mask), Text("This is only the last layer but one.", "这只是倒数第二层。")),
        (mean(mix(states, [-3, -2]), mask), Text("The last layer is not among the two (a slice ends before its end).",
                                                 "两层里没有最后一层（切片不包含终点）。")),
    ])  # fmt: skip
    got = pooled(student, states, mask, "first_last")
    equal('pool(hidden_states, mask, "first_last")', got, mean(mix(states, [1, -1]), mask), [
        (mean(mix(states, [0, -1]), mask), Text(
            "hidden_states[0] is the output of the embeddings; the first layer is hidden_states[1].",
            "hidden_states[0] 是嵌入层的输出，第一层是 hidden_states[1]。")),
        (2 * mean(mix(states, [1, -1]), mask), added),
        (paddle.concat([mean(states[1], mask), mean(states[-1], mask)], axis=-1), joined),
        (mix(states, [1, -1]).mean(axis=1), unmasked),
        (mean(mix(states, [1, 2, 3, 4]), mask), Text(
            "This is the mean of all layers from the first to the last; take only these two.",
            "这是从第一层到最后一层全部的平均，应只取两层。")),
    ])  # fmt: skip


def check_weighted(student: Student, states: List[paddle.Tensor], mask: paddle.Tensor) -> None:
    """The weighted mean of all tensors."""
    what = f'pool(hidden_states, mask, "weighted", {WEIGHTS})'
    soft = F.softmax(paddle.to_tensor(WEIGHTS)).tolist()
    equal(what, pooled(student, states, mask, "weighted", WEIGHTS), mean(weighted(states, WEIGHTS) / sum(WEIGHTS), mask), [
        (mean(weighted(states, WEIGHTS), mask), Text(
            "The weights are not divided by their sum, so the vector grows with them.",
            "权重没有除以它们的和，向量会随之变大。")),
        (mean(weighted(states, WEIGHTS) / len(WEIGHTS), mask), Text(
            "The sum is divided by the number of weights; divide by their sum.", "除以的是权重的个数，应除以权重的和。")),
        (mean(weighted(states, soft), mask), Text(
            "The weights go through a softmax; here they are used as they are, divided by their sum.",
            "权重做了 softmax；这里应直接使用，再除以它们的和。")),
        (mean(weighted(states[1:], WEIGHTS) / sum(WEIGHTS), mask), Text(
            "The weights are shifted by one: the first belongs to hidden_states[0].",
            "权重错了一位：第一个权重属于 hidden_states[0]。")),
        (mean(weighted(states, WEIGHTS[::-1]) / sum(WEIGHTS), mask), Text(
            "The weights are in reverse order.", "权重的顺序反了。")),
        (mean(mix(states, [0, 1, 2, 3, 4]), mask), Text("The weights are ignored.", "没有使用权重。")),
        ((weighted(states, WEIGHTS) / sum(WEIGHTS)).mean(axis=1), Text(
            "The padding counts in the mean of this way.", "这种方式的平均里算进了填充。")),
    ])  # fmt: skip
