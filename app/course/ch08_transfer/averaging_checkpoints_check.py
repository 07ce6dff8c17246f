"""The check of averaging checkpoints: the mean of all floats, the newest of the rest, and nothing changed."""

from __future__ import annotations

from typing import Dict, Iterator, List

import paddle

from app.course.answers import Student, check_not_none, equal, require
from app.course.calls import call
from app.course.texts import Text


def make_states(count: int) -> List[Dict[str, paddle.Tensor]]:
    """Random states with two kinds of floats and two kinds of integers."""
    return [
        {
            "output.weight": paddle.randn([2, 3]),
            "output.bias": paddle.randn([3]).astype("float64"),
            "steps": paddle.to_tensor(10 * (index + 1) ** 2),
            "position_ids": paddle.arange(4) + index,
        }
        for index in range(count)
    ]


def check(student: Student) -> Iterator[Text]:
    """Compares with the mean over four states, then over one, and looks for changes of the input."""
    paddle.seed(83)
    states = make_states(4)
    averaged = call(student.average, states)
    check_not_none("average(states)", averaged)
    kind = sorted(map(str, averaged)) if isinstance(averaged, dict) else type(averaged).__name__
    require(
        isinstance(averaged, dict) and set(averaged) == set(states[0]),
        f"average(states) has to be a dict with the names {sorted(states[0])}; it is {kind}.",
        f"average(states) 应该是含有名字 {sorted(states[0])} 的字典，现在是 {kind}。",
    )
    for name in ("output.weight", "output.bias"):
        check_mean(f'average(states)["{name}"]', averaged[name], [state[name] for state in states])
    yield Text(
        "The floating-point tensors are the means of all four states, and the states are unchanged.",
        "浮点张量是全部四个状态的平均，各状态没有被改变。",
    )
    for name in ("steps", "position_ids"):
        check_newest(f'average(states)["{name}"]', averaged[name], [state[name] for state in states])
    yield Text(f"The integers are those of the newest state: steps = {int(averaged['steps'])}.",
               f"整数取自最新的状态：steps = {int(averaged['steps'])}。")  # fmt: skip
    single = make_states(1)
    equal(Text("the average of one state", "单个状态的平均"), call(student.average, single), single[0])
    yield Text("The average of a single state is this state.", "只有一个状态时，平均就是它本身。")


def type_of(value: object) -> str:
    """The type of the numbers in a tensor or an array: "float32"."""
    return str(getattr(value, "dtype", type(value).__name__)).replace("paddle.", "")


def check_mean(what: str, got: paddle.Tensor, tensors: List[paddle.Tensor]) -> None:
    """A float tensor is the mean of all."""
    total = tensors[0] + tensors[1] + tensors[2] + tensors[3]
    running = (((tensors[0] + tensors[1]) / 2 + tensors[2]) / 2 + tensors[3]) / 2
    equal(what, got, total / 4, [
        (total, Text("This is the sum; divide it by the number of states.", "这是和，还要除以状态的个数。")),
        ((tensors[2] + tensors[3]) / 2, Text(
            "This is the mean of the last two states only; take all of them.", "这只是最后两个状态的平均，应取全部。")),
        ((tensors[0] + tensors[3]) / 2, Text("This is the mean of the first and the last state only; take all of them.",
                                             "这只是第一个与最后一个状态的平均，应取全部。")),
        (total / 5, Text("The sum is divided by 5, as in the demo; divide by len(states).",
                         "除以了演示里的 5，应除以 len(states)。")),
        (total / 3, Text("The sum of four states is divided by 3.", "四个状态的和除以了 3。")),
        ((total - tensors[0]) / 4, Text("The first state is missing in the sum.", "求和时漏了第一个状态。")),
        ((total - tensors[3]) / 4, Text("The last state is missing in the sum.", "求和时漏了最后一个状态。")),
        ((total - tensors[0]) / 3, Text("The first state is left out.", "漏掉了第一个状态。")),
        ((total - tensors[3]) / 3, Text("The last state is left out.", "漏掉了最后一个状态。")),
        ((total + tensors[0]) / 4, Text("The first state counts twice.", "第一个状态算了两次。")),
        ((total + tensors[3]) / 4, Text("The last state counts twice.", "最后一个状态算了两次。")),
        (running, Text(
            "The states have different weights: a mean of two, again and again, gives the newest one half. Sum all, then "
            "divide once.",
            "各状态的权重不同：反复两两平均会让最新的状态占一半。应先求和，最后只除一次。")),
        (tensors[3], Text("This is the newest state; floating-point tensors of every precision are averaged.",
                          "这是最新的状态；任何精度的浮点张量都要平均。")),
        (tensors[0], Text("This is the oldest state; floating-point tensors are averaged.", "这是最旧的状态；浮点张量要平均。")),
    ])  # fmt: skip
    require(
        type_of(got) == type_of(tensors[0]),
        f"{what} has the type {type_of(got)}; the type has to stay {type_of(tensors[0])}.",
        f"{what} 的类型是 {type_of(got)}，类型应保持 {type_of(tensors[0])}。",
    )


def check_newest(what: str, got: paddle.Tensor, tensors: List[paddle.Tensor]) -> None:
    """An integer tensor is the newest one, as an integer."""
    mean = sum(tensor.astype("float64") for tensor in tensors) / 4
    averaged = Text("An integer tensor is averaged; it has to be the newest one.", "整数张量被平均了，应取最新的。")
    equal(what, got, tensors[3], [
        (mean, averaged), (mean.astype("int64"), averaged), (sum(tensors), Text(
            "Integers are added; take the newest.", "整数被相加了，应取最新的。")),
        (tensors[0], Text(
            "This is the value of the oldest state; take the newest, states[-1].", "这是最旧状态的值，应取最新的 states[-1]。")),
    ])  # fmt: skip
    require(
        type_of(got) == type_of(tensors[3]),
        f"{what} has the type {type_of(got)}; it has to stay an integer.",
        f"{what} 的类型是 {type_of(got)}，应保持整数。",
    )
