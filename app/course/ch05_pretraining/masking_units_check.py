"""The check of masking units: the tokens of each word, and properties of the chosen units."""

from __future__ import annotations

import math
from typing import Any, Iterator, List, Sequence

import numpy as np

from app.course.answers import Student, WrongAnswer, equal, require
from app.course.texts import Text


class _Random(np.random.Generator):
    """A generator that stops a loop without end."""

    def __init__(self, seed: int):
        super().__init__(np.random.PCG64(seed))
        self.draws = 0

    def _count(self) -> None:
        self.draws += 1
        if self.draws > 20_000:
            raise WrongAnswer("The loop does not end: it goes on when nothing fits any more. Make 100 attempts.",
                              "循环不会结束：什么都放不下时还在继续。请只尝试 100 次。")  # fmt: skip

    def choice(self, *arguments: Any, **options: Any) -> Any:
        self._count()
        return super().choice(*arguments, **options)

    def integers(self, *arguments: Any, **options: Any) -> Any:
        self._count()
        return super().integers(*arguments, **options)


def check(student: Student) -> Iterator[Text]:
    """Groups the tokens of two sentences; then chooses units of words with known lengths."""
    _check_groups(student)
    yield Text(
        "The tokens of each word are found, also of a word that has several pieces.",
        "找出了每个词的词元，包括被切成几段的词。",
    )
    words = _words([1, 3, 1, 2, 2, 1, 3, 1, 1, 2, 1, 2, 3, 1, 2, 1, 1, 2, 1, 3])
    for seed in range(20):
        _units(student, words, [0.2, 0.3, 0.5], 13, seed)
    again = [_units(student, words, [0.2, 0.3, 0.5], 13, seed) for seed in (3, 3, 4, 5)]
    require(again[0] == again[1] and not again[1] == again[2] == again[3],
            "The same `rng` has to give the same units, and another `rng` other units. Draw all random numbers from `rng`.",
            "相同的 `rng` 应得到相同的单位，不同的 `rng` 应得到不同的单位。所有随机数都要从 `rng` 抽取。")  # fmt: skip
    yield Text("The units are whole, consecutive words; none is chosen twice, and the budget holds.",
               "单位都由完整、连续的词组成；没有重复，也没有超出预算。")  # fmt: skip
    _check_filled(student)
    yield Text("With words of one token, the budget is used up.", "每个词只有一个词元时，预算正好用完。")
    yield _check_lengths(student)


def _words(lengths: Sequence[int]) -> List[List[int]]:
    """Words with so many tokens, after [CLS]."""
    ends = np.cumsum([1, *lengths])
    return [list(range(begin, end)) for begin, end in zip(ends.tolist(), ends.tolist()[1:])]


def _check_groups(student: Student) -> None:
    words = ["问", "信用卡", "app", "怎么", "开通", "vip", "会员"]
    tokens = ["[CLS]", "问", "信", "用", "卡", "a", "##p", "##p", "怎", "么", "开", "通", "vi", "##p", "会", "员", "[SEP]"]
    lengths = [1, 3, 3, 2, 2, 2, 2]
    right = _words(lengths)
    got = student.group_tokens(list(tokens), list(words))
    try:
        got = [[int(position) for position in group] for group in got]
    except TypeError:
        pass  # the message of equal says what it is
    per_character, position = [], 1
    for word in words:
        per_character.append(list(range(position, position + len(word))))
        position += len(word)
    one_each = [[1 + number] for number in range(len(words))]
    equal(
        "group_tokens(tokens, words)", got, right,
        [
            ([[position - 1 for position in group] for group in right], Text(
                "The positions are too small by 1: [CLS] is at position 0.", "位置都小了 1：[CLS] 在位置 0。")),
            (per_character, Text(
                "A word gets one token for each of its characters; but vip has three characters and two tokens (vi, ##p).",
                "每个字符都算作一个词元；但 vip 有三个字符，只有两个词元（vi、##p）。")),
            ([group[:1] for group in right], Text("Only the first token of each word is there.", "只有每个词的第一个词元。")),
            (one_each, Text("Each word gets one token; 信用卡 has three.", "每个词只得到一个词元；“信用卡”有三个。")),
            ([[tokens[position] for position in group] for group in right], Text(
                "These are tokens; return their positions.", "这些是词元；应返回它们的位置。")),
            ([position for group in right for position in group], Text(
                "The positions are in one list; make one list for each word.", "位置都在一个列表里；应为每个词建一个列表。")),
        ],
    )  # fmt: skip
    other = student.group_tokens(["[CLS]", "好", "的", "ok", "[SEP]"], ["好的", "ok"])
    equal("group_tokens([[CLS], 好, 的, ok, [SEP]], [好的, ok])", [list(map(int, group)) for group in other], [[1, 2], [3]])


def _units(student: Student, words: List[List[int]], probabilities: Sequence[float], budget: int, seed: int) -> List[List[int]]:
    """The student's units, after checking what holds for all of them."""
    given = [list(word) for word in words]
    got = student.choose_units(given, np.array(probabilities), budget, _Random(seed))
    require(got is not None, "choose_units(...) is None. Is the `return` missing?",
            "choose_units(...) 是 None。是不是忘了写 return？")  # fmt: skip
    require(given == words, "choose_units changes `words`. Leave it as it is.", "choose_units 改动了 `words`。不要改动它。")
    try:
        units = [sorted(int(position) for position in unit) for unit in got]
    except TypeError:
        raise WrongAnswer("choose_units(...) has to be a list of units, each a list of positions.",
                          "choose_units(...) 应该是单位的列表，每个单位是位置的列表。") from None  # fmt: skip
    require(all(units), "A unit is empty: it has 0 words. `probabilities[i]` belongs to i + 1 words.",
            "有一个单位是空的，词数为 0。`probabilities[i]` 对应 i + 1 个词。")  # fmt: skip
    flat = [position for unit in units for position in unit]
    require(len(set(flat)) == len(flat), "A token is chosen twice. Skip a unit if one of its tokens is chosen already.",
            "有词元被选了两次。如果单位中有词元已被选中，就跳过它。")  # fmt: skip
    require(len(flat) <= budget,
            f"{len(flat)} tokens are chosen in {len(units)} units; the budget is {budget} tokens (tokens, not words or units).",
            f"{len(units)} 个单位共选了 {len(flat)} 个词元；预算是 {budget} 个词元（不是词数，也不是单位数）。")  # fmt: skip
    first_of = {word[0]: number for number, word in enumerate(words)}
    for unit in units:
        number, rest = first_of.get(unit[0], -1), list(unit)
        while rest and 0 <= number < len(words) and rest[: len(words[number])] == words[number]:
            rest, number = rest[len(words[number]) :], number + 1
        require(not rest, f"The unit {unit} is not made of whole, consecutive words: a word is cut, or words are missing in "
                          f"between.",
                f"单位 {unit} 不是由完整、连续的词组成：有词被切断，或中间缺词。")  # fmt: skip
    return units


def _check_filled(student: Student) -> None:
    """40 words of one token: units of one word use the budget up."""
    for seed in range(10):
        units = _units(student, _words([1] * 40), [1.0], 9, seed)
        require(len(units) != 1, "Only one unit is chosen. Make 100 attempts and keep all units that fit.",
                "只选了一个单位。应尝试 100 次，保留所有放得下的单位。")  # fmt: skip
        require(len(units) == 9,
                f"{len(units)} of the budget of 9 tokens are used, though each word has one token. A skipped unit does not "
                "end the attempts, and the last token of the budget may be used.",
                f"每个词只有一个词元，预算为 9，却只用了 {len(units)} 个。"
                "跳过一个单位后应继续尝试，预算也可以正好用完。")  # fmt: skip
    _units(student, _words([2] * 12), [1.0], 5, 1)  # one token of the budget stays: the loop has to end


def _check_lengths(student: Student) -> Text:
    """The number of words is as the probabilities say, and each place can be drawn."""
    firsts = set()
    for seed in range(150):
        for unit in _units(student, _words([1] * 12), [0, 0, 1.0], 3, seed):
            firsts.add(unit[0])
            require(len(unit) == 3 or unit[-1] != 12,
                    f"A unit at the end of the sentence has {len(unit)} words instead of 3. The first word is one that has n "
                    "words from there on.",
                    f"句末的一个单位只有 {len(unit)} 个词，应为 3 个。第一个词要从“后面还够 n 个词”的位置里抽。")  # fmt: skip
            require(len(unit) == 3, f"Only `probabilities[2]` is not 0, but a unit has {len(unit)} words; expected 3: "
                                    "`probabilities[i]` belongs to i + 1 words.",
                    f"只有 `probabilities[2]` 不为 0，却有一个单位含 {len(unit)} 个词，应为 3 个："
                    "`probabilities[i]` 对应 i + 1 个词。")  # fmt: skip
    missing = sorted(set(range(1, 11)) - firsts)
    require(not missing, f"Of 12 words, no unit of 3 words ever begins with word {missing[:3]} (counted from 1). Expected 1 to "
                         f"10.",
            f"12 个词里，3 个词的单位从来不从第 {missing[:3]} 个词（从 1 数起）开始。应可从第 1 到第 10 个词开始。")  # fmt: skip
    calls = [_units(student, _words([1] * 6), [0.5, 0, 0, 0, 0, 0.5], 6, seed) for seed in range(100)]
    whole = np.mean([len(units) == 1 for units in calls])  # the unit of 6 words was drawn first
    require(whole >= 0.25,  # 0.5 - 5 * sqrt(0.25 / 100)
            f"With 6 words, and 50 % each for 1 word and for 6 words, {whole:.0%} of 100 calls choose the unit of 6 words first; "
            "expected 50 %. Draw the number of words before the place, and only a place at which it fits.",
            f"有 6 个词，取 1 个词和取 6 个词的概率各为 50% 时，100 次调用中先选 6 个词的占 {whole:.0%}，应为 50%。"
            "应先抽词数，再只从放得下的位置里抽。")  # fmt: skip
    probabilities = np.array([0.1, 0.2, 0.7])
    many = [_units(student, _words([1] * 5000), probabilities, 400, seed) for seed in range(5)]
    lengths = np.array([len(unit) for units in many for unit in units])
    shares = np.array([np.mean(lengths == count) for count in (1, 2, 3)])
    require(len(lengths) > 400, f"5 calls with a large budget give {len(lengths)} units; expected nearly 5 * 100. Make 100 "
                                f"attempts.",
            f"预算很大时，5 次调用得到 {len(lengths)} 个单位，应接近 5 * 100。请尝试 100 次。")  # fmt: skip
    require(len(lengths) <= 500, f"5 calls with a large budget give {len(lengths)} units; 100 attempts give at most 100 each.",
            f"预算很大时，5 次调用得到 {len(lengths)} 个单位；每次只尝试 100 次，最多 100 个。")  # fmt: skip
    room = [5 * math.sqrt(share * (1 - share) / len(lengths)) + 0.01 for share in probabilities]  # 0.01: overlaps are skipped
    require(bool((np.abs(shares - probabilities) <= room).all()),
            f"The shares of units of 1, 2, 3 words are {np.round(shares, 2)}; expected {probabilities}. Draw the number with "
            "`p=probabilities`.",
            f"1、2、3 个词的单位所占的比例是 {np.round(shares, 2)}，应为 {probabilities}。"
            "请用 `p=probabilities` 抽取词数。")  # fmt: skip
    return Text(f"{len(lengths)} units: the shares of 1, 2, 3 words are {np.round(shares, 2)}, as the probabilities "
                f"{probabilities} say.",
                f"{len(lengths)} 个单位：1、2、3 个词的比例是 {np.round(shares, 2)}，与概率 {probabilities} 相符。")  # fmt: skip
