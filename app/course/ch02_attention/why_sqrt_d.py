# %% [markdown] lang="en"
# Attention divides its scores by √d, where `d` is the length of the query and key vectors. Why? Take vectors of
# independent random numbers with mean 0 and variance 1. A product of two such numbers has the variance 1, and a dot product is a
# sum of `d` of them, so its variance is `d`. In this exercise you measure it, and what large scores do to the softmax.
#
# Write `measure`. It computes the scores of all queries with all keys, divides them by √d only if `scaled` is True, and returns
# three numbers:
#
# * `variance`: the variance of all scores
# * `largest`: the largest attention weight of each query (of each row of the softmax), and of these the mean over the queries
# * `slope`: the mean of `w * (1 - w)` over all weights `w`. This is how much a weight changes when its own score changes a
#   little: $\partial w_i / \partial s_i = w_i (1 - w_i)$. If it is near 0, the scores get almost no gradient and learn
#   slowly.

# %% [markdown] lang="zh"
# 注意力的分数要除以 √d，`d` 是 query 和 key 向量的长度。为什么？设向量由均值为 0、方差为 1 的独立随机数组成。
# 两个这样的数的乘积方差为 1，点积是 `d` 个乘积之和，所以方差是 `d`。这个练习要测量它，并测量分数很大时 softmax 会怎样。
#
# 请写出 `measure`。它计算所有 query 与所有 key 的分数，只有 `scaled` 为 True 时才除以 √d，并返回三个数：
#
# * `variance`：所有分数的方差
# * `largest`：每个 query（softmax 的每一行）最大的注意力权重，再对所有 query 求平均
# * `slope`：对所有权重 `w`，求 `w * (1 - w)` 的平均。它表示一个权重对应的分数稍有变化时，这个权重变化多少：
#   $\partial w_i / \partial s_i = w_i (1 - w_i)$。它接近 0 时，分数几乎得不到梯度，学得很慢。

# %%
import math

import matplotlib.pyplot as plt
import paddle
import paddle.nn.functional as F

from app.course import save_picture


def measure(query, key, scaled):
    """query: float32 [N, d], key: float32 [S, d], scaled: bool -> variance, largest, slope: one number each"""
    ### BEGIN SOLUTION
    scores = paddle.matmul(query, key, transpose_y=True)  # [N, d] x [d, S] -> [N, S]
    if scaled:
        scores = scores / math.sqrt(query.shape[-1])
    weights = F.softmax(scores, axis=-1)
    variance = scores.var()
    largest = weights.max(axis=-1).mean()
    slope = (weights * (1 - weights)).mean()
    return variance, largest, slope
    ### END SOLUTION


# %%
paddle.seed(0)
sizes = [4, 16, 64, 256]
names = ["variance of the scores", "largest weight", "slope of the softmax"]
results = {False: [], True: []}
for d in sizes:
    query, key = paddle.randn([500, d]), paddle.randn([16, d])
    for scaled in (False, True):
        results[scaled].append([float(number) for number in measure(query, key, scaled)])
for scaled, label in ((False, "without the division"), (True, "divided by the root of d")):
    print(f"\n{label}:\n   d  variance   largest     slope")
    for d, (variance, largest, slope) in zip(sizes, results[scaled]):
        print(f"{d:4} {variance:9.2f} {largest:9.3f} {slope:9.4f}")

figure, axes = plt.subplots(1, 3, figsize=(11, 3))
for column, axis in enumerate(axes):
    for scaled, label in ((False, "without the division"), (True, "divided by the root of d")):
        axis.plot(sizes, [row[column] for row in results[scaled]], marker="o", label=label)
    axis.set(xscale="log", xlabel="d", title=names[column], xticks=sizes, xticklabels=sizes)
    axis.minorticks_off()
axes[0].set_yscale("log")
figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", bbox_to_anchor=(0.5, -0.2), ncol=2)
save_picture(figure, "2_2_variance.svg")

# %% [markdown] lang="en"
# Without the division the variance grows like `d`, one token of 16 gets almost the whole weight, and the slope goes to 0. With it
# all three numbers stay about the same for every `d`.

# %% [markdown] lang="zh"
# 不做除法时，方差与 `d` 成正比，16 个词元中的一个几乎得到全部权重，斜率趋于 0。除以 √d 后，不论 `d` 多大，三个数都大致不变。
