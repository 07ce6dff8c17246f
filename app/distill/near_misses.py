"""A question -> questions that look almost the same and ask something else: one thing is changed, by rules for Chinese.

3天能到吗 -> 7天能到吗 (number)   为什么能退票 -> 为什么不能退票 (negation)   北京到上海多远 -> 上海到北京多远 (order)
上传照片 -> 下载照片 (opposite)   社保卡怎么办理 -> 社保卡在哪里办理 (question word)   怎么做红烧肉 -> 怎么做麻婆豆腐 (word)
"""

from __future__ import annotations

import random
import re
from typing import Dict, List

from app.distill.numerals import NUMBER, another
from app.distill.rewordings import synonyms_of
from app.distill.words import TaggedText, WordPool

OPPOSITES = (  # of one character only those that are hardly ever a part of a name or an idiom
    "开通|关闭 打开|关闭 增加|减少 提高|降低 买|卖 借出|借入 上传|下载 安装|卸载 加入|退出 登录|退出 男|女 "
    "高|低 胖|瘦 早|晚 好吃|难吃 好喝|难喝 好看|难看 优点|缺点 好处|坏处 便宜|贵 提前|推迟 收入|支出 "
    "转入|转出 进口|出口 父亲|母亲 爸爸|妈妈 老公|老婆 男生|女生 男人|女人 男孩|女孩 男朋友|女朋友 儿子|女儿 "
    "哥哥|弟弟 姐姐|妹妹 白天|晚上 今天|明天 国内|国外 室内|室外 开始|结束 最高|最低 最大|最小 最好|最差 最便宜|最贵 "
    "喜欢|讨厌 同意|拒绝 赢|输 涨|跌 安全|危险 免费|收费 公开|保密 手动|自动 正面|反面 结婚|离婚 入职|离职 "
    "上学|放学 增肥|减肥 变白|变黑 发送|接收 加密|解密 充值|提现 收货|发货 简体|繁体 单机|联机 饭前|饭后"
)
# 不 can stand before these words; where the question asks how much, it cannot.
NEGATED = ("能", "会", "可以", "应该", "想", "喜欢", "需要", "支持", "允许", "愿意", "适合")
ASKS_HOW_MUCH = re.compile("多少|多久|多长|多大|多远|几|怎么样|怎样|怎么|如何|哪")
BEFORE_PLACE_END = ("站", "场", "港", "市", "区", "县", "路", "镇", "州", "阳")  # what continues the name of a place
HOW, WHEN, WHERE = "怎么|如何|怎样|咋", "什么时候|何时|几时", "在哪里|在哪儿|在哪"
# Verbs after which where, when and how can all be asked.
ACTIONS = frozenset(
    "买 卖 办 办理 领 领取 看 下载 查 查询 申请 交 缴 报名 修 考 学 充值 兑换 取 打印 投诉 预约 挂号 上传 开通 注册 登录 换 退 "
    "还 报 参加 观看 购买 更换 安装 报销 激活 续费 办证 坐 吃 喝 玩 练 拍 寄 做 订 退款 退货 租 存 投资 补办 年检".split()
)
AT_END = (  # (end of a question about a thing, other ends)
    ("多少钱", ("怎么样", "在哪里买", "质量好吗", "哪个牌子好", "有什么用")),
    ("是什么意思", ("怎么读", "怎么写", "用英语怎么说", "是谁说的")),
    ("怎么样", ("多少钱", "在哪里")),
    ("怎么做", ("多少钱", "在哪里买", "有什么营养", "能放几天")),
)
COMPLEMENTS = frozenset("去 来 了 到 起 出 上 下 醒 好 完 明白 清 动 进 住 着 开 出来 起来 出去 进去 回来 下来 上来".split())

_opposites: Dict[str, List[str]] = {}
for _pair in OPPOSITES.split():
    _one, _other = _pair.split("|")
    _opposites.setdefault(_one, []).append(_other)
    _opposites.setdefault(_other, []).append(_one)
_ASKING = [(re.compile(words), {"怎么", "在哪里", "什么时候"} - set(words.split("|"))) for words in (HOW, WHEN, WHERE)]


def near_miss(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """The text with one change that makes it another question; empty if no rule applies. `pool`: words that may stand in it."""
    rules = [number, negation, order, opposite, question_word, word]
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
    return text.text[: chosen.start()] + another(chosen, rng) + text.text[chosen.end() :]


def negation(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """Without 不 or 没; or with 不 where there was none. A question with 吗 gets none: it would ask the same."""
    changed = [_without(text, place) for place, each in enumerate(text.words) if each[0] in "不没"]
    bare = text.text.rstrip("？?")
    may_get_one = not bare.endswith(("吗", "吧")) and not ASKS_HOW_MUCH.search(bare) and "不" not in bare
    for place, each in enumerate(text.words):
        is_idiom = text.words[max(0, place - 1)] == "在" or text.words[place + 1 : place + 2] == ("个",)  # 在想啥, 想个名字
        if each in NEGATED and may_get_one and not is_idiom:
            changed.append(text.with_word(place, "不" + each))
    changed = list(filter(None, changed))
    return rng.choice(changed) if changed else ""


def _without(text: TaggedText, place: int) -> str:
    """The text without the negation at this place; empty if it cannot be taken away, as in 贵不贵, 不小心 or 怎么洗不变形."""
    present, before, following = text.words[place], "".join(text.words[:place]), "".join(text.words[place + 1 :])
    rest = present[1:]
    if not following[:1].isalnum() or following.startswith(("小心", "同", "过", "如", "好意思")):
        return ""
    if present in ("没", "没有"):
        has_noun = text.is_noun(place + 1) or text.words[place + 1] == "反应"
        return text.with_word(place, "有") if has_noun else text.with_word(place, "") if len(text.words) > place + 2 else ""
    if present == "不" and place and text.tags[place - 1] == "v":
        return text.with_word(place, "得") if text.words[place + 1] in COMPLEMENTS else ""
    is_alternative = before.endswith(((rest or following)[0], "要", "能", "了", "得"))
    return "" if is_alternative or rest not in ("", *NEGATED) or not before else text.with_word(place, rest)


def order(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """The two places around 到, or the two things around 比, change places. Both must be whole, not a part of a longer name."""
    words = list(text.words)
    for place in range(1, len(words) - 1):
        one, other = words[place - 1], words[place + 1]
        kinds = text.tags[place - 1], text.tags[place + 1]
        follows = "".join(words[place + 2 :])
        is_whole = len(one) > 1 and len(other) > 1 and not text.is_noun(place - 2) and not follows.startswith(BEFORE_PLACE_END)
        are_places = words[place] == "到" and kinds == ("ns", "ns") and follows[1:2] not in BEFORE_PLACE_END
        is_comparison = words[place] == "比" and text.is_noun(place - 1) and kinds[0] == kinds[1] and not text.is_noun(place + 2)
        if is_whole and (are_places or is_comparison) and (place < 2 or words[place - 2] != "的"):
            words[place - 1], words[place + 1] = other, one
            return "".join(words)
    return ""


def opposite(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """A word becomes its opposite. Not in 贵不贵, 多高 and 最好笑, and no single character at the beginning, as in 胖东来."""
    changed: List[str] = []
    for place, each in enumerate(text.words):
        around = text.words[max(0, place - 1) : place + 2]
        is_name = len(each) == 1 and (place == 0 or around[0] in ("多", "有多"))
        is_degree = each[0] == "最" and around[-1][0] in "笑吃看玩听喝用"
        if each in _opposites and "不" not in around and not is_name and not is_degree:
            changed += [text.with_word(place, other) for other in _opposites[each] if other not in text.words]
    return rng.choice(changed) if changed else ""


def question_word(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """Another question word: where instead of how, or a question about another side of a thing."""
    starts, changed = text.starts(), []
    for words, others in _ASKING:
        for found in words.finditer(text.text):
            verb = starts.get(found.end(), len(text.words))
            if found.start() in starts and text.words[verb : verb + 1] and text.words[verb] in ACTIONS:
                changed += [text.text[: found.start()] + other + text.text[found.end() :] for other in sorted(others)]
    bare = text.text.rstrip("？?。")
    for end, others in AT_END:
        if bare.endswith(end) and text.is_noun(starts.get(len(bare) - len(end), 0) - 1):
            changed += [bare[: -len(end)] + other for other in others]
    return rng.choice(changed) if changed else ""


def word(text: TaggedText, pool: WordPool, rng: random.Random) -> str:
    """A noun, a name or a verb becomes another one that stands in a like place of another text."""
    places = text.changeable()
    rng.shuffle(places)
    for place in places:
        present, other, before = text.words[place], pool.draw(text, place, rng), "".join(text.words[:place][-1:])
        is_synonym = other in synonyms_of(present) or before + other in synonyms_of(before + present)  # 什么意思, 什么含义
        if other and other != present and not is_synonym:
            return text.with_word(place, other)
    return ""
