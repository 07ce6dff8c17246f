# %% [markdown] lang="en"
# With single characters masked, 信[MASK]卡 is easy: the rest of the word gives the answer. Later models mask larger units, so
# that the model has to look further away:
#
# * whole word (Cui et al. 2019): all tokens of one word, as a segmenter such as jieba finds it: `jieba.lcut(sentence)`;
# * n-gram (ALBERT, Lan et al. 2020): 1 to 3 consecutive words, with probabilities proportional to 1, 1/2, 1/3;
# * span (SpanBERT, Joshi et al. 2020): 1 to 10 consecutive words, with probabilities proportional to $0.2 \cdot 0.8^{n-1}$, made
#   to sum to 1; the mean is 3.8 words.
#
# 1. Write `group_tokens`. `words` are the words of a sentence; together they are the sentence without spaces. `tokens` are
#    `[CLS]`, the sentence's tokens, `[SEP]`. A token is one character, or a piece of a Latin word: "vip" is `vi`, `##p`
#    (`##` means: the word goes on). Return the positions of each word's tokens in `tokens`.
# 2. Write `choose_units`. `words` is now what `group_tokens` returns, `probabilities[i]` is the probability of `i + 1` words,
#    `budget` is the number of tokens to mask. Make 100 attempts: draw the number of words n; then draw the first word, with the
#    same probability for each word at which a unit of n words can begin; skip the unit if one of its tokens is already chosen,
#    or if more than `budget` tokens would be chosen. Return the units, each as the list of its positions. Random numbers come
#    from `rng`.
#
# There are always at least as many words as `probabilities` has entries.

# %% [markdown] lang="zh"
# 如果只遮住单个字，“信[MASK]卡”很容易猜：词的其余部分就给出了答案。后来的模型遮住更大的单位，迫使模型看得更远：
#
# * 全词（Cui et al. 2019）：遮住一个词的所有词元，词由 jieba 这样的分词器给出：`jieba.lcut(sentence)`；
# * n-gram（ALBERT，Lan et al. 2020）：连续 1 到 3 个词，概率之比为 1 : 1/2 : 1/3；
# * 片段（SpanBERT，Joshi et al. 2020）：连续 1 到 10 个词，概率正比于 $0.2 \cdot 0.8^{n-1}$，再归一化使总和为 1；
#   平均 3.8 个词。
#
# 1. 写出 `group_tokens`。`words` 是一个句子的词，连起来就是不带空格的句子。`tokens` 是 `[CLS]`、句子的词元、`[SEP]`。
#    一个词元是一个字，或者是拉丁字母单词的一段：“vip”是 `vi`、`##p`（`##` 表示接在前面）。
#    返回每个词的词元在 `tokens` 中的位置。
# 2. 写出 `choose_units`。这里的 `words` 是 `group_tokens` 的返回值，`probabilities[i]` 是取 `i + 1` 个词的概率，
#    `budget` 是要遮住的词元数。尝试 100 次：先抽词数 n；再抽第一个词，凡是从它开始还够 n 个词的，概率都相同；
#    如果其中有词元已被选中，或选中的词元总数会超过 `budget`，就跳过这个单位。返回所有单位，每个单位是它的位置的列表。
#    随机数来自 `rng`。
#
# 词数总是不少于 `probabilities` 的长度。

# %%
import matplotlib.pyplot as plt
import numpy as np

from app.course import save_picture

PROBABILITIES = {
    "whole word": np.array([1.0]),
    "n-gram": np.array([1, 1 / 2, 1 / 3]) / (1 + 1 / 2 + 1 / 3),
    "span": 0.2 * 0.8 ** np.arange(10) / np.sum(0.2 * 0.8 ** np.arange(10)),
}


def group_tokens(tokens, words):
    """tokens: list of S strings; words: list of W strings -> list of W lists of positions"""
    ### BEGIN SOLUTION
    groups, position = [], 1
    for word in words:
        group, length = [], 0
        while length < len(word):
            length += len(tokens[position].replace("##", ""))
            group.append(position)
            position += 1
        groups.append(group)
    return groups
    ### END SOLUTION


def choose_units(words, probabilities, budget, rng):
    """words: list of W lists of positions; probabilities: float [N]; budget: int -> list of lists of positions"""
    ### BEGIN SOLUTION
    units, chosen = [], set()
    for _ in range(100):
        count = rng.choice(len(probabilities), p=probabilities) + 1
        first = rng.integers(len(words) - count + 1)
        unit = sum(words[first : first + count], [])
        if chosen.isdisjoint(unit) and len(chosen) + len(unit) <= budget:
            units.append(unit)
            chosen.update(unit)
    return units
    ### END SOLUTION


# %%
text = "我想问一下，用老妈的信用卡开通vip会员，分期付款大概要多久"
sentence = "我 想 问 一下 ， 用 老妈 的 信用卡 开通 vip 会员 ， 分期付款 大概 要 多久".split()  # jieba.lcut(text)
before, after = text.split("vip")
tokens = ["[CLS]", *before, "vi", "##p", *after, "[SEP]"]
words = group_tokens(tokens, sentence)
print(list(zip(sentence, words))[8:12])
rng = np.random.default_rng(3)
budget = round(0.15 * (len(tokens) - 2))
for name, probabilities in PROBABILITIES.items():
    for _ in range(3):
        units = choose_units(words, probabilities, budget, rng)
        masked = {position for unit in units for position in unit}
        print(f"{name:10}", "".join("[MASK]" if position in masked else token for position, token in enumerate(tokens)))

# %%
figure, axes = plt.subplots(figsize=(6, 3))
for offset, (name, probabilities) in zip((-0.25, 0, 0.25), PROBABILITIES.items()):
    lengths = np.arange(1, len(probabilities) + 1)
    mean = probabilities @ lengths
    units = sum((choose_units(words, probabilities, budget, rng) for _ in range(40)), [])
    used = np.mean([sum(word[0] in unit for word in words) for unit in units])
    print(f"{name:10} mean of the probabilities: {mean:.2f} words; of the units that fit into {budget} tokens: {used:.2f}")
    axes.bar(lengths + offset, probabilities, 0.25, label=f"{name}: mean {mean:.2f}")
axes.set_xlabel("words in a unit")
axes.set_ylabel("probability")
axes.legend()
save_picture(figure, "5_4_units.svg")
