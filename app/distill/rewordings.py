"""A question -> the same question in other words, by rules for Chinese: synonyms, polite words, particles, punctuation.

请问怎么还花呗？ -> 如何还花呗   电脑开不了机怎么办 -> 电脑开不了机了，咋办   北京哪里好玩 -> 北京什么地方好玩
"""

from __future__ import annotations

import itertools
import random
import re
from typing import Dict, List

from app.distill.words import TaggedText

# Words in a group mean the same wherever they stand in an everyday question.
SYNONYMS = (
    "怎么|如何|怎样|咋|要怎么|该怎么 怎么办|咋办|如何是好|该怎么办 为什么|为何|为啥|怎么会 什么|啥 哪里|哪儿|什么地方 "
    "多少钱|什么价格|什么价|价格是多少 多久|多长时间|多少时间 什么时候|何时|啥时候 怎么样|如何|好不好 是不是|是否 "
    "能不能|能否|可不可以|可以不可以 有没有|有无 多大|多少岁 电脑|计算机 照片|相片 自行车|单车 公交车|公交|公共汽车 "
    "地铁|轨道交通 出租车|的士 飞机票|机票 火车票|车票 医生|大夫 妈妈|母亲|妈 爸爸|父亲|爸 老婆|妻子|媳妇 老公|丈夫 "
    "小孩|孩子|小朋友 宝宝|婴儿 土豆|马铃薯 番茄|西红柿 红薯|地瓜|番薯 玉米|苞米 手机号|手机号码|电话号码 "
    "密码忘了|忘记密码 卖|出售 买|购买 查|查询 修|修理 用|使用 去掉|去除 换|更换 推荐|介绍 漂亮|好看|美 难看|丑 "
    "便宜|实惠 赚钱|挣钱 聊天|闲聊 治疗|医治|治 减肥|瘦身 方法|办法 原因|缘故 区别|不同|差别 意思|含义 作用|用处|用途 "
    "名字|名称 开心|高兴|快乐 难过|伤心 喜欢|喜爱 立刻|马上 但是|可是 一直|总是|老是 非常|特别|很 周末|礼拜天 "
    "星期一|周一 星期五|周五 春节|过年 每天|天天 现在|目前|如今 最近|近来 老师|教师 "
    "价格|价钱|价位 饭店|餐馆|饭馆 宾馆|旅馆 厕所|卫生间|洗手间 网速|网络速度 苹果手机|iPhone 微信|WX "
    "视频|影片 电影|影片 小说|网文 游戏|手游"
)
OPENINGS = "请问 请问一下， 你好， 求助， 谁知道 有谁知道 我想问一下 大家知道 想知道 求问 问一下， 那个，".split()
ENDINGS = ("？", "?", "啊", "呢", "呀", "，谢谢", "，求解答", "，急", "，在线等", "。", "！", "，求助")
ENDS_IN_MARK = re.compile(r"[？?。！!，,～~…]+$")
OPENING = re.compile("^(?:" + "|".join(sorted(map(re.escape, OPENINGS), key=len, reverse=True)) + ")[，,]?")
FILLERS = ("的", "了", "一下", "是", "都", "就")

_synonyms: Dict[str, List[str]] = {}
for _group in SYNONYMS.split():
    _words = _group.split("|")
    for _word in _words:
        _synonyms.setdefault(_word, []).extend(other for other in _words if other != _word)
_LONGEST_FIRST = re.compile("|".join(sorted(map(re.escape, _synonyms), key=len, reverse=True)))


def rewording(text: TaggedText, rng: random.Random) -> str:
    """The same question in other words; empty if no rule applies. Up to three rules are used."""
    changed = synonym(text, rng) if rng.random() < 0.7 else text.text
    for rule in rng.sample((opening, ending, filler), rng.randint(0, 2)):
        changed = rule(changed, rng)
    return changed if changed != text.text else ""


def synonym(text: TaggedText, rng: random.Random) -> str:
    """One word, or two words together, become a synonym."""
    borders = list(itertools.accumulate(map(len, text.words), initial=0))
    found = [each for each in _LONGEST_FIRST.finditer(text.text) if each.start() in borders and each.end() in borders]
    if not found:
        return text.text
    chosen = rng.choice(found)
    return text.text[: chosen.start()] + rng.choice(_synonyms[chosen.group()]) + text.text[chosen.end() :]


def opening(text: str, rng: random.Random) -> str:
    """Without its polite beginning, or with one."""
    bare = OPENING.sub("", text)
    return bare if bare != text and bare else rng.choice(OPENINGS) + text


def ending(text: str, rng: random.Random) -> str:
    """With another end: a mark, a particle or a polite word."""
    bare = ENDS_IN_MARK.sub("", text)
    return bare if bare != text and bare and rng.random() < 0.5 else bare + rng.choice(ENDINGS)


def filler(text: str, rng: random.Random) -> str:
    """Without one of the words that add little. Not at the beginning, where they are part of a word."""
    places = [(place, each) for each in FILLERS for place in range(1, len(text)) if text.startswith(each, place)]
    if not places:
        return text
    place, each = rng.choice(places)
    return text[:place] + text[place + len(each) :]
