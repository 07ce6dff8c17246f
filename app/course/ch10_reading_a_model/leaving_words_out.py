# %% [markdown] lang="en"
# On which words does a score depend? The direct way to find out is to change the input: leave out one word, compute the score
# again, and look at the difference (occlusion; Li et al. 2016). This needs no look inside, so it works for every model.
#
# 1. Write `leave_out`. `words` are the words of text A; together they are the text. `score(text_a, text_b)` is any function of
#    two strings that returns a number. For each word, return the effect: the score of the whole text minus the score without
#    the word at this position. A positive effect means that the word raises the score. With `replacement`, each character of
#    the word is replaced by this string and not left out: `replacement="[MASK]"` keeps the length of the text. Only one
#    position changes at a time, also if a word occurs several times.
# 2. Write `leave_out_two`: the effect of leaving out the words at positions i and j together, for all i and j. On the diagonal
#    (i = j), only one word is left out.
#
# The demo scores with the pretrained model: the cosine of the mean output vectors of both texts. With your own matcher, `score`
# would be its probability.

# %% [markdown] lang="zh"
# 一个分数取决于哪些词？最直接的办法是改变输入：删掉一个词，重新计算分数，看差多少（遮挡法；Li et al. 2016）。
# 这不需要看模型内部，所以对任何模型都适用。
#
# 1. 写出 `leave_out`。`words` 是文本 A 的词，连起来就是文本。`score(text_a, text_b)` 是任意一个以两个字符串为参数、返回数的函数。
#    对每个词返回它的影响：完整文本的分数减去删掉该位置的词之后的分数。影响为正，表示这个词使分数升高。
#    如果给了 `replacement`，就不删除，而是把这个词的每个字符换成这个字符串：`replacement="[MASK]"` 能保持文本的长度。
#    每次只改变一个位置，即使同一个词出现了多次。
# 2. 写出 `leave_out_two`：对所有的 i 和 j，同时删掉位置 i 和位置 j 的词的影响。在对角线上（i = j）只删掉一个词。
#
# 演示用预训练模型打分：两个文本的平均输出向量的余弦。如果有自己的匹配模型，`score` 就是它的概率。

# %%
import functools

import numpy as np
import paddle
import paddle.nn.functional as F
from paddlenlp.transformers import AutoModel, AutoTokenizer

from app.course import ROOT


def leave_out(words, text_b, score, replacement=""):
    """words: list of W strings; text_b: string; score: function of two strings -> effects: float [W]"""
    ### BEGIN SOLUTION
    whole = score("".join(words), text_b)
    effects = []
    for position, word in enumerate(words):
        changed = [*words[:position], replacement * len(word), *words[position + 1 :]]
        effects.append(whole - score("".join(changed), text_b))
    return np.array(effects)
    ### END SOLUTION


def leave_out_two(words, text_b, score):
    """words: list of W strings; text_b: string; score: function of two strings -> effects: float [W, W]"""
    ### BEGIN SOLUTION
    whole = score("".join(words), text_b)
    effects = np.zeros([len(words), len(words)])
    for first, second in np.ndindex(effects.shape):
        rest = [word for position, word in enumerate(words) if position not in (first, second)]
        effects[first, second] = whole - score("".join(rest), text_b)
    return effects
    ### END SOLUTION


# %%
model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
tokenizer = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model.eval()


@functools.lru_cache(None)
def vector(text):
    """string -> float32 [1, H], the mean output vector; computed once for each text"""
    with paddle.no_grad():
        return model(paddle.to_tensor([tokenizer(text)["input_ids"]]))[0].mean(1)


def similarity(text_a, text_b):
    """two strings -> float"""
    return F.cosine_similarity(vector(text_a), vector(text_b)).item()


for words, text_b in (("苹果 手机 怎么 换 电池", "换电池的苹果手机多少钱"), ("怎么 取消 信用卡", "信用卡如何注销")):
    words = words.split()
    print(f"{''.join(words)} | {text_b}: {similarity(''.join(words), text_b):.3f}")
    for name, effects in (
        ("left out", leave_out(words, text_b, similarity)),
        ("masked", leave_out(words, text_b, similarity, "[MASK]")),
    ):
        print(f"  {name}:", *(f"{word} {effect:+.3f}" for word, effect in zip(words, effects)))

# %%
words, text_b = "信用卡 怎么 办 ， 我 的 信用卡".split(), "信用卡如何申请"
effects = leave_out_two(words, text_b, similarity)
for first, second in ((0, 0), (6, 6), (0, 6), (1, 1), (2, 2), (1, 2)):
    left_out = words[first] if first == second else f"{words[first]} and {words[second]}"
    print(f"without {left_out} (positions {first}, {second}): {effects[first, second]:+.3f}")
