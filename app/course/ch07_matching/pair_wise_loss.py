# %% [markdown] lang="en"
# Search asks for an order: for the query q, the right document d+ should stand before each wrong document d-. A model gives
# each pair one score between 0 and 1, s(q, d), after a sigmoid. Two losses can train it:
#
# * **Point-wise**: each pair is one example with a label, 1 for d+ and 0 for d-. The loss is the cross-entropy, -log s for
#   label 1 and -log(1 - s) for label 0, as a mean over all pairs.
# * **Pair-wise**: each (d+, d-) of the same query is one example. The loss is
#   $\max(0, \text{margin} - s(q, d^+) + s(q, d^-))$, as a mean over all (d+, d-). It is 0 as soon as d+ leads by the margin.
#
# Write `losses`. There are `Q` queries, each with one d+ and `K` d-; `Q` and `K` differ. The scores are given; do not apply
# another sigmoid. Return the point-wise loss (a mean over `Q * (1 + K)` pairs) and the pair-wise loss (a mean over `Q * K`), two
# Tensors.
#
# The demo trains the same small model twice, once with each loss, and compares the order with what the scores say.

# %% [markdown] lang="zh"
# 搜索要的是顺序：对于查询 q，正确的文档 d+ 应该排在每个错误的文档 d- 之前。
# 模型给每个句对一个 0 到 1 之间的分数 s(q, d)，已经过了 sigmoid。可以用两种损失训练它：
#
# * **单点式**（point-wise）：每个句对是一个带标签的样本，d+ 的标签是 1，d- 的是 0。损失是交叉熵：标签为 1 时是 -log s，
#   标签为 0 时是 -log(1 - s)，对所有句对取平均。
# * **成对式**（pair-wise）：同一个查询的每个 (d+, d-) 是一个样本。损失是
#   $\max(0, \text{margin} - s(q, d^+) + s(q, d^-))$，对所有 (d+, d-) 取平均。只要 d+ 领先 margin，损失就是 0。
#
# 请写出 `losses`。有 `Q` 个查询，每个有一个 d+ 和 `K` 个 d-；`Q` 与 `K` 不同。分数已经给出，不要再做一次 sigmoid。
# 返回单点式损失（对 `Q * (1 + K)` 个句对取平均）和成对式损失（对 `Q * K` 个取平均），两个 Tensor。
#
# 演示部分用两种损失各训练一次同样的小模型，比较排出的顺序和分数本身的含义。

# %%
import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F


def losses(positive, negative, margin):
    """positive: float32 [Q]; negative: float32 [Q, K]; margin: float -> point_wise, pair_wise: float32 []"""
    ### BEGIN SOLUTION
    positive = paddle.unsqueeze(positive, 1)  # [Q, 1]
    scores = paddle.concat([positive, negative], axis=1)  # [Q, 1 + K]
    labels = paddle.concat([paddle.ones_like(positive), paddle.zeros_like(negative)], axis=1)
    point_wise = F.binary_cross_entropy(scores, labels)
    pair_wise = paddle.mean(F.relu(margin - positive + negative))  # [Q, 1] and [Q, K] -> [Q, K] -> []
    return point_wise, pair_wise
    ### END SOLUTION


# %%
def make_queries(count, seed):
    """-> float32 [count, 1 + 4, 2]: document 0 is d+; feature 0: common words, more in long queries; feature 1: query length"""
    generator = np.random.default_rng(seed)
    length = generator.normal(0, 1, [count, 1])
    common = generator.normal(0, 0.7, [count, 5]) + length
    common[:, 0] += 1
    return paddle.to_tensor(np.stack([common, length + 0 * common], axis=-1).astype("float32"))


def train(pair_wise):
    """pair_wise: 0 or 1 -> score: a function of features, float32 [..., 2] -> float32 [...]"""
    paddle.seed(0)
    layer = nn.Linear(2, 1)
    optimizer = paddle.optimizer.Adam(learning_rate=0.1, parameters=layer.parameters())
    queries = make_queries(200, seed=1)
    for _ in range(200):
        scores = F.sigmoid(layer(queries)[..., 0])
        loss = losses(scores[:, 0], scores[:, 1:], margin=0.1)[pair_wise]
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
    return lambda features: F.sigmoid(layer(features)[..., 0])


queries = make_queries(1000, seed=2)
for pair_wise, name in enumerate(("point-wise", "pair-wise")):
    scores = train(pair_wise)(queries).numpy()
    first = (scores.argmax(axis=1) == 0).mean()
    right_side = ((scores >= 0.5) == [1, 0, 0, 0, 0]).mean()
    print(f"{name:10}: d+ is first in {first:.0%} of the queries; {right_side:.0%} of the scores are on the right side of 0.5")
    for bottom, top in ((0.4, 0.6), (0.6, 0.8)):
        inside = (scores >= bottom) & (scores < top)
        print(f"    scores from {bottom} to {top}: {inside[:, 0].sum() / max(1, inside.sum()):.0%} are d+")
print("for comparison: if all scores were below 0.5, 80% would be on the right side")
