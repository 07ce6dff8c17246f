"""The check of the loss that jumps in every epoch: the loader has one order."""

from __future__ import annotations

import random
from typing import Iterator, List

import numpy as np
import paddle

from app.course.answers import Student, require
from app.course.texts import Text

ROWS, SIZE, SEED = 97, 8, 3
CALL = f"epoch_batches({ROWS}, {SIZE}, seed={SEED}, epoch=0)"


def check(student: Student) -> Iterator[Text]:
    """Looks at the rows of several epochs: each once, repeatable, and in another order in each epoch."""
    _state(1)
    batches = _batches(student, ROWS, SEED, 0)
    _check_rows(batches, ROWS)
    for rows in (5, 16):  # fewer rows than a batch has, and whole batches
        _check_rows(_batches(student, rows, SEED, 0), rows)
    yield Text(
        f"`{CALL}` has {len(batches)} batches with each of the {ROWS} rows once.",
        f"`{CALL}` 有 {len(batches)} 批，{ROWS} 行各出现一次。",
    )
    orders = [np.concatenate(batches)] + [np.concatenate(_batches(student, ROWS, SEED, epoch)) for epoch in range(1, 7)]
    first = orders[0][:SIZE].tolist()
    require(
        not all((order == np.arange(ROWS)).all() for order in orders),
        f"The first batch has the rows {first} in every epoch and with every seed: the order of the file. (In your run the "
        f"largest loss of the last epoch is {max(student.losses[-32:]):.2f}.) Nothing is shuffled.",
        f"无论哪一轮、哪个种子，第一批都是第 {first} 行：就是文件的顺序。（在你的运行里，最后一轮的最大损失是 "
        f"{max(student.losses[-32:]):.2f}。）根本没有打乱。",
    )
    _check_repeatable(student, orders)
    repeated = [epoch for epoch in range(1, 7) if (orders[epoch] == orders[0]).all()]
    require(
        not repeated,
        f"Epoch {repeated[0] if repeated else 0} has the same order as epoch 0: {first} ... The rows are shuffled, but not "
        "again in each epoch.",
        f"第 {repeated[0] if repeated else 0} 轮的顺序与第 0 轮相同：{first} ……行被打乱了，但不是每一轮都重新打乱。",
    )
    require(
        not (orders[0] == np.concatenate(_batches(student, ROWS, SEED + 1, 0))).all(),
        f"The seeds {SEED} and {SEED + 1} give the same order in epoch 0, so `seed` has no effect.",
        f"种子 {SEED} 和 {SEED + 1} 在第 0 轮的顺序相同，`seed` 没有起作用。",
    )
    yield Text(
        "The order depends on the seed and the epoch alone: called again, after other calls, it is the same.",
        "顺序只取决于种子和轮次：隔了其他调用再调用一次，顺序不变。",
    )
    _check_mixed(orders, {frozenset(batch.tolist()) for batch in batches}, _batches(student, ROWS, SEED, 1))
    accuracies = [f"{100 * accuracy:.1f} %" for accuracy in student.accuracies]
    require(
        student.accuracies[-1] > 0.72,
        f"The function is right, but the dev accuracies of your run are {', '.join(accuracies)}. Is the rest of the file "
        "changed?",
        f"函数是对的，但你运行得到的 dev 准确率是 {'、'.join(accuracies)}。文件的其他部分是不是改过？",
    )
    yield Text(
        f"In your run the largest loss of the last epoch is {max(student.losses[-32:]):.2f}, and the last dev accuracy "
        f"{accuracies[-1]}.",
        f"在你的运行里，最后一轮的最大损失是 {max(student.losses[-32:]):.2f}，最后的 dev 准确率是 {accuracies[-1]}。",
    )


def _state(seed: int) -> None:
    """Sets the global generators, on which the order must not depend."""
    random.seed(seed)
    np.random.seed(seed)
    paddle.seed(seed)


def _batches(student: Student, rows: int, seed: int, epoch: int) -> List[np.ndarray]:
    """What the student's function returns, as a list of arrays."""
    got = student.epoch_batches(rows, SIZE, seed, epoch)
    require(
        got is not None,
        "`epoch_batches` returns None. Is the `return` missing?",
        "`epoch_batches` 返回 None。是不是忘了写 return？",
    )
    batches = [np.asarray(batch) for batch in got]
    shapes = {batch.ndim for batch in batches}, {batch.dtype.kind for batch in batches}
    require(
        shapes[0] == {1} and shapes[1] <= {"i", "u"},
        "`epoch_batches` has to return a list of one-dimensional arrays of row numbers, one array for each batch.",
        "`epoch_batches` 应返回一个列表，每个元素是一维的行号数组，每批一个数组。",
    )
    return batches


def _check_rows(batches: List[np.ndarray], rows: int) -> None:
    """Every row once, in as few batches as are needed."""
    wanted = -(-rows // SIZE)
    call = f"epoch_batches({rows}, {SIZE}, ...)"
    counts = np.bincount(np.concatenate(batches) % (10 * rows), minlength=rows)
    often, never = int((counts[:rows] > 1).sum()), int((counts[:rows] == 0).sum())
    require(
        len(counts) == rows,
        f"`{call}` has row numbers that are not in 0 ... {rows - 1}.",
        f"`{call}` 里有不在 0 到 {rows - 1} 之间的行号。",
    )
    require(
        not often,
        f"In `{call}`, {often} rows occur more than once and {never} do not occur at all: the rows are drawn with "
        "replacement. An epoch has every row once.",
        f"`{call}` 里有 {often} 行出现多次，{never} 行没有出现：抽取是有放回的。一轮里每一行应恰好出现一次。",
    )
    require(
        not never,
        f"In `{call}`, {never} rows are lost. If the last batch is smaller than the others, it still belongs to the epoch.",
        f"`{call}` 少了 {never} 行。最后一批即使比其他批小，也属于这一轮。",
    )
    largest = max(map(len, batches))
    require(
        largest <= SIZE and len(batches) == wanted,
        f"`{call}` has {len(batches)} batches, the largest of {largest} rows; expected {wanted} batches of at most {SIZE} rows.",
        f"`{call}` 有 {len(batches)} 批，最大的一批有 {largest} 行；应为 {wanted} 批，每批最多 {SIZE} 行。",
    )


def _check_repeatable(student: Student, orders: List[np.ndarray]) -> None:
    """The same (seed, epoch) gives the same order, after other calls and with other states of the global generators."""
    _state(1)
    before = np.concatenate(_batches(student, ROWS, SEED, 2))
    _state(1)
    same_state = np.concatenate(_batches(student, ROWS, SEED, 2))
    _state(2)
    other_state = np.concatenate(_batches(student, ROWS, SEED, 2))
    shown = f"{before[:4].tolist()} ..., {other_state[:4].tolist()} ..."
    require(
        (before == same_state).all() and (before == orders[2]).all() or not (before == other_state).all(),
        f"Two calls with seed {SEED} and epoch 2 give different orders, because the function remembers its earlier calls. The "
        "order must depend on seed and epoch alone.",
        f"用种子 {SEED}、第 2 轮调用两次，顺序不同，因为函数记住了之前的调用。顺序只能取决于种子和轮次。",
    )
    require(
        not (before == same_state).all() or (before == other_state).all(),
        f"Two calls with seed {SEED} and epoch 2 give {shown}: the order comes from a global generator, whose state depends on "
        "everything that ran before. Make a generator from seed and epoch.",
        f"用种子 {SEED}、第 2 轮调用两次，得到 {shown}：顺序来自全局生成器，它的状态取决于之前运行过的一切。"
        "请用种子和轮次创建一个生成器。",
    )
    require(
        (before == other_state).all(),
        f"Two calls with seed {SEED} and epoch 2 give {shown}: the generator is not seeded by these two numbers, so a run "
        "cannot be repeated.",
        f"用种子 {SEED}、第 2 轮调用两次，得到 {shown}：生成器没有用这两个数做种子，训练无法复现。",
    )


def _check_mixed(orders: List[np.ndarray], sets: set, next_epoch: List[np.ndarray]) -> None:
    """The rows of a batch come from the whole file."""
    kept = len(sets & {frozenset(batch.tolist()) for batch in next_epoch})
    require(
        kept < len(sets) - 1,
        f"{kept} of {len(sets)} batches have the same rows in epochs 0 and 1: the batches change places, or the rows change "
        "places within a batch, but the same rows stay together. In the user's file such a batch still has one label.",
        f"{len(sets)} 批里有 {kept} 批在第 0 轮和第 1 轮的行相同：批与批交换了位置，或者行在批内交换了位置，"
        "但同一批的行总在一起。在用户的文件里，这样的一批仍然只有一种标签。",
    )
    neighbours = int(max((np.abs(np.diff(order)) == 1).sum() for order in orders))
    require(
        neighbours < 20,  # 2 are expected
        f"{neighbours} times, two rows that are neighbours in the file are neighbours in an epoch too (about 2 times in a "
        "random order). The rows are moved as blocks, so a batch still has one label.",
        f"有 {neighbours} 次，文件里相邻的两行在一轮里仍然相邻（随机顺序大约 2 次）。行是成块移动的，所以一批仍然只有一种标签。",
    )
    relation = max((abs(float(np.corrcoef(order, np.arange(ROWS))[0, 1])) for order in orders))
    require(
        relation < 0.6,  # the standard deviation is 1 / sqrt(96) = 0.1
        f"The row number and its place in the epoch have the correlation {relation:.2f} (0 in a random order, up to chance): "
        "rows move only a little, so the first half of the epoch still has mostly one label.",
        f"行号与它在一轮里的位置的相关系数是 {relation:.2f}（随机顺序应在 0 附近）：行只移动了一点，"
        "一轮的前一半仍然大多是同一种标签。",
    )
