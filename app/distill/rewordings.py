"""A question -> the same question in other words, by rules for Chinese: synonyms, polite words, particles, punctuation.

请问怎么还花呗？ -> 如何还花呗   花呗和白条的区别 -> 花呗和白条的差别   北京哪里好玩 -> 求问北京什么地方好玩
"""

from __future__ import annotations

import random
import re
from typing import Dict, FrozenSet, List

from app.distill.words import TaggedText

# Words in a group mean the same wherever they stand in an everyday question.
SYNONYMS = (
    "怎么办|咋办|如何是好 为什么|为何|为啥 什么|啥 哪里|哪儿|什么地方 多久|多长时间 什么时候|何时|啥时候 是不是|是否 "
    "能不能|能否|可不可以 有没有|有无 照片|相片 公交车|公交 飞机票|机票 医生|大夫 妈妈|母亲 爸爸|父亲 老婆|妻子 老公|丈夫 "
    "小孩|孩子 土豆|马铃薯 红薯|地瓜 玉米|苞米 手机号|手机号码 密码忘了|忘记密码 去掉|去除 难看|丑 赚钱|挣钱 减肥|瘦身 "
    "开心|高兴 难过|伤心 立刻|马上 但是|可是 总是|老是 现在|目前 饭店|餐馆|饭馆 厕所|卫生间|洗手间 网速|网络速度 "
    "什么意思|什么含义 的区别|的差别 什么区别|什么不同|什么差别 什么作用|什么用处 什么办法|什么方法 "
    "星期一|周一 星期二|周二 星期三|周三 星期四|周四 星期五|周五 星期六|周六 星期天|星期日|周日"
)
# WORD|OTHER: the other one can stand in its place, but not the other way round.
REPLACED = (
    "几岁|多大 多少岁|多大 自行车|单车 出租车|的士 西红柿|番茄 漂亮|好看 喜爱|喜欢 每天|天天 非常|很 苹果手机|iPhone "
    "的区别|的不同"
)
HOW = ("怎么", "如何", "怎样", "咋")  # the same before a verb only
PRICE = ("多少钱", "什么价格", "什么价", "价格是多少")  # the same after a noun at the end of a question only
OPINION = ("怎么样", "好不好")  # the same
CHINESE = re.compile("[\u4e00-\u9fff]")
OPENINGS = "请问 请问一下， 你好， 求助， 谁知道 有谁知道 我想问一下 我想知道 求问 问一下，".split()
OPENING = re.compile("^(?:" + "|".join(sorted(map(re.escape, OPENINGS), key=len, reverse=True)) + ")[，,]?(?=.{4})")
MARKS = ("？", "?", "，谢谢", "，求解答", "，急", "，在线等")
PARTICLES = ("啊", "呢", "呀")  # only after a question that has no particle yet
QUESTION = re.compile("[什怎哪谁几啥咋]|多少|多久|多长|多大|如何|为何")
ENDS_IN_PARTICLE = re.compile("[吗嘛么呢啊呀吧了的不没]$")
ENDS_IN_MARK = re.compile(r"[？?。！!，,～~…]+$")

_synonyms: Dict[str, List[str]] = {}
for _group in SYNONYMS.split():
    _words = _group.split("|")
    for _word in _words:
        _synonyms.setdefault(_word, []).extend(other for other in _words if other != _word)
for _group in REPLACED.split():
    _word, _other = _group.split("|")
    _synonyms.setdefault(_word, []).append(_other)
_LONGEST_FIRST = re.compile("|".join(sorted(map(re.escape, _synonyms), key=len, reverse=True)))


def synonyms_of(word: str) -> FrozenSet[str]:
    """The words that mean the same."""
    return frozenset(_synonyms.get(word, ())) | {one for one, others in _synonyms.items() if word in others}


def rewording(text: TaggedText, rng: random.Random) -> str:
    """The same question in other words; empty if no rule applies. Up to three rules are used."""
    if not CHINESE.search(text.text):
        return ""
    changed = rng.choice((synonym, synonym, synonym, without_particle))(text, rng)
    for rule in rng.sample((opening, ending), rng.randint(0, 2)):
        changed = rule(changed, rng)
    return changed if changed != text.text else ""


def synonym(text: TaggedText, rng: random.Random) -> str:
    """One word, or two words together, become a synonym."""
    starts = text.starts()
    changed = []
    for found in _LONGEST_FIRST.finditer(text.text):
        if found.start() in starts and found.end() in starts:
            changed += [_exchanged(text.text, found.start(), found.end(), other) for other in _synonyms[found.group()]]
    for begin, place in starts.items():
        changed += _how(text, place) + _at_end(text, begin, place)
    return rng.choice(changed) if changed else text.text


def _exchanged(text: str, begin: int, end: int, other: str) -> str:
    return text[:begin] + other + text[end:]


def _how(text: TaggedText, place: int) -> List[str]:
    """Texts with another word for "how" here, if it stands before a verb. Before 不 and 会, it means "why"."""
    following = text.words[place + 1 : place + 2]
    if not following or text.words[place] not in HOW or text.tags[place + 1] not in ("v", "vn") or following[0][0] in "不没会能":
        return []
    return [text.with_word(place, other) for other in HOW if other != text.words[place]]


def _at_end(text: TaggedText, begin: int, place: int) -> List[str]:
    """Texts with other words for a price or an opinion at the end, if they stand after a noun here."""
    mark = ENDS_IN_MARK.search(text.text)
    end = mark.start() if mark else len(text.text)
    for group in (PRICE, OPINION):
        if text.text[begin:end] in group and text.is_noun(place - 1):
            return [_exchanged(text.text, begin, end, other) for other in group if other != text.text[begin:end]]
    return []


def without_particle(text: TaggedText, rng: random.Random) -> str:
    """Without a 的 between two nouns, or without the 是 of 是什么."""
    places = [
        place
        for place in range(1, len(text.words) - 1)
        if text.is_noun(place - 1)
        and (
            (text.words[place] == "的" and text.is_noun(place + 1))
            or (text.words[place] == "是" and text.words[place + 1] in ("什么", "啥"))
        )
    ]
    return text.with_word(rng.choice(places), "") if places else text.text


def opening(text: str, rng: random.Random) -> str:
    """Without its polite beginning, or with one."""
    bare = OPENING.sub("", text)
    return bare if bare != text else rng.choice(OPENINGS) + text


def ending(text: str, rng: random.Random) -> str:
    """With another end: a mark, a particle or a polite word; or without a mark."""
    bare = ENDS_IN_MARK.sub("", text)
    if not bare or (bare != text and rng.random() < 0.5):
        return bare or text
    may_have_particle = QUESTION.search(bare) and not ENDS_IN_PARTICLE.search(bare)
    return bare + rng.choice(MARKS + PARTICLES * bool(may_have_particle))
