"""The check of sinusoidal positions."""

from __future__ import annotations

from typing import Iterator

import numpy as np

from app.course.answers import Student, equal, require
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Compares two tables of different shapes, then the dot products far from the start."""
    for positions, hidden in ((7, 12), (40, 6), (1, 2)):
        _compare(student, positions, hidden)
    yield Text("The table is right: sinusoids(7, 12) and sinusoids(40, 6).", "表正确：sinusoids(7, 12) 和 sinusoids(40, 6)。")
    table = np.asarray(student.sinusoids(1300, 32), np.float64)
    equal("sinusoids(1300, 32)", table, _table(1300, 32), tolerance=2e-3)  # float32 angles near 1300 are exact to 1e-4
    near, far = float(table[3] @ table[8]), float(table[1203] @ table[1208])
    require(
        abs(near - far) < 0.05,
        f"The dot product of rows 3 and 8 is {near:.3f}, of rows 1203 and 1208 {far:.3f}; they should be equal.",
        f"第 3 行与第 8 行的点积是 {near:.3f}，第 1203 行与第 1208 行的点积是 {far:.3f}；它们应该相等。",
    )
    yield Text(
        f"The dot product depends on the distance only: rows 3 and 8 give {near:.3f}, rows 1203 and 1208 give {far:.3f}.",
        f"点积只取决于距离：第 3 行与第 8 行是 {near:.3f}，第 1203 行与第 1208 行是 {far:.3f}。",
    )


def _compare(student: Student, positions: int, hidden: int) -> None:
    """Compares sinusoids(positions, hidden)."""
    right, even = _table(positions, hidden), np.arange(0, hidden, 2)
    half = np.arange(hidden // 2)
    sine, cosine = right[:, 0::2], right[:, 1::2]
    columns = np.arange(hidden)
    angle_of_each = np.arange(positions)[:, None] / 10000.0 ** (columns / hidden)
    doubled = np.arange(positions)[:, None] / 10000.0 ** (2 * columns / hidden)
    sine_even = np.where(columns % 2 == 0, np.sin(angle_of_each), np.cos(angle_of_each))
    mistakes = [
        (np.concatenate([sine, cosine], axis=1), Text(
            "All sines are on the left and all cosines on the right. They have to alternate: sine in even columns, cosine in "
            "odd ones.",
            "正弦都在左边，余弦都在右边。它们应该交替：偶数列是正弦，奇数列是余弦。")),
        (np.stack([cosine, sine], -1).reshape(right.shape), Text(
            "Sine and cosine are swapped: the even columns have the sine.", "正弦和余弦写反了：偶数列是正弦。")),
        (np.stack([sine, sine], -1).reshape(right.shape), Text(
            "The odd columns have the sine too; they need the cosine.", "奇数列也用了正弦；它们应该用余弦。")),
        (np.stack([sine, 0 * sine], -1).reshape(right.shape), Text("The odd columns are 0: the cosine is missing.",
        "奇数列是 0：缺少余弦。")),
        (np.stack([0 * sine, cosine], -1).reshape(right.shape), Text("The even columns are 0: the sine is missing.",
        "偶数列是 0：缺少正弦。")),
        (np.zeros_like(right), Text("The table is all 0.", "表里全是 0。")),
        (sine_even, Text(
            "Each column has a frequency of its own. Columns 2i and 2i + 1 have to share one: 2i / H in both.",
            "每一列有自己的频率。第 2i 列和第 2i + 1 列的频率应该相同：指数都是 2i / H。")),
        (_interleave(np.arange(positions)[:, None] / 10000.0 ** (half / hidden)), Text(
            "The exponent is i / H; it has to be 2i / H.", "指数是 i / H；应该是 2i / H。")),
        (_interleave(np.arange(positions)[:, None] / 10000.0 ** (2 * even / hidden)), Text(
            "The exponent is 4i / H: the even column numbers are already 2i; do not double them again.",
            "指数是 4i / H：偶数列号已经是 2i，不要再乘 2。")),
        (_interleave(np.arange(1, positions + 1)[:, None] / 10000.0 ** (even / hidden)), Text(
            "Positions start at 1; the first row has to be position 0.", "位置从 1 开始了；第一行应该是位置 0。")),
        (_interleave(np.arange(positions)[:, None] * 10000.0 ** (even / hidden)), Text(
            "The position is multiplied by 10000^(2i/H); it has to be divided by it.", "位置乘以了 10000^(2i/H)；应该除以它。")),
        (_interleave(np.arange(positions)[:, None] / (10000.0 * np.maximum(even, 1) / hidden)), Text(
            "The position is divided by 10000 · 2i / H; it has to be divided by the power 10000^(2i/H).",
            "位置除以了 10000 · 2i / H；应该除以 10000 的 2i/H 次幂。")),
        (_interleave(2 * np.pi * np.arange(positions)[:, None] / 10000.0 ** (even / hidden)), Text(
            "The angles are multiplied by 2π; the formula has no 2π.", "角度乘以了 2π；公式里没有 2π。")),
        (_interleave(np.arange(positions)[:, None] / 1000.0 ** (even / hidden)), Text("The base is 1000; it has to be 10000.",
        "底数是 1000，应为 10000。")),
        (_interleave(np.arange(positions)[:, None] / 10000.0 ** (even / positions)), Text(
            "The exponent is divided by the number of positions; it has to be divided by H.", "指数除以了位置数；应该除以 H。")),
        (np.where(columns % 2 == 0, np.sin(doubled), np.cos(doubled)), Text(
            "The column number is used for i. Column 2i + 1 has the same angle as column 2i.",
            "把列号当成了 i。第 2i + 1 列的角度与第 2i 列相同。")),
        (_interleave(np.rad2deg(np.arange(positions)[:, None] / 10000.0 ** (even / hidden))), Text(
            "The angles are in degrees; sine and cosine need radians, as in the formula.",
            "角度用了度；正弦和余弦要用弧度，与公式一致。")),
        (angle_of_each, Text("These are angles: sine and cosine are missing.", "这是角度：还没有取正弦和余弦。")),
        (right.T, Text("The table is transposed: one row per position.", "表被转置了：每个位置一行。")),
    ]  # fmt: skip
    if positions == 1 or hidden == 2:  # many mistakes have the right values there
        mistakes = []
    got = student.sinusoids(positions, hidden)
    require(
        not isinstance(got, (list, tuple)),
        f"sinusoids({positions}, {hidden}) has to be a NumPy array; it is a {type(got).__name__}. `np.array(...)` makes one.",
        f"sinusoids({positions}, {hidden}) 应该是 NumPy 数组，现在是 {type(got).__name__}。可以用 `np.array(...)` 转换。",
    )
    equal(f"sinusoids({positions}, {hidden})", got, right, mistakes)


def _table(positions: int, hidden: int) -> np.ndarray:
    """The right table."""
    return _interleave(np.arange(positions)[:, None] / 10000.0 ** (np.arange(0, hidden, 2) / hidden))


def _interleave(angles: np.ndarray) -> np.ndarray:
    """[P, H/2] -> [P, H]: the sine of each angle, followed by its cosine."""
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(angles), -1)
