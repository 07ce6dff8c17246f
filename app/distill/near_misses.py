"""A question -> questions that look almost the same and ask something else: one thing is changed, by rules for Chinese.

怎么开通花呗 -> 怎么关闭花呗 (opposite)   3天能到吗 -> 7天能到吗 (number)   能吃芒果吗 -> 不能吃芒果吗 (negation)
北京到上海多远 -> 上海到北京多远 (order)   怎么做红烧肉 -> 怎么做麻婆豆腐 (word)   什么时候开学 -> 为什么开学 (question word)
"""

from __future__ import annotations

import random
import re
from typing import Callable, Dict, List, Sequence

from app.distill.words import CHANGEABLE, TaggedText, WordPool

OPPOSITES = (
    "开通|关闭 打开|关闭 增加|减少 提高|降低 买|卖 借出|借入 上传|下载 安装|卸载 加入|退出 登录|退出 恢复|删除 男|女 大|小 多|少 高|低 长|短 左|右 "
    "前|后 上|下 快|慢 早|晚 冷|热 新|旧 胖|瘦 好吃|难吃 好|坏 优点|缺点 好处|坏处 便宜|贵 提前|推迟 收入|支出 存|取 转入|转出 进口|出口 父亲|母亲 爸爸|妈妈 "
    "老公|老婆 男生|女生 男朋友|女朋友 哥哥|弟弟 姐姐|妹妹 白天|晚上 今天|明天 国内|国外 室内|室外 开始|结束 第一|最后 最高|最低 最大|最小 最好|最差 能|不能 "
    "会|不会 可以|不可以 有|没有 喜欢|讨厌 同意|拒绝 赢|输 升|降 胜|败 安全|危险 免费|收费 公开|保密 手动|自动 正面|反面 开|关 涨|跌 进|出 来|去 软|硬 干|湿 深|浅 "
    "厚|薄 粗|细 强|弱 轻|重 远|近 亮|暗 甜|咸 公|母 结婚|离婚 入职|离职 上班|下班 上学|放学 怀孕|避孕 增肥|减肥 变白|变黑 发送|接收 加密|解密 充值|提现 收货|发货 "
    "简体|繁体 正规|山寨 单机|联机 真|假 生|熟 黑|白"
)
QUESTION_WORDS = ("怎么 如何 怎样", "为什么 为何 为啥", "什么时候 几点 何时", "哪里 哪儿 在哪", "多少钱 价格", "多久 多长时间", "谁", "多大 几岁", "多少个 几个", "什么意思")
NEGATED = ("能", "会", "要", "可以", "应该", "想", "是", "喜欢", "需要", "支持", "允许", "用")  # 不 can stand before them
NUMBER = re.compile(r"\d+(?:\.\d+)?|[一二两三四五六七八九十百千万]+(?=[个天年月岁块元斤次点号分米层级楼周])")
CHINESE_NUMBERS = "一 两 三 四 五 六 七 八 九 十 十二 十五 二十 三十 五十 一百 两百 一千 一万".split()
ORDER = re.compile(r"(.{1,8}?)(和|跟|与|到|比|还是|转|换)(.{1,8})")

_opposites: Dict[str, List[str]] = {}
for _pair in OPPOSITES.split():
    _one, _other = _pair.split("|")
    _opposites.setdefault(_one, []).append(_other)
    _opposites.setdefault(_other, []).append(_one)


def near_miss(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """The text with one change that makes it another question; empty if no rule applies. `pool`: words that may stand in it."""
    rules: List[Callable[[TaggedText, WordPool, random.Random], str]] = [number, negation, order, opposite, question_word, word, word]
    rng.shuffle(rules)
    for rule in rules:
        changed = rule(text, pool, rng)
        if changed and changed != text.text:
            return changed
    return ""


def number(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """Another number."""
    return _replace_one(text.text, list(NUMBER.finditer(text.text)), rng, lambda found: _other_number(found.group(), rng))


def negation(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """With 不 or 没 where there was none, or without it."""
    words = list(text.words)
    places = [place for place, each in enumerate(words) if each in NEGATED or each in ("不", "没", "没有", "别")]
    if not places:
        return ""
    place = rng.choice(places)
    denied = words[place] not in NEGATED
    if not denied and place > 0 and words[place - 1] in ("不", "没"):
        return ""
    words[place] = {"没有": "有"}.get(words[place], "") if denied else "不" + words[place]
    return "".join(words)


def order(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """The two nouns around 和, 到, 比 and the like change places. That matters for 到 and 比; the teacher says how much."""
    for place in range(1, len(text.words) - 1):
        if text.words[place] in ("到", "比", "转", "换", "给") and text.is_noun(place - 1) and text.is_noun(place + 1):
            words = list(text.words)
            words[place - 1], words[place + 1] = words[place + 1], words[place - 1]
            return "".join(words)
    return ""


def opposite(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """A word becomes its opposite."""
    places = [place for place, each in enumerate(text.words) if each in _opposites]
    if not places:
        return ""
    place = rng.choice(places)
    return text.with_word(place, rng.choice(_opposites[text.words[place]]))


def question_word(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """Another question word: why instead of how."""
    groups = [group.split() for group in QUESTION_WORDS]
    found = [(group, each) for group in groups for each in group if each in text.text]
    if not found:
        return ""
    group, present = rng.choice(found)
    others = [other for other in groups if other is not group]
    return text.text.replace(present, rng.choice(rng.choice(others)), 1)


def word(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """A noun, a name or a verb becomes another one of the same kind from the other texts."""
    places = [place for place, tag in enumerate(text.tags) if tag in CHANGEABLE and len(text.words[place]) > 1]
    if not places:
        return ""
    place = rng.choice(places)
    return text.with_word(place, pool.draw(text.tags[place], rng))


def _replace_one(text: str, found: Sequence["re.Match[str]"], rng: random.Random, new: Callable[["re.Match[str]"], str]) -> str:
    if not found:
        return ""
    chosen = rng.choice(found)
    return text[: chosen.start()] + new(chosen) + text[chosen.end() :]


def _other_number(present: str, rng: random.Random) -> str:
    if not present[0].isascii():
        return rng.choice([each for each in CHINESE_NUMBERS if each != present])
    if "." in present:
        return f"{float(present) + rng.choice((0.5, 1, 2)):g}"
    value = int(present)
    return str(value + rng.randint(1, max(2, value // 2)))
