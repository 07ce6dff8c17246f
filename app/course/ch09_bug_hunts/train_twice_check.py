"""The check of the run that cannot be repeated."""

from __future__ import annotations

import random
from typing import Any, Dict, Iterator

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, require
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Runs training with the same seed in different states of the generators, and with another seed."""
    first, drawn_after_first = _run(student, 3, state=1)
    second, drawn_after_second = _run(student, 3, state=2)
    _check_same(first, second, drawn_after_first == drawn_after_second)
    _check_same(first, _run(student, 3, state=1)[0], True)  # a state of the student's own
    yield Text(
        f"Two runs with the seed 3 have the same head, orders, losses (the first is {first['losses'][0]:.4f}) and accuracy "
        f"({100 * first['accuracy']:.1f} %), whatever ran before.",
        f"用种子 3 运行两次，无论之前运行过什么，分类头、行序、损失（第一个是 {first['losses'][0]:.4f}）"
        f"和准确率（{100 * first['accuracy']:.1f}%）都相同。",
    )
    other = _run(student, 4, state=1)[0]
    require(
        not np.allclose(first["head"], other["head"]),
        f"The seeds 3 and 4 give the same head, head[0, 0] = {first['head'][0, 0]:.4f}. It has to be random and to depend on "
        "`seed`: otherwise runs with several seeds say nothing about luck.",
        f"种子 3 和 4 得到的分类头相同，head[0, 0] = {first['head'][0, 0]:.4f}。它应该是随机的，并且取决于 `seed`；"
        "否则用几个种子运行也看不出运气的影响。",
    )
    require(
        not (first["orders"][0] == other["orders"][0]).all(),
        "The seeds 3 and 4 give the same order of the rows. It has to depend on `seed` too.",
        "种子 3 和 4 得到的行序相同。行序也应该取决于 `seed`。",
    )
    yield Text("Another seed gives another head and another order.", "换一个种子，分类头和行序都不同。")
    _check_orders(first)
    rows = first["orders"][0][:16]
    without = F.cross_entropy(paddle.matmul(student.train_x[rows], paddle.to_tensor(first["head"])), student.train_labels[rows])
    require(
        abs(first["losses"][0] - float(without)) > 1e-6,
        f"The first loss is {first['losses'][0]:.4f}, which is the loss without dropout. A run can be repeated with dropout "
        "too; do not take it away.",
        f"第一个损失是 {first['losses'][0]:.4f}，正好是没有 dropout 时的损失。有 dropout 也能复现，不要去掉它。",
    )
    _check_dropout(drawn_after_first)
    yield Text("Each epoch has an order of its own, and dropout is still there.", "每一轮的行序都不同，dropout 也还在。")


def _run(student: Student, seed: int, state: int):
    """A run of the student's, which starts in this state of the global generators, and what Paddle draws after it."""
    random.seed(state)
    np.random.seed(state)
    paddle.seed(state)
    run = student.train(seed)
    lengths = {"head": 48, "orders": 128, "losses": 8, "accuracy": 1}
    require(
        isinstance(run, dict) and set(lengths) <= set(run),
        "`train` has to return a dict with the keys head, orders, losses and accuracy.",
        "`train` 应返回一个字典，键是 head、orders、losses 和 accuracy。",
    )
    run = {name: np.asarray(run[name]) for name in lengths}
    for name, length in lengths.items():
        require(
            run[name].size == length,
            f"`train(3)['{name}']` has {run[name].size} numbers; expected {length}.",
            f"`train(3)['{name}']` 有 {run[name].size} 个数，应为 {length} 个。",
        )
    run["orders"] = run["orders"].reshape(2, 64)
    return run, float(paddle.rand([1]))


def _check_same(first: Dict[str, Any], second: Dict[str, Any], paddle_is_seeded: bool) -> None:
    """Two runs with the same seed."""
    shown = [f"{float(run['losses'][0]):.4f}" for run in (first, second)]
    heads = [f"{float(run['head'][0, 0]):.4f}" for run in (first, second)]
    same_head = np.allclose(first["head"], second["head"], atol=1e-6)
    orders = [f"{run['orders'][0][:4].tolist()} ..." for run in (first, second)]
    require(
        (first["orders"] == second["orders"]).all(),
        f"Two runs with the seed 3 have different orders of the rows, {orders[0]} and {orders[1]}. They come from NumPy's "
        "generator: is it seeded by `seed`, before the order is drawn?",
        f"用种子 3 运行两次，行序不同：{orders[0]} 和 {orders[1]}。行序来自 NumPy 的生成器："
        "它是在抽取行序之前用 `seed` 设的种子吗？",
    )
    require(
        same_head or paddle_is_seeded,
        f"Two runs with the seed 3 start with different heads, head[0, 0] = {heads[0]} and {heads[1]}. Paddle's generator is "
        "not seeded by `seed` anywhere in `train`; NumPy's seed does not change it.",
        f"用种子 3 运行两次，开始时的分类头不同，head[0, 0] = {heads[0]} 和 {heads[1]}。"
        "`train` 里没有用 `seed` 给 Paddle 的生成器设种子；NumPy 的种子对它不起作用。",
    )
    require(
        same_head,
        f"Two runs with the seed 3 have the same order of the rows, {orders[0]}, but the first losses are {shown[0]} and "
        f"{shown[1]}. Something was drawn at random before the seed was set.",
        f"用种子 3 运行两次，行序相同，都是 {orders[0]}，但第一个损失是 {shown[0]} 和 {shown[1]}。在设种子之前，"
        "已经有东西被随机抽取了。",
    )
    same_losses = np.allclose(first["losses"], second["losses"], atol=1e-5)
    require(
        same_losses and np.allclose(first["accuracy"], second["accuracy"], atol=1e-5),
        f"Two runs with the seed 3 have the same head and the same order of the rows, but the first losses are {shown[0]} and "
        f"{shown[1]}. Dropout draws from Paddle's generator: is that seeded by `seed`?",
        f"用种子 3 运行两次，分类头和行序都相同，但第一个损失是 {shown[0]} 和 {shown[1]}。"
        "dropout 从 Paddle 的生成器抽取随机数：它用 `seed` 设过种子吗？",
    )


def _check_dropout(drawn: float) -> None:
    """Paddle's generator is not seeded again during training. `drawn`: what it gives after the training with the seed 3."""
    for steps in range(1, 5):  # of dropout after the last seed; without a second seed it is the head, and 8 steps
        paddle.seed(3)
        for _ in range(steps):
            F.dropout(paddle.ones([16, 24]), 0.1)
        require(
            abs(float(paddle.rand([1])) - drawn) > 1e-7,
            f"After the training, Paddle's generator is where it is {steps} steps after `paddle.seed(3)`: the seed is set again "
            "in each epoch or step, so the same dropout masks repeat. Set it once.",
            f"训练结束时，Paddle 生成器的状态正好是 `paddle.seed(3)` 之后又过了 {steps} 步的状态：每一轮或每一步都重新设了种子，"
            "所以同样的 dropout 掩码会重复。种子只应设一次。",
        )


def _check_orders(run: Dict[str, Any]) -> None:
    """Both epochs have all rows, in two random orders."""
    orders = run["orders"]
    require(
        all(sorted(order.tolist()) == list(range(64)) for order in orders),
        "An epoch has to have each of the 64 rows once.",
        "一轮里 64 行应各出现一次。",
    )
    require(
        not any((order == np.arange(64)).all() for order in orders),
        "The rows come in the order of the file: the shuffling is gone. A run can be repeated with shuffling too.",
        "行按文件的顺序出现：打乱顺序的步骤没有了。打乱顺序也能复现。",
    )
    require(
        not (orders[0] == orders[1]).all(),
        f"Both epochs have the same order of the rows, {orders[0][:4].tolist()} ...: the seed is set again in each epoch, so "
        "order and dropout repeat. Set it once.",
        f"两轮的行序相同，都是 {orders[0][:4].tolist()} ……：每一轮都重新设了种子，所以行序和 dropout 都重复了。种子只应设一次。",
    )
