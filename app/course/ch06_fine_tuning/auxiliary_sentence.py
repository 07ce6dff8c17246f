# %% [markdown] lang="en"
# A restaurant review can praise the taste and complain about the price. What does it say about *one* aspect: positive
# (正面), negative (负面), or nothing (没提到)? As a single-sentence task this needs a head for each aspect. Sun et al.
# 2019 ask in words instead: an *auxiliary sentence* such as “关于价格，评价是正面的吗？” becomes sentence B, and the
# model only decides whether it matches the review (1) or not (0). It is then a sentence-pair task (6.1) with two classes,
# whatever the number of aspects and polarities.
#
# 1. Write `to_pairs(text, aspect, polarity)`. It returns one pair for each of the `POLARITIES`, in their order: a list of
#    three tuples `(text, question, label)`. The question is `QUESTIONS[p].format(aspect)` for the polarity p of the pair.
#    The label is 1 if the question matches, that is, if p is the right `polarity`, else 0.
# 2. Write `decide(logits)`. `logits` is float32 `[3 N, 2]`: rows 3k, 3k + 1 and 3k + 2 are the three pairs of example k,
#    and column 1 is the class "matches". The prediction for an example is the polarity whose pair has the highest
#    probability of a match (softmax over the two columns). Return a list of N polarities.

# %% [markdown] lang="zh"
# 一条餐馆评论可能夸味道，又嫌价格贵。它对*某一个*方面说了什么：正面、负面，还是没提到？当作单句任务的话，
# 每个方面都要有一个头。Sun et al. 2019 改用文字来问：把“关于价格，评价是正面的吗？”这样的*辅助句*作为句子 B，
# 模型只需判断它与评论相符（1）还是不符（0）。这样，不论有多少个方面和极性，都是只有两类的句对任务（6.1）。
#
# 1. 请写出 `to_pairs(text, aspect, polarity)`。它按 `POLARITIES` 的顺序，为每种极性返回一个句对：
#    由三个元组 `(text, question, label)` 组成的列表。问题是 `QUESTIONS[p].format(aspect)`，p 是这个句对的极性。
#    如果问题与评论相符，即 p 就是正确的 `polarity`，标签是 1，否则是 0。
# 2. 请写出 `decide(logits)`。`logits` 是 float32 `[3 N, 2]`：第 3k、3k + 1、3k + 2 行是例子 k 的三个句对，
#    第 1 列是“相符”这一类。一个例子的预测，是相符概率（在两列上做 softmax）最高的那个句对的极性。
#    返回由 N 个极性组成的列表。

# %%
import paddle
import paddle.nn.functional as F

from app.course import ROOT

POLARITIES = ["正面", "负面", "没提到"]
QUESTIONS = {"正面": "关于{}，评价是正面的吗？", "负面": "关于{}，评价是负面的吗？", "没提到": "没有提到{}吗？"}


def to_pairs(text, aspect, polarity):
    """text, aspect, polarity: str -> list of 3 tuples (text, question, label)"""
    ### BEGIN SOLUTION
    pairs = []
    for candidate in POLARITIES:
        question = QUESTIONS[candidate].format(aspect)
        label = int(candidate == polarity)
        pairs.append((text, question, label))
    return pairs
    ### END SOLUTION


def decide(logits):
    """logits: float32 [3 N, 2] -> list of N polarities"""
    ### BEGIN SOLUTION
    probabilities = F.softmax(logits, axis=-1)  # [3 N, 2]
    matches = probabilities[:, 1]  # [3 N]
    by_example = matches.reshape([-1, len(POLARITIES)])  # [N, 3]
    best = by_example.argmax(axis=-1)
    return [POLARITIES[int(number)] for number in best]
    ### END SOLUTION


# %% [markdown] lang="en"
# `data/course/aspects.tsv` has reviews, an aspect, and what the review says about it. Each example becomes three pairs.

# %% [markdown] lang="zh"
# `data/course/aspects.tsv` 里是评论、一个方面，以及评论对它怎么说。每个例子变成三个句对。

# %%
def read_aspects(split):
    """-> list of (text, aspect, polarity)"""
    with open(f"{ROOT}/data/course/aspects.tsv", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [tuple(row[1:]) for row in rows if row[0] == split]


train_rows, test_rows = read_aspects("train"), read_aspects("test")
for row in train_rows[:2]:
    for text, question, label in to_pairs(*row):
        print(label, text, question)
print(decide(paddle.to_tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, -1.0], [0.0, 0.0], [0.0, 3.0]])))
