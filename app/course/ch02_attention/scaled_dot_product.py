# %% [markdown] lang="en"
# Self-attention lets every token look at all tokens of its sentence. Each token has three vectors: a query (what it looks for),
# a key (what it offers) and a value (what it gives). The model computes all three from the token's own vector, with three learned
# matrices; here they are given. A token's new vector is a weighted mean of all values (Vaswani et al. 2017):
#
# $$\text{output} = \text{softmax}\left(\frac{Q K^T}{\sqrt{d}}\right) V$$
#
# Write `attention`. `B` is the batch size, `S` the number of tokens, `D` the length of a vector. The function returns the output
# and the weights. In row `i` of the weights is how much token `i` takes from each token; the row sums to 1.

# %% [markdown] lang="zh"
# 自注意力让每个词元都能看到句子里的所有词元。每个词元有三个向量：query（要找什么）、key（能提供什么）、value（给出什么）。
# 模型用三个学到的矩阵，由词元自己的向量算出这三个向量；在这里它们是给定的。
# 一个词元的新向量是所有 value 的加权平均（Vaswani et al. 2017）：
#
# $$\text{output} = \text{softmax}\left(\frac{Q K^T}{\sqrt{d}}\right) V$$
#
# 请写出 `attention`。`B` 是批大小，`S` 是词元数，`D` 是向量长度。函数返回输出和权重。
# 权重的第 `i` 行表示词元 `i` 从每个词元取多少，这一行的和是 1。

# %%
import math

import paddle
import paddle.nn.functional as F


def attention(query, key, value):
    """query, key, value: float32 [B, S, D] -> output: float32 [B, S, D], weights: float32 [B, S, S]"""
    ### BEGIN SOLUTION
    dimension = query.shape[-1]
    scores = paddle.matmul(query, key, transpose_y=True)  # [B, S, D] x [B, D, S] -> [B, S, S]
    weights = F.softmax(scores / math.sqrt(dimension), axis=-1)
    output = paddle.matmul(weights, value)  # [B, S, S] x [B, S, D] -> [B, S, D]
    return output, weights
    ### END SOLUTION


# %%
paddle.seed(0)
tokens = paddle.randn([1, 4, 8])
output, weights = attention(tokens, tokens, tokens)
print("output:", list(output.shape))
print("weights:\n", weights[0].numpy().round(3))
print("sums of the rows:", weights[0].sum(axis=-1).numpy())
for length in (32, 64, 128):
    tokens = paddle.randn([1, length, 8])
    print(f"{length:4} tokens: {attention(tokens, tokens, tokens)[1].size:6,} weights")

# %% [markdown] lang="en"
# There is one weight for each pair of tokens: twice as many tokens make four times as many weights.

# %% [markdown] lang="zh"
# 每一对词元都有一个权重：词元数变为两倍，权重数变为四倍。
