"""Numbers in Chinese questions, in digits and in characters, and other numbers of about the same size."""

from __future__ import annotations

import random
import re

UNITS = "个天年月岁元斤次分米层楼周寸块万小度口期代级号集章页"
DIGITS = "一二三四五六七八九"
# Digits with a unit or of at most two places (not 360 or 12306, which are names); characters for 1 to 99 with a unit.
NUMBER = re.compile(
    rf"(?<![\d.])(?:\d+(?:\.\d+)?(?=[{UNITS}])|\d{{1,2}}(?![\d.:%点]))"
    rf"|(?<![第几数成每统同某{DIGITS}两十百千万])(?:[{DIGITS}两]?十[{DIGITS}]?|[{DIGITS}两])(?=(?!一[块分度口次]|[一十]分)[{UNITS}](?!性))",
    re.ASCII,
)
ORDINAL_UNITS = "级月号层楼代集章"  # 二月, 二级; but 两天


def another(found: "re.Match[str]", rng: random.Random) -> str:
    """Another number in the place of one that NUMBER has found."""
    present = found.group()
    if present[0].isdigit() and present.isascii():
        return _digits(present, rng)
    return _characters(_near(_value(present), rng, 99), found.string[found.end()])


def _digits(present: str, rng: random.Random) -> str:
    if "." in present:
        return f"{float(present) + rng.choice((0.5, 1, 2)):g}"
    leading = present.rstrip("0") or "1"  # round numbers stay round
    zeros = len(present) - len(leading)
    return f"{_near(int(leading), rng, 10 ** len(leading) - 1)}{'0' * zeros}"


def _near(present: int, rng: random.Random, highest: int) -> int:
    """Another number from 1 to `highest` that is at most half as much away, or at most 3."""
    distance = max(3, present // 2)
    values = range(max(1, present - distance), min(highest, present + distance) + 1)
    return rng.choice([value for value in values if value != present])


def _value(characters: str) -> int:
    tens, ten, ones = characters.replace("两", "二").rpartition("十")
    return (DIGITS.index(tens) + 1 if tens else 1) * 10 * bool(ten) + (DIGITS.index(ones) + 1 if ones else 0)


def _characters(value: int, unit: str) -> str:
    tens, ones = divmod(value, 10)
    if value == 2 and unit not in ORDINAL_UNITS:
        return "两"
    return (DIGITS[tens - 1] if tens > 1 else "") + "十" * bool(tens) + (DIGITS[ones - 1] if ones else "")
