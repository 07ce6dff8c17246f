"""The check of the learning-rate schedule."""

from __future__ import annotations

import math
from typing import Any, Callable, Iterator, List, Tuple

import numpy as np

from app.course.answers import Student, WrongAnswer, equal, require
from app.course.texts import Text

PEAK, EPOCHS, STEPS_PER_EPOCH = 2.0, 4, 10
TOTAL = EPOCHS * STEPS_PER_EPOCH
PARTS = [0, 1, 2, 5, 9], [10, 11, 20, 30, 39], [40, 41, 50]  # with 10 steps of warm-up: warm-up, decay, after the end


def check(student: Student) -> Iterator[Text]:
    """Compares steps of the warm-up, of the decay and after the end with the formula, for several lengths of the warm-up."""
    for part in PARTS:
        _compare(student, part, 0.25)
    yield Text("40 steps with 10 of warm-up: the rate rises to the peak at step 10, falls to 0 at step 40 and stays there.",
               "共 40 步、预热 10 步：学习率在第 10 步升到峰值，在第 40 步降到 0 并保持为 0。")  # fmt: skip
    try:
        _compare(student, [0, 1, 20, 39, 40], 0.0)
    except ZeroDivisionError:
        raise WrongAnswer(
            "Without warm-up (warmup_proportion 0) your function divides by zero. Step 0 is part of the decay then; "
            "`step < warmup_steps` makes it so.",
            "没有预热（warmup_proportion 为 0）时，你的函数除以了 0。这时第 0 步属于衰减，用 `step < warmup_steps` 判断即可。",
        ) from None
    yield Text("Without warm-up the rate falls from the first step.", "没有预热时，学习率从第一步开始下降。")
    for proportion in 0.17, 0.11:  # 6.8 -> 6 and 4.4 -> 4
        _compare(student, [0, 1, 4, 6, 7, 20], proportion)
    yield Text("The number of warm-up steps is rounded down: 17 % of 40 are 6.", "预热步数向下取整：40 的 17% 是 6。")


def _compare(student: Student, steps: List[int], proportion: float) -> None:
    """Raises WrongAnswer unless the student's rates of `steps` are right."""
    rates = [student.learning_rate_at(step, PEAK, EPOCHS, STEPS_PER_EPOCH, proportion) for step in steps]
    call = f"peak={PEAK}, epochs={EPOCHS}, steps_per_epoch={STEPS_PER_EPOCH}, warmup_proportion={proportion}"
    warmup = int(TOTAL * proportion)
    for step, rate in zip(steps, rates):
        require(rate is not None, f"learning_rate_at({step}, {call}) is None. Is a `return` missing?",
                f"learning_rate_at({step}, {call}) 是 None。是不是少写了 return？")  # fmt: skip
    expected = [_factor(step, TOTAL, warmup) * PEAK for step in steps]
    mistakes = [([factor(step) * PEAK for step in steps], text) for factor, text in _mistakes(TOTAL * proportion, warmup)]
    mistakes.append(([rate / PEAK for rate in expected], Text(
        "This is the factor from 0 to 1; multiply it by the peak.", "这是 0 到 1 的系数；还要乘以峰值。")))  # fmt: skip
    mistakes = [(values, text) for values, text in mistakes if not np.allclose(values, expected)]
    if any(_is_close(rates, values) for values, _ in mistakes):
        equal(f"learning_rate_at(step, {call}) for step in {steps}", rates, expected, mistakes, tolerance=1e-6)
    for step, rate, right in zip(steps, rates, expected):
        equal(f"learning_rate_at({step}, {call})", rate, right, tolerance=1e-6)


def _is_close(rates: List[Any], values: List[float]) -> bool:
    """Whether the student's rates are these values."""
    try:
        return np.allclose([float(rate) for rate in rates], values, rtol=0, atol=1e-6)
    except Exception:  # whatever a student returned
        return False


def _factor(step: float, total: float, warmup: float) -> float:
    """The right factor of the peak."""
    return step / warmup if step < warmup else max(0, total - step) / (total - warmup)


def _mistakes(exact: float, warmup: int) -> List[Tuple[Callable[[int], float], Text]]:
    """The factor of the peak that each mistake gives. `exact`: the warm-up before it is rounded to `warmup` steps."""
    after = TOTAL - warmup

    def rising(factor: Callable[[int], float]) -> Callable[[int], float]:  # a mistake in the warm-up only
        return lambda step: factor(step) if step < warmup else _factor(step, TOTAL, warmup)

    def falling(factor: Callable[[int], float]) -> Callable[[int], float]:  # a mistake from step W on only
        return lambda step: step / warmup if step < warmup else factor(step)

    def of(total: float, steps: float) -> Callable[[int], float]:  # the right formula with other numbers
        return lambda step: 0.0 if step >= total else _factor(step, total, steps)

    return [
        (falling(lambda step: max(0, TOTAL - step) / TOTAL), Text(
            "The decay divides by T, so the rate jumps down at step W; divide by T - W.",
            "衰减时除以的是 T，所以在第 W 步会突然下降；应该除以 T - W。")),
        (falling(lambda step: (TOTAL - step) / TOTAL), Text(
            "The decay divides by T, so the rate jumps down at step W; divide by T - W.",
            "衰减时除以的是 T，所以在第 W 步会突然下降；应该除以 T - W。")),
        (lambda step: 0.0 if step == 0 else _factor(step, TOTAL, warmup), Text(
            "Without warm-up, step 0 is the first step of the decay: it has the peak, not 0.",
            "没有预热时，第 0 步是衰减的第一步：它是峰值，不是 0。")),
        (rising(lambda step: 1.0), Text(
            "There is no warm-up: the rate is the peak from step 0 on.", "没有预热：从第 0 步起学习率就是峰值。")),
        (lambda step: (TOTAL - step) / TOTAL, Text(
            "The decay starts at step 0; the warm-up comes first, and the decay starts at step W.",
            "衰减从第 0 步就开始了；应该先预热，从第 W 步才开始衰减。")),
        (lambda step: max(0, TOTAL - step) / after, Text(
            "The decay starts at step 0, above the peak: the case of the warm-up (step < W) is missing.",
            "衰减从第 0 步就开始了，而且高于峰值：缺少预热（step < W）的情况。")),
        (of(TOTAL, int(EPOCHS * exact / TOTAL)), Text(
            "The warm-up proportion is taken of the epochs; take it of the steps (epochs * steps_per_epoch).",
            "预热比例乘的是轮数；应该乘以总步数（epochs * steps_per_epoch）。")),
        (of(TOTAL, int(STEPS_PER_EPOCH * exact / TOTAL)), Text(
            "The warm-up proportion is taken of the steps of one epoch; take it of all steps.",
            "预热比例乘的是一轮的步数；应该乘以总步数。")),
        (of(STEPS_PER_EPOCH, int(STEPS_PER_EPOCH * exact / TOTAL)), Text(
            "The schedule ends after the first epoch: the total is epochs * steps_per_epoch.",
            "第一轮结束后学习率就到头了：总步数是 epochs * steps_per_epoch。")),
        (of(EPOCHS, int(EPOCHS * exact / TOTAL)), Text(
            "The total is the number of epochs; it has to be the number of steps, epochs * steps_per_epoch.",
            "总数用的是轮数；应该是步数，即 epochs * steps_per_epoch。")),
        (rising(lambda step: (step + 1) / warmup), Text(
            "The warm-up is off by one: step 0 has the rate 0, so it is step / W, not (step + 1) / W.",
            "预热差了一步：第 0 步的学习率是 0，所以是 step / W，不是 (step + 1) / W。")),
        (rising(lambda step: step / (warmup - 1) if warmup > 1 else 1.0), Text(
            "The warm-up is off by one: the peak is at step W, not at step W - 1.",
            "预热差了一步：峰值在第 W 步，不是第 W - 1 步。")),
        (rising(lambda step: step / (warmup + 1)), Text(
            "The warm-up is off by one: divide the step by W, not by W + 1.", "预热差了一步：应该除以 W，不是 W + 1。")),
        (rising(lambda step: step / TOTAL), Text(
            "In the warm-up the step is divided by all steps, so it ends far below the peak; divide it by W.",
            "预热时除以的是总步数，所以离峰值还很远就结束了；应该除以 W。")),
        (falling(lambda step: 1.0), Text("There is no decay: the rate stays at the peak.", "没有衰减：学习率停在峰值。")),
        (falling(lambda step: max(0, 1 - (step - warmup) / TOTAL)), Text(
            "The rate does not reach 0 at the last step: the decay has T - W steps, not T.",
            "学习率到最后也没有降到 0：衰减有 T - W 步，不是 T 步。")),
        (falling(lambda step: max(0, TOTAL - 1 - step) / after), Text(
            "The decay is off by one: it is T - step, not T - 1 - step.",
            "衰减差了一步：应该是 T - step，不是 T - 1 - step。")),
        (falling(lambda step: max(0, TOTAL - 1 - step) / (after - 1)), Text(
            "The decay is off by one: the rate is 0 at step T, not at the last step T - 1.",
            "衰减差了一步：学习率在第 T 步为 0，不是在最后一步 T - 1。")),
        (falling(lambda step: max(0, TOTAL - step) / (after + 1)), Text(
            "The decay is off by one: divide by T - W.", "衰减差了一步：应该除以 T - W。")),
        (falling(lambda step: (step - warmup) / after), Text(
            "The rate rises again after the warm-up: the numerator is what remains, T - step.",
            "预热之后学习率又上升了：分子应该是剩下的步数 T - step。")),
        (falling(lambda step: (TOTAL - step) / after), Text(
            "The rate is negative after the last step, so the model would learn backwards; it has to stay 0.",
            "最后一步之后学习率是负数，模型会朝相反方向学；应该保持为 0。")),
        (falling(lambda step: abs(TOTAL - step) / after), Text(
            "The rate rises again after the last step; it has to stay 0.", "最后一步之后学习率又上升了；应该保持为 0。")),
        (of(TOTAL, exact), Text("The number of warm-up steps is not rounded down to an integer.", "预热步数没有向下取整。")),
        (of(TOTAL, math.ceil(exact)), Text(
            "The warm-up steps are rounded up; round them down.", "预热步数是向上取整的；应该向下取整。")),
        (of(TOTAL, round(exact)), Text("The warm-up steps are rounded to the nearest integer; round them down.",
                                       "预热步数四舍五入了；应该向下取整。")),
    ]  # fmt: skip
