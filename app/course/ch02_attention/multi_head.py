# %% [markdown] lang="en"
# One head of attention has one weight for each pair of tokens. With several heads a token can look at several things at the same
# time, for example at its verb and at its adjective. Each head works on its own part of the vector: with `H` = 12 numbers per
# token and 3 heads, head 0 has the numbers 0 to 3 of **every** token, head 1 the numbers 4 to 7, head 2 the numbers 8 to 11.
#
# Write two functions:
#
# * `split_heads(hidden, heads)`: `[B, S, H]` to `[B, heads, S, H / heads]`. `B` is the batch size, `S` the number of tokens. Then
#   attention can work on the last two axes as with one head.
# * `merge_heads(split)`: the way back, `[B, heads, S, H / heads]` to `[B, S, H]`.
#
# `reshape` never moves a number: it only reads the same row of numbers with other shapes. `transpose` swaps axes. Think about
# which of them you need, in which order.

# %% [markdown] lang="zh"
# 一个注意力头对每对词元只有一个权重。有了多个头，一个词元就能同时关注几样东西，例如它的动词和它的形容词。
# 每个头只处理向量中属于自己的一段：设每个词元有 `H` = 12 个数，有 3 个头，那么头 0 得到**每个**词元的第 0 到 3 个数，
# 头 1 得到第 4 到 7 个数，头 2 得到第 8 到 11 个数。
#
# 请写两个函数：
#
# * `split_heads(hidden, heads)`：从 `[B, S, H]` 到 `[B, heads, S, H / heads]`。`B` 是批大小，`S` 是词元数。
#   这样注意力就能像只有一个头时那样，在最后两维上计算。
# * `merge_heads(split)`：反过来，从 `[B, heads, S, H / heads]` 到 `[B, S, H]`。
#
# `reshape` 不会移动任何数，只是换一种形状来读同一串数；`transpose` 交换各维。请想一想需要哪一个，顺序如何。

# %%
import math

import paddle
import paddle.nn.functional as F


def split_heads(hidden, heads):
    """hidden: float32 [B, S, H], heads: int -> float32 [B, heads, S, H / heads]"""
    ### BEGIN SOLUTION
    batch, length, size = hidden.shape
    per_head = size // heads
    parts = hidden.reshape([batch, length, heads, per_head])
    split = parts.transpose([0, 2, 1, 3])  # [B, S, heads, H / heads] -> [B, heads, S, H / heads]
    return split
    ### END SOLUTION


def merge_heads(split):
    """split: float32 [B, heads, S, H / heads] -> float32 [B, S, H]"""
    ### BEGIN SOLUTION
    batch, heads, length, per_head = split.shape
    size = heads * per_head
    parts = split.transpose([0, 2, 1, 3])  # [B, heads, S, H / heads] -> [B, S, heads, H / heads]
    merged = parts.reshape([batch, length, size])
    return merged
    ### END SOLUTION


# %% [markdown] lang="en"
# Below, number `n` of token `t` is `10 t + n`, so you can see where each number goes. Then your functions do the work inside
# Paddle's own `MultiHeadAttention` layer: with its weight matrices, the result has to be the same.

# %% [markdown] lang="zh"
# 下面，词元 `t` 的第 `n` 个数是 `10 t + n`，可以看出每个数去了哪里。
# 然后用你的函数完成 Paddle 的 `MultiHeadAttention` 层内部的计算：用它的权重矩阵，结果应该相同。

# %%
numbers = paddle.to_tensor([[[10.0 * t + n for n in range(4)] for t in range(3)]])
print("3 tokens of 4 numbers:\n", numbers[0].numpy())
print("head 0:\n", split_heads(numbers, 2)[0, 0].numpy())
print("head 1:\n", split_heads(numbers, 2)[0, 1].numpy())
print("merged again:", bool((merge_heads(split_heads(numbers, 2)) == numbers).all()))

paddle.seed(0)
layer = paddle.nn.MultiHeadAttention(embed_dim=12, num_heads=3)
layer.eval()
tokens = paddle.randn([2, 5, 12])
query, key, value = (split_heads(project(tokens), 3) for project in (layer.q_proj, layer.k_proj, layer.v_proj))
weights = F.softmax(paddle.matmul(query, key, transpose_y=True) / math.sqrt(12 / 3), axis=-1)
output = layer.out_proj(merge_heads(paddle.matmul(weights, value)))
print("weights:", list(weights.shape), " output:", list(output.shape))
print(f"largest difference from Paddle's layer: {float((output - layer(tokens)).abs().max()):.7f}")
