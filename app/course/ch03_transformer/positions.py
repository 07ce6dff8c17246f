# %% [markdown] lang="en"
# Self-attention does not know the order of the words, so a vector for the position is added to each token's vector. There are
# two kinds:
#
# * Sinusoidal (Vaswani et al. 2017): a fixed table, computed by a formula.
# * Learned (BERT): an embedding table with one row per position, trained like the word embeddings. BERT has 512 rows.
#
# Write the sinusoidal table, `sinusoids(positions, hidden)`. Row $p$ is the vector of position $p$, from 0 on. The columns
# alternate: sine in the even columns, cosine in the odd ones. `H` is `hidden`, the length of a vector; it is even.
#
# $$\text{table}[p, 2i] = \sin\left(\frac{p}{10000^{2i/H}}\right)$$
#
# $$\text{table}[p, 2i+1] = \cos\left(\frac{p}{10000^{2i/H}}\right)$$

# %% [markdown] lang="zh"
# 自注意力不知道词的顺序，所以要在每个词元的向量上加一个位置向量。位置向量有两种：
#
# * 正弦位置编码 (Vaswani et al. 2017)：用公式算出的固定的表。
# * 可学习的位置编码（BERT）：一个嵌入表，每个位置一行，与词嵌入一样训练得到。BERT 有 512 行。
#
# 请写出正弦位置编码的表 `sinusoids(positions, hidden)`。第 $p$ 行是位置 $p$ 的向量，位置从 0 开始。
# 列交替排列：偶数列是正弦，奇数列是余弦。`H` 是 `hidden`，也就是向量长度，它是偶数。
#
# $$\text{table}[p, 2i] = \sin\left(\frac{p}{10000^{2i/H}}\right)$$
#
# $$\text{table}[p, 2i+1] = \cos\left(\frac{p}{10000^{2i/H}}\right)$$

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
import paddle.nn as nn

from app.course import save_picture


def sinusoids(positions, hidden):
    """positions: int P, hidden: int H -> NumPy float32 [P, H]"""
    ### BEGIN SOLUTION
    position = np.arange(positions)[:, None]  # [P, 1]
    frequency = 10_000.0 ** (-np.arange(0, hidden, 2) / hidden)  # [H/2]
    angles = position * frequency  # [P, H/2]
    table = np.zeros([positions, hidden], np.float32)
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return table
    ### END SOLUTION


# %% [markdown] lang="en"
# The dot product of two rows depends on their distance only, not on where they are. So a model can learn "three words further"
# once for all positions. The picture shows the table, and how the dot product falls with the distance, in waves.

# %% [markdown] lang="zh"
# 两行的点积只取决于它们的距离，与它们在哪里无关。所以模型只需学习一次“往后三个词”，就能用于所有位置。
# 图里是这个表，以及点积怎样随距离增大而在波动中下降。

# %%
table = sinusoids(512, 64)
for start in (0, 100, 400):
    products = [float(table[start] @ table[start + distance]) for distance in (0, 1, 3, 10, 50)]
    print(f"position {start:3}, distances 0, 1, 3, 10, 50:", " ".join(f"{product:6.2f}" for product in products))

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5))
left.imshow(table[:100], aspect="auto", cmap="RdBu", interpolation="nearest")
left.set(xlabel="column", ylabel="position", title="sinusoids(100, 64)")
right.plot(table[200:] @ table[200])
right.set(xlabel="distance", ylabel="dot product", title="rows 200 and 200 + distance")
save_picture(figure, "3_3_positions.svg")
plt.close(figure)

# %% [markdown] lang="en"
# A formula has a row for every position. A learned table ends at the length that was chosen before training: row 512 does not
# exist.

# %% [markdown] lang="zh"
# 公式对任何位置都能算出一行。可学习的表在训练前就定好了长度：第 512 行不存在。

# %%
print("row 2000 of the formula:", sinusoids(2001, 64)[2000, :4].round(3))
learned = nn.Embedding(512, 64)
print("row 511 of a learned table:", list(learned(paddle.to_tensor([511])).shape))
try:
    learned(paddle.to_tensor([512]))
except ValueError:
    print("row 512 of a learned table: ValueError")

# %% [markdown] lang="en"
# Why positions at all? Five words go through self-attention, then the same words in another order. Without positions, each word
# gets the same vector as before. With positions, it does not.

# %% [markdown] lang="zh"
# 为什么需要位置？让五个词通过自注意力，再把它们换个顺序通过一次。没有位置时，每个词得到的向量与之前相同；有位置时就不同。

# %%
paddle.seed(0)
attention = nn.MultiHeadAttention(64, 4)
words = paddle.randn([1, 5, 64])
order = paddle.to_tensor([3, 0, 4, 1, 2])
for name, positions in (("without", paddle.zeros([5, 64])), ("with", paddle.to_tensor(sinusoids(5, 64), dtype="float32"))):
    vectors = attention(words + positions)
    permuted = attention(words[:, order] + positions)
    print(f"{name} positions, largest change of a word's vector: {float((vectors[:, order] - permuted).abs().max()):.6f}")
