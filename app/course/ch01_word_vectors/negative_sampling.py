# %% [markdown] lang="en"
# Skip-gram learns word vectors by guessing a neighbour of a word (Mikolov et al. 2013). The centre word has a vector $v$; each
# word $w$ of the vocabulary has an output vector $u_w$. The probability of the neighbour $o$ is a softmax over the whole
# vocabulary of $V$ words:
#
# $$L_{\text{full}} = -\log\frac{\exp(u_o \cdot v)}{\sum_{w=1}^{V}\exp(u_w \cdot v)}$$
#
# It needs $V$ dot products for each pair of words. **Negative sampling** asks an easier question: which word is the true
# neighbour, and which are $K$ words drawn at random (the negatives)? With the sigmoid $\sigma$:
#
# $$L_{\text{neg}} = -\log\sigma(u_o \cdot v) - \sum_{k=1}^{K}\log\sigma(-u_k \cdot v)$$
#
# Write both losses in NumPy. `vector` is $v$, row `w` of `outputs` is $u_w$, `target` is $o$, and `negatives` has the numbers of
# the $K$ words. Each loss is one number.
#
# * `full_softmax_loss` must also work for scores of 1,000, where `np.exp` overflows: subtract the largest score first.
# * `negative_sampling_loss` must not compute a score for a word that is not needed. `log_sigmoid` is given.

# %% [markdown] lang="zh"
# Skip-gram 通过猜一个词的邻近词来学习词向量（Mikolov et al. 2013）。中心词有向量 $v$，词表里的每个词 $w$ 有输出向量 $u_w$。
# 邻近词 $o$ 的概率，是在整个词表的 $V$ 个词上做 softmax：
#
# $$L_{\text{full}} = -\log\frac{\exp(u_o \cdot v)}{\sum_{w=1}^{V}\exp(u_w \cdot v)}$$
#
# 每个词对都要算 $V$ 个点积。**负采样**换了一个更容易的问题：哪个词是真正的邻近词，哪些是随机抽取的 $K$ 个词（负样本）？
# 用 sigmoid 函数 $\sigma$：
#
# $$L_{\text{neg}} = -\log\sigma(u_o \cdot v) - \sum_{k=1}^{K}\log\sigma(-u_k \cdot v)$$
#
# 请用 NumPy 写出这两个损失。`vector` 是 $v$，`outputs` 的第 `w` 行是 $u_w$，`target` 是 $o$，`negatives` 是 $K$ 个词的编号。
# 每个损失都是一个数。
#
# * 分数达到 1,000 时 `np.exp` 会溢出，这时 `full_softmax_loss` 也要算对：先减去最大的分数。
# * `negative_sampling_loss` 不能计算用不到的词的分数。`log_sigmoid` 已经给出。

# %%
import time

import numpy as np


def log_sigmoid(x):
    """log(1 / (1 + exp(-x))), float of any shape -> the same shape"""
    return -np.logaddexp(0, -x)


def full_softmax_loss(vector, outputs, target):
    """vector: float [D], outputs: float [V, D], target: int -> float"""
    ### BEGIN SOLUTION
    scores = outputs @ vector  # [V, D] x [D] -> [V]
    largest = scores.max()
    total = np.exp(scores - largest).sum()
    log_total = largest + np.log(total)
    return log_total - scores[target]
    ### END SOLUTION


def negative_sampling_loss(vector, outputs, target, negatives):
    """vector: float [D], outputs: float [V, D], target: int, negatives: int [K] -> float"""
    ### BEGIN SOLUTION
    positive = outputs[target] @ vector  # scalar
    negative = outputs[negatives] @ vector  # [K, D] x [D] -> [K]
    loss = -log_sigmoid(positive)
    loss -= log_sigmoid(-negative).sum()
    return loss
    ### END SOLUTION


# %% [markdown] lang="en"
# A vocabulary of 50,000 words. Frequent words are drawn more often as negatives, in proportion to their count to the power 0.75.
# The two losses answer different questions, so their values cannot be compared. Compare the work.

# %% [markdown] lang="zh"
# 词表有 50,000 个词。常见的词更容易被抽作负样本，概率与词频的 0.75 次方成正比。
# 这两个损失回答的是不同的问题，数值不能互相比较。请比较计算量。

# %%
V, D, K = 50_000, 100, 5
rng = np.random.default_rng(0)
vector, outputs = rng.normal(0, 0.1, D), rng.normal(0, 0.1, [V, D])
chances = (1 / np.arange(1, V + 1)) ** 0.75
target, negatives = 7, rng.choice(V, K, p=chances / chances.sum())


def microseconds(function, *arguments):
    """The shortest of five runs."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times) * 1e6


full_loss = full_softmax_loss(vector, outputs, target)
sampled_loss = negative_sampling_loss(vector, outputs, target, negatives)
full_time = microseconds(full_softmax_loss, vector, outputs, target)
sampled_time = microseconds(negative_sampling_loss, vector, outputs, target, negatives)
for name, products, duration, loss, start in (
    ("full softmax", V, full_time, full_loss, np.log(V)),
    ("negative sampling", K + 1, sampled_time, sampled_loss, (K + 1) * np.log(2)),
):
    print(f"{name:17} {products:6,} dot products, {duration:7,.0f} microseconds, loss {loss:.3f} ({start:.3f})")

# %% [markdown] lang="en"
# Small random vectors give scores near 0, so each loss starts near the value in brackets: log V, and (K + 1) log 2. The
# gradient saves work too: it changes all $V$ rows of `outputs` with the full softmax, but at most $K + 1$ rows with negative
# sampling. The paper finds that 5 to 20 negatives are useful for small data sets and 2 to 5 for large ones.

# %% [markdown] lang="zh"
# 随机的小向量给出接近 0 的分数，所以两个损失开始时都接近括号里的值：log V 和 (K + 1) log 2。
# 梯度的计算也省了：用完整的 softmax，`outputs` 的 $V$ 行都要更新；用负采样，最多更新 $K + 1$ 行。
# 论文的结论是：小数据集用 5 到 20 个负样本，大数据集用 2 到 5 个。
