"""The check of gradient accumulation."""

from __future__ import annotations

from typing import Callable, Iterator, List, Tuple

import numpy as np
import paddle
import paddle.nn as nn

from app.course.answers import Mistakes, Student, equal, require
from app.course.texts import Text

SIZE, STEPS, RATE, INPUTS, LABELS = 5, 3, 0.5, 5, 3
When = Callable[[int, bool], bool]  # number of the micro-batch, from 1, and whether it is the last -> whether it is done after it
Scale = Callable[[int, int, int], float]  # rows of the micro-batch, rows of its group, micro-batches of its group -> factor


class Model(nn.Layer):
    """A linear classifier that remembers how many rows it got in each call."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(INPUTS, LABELS)
        self.linear.weight.set_value(_weights())
        self.rows: List[int] = []

    def forward(self, x):
        self.rows.append(x.shape[0])
        return self.linear(x)


def check(student: Student) -> Iterator[Text]:
    """Compares weights and losses with those of large batches: whole groups, a group that is not full, a small micro-batch."""
    sgd = [(_simulated(30, *way), text) for way, text in _typical(student)]
    weights, _, called_with = _trained(student, 30)
    require(
        max(called_with, default=0) >= SIZE or np.allclose(weights, _simulated(30)[:-1], atol=1e-4),
        f"The model gets {max(called_with, default=0)} rows at once, although `batch_size` is {SIZE}. Use `batch_size` and "
        "`accumulation_steps` as they are given.",
        f"`batch_size` 是 {SIZE}，模型一次却只收到 {max(called_with, default=0)} 行。请使用传入的 `batch_size` 和 "
        "`accumulation_steps`。",
    )
    _compare(30, weights, _simulated(30), sgd)
    yield Text(
        "With 30 rows, 3 micro-batches of 5 rows give the same weights as one batch of 15 rows.",
        "有 30 行时，3 个 5 行的小批与一个 15 行的大批得到相同的权重。",
    )
    lost = Text(
        "The last group has fewer micro-batches than the others, and no step is made for it: its rows are lost, or their "
        "gradients stay until the next epoch.",
        "最后一组的小批比其他组少，却没有为它更新参数：这些行丢失了，或者梯度留到了下一轮。",
    )
    by_steps = Text(
        f"The last group is divided by `accumulation_steps` = {STEPS}, but it has fewer micro-batches, so its step is too small.",
        f"最后一组除以了 `accumulation_steps` = {STEPS}，但它的小批更少，所以这一步太小了。",
    )
    for rows in (35, 38):  # groups of 15, 15 and 5 rows; of 15, 15 and 5 + 3 rows
        mistakes = [
            (_simulated(rows, step=lambda number, last: number % STEPS == 0), lost),
            (_simulated(rows, scale=lambda micro, group, count: 1 / (micro * STEPS)), by_steps),
            (_simulated(rows, scale=lambda micro, group, count: 1 / (SIZE * STEPS)), by_steps),
            (_simulated(rows, scale=lambda micro, group, count: 1 / (micro * count)), Text(
                "The last micro-batch has 3 rows and the one before it 5, but both count the same. This is a mean of means: "
                "each row of the small micro-batch counts more.",
                "最后一个小批有 3 行，前一个有 5 行，两者的权重却相同。这是平均的平均：小的小批里每一行的权重更大。")),
            (_simulated(rows, step=lambda number, last: number % STEPS == 0,
                        scale=lambda micro, group, count: 1 / (micro * STEPS)), lost),
        ]  # fmt: skip
        _compare(rows, _trained(student, rows)[0], _simulated(rows), mistakes)
    yield Text(
        "The last group is right too when it has fewer micro-batches, and when a micro-batch has fewer rows.",
        "最后一组的小批更少，或者小批的行更少时，结果也正确。",
    )
    weights, losses, called_with = _trained(student, 38, epochs=2)
    _compare(38, weights, _simulated(38, epochs=2))
    require(
        max(called_with) <= SIZE,
        f"The weights are right, but the model gets {max(called_with)} rows at once. There is memory for `batch_size` = "
        f"{SIZE} rows.",
        f"权重正确，但模型一次收到了 {max(called_with)} 行。内存只够放 `batch_size` = {SIZE} 行。",
    )
    _check_losses(losses)
    yield Text(
        f"In your run the largest difference between 16 x 4 rows and 64 rows is {_difference(student):.6f}.",
        f"在你的运行里，16 x 4 行与 64 行的权重最多相差 {_difference(student):.6f}。",
    )


def _difference(student: Student) -> float:
    """The difference that the student's own run prints last."""
    difference = float(student.difference)
    require(
        difference < 0.01,
        f"The function is right, but the weights of your run differ by {difference:.4f}. Is the rest of the file changed?",
        f"函数是对的，但你的运行里权重相差 {difference:.4f}。文件的其他部分是不是改过？",
    )
    return difference


def _typical(student: Student):
    """Typical mistakes with whole groups: the arguments of `_simulated`, and what the mistake is."""

    def mean(micro, group, count):
        return 1 / micro

    def divided(micro, group, count):
        return 1 / (micro * STEPS)

    def always(number, last):
        return True

    def never(number, last):
        return False

    def full(number, last):
        return number % STEPS == 0

    def first(number, last):
        return number % STEPS == 1

    accuracy = f"{float(student.difference):.4f}"
    no_clear = Text(
        "The gradients are not cleared after a step, so each group contains all groups before it.",
        "更新之后没有清空梯度，所以每一组都包含了之前所有组的梯度。",
    )
    late_clear = Text(
        "The gradients are cleared after every micro-batch, so only the last micro-batch of a group counts.",
        "每个小批之后都清空了梯度，所以一组里只有最后一个小批起作用。",
    )
    early = Text(
        "The step is made after the first micro-batch of a group, not after the last one. Is the number counted from 0?",
        "在一组的第一个小批之后就更新了参数，而不是在最后一个之后。编号是不是从 0 开始的？",
    )
    return (
        ((mean, always, always), Text(
            f"These are exactly the weights of `batch_size={SIZE}` without accumulation: `accumulation_steps` has no effect "
            f"on them. (In your run the weights of 16 x 4 rows and of 64 rows differ by up to {accuracy}.)",
            f"这正是 `batch_size={SIZE}`、不累积时的权重：`accumulation_steps` 对权重不起作用。（在你的运行里，"
            f"16 x 4 行与 64 行的权重最多相差 {accuracy}。）")),
        ((divided, always, always), Text(
            "There is still a step after every micro-batch, only a smaller one. The later micro-batches of a group see other "
            "weights.",
            "每个小批之后仍然更新一次参数，只是步子小了。同一组里后面的小批看到的权重已经变了。")),
        ((mean, full, full), Text(
            f"The step is {STEPS} times too large: the gradients of the micro-batches are added, but the loss is a mean over "
            "the group.",
            f"步子大了 {STEPS} 倍：各小批的梯度相加了，而损失应该是整组的平均。")),
        ((lambda micro, group, count: 1.0, full, full), Text(
            "The gradients of the rows are added; divide by the number of rows of the group.",
            "各行的梯度相加了；还要除以这一组的行数。")),
        ((lambda micro, group, count: 1 / STEPS, full, full), Text(
            "A sum over the rows is divided by `accumulation_steps`; divide it by the number of rows of the group.",
            "各行之和除以了 `accumulation_steps`；应该除以这一组的行数。")),
        ((lambda micro, group, count: 1 / (micro * SIZE), full, full), Text(
            "The mean of a micro-batch is divided by `batch_size`; it has to be divided by the number of micro-batches.",
            "小批的平均除以了 `batch_size`；应该除以小批的个数。")),
        ((mean, full, never), no_clear), ((divided, full, never), no_clear),
        ((mean, full, always), late_clear), ((divided, full, always), late_clear),
        ((mean, first, first), early), ((divided, first, first), early),
        ((mean, never, always), Text(
            "The weights have not changed at all. Is `step` called, and are the gradients cleared after it, not before?",
            "权重完全没有变。调用 `step` 了吗？梯度是在更新之后清空的，而不是之前吗？")),
    )  # fmt: skip


def _weights() -> np.ndarray:
    return np.random.default_rng(960).normal(size=[INPUTS, LABELS]).astype("float32")


def _rows(count: int) -> Tuple[np.ndarray, np.ndarray]:
    """The first `count` of 38 rows: x float32 [count, INPUTS], labels int64 [count]."""
    rng = np.random.default_rng(96)
    return rng.normal(size=[38, INPUTS]).astype("float32")[:count], rng.integers(0, LABELS, 38)[:count]


def _trained(student: Student, rows: int, epochs: int = 1):
    """The weights after the student's training, its losses, and the rows of each call of the model."""
    x, labels = map(paddle.to_tensor, _rows(rows))
    model = Model()
    optimizer = paddle.optimizer.SGD(RATE, parameters=model.parameters())
    all_losses = []
    for _ in range(epochs):
        losses = student.train_epoch(model, optimizer, x, labels, SIZE, STEPS)
        require(
            losses is not None,
            "`train_epoch` returns None. Is the `return` missing?",
            "`train_epoch` 返回 None。是不是忘了写 return？",
        )
        require(
            isinstance(losses, (list, tuple)),
            f"`train_epoch` has to return a list with the loss of each step; it returns a {type(losses).__name__}.",
            f"`train_epoch` 应返回一个列表，里面是每次更新的损失；现在返回的是 {type(losses).__name__}。",
        )
        all_losses += [float(loss) for loss in losses]
    return model.linear.weight.numpy(), all_losses[: len(all_losses) // epochs], model.rows


def _gradients(weights: np.ndarray, x: np.ndarray, labels: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """The cross-entropy of each row [N], and the gradient of their sum. The last row of `weights` is the bias."""
    x = np.hstack([x, np.ones([len(x), 1])])
    scores = x @ weights
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(probabilities[np.arange(len(x)), labels]), x.T @ (probabilities - np.eye(LABELS)[labels])


def _simulated(
    rows: int,
    scale: Scale = lambda micro, group, count: 1 / group,
    step: When = lambda number, last: last or number % STEPS == 0,
    clear: When = lambda number, last: last or number % STEPS == 0,
    epochs: int = 1,
) -> np.ndarray:
    """The weights after SGD in micro-batches, in NumPy; the last row is the bias. `scale` weights a micro-batch."""
    x, labels = _rows(rows)
    weights = np.vstack([_weights(), np.zeros([1, LABELS])])
    gradient, begins = np.zeros_like(weights), list(range(0, rows, SIZE))
    for _ in range(epochs):
        for number, begin in enumerate(begins, 1):
            in_group = min(SIZE * STEPS, rows - (number - 1) // STEPS * SIZE * STEPS)
            micro = slice(begin, begin + SIZE)
            factor = scale(len(labels[micro]), in_group, -(-in_group // SIZE))
            gradient = gradient + factor * _gradients(weights, x[micro], labels[micro])[1]
            if step(number, number == len(begins)):
                weights = weights - RATE * gradient
            if clear(number, number == len(begins)):
                gradient = np.zeros_like(weights)
    return weights


def _compare(rows: int, got: np.ndarray, expected: np.ndarray, mistakes: Mistakes = ()) -> None:
    """Like `equal` for all weights, with one weight in the message."""
    if not np.allclose(got, expected[:-1], atol=1e-4):
        named = [(value[0, 0], text) for value, text in mistakes if np.allclose(got, value[:-1], atol=1e-4)]
        equal(f"weight[0, 0] (N={rows})", float(got[0, 0]), float(expected[0, 0]), named, tolerance=1e-5)
        equal(f"weight (N={rows})", got, expected[:-1])


def _check_losses(losses: List[float]) -> None:
    """The list that an epoch of 38 rows returns: the mean loss of each of 3 groups, before its step."""
    x, labels = _rows(38)
    expected, means = [], []
    for begin in (0, 15, 30):
        group = slice(begin, begin + 15)
        each = _gradients(_simulated(begin), x[group], labels[group])[0]
        expected.append(each.mean())
        means.append([each[first : first + SIZE].mean() for first in range(0, len(each), SIZE)])
    last = Text("These are the losses of the last micro-batch of each group only.", "这只是每组最后一个小批的损失。")
    equal(
        "train_epoch(...) (N=38)", losses, expected,
        [
            ([loss / STEPS for loss in expected], Text(
                "The losses are divided twice: their sum over a group is the mean already.",
                "损失被除了两次：它们在一组内的和已经是平均了。")),
            ([each[-1] for each in means], last),
            ([each[-1] * share for each, share in zip(means, (5 / 15, 5 / 15, 3 / 8))], last),
            ([sum(each) for each in means], Text(
                "These are sums over the micro-batches, not means over the rows.", "这是各小批之和，不是各行的平均。")),
            ([float(np.mean(each)) for each in means], Text(
                "The loss of the last group is a mean of means; the micro-batches have 5 and 3 rows.",
                "最后一组的损失是平均的平均；它的两个小批分别有 5 行和 3 行。")),
            (expected[:2], Text("The loss of the last group is missing.", "缺少最后一组的损失。")),
        ],
    )  # fmt: skip
