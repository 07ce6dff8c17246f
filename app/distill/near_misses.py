"""A question -> questions that look almost the same and ask something else: one thing is changed, by rules for Chinese.

怎么开通花呗 -> 怎么关闭花呗 (opposite)   3天能到吗 -> 7天能到吗 (number)   能吃芒果吗 -> 不能吃芒果吗 (negation)
北京到上海多远 -> 上海到北京多远 (order)   怎么做红烧肉 -> 怎么做麻婆豆腐 (word)   什么时候开学 -> 为什么开学 (question word)
"""

from __future__ import annotations

import random
import re
from typing import Dict, List

from app.distill.words import CHANGEABLE, TaggedText, WordPool

OPPOSITES = (
    "开通|关闭 打开|关闭 增加|减少 提高|降低 买|卖 借出|借入 上传|下载 安装|卸载 加入|退出 登录|退出 恢复|删除 男|女 "
    "大|小 多|少 高|低 长|短 左|右 前|后 上|下 快|慢 早|晚 冷|热 新|旧 胖|瘦 好吃|难吃 好|坏 优点|缺点 好处|坏处 "
    "便宜|贵 提前|推迟 收入|支出 存|取 转入|转出 进口|出口 父亲|母亲 爸爸|妈妈 老公|老婆 男生|女生 男朋友|女朋友 "
    "哥哥|弟弟 姐姐|妹妹 白天|晚上 今天|明天 国内|国外 室内|室外 开始|结束 第一|最后 最高|最低 最大|最小 最好|最差 "
    "喜欢|讨厌 同意|拒绝 赢|输 升|降 胜|败 安全|危险 免费|收费 公开|保密 手动|自动 "
    "正面|反面 开|关 涨|跌 进|出 来|去 软|硬 干|湿 深|浅 厚|薄 粗|细 强|弱 轻|重 远|近 亮|暗 甜|咸 公|母 结婚|离婚 "
    "入职|离职 上班|下班 上学|放学 怀孕|避孕 增肥|减肥 变白|变黑 发送|接收 加密|解密 充值|提现 收货|发货 简体|繁体 "
    "正规|山寨 单机|联机 真|假 生|熟 黑|白"
)
QUESTION_WORDS = (  # words that mean the same are one group
    "怎么|如何|怎样 为什么|为何|为啥 什么时候|几点|何时 哪里|哪儿|在哪 多少钱|价格 多久|多长时间 谁 多大|几岁 几个 什么意思"
)
NEGATED = ("能", "会", "要", "可以", "应该", "想", "是", "喜欢", "需要", "支持", "允许", "用")  # 不 can stand before them
NEGATIONS = {"不": "", "没": "", "别": "", "没有": "有"}  # and what is there without them
NUMBER = re.compile(r"\d+(?:\.\d+)?|[一二两三四五六七八九十百千万]+(?=[个天年月岁块元斤次点号分米层级楼周])", re.ASCII)
CHINESE_NUMBERS = "一 两 三 四 五 六 七 八 九 十 十二 十五 二十 三十 五十 一百 两百 一千 一万".split()
DIRECTIONS = ("到", "比", "转", "换", "给")  # the nouns around them cannot change places

_opposites: Dict[str, List[str]] = {}
for _pair in OPPOSITES.split():
    _one, _other = _pair.split("|")
    _opposites.setdefault(_one, []).append(_other)
    _opposites.setdefault(_other, []).append(_one)


def near_miss(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """The text with one change that makes it another question; empty if no rule applies. `pool`: words that may stand in it."""
    rules = [number, negation, order, opposite, question_word, word, word]  # most questions have a word to change
    rng.shuffle(rules)
    for rule in rules:
        changed = rule(text, pool, rng)
        if changed and changed != text.text:
            return changed
    return ""


def number(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """Another number."""
    found = list(NUMBER.finditer(text.text))
    if not found:
        return ""
    chosen = rng.choice(found)
    return text.text[: chosen.start()] + _other_number(chosen.group(), rng) + text.text[chosen.end() :]


def _other_number(present: str, rng: random.Random) -> str:
    if not present[0].isascii():
        return rng.choice([number for number in CHINESE_NUMBERS if number != present])
    if "." in present:
        return f"{float(present) + rng.choice((0.5, 1, 2)):g}"
    return str(int(present) + rng.randint(1, max(2, int(present[:4]) // 2)))


def negation(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """With 不 where there was none, or without 不 or 没."""
    places = [place for place, each in enumerate(text.words) if each in NEGATED or each in NEGATIONS]
    if not places:
        return ""
    place = rng.choice(places)
    present = text.words[place]
    if present in NEGATIONS:
        return text.with_word(place, NEGATIONS[present])
    is_negated = place > 0 and text.words[place - 1] in NEGATIONS
    return "" if is_negated else text.with_word(place, "不" + present)


def order(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """The two nouns around 到, 比 and the like change places."""
    words = list(text.words)
    for place in range(1, len(words) - 1):
        if words[place] in DIRECTIONS and text.is_noun(place - 1) and text.is_noun(place + 1):
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
    groups = [group.split("|") for group in QUESTION_WORDS.split()]
    found = [(group, present) for group in groups for present in group if present in text.text]
    if not found:
        return ""
    group, present = rng.choice(found)
    other = rng.choice(rng.choice([other for other in groups if other is not group]))
    return text.text.replace(present, other, 1)


def word(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """A noun, a name or a verb becomes another one of the same kind from the other texts."""
    places = [place for place, tag in enumerate(text.tags) if tag in CHANGEABLE and len(text.words[place]) > 1]
    if not places:
        return ""
    place = rng.choice(places)
    return text.with_word(place, pool.draw(text.tags[place], rng))
