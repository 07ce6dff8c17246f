"""The check of leaving words out: the effects of every word under two scores that are known exactly."""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Sequence

import numpy as np

from app.course.answers import Student, equal, require
from app.course.texts import Text

WORDS, TEXT_B = ["信用卡", "怎么", "办", "，", "卡", "呢", "办"], "办卡要多久呢"
Score = Callable[[str, str], float]


def check(student: Student) -> Iterator[Text]:
    """One word left out, one word replaced, two words left out; with a score that differs for all texts."""
    mine = _effects(WORDS, TEXT_B, _score)
    equal("leave_out(words, text_b, score)", _call(student.leave_out), mine, _mistakes(mine))
    short = ["还", "不了", "款"]
    equal(f"leave_out({short}, text_b, score)", _call(student.leave_out, of=short), _effects(short, TEXT_B, _score))
    yield Text(f"The effects of {len(WORDS)} words are right: from {mine.min():.3f} to {mine.max():.3f}.",
               f"{len(WORDS)} 个词的影响正确：从 {mine.min():.3f} 到 {mine.max():.3f}。")  # fmt: skip
    for replacement in ("[MASK]", "□"):
        masked = _effects(WORDS, TEXT_B, _score, replacement)
        whole = _score("".join(WORDS), TEXT_B)
        once = [whole - _score("".join([*WORDS[:i], replacement, *WORDS[i + 1 :]]), TEXT_B) for i in range(len(WORDS))]
        equal(f'leave_out(words, text_b, score, "{replacement}")', _call(student.leave_out, replacement), masked, [
            (mine, Text("The replacement is ignored: the word is left out.", "忽略了 replacement：词被删掉了。")),
            (once, Text("The word is replaced by one replacement; each of its characters gets one.",
                        "整个词只换成了一个 replacement；它的每个字符都应换成一个。")),
            (-masked, Text("The sign is wrong: the whole text minus the changed text.", "符号反了：完整文本减去改动后的文本。")),
        ])  # fmt: skip
    yield Text("The replacement is right: one for each character of the word.", "替换正确：词的每个字符换成一个。")
    yield _check_two(student)


def _score(text_a: str, text_b: str) -> float:
    """A number from 0 to 1 that depends on every character of both texts and on their order."""
    number = 25
    for character in f"{text_a}|{text_b}":
        number = (number * 31 + ord(character)) % 9973
    return number / 9973


def _call(function: Any, *more: Any, of: Sequence[str] = WORDS) -> Any:
    """The student's effects of the words `of`, after checking that the score gets two texts and that the words stay."""
    words = list(of)

    def score(*texts: Any) -> float:
        require(len(texts) == 2 and all(isinstance(text, str) for text in texts),
                f"`score` gets {[type(text).__name__ for text in texts]}; it needs two strings. Join the words: ''.join(words).",
                f"`score` 得到的是 {[type(text).__name__ for text in texts]}；它需要两个字符串。请把词连起来："
                f"''.join(words)。")  # fmt: skip
        return _score(*texts)

    effects = function(words, TEXT_B, score, *more)
    require(words == list(of), "`words` is changed, so later effects are those of a shorter text. Build a new list for each "
                            "position.",
            "`words` 被改动了，后面的影响就是更短文本的影响。应为每个位置新建一个列表。")  # fmt: skip
    return effects


def _effects(words: List[str], text_b: str, score: Score, replacement: str = "") -> np.ndarray:
    """The effect of each word."""
    whole = score("".join(words), text_b)
    texts = ["".join([*words[:i], replacement * len(word), *words[i + 1 :]]) for i, word in enumerate(words)]
    return np.array([whole - score(text, text_b) for text in texts])


def _mistakes(mine: np.ndarray):
    """The effects that typical mistakes give."""
    text, count = "".join(WORDS), len(WORDS)
    whole = _score(text, TEXT_B)
    cumulative = [whole - _score("".join(WORDS[i + 1 :]), TEXT_B) for i in range(count)]
    stepwise = [_score("".join(WORDS[i:]), TEXT_B) - _score("".join(WORDS[i + 1 :]), TEXT_B) for i in range(count)]
    everywhere = [whole - _score(text.replace(word, ""), TEXT_B) for word in WORDS]
    equal_words = [whole - _score("".join(other for other in WORDS if other != word), TEXT_B) for word in WORDS]
    first = [whole - _score(text.replace(word, "", 1), TEXT_B) for word in WORDS]
    places = [WORDS.index(word) for word in WORDS]
    by_index = [whole - _score("".join([*WORDS[:i], *WORDS[i + 1 :]]), TEXT_B) for i in places]
    swapped = [_score(TEXT_B, text) - _score(TEXT_B, "".join([*WORDS[:i], *WORDS[i + 1 :]])) for i in range(count)]
    in_b = [whole - _score(text, TEXT_B.replace(word, "")) for word in WORDS]
    two = [whole - _score("".join([*WORDS[:i], *WORDS[i + 2 :]]), TEXT_B) for i in range(count)]
    following = [whole - _score("".join([*WORDS[: i + 1], *WORDS[i + 2 :]]), TEXT_B) for i in range(count)]
    alone = [whole - _score(word, TEXT_B) for word in WORDS]
    spaced = [_score(" ".join(WORDS), TEXT_B) - _score(" ".join([*WORDS[:i], *WORDS[i + 1 :]]), TEXT_B) for i in range(count)]
    all_places = Text(
        "All places with this word are left out; leave out one position.", "这个词的所有出现都被删掉了；只应删掉一个位置。"
    )
    first_place = Text("The first place with this word is left out, whatever the position is. Use the position, not the word.",
                       "不论位置在哪里，删掉的都是这个词的第一次出现。应按位置删，不要按词删。")  # fmt: skip
    step = Text(
        "The words are left out one after the other; put each word back before the next.",
        "词被一个接一个地累计删掉；删下一个之前应先放回。",
    )
    return [
        (-mine, Text("The sign is wrong: the whole text minus the changed text, so that a useful word has a positive effect.",
                     "符号反了：应是完整文本减去改动后的文本，使有用的词影响为正。")),
        (np.abs(mine), Text("The sign is lost: a word may also lower the score.", "符号丢了：词也可能使分数降低。")),
        (whole - mine, Text("These are the scores without the word; subtract them from the score of the whole text.",
                            "这是删掉词之后的分数；应用完整文本的分数减去它。")),
        (cumulative, step), (stepwise, step), (everywhere, all_places), (equal_words, all_places),
        (first, first_place), (by_index, first_place),
        (swapped, Text("The two texts are swapped: score(text_a, text_b).", "两个文本反了：score(text_a, text_b)。")),
        (in_b, Text("The words are left out of text B; leave them out of text A.", "词是从文本 B 中删掉的；应从文本 A 中删。")),
        (two, Text("Two words are left out at each position (i and i + 1).", "每个位置删掉了两个词（i 和 i + 1）。")),
        (following, Text("The word after the position is left out (off by one).", "删掉的是后一个位置的词（差一位）。")),
        (np.zeros(count), Text("No effect at all: the word is still in the text.", "没有任何影响：词还在文本里。")),
        (alone, Text("Only the word is kept; leave it out and keep the others.", "只保留了这个词；应删掉它，保留其他词。")),
        (spaced, Text("The words are joined with spaces; join them with nothing between.",
                      "词之间加了空格；连接时不要加任何字符。")),
    ]  # fmt: skip


def _check_two(student: Student) -> Text:
    def effect(*positions: int, of: Sequence[str] = WORDS) -> float:
        rest = "".join(word for position, word in enumerate(of) if position not in positions)
        return _score("".join(of), TEXT_B) - _score(rest, TEXT_B)

    places = range(len(WORDS))
    right = np.array([[effect(i, j) for j in places] for i in places])
    single = np.array([effect(i) for i in places])
    same = [[place for place in places if WORDS[place] == word] for word in WORDS]  # all places with the word
    by_word = np.array([[effect(*same[i], *same[j]) for j in places] for i in places])
    off_diagonal = right * (1 - np.eye(len(WORDS)))
    equal("leave_out_two(words, text_b, score)", _call(student.leave_out_two), right, [
        (single[:, None] + single[None, :], Text(
            "The two single effects are added. Leave both words out of one text: their joint effect is not the sum.",
            "把两个单独的影响相加了。应在同一个文本中同时删掉两个词：共同的影响不等于两者之和。")),
        (off_diagonal + np.diag(2 * single), Text("On the diagonal, the effect is counted twice.", "对角线上的影响被算了两次。")),
        (off_diagonal, Text("The diagonal is 0; it has the effect of leaving out one word.",
                            "对角线是 0；应是只删一个词的影响。")),
        (np.triu(right), Text("Only the upper half is filled; effects[j, i] equals effects[i, j].",
                              "只填了上半部分；effects[j, i] 等于 effects[i, j]。")),
        (np.triu(right, 1), Text("Only the upper half is filled, without the diagonal.", "只填了上半部分，没有对角线。")),
        (np.tril(right), Text("Only the lower half is filled; effects[j, i] equals effects[i, j].",
                              "只填了下半部分；effects[j, i] 等于 effects[i, j]。")),
        (-right, Text("The sign is wrong: the whole text minus the changed text.", "符号反了：完整文本减去改动后的文本。")),
        (by_word, Text("All places with these words are left out; leave out the two positions only.",
                     "这两个词的所有出现都被删掉了；只应删掉两个位置。")),
        (np.tile(single, (len(WORDS), 1)), Text("Only word j is left out.", "只删掉了词 j。")),
        (np.tile(single[:, None], (1, len(WORDS))), Text("Only word i is left out.", "只删掉了词 i。")),
        (np.zeros_like(right), Text("No effect at all: the words are still in the text.", "没有任何影响：词还在文本里。")),
        ([[effect(i, j) for j in places if j > i] for i in places], Text(
            "Fill all rows and columns: effects[i, j] for every i and j.", "应填满所有行和列：每个 i 和 j 都有 effects[i, j]。")),
        (_after_deleting(), Text(
            "After the first word is deleted, the second position is that of another word. Decide by the positions in `words`.",
            "删掉第一个词之后，第二个位置上已经是另一个词。应按 `words` 中原来的位置判断。")),
    ])  # fmt: skip
    short = ["还", "不了", "款"]
    equal(f"leave_out_two({short}, text_b, score)", _call(student.leave_out_two, of=short),
          [[effect(i, j, of=short) for j in range(3)] for i in range(3)])  # fmt: skip
    return Text(
        f"The {len(WORDS)} x {len(WORDS)} effects of two words are right.", f"{len(WORDS)} x {len(WORDS)} 个两词影响正确。"
    )


def _after_deleting() -> np.ndarray:
    """The effects if word j is deleted at position j of the text that is already without word i."""
    effects = np.zeros([len(WORDS), len(WORDS)])
    for i, j in np.ndindex(effects.shape):
        rest = WORDS[:i] + WORDS[i + 1 :]
        rest = rest[:j] + rest[j + 1 :]
        effects[i, j] = _score("".join(WORDS), TEXT_B) - _score("".join(rest), TEXT_B)
    return effects
