# %% [markdown] lang="en"
# An encoder layer has two parts: self-attention, where tokens exchange information, and a feed-forward network, which works on
# each token alone. Around each part there is a residual connection (the input of the part is added to its output) and a layer
# normalization. BERT normalizes after the addition (post-norm), as in (Vaswani et al. 2017):
#
# $$h = \text{LayerNorm}_1(x + \text{SelfAttention}(x)) \qquad y = \text{LayerNorm}_2(h + \text{FFN}(h))$$
#
# $$\text{FFN}(h) = \text{GELU}(h W_1 + b_1)\, W_2 + b_2$$
#
# In training, dropout is applied to the output of each part, before the addition.
#
# Write `forward`. The sublayers are ready: call `self.self_attn(query, key, value, attn_mask=mask)`, `self.linear1`,
# `self.linear2`, `self.norm1`, `self.norm2` and `self.dropout` (it drops nothing after `layer.eval()`). `F.gelu` is the
# activation. `B` is the batch size, `S` the number of tokens, `H` the length of a vector. `mask` is False where a token must
# not be looked at (exercise 2.4).
#
# Leave `__init__` as it is. The names are those of `paddle.nn.TransformerEncoderLayer`, so both layers can load each other's
# weights. PaddleNLP's BERT is a stack of that class.

# %% [markdown] lang="zh"
# 编码器层有两个部分：自注意力（词元之间交换信息）和前馈网络（对每个词元单独计算）。
# 每个部分外面都有残差连接（把该部分的输入加到它的输出上）和层归一化。
# BERT 先相加再归一化（post-norm），与 (Vaswani et al. 2017) 相同：
#
# $$h = \text{LayerNorm}_1(x + \text{SelfAttention}(x)) \qquad y = \text{LayerNorm}_2(h + \text{FFN}(h))$$
#
# $$\text{FFN}(h) = \text{GELU}(h W_1 + b_1)\, W_2 + b_2$$
#
# 训练时，对每个部分的输出做 dropout，然后再相加。
#
# 请写出 `forward`。子层已经准备好了：`self.self_attn(query, key, value, attn_mask=mask)`、`self.linear1`、`self.linear2`、
# `self.norm1`、`self.norm2` 和 `self.dropout`（调用 `layer.eval()` 之后它不再丢弃任何值）。激活函数是 `F.gelu`。
# `B` 是批大小，`S` 是词元数，`H` 是向量长度。`mask` 为 False 的位置不能被看到（练习 2.4）。
#
# `__init__` 不用改。这些名字与 `paddle.nn.TransformerEncoderLayer` 相同，所以两个层可以互相加载权重。
# PaddleNLP 的 BERT 就是由这个类堆叠而成的。

# %%
import paddle
import paddle.nn as nn
import paddle.nn.functional as F


class EncoderLayer(nn.Layer):
    def __init__(self, hidden, heads, inner, dropout=0.1):
        super().__init__()
        self.self_attn = nn.MultiHeadAttention(hidden, heads, dropout=dropout)
        self.norm1 = nn.LayerNorm(hidden)
        self.linear1 = nn.Linear(hidden, inner)
        self.linear2 = nn.Linear(inner, hidden)
        self.norm2 = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None):
        """x: float32 [B, S, H], mask: bool [B, 1, 1, S] or None -> float32 [B, S, H]"""
        ### BEGIN SOLUTION
        attended = self.self_attn(x, x, x, attn_mask=mask)  # [B, S, H]
        h = self.norm1(x + self.dropout(attended))
        inner = F.gelu(self.linear1(h))  # [B, S, 4H]
        output = self.linear2(inner)  # [B, S, H]
        return self.norm2(h + self.dropout(output))
        ### END SOLUTION


# %% [markdown] lang="en"
# The same weights in Paddle's layer give the same vectors. Layer normalization leaves every vector with mean 0 and standard
# deviation 1 (as long as its weight is 1 and its bias is 0).

# %% [markdown] lang="zh"
# 把同样的权重放进 Paddle 的层，会得到同样的向量。经过层归一化，每个向量的均值是 0，标准差是 1
# （只要它的权重是 1、偏置是 0）。

# %%
paddle.seed(0)
ours = EncoderLayer(hidden=32, heads=4, inner=128)
theirs = nn.TransformerEncoderLayer(32, 4, 128, activation="gelu")
theirs.set_state_dict(ours.state_dict())
ours.eval()
theirs.eval()
tokens = 3 + 5 * paddle.randn([2, 6, 32])
vectors = ours(tokens)
print("largest difference from paddle.nn.TransformerEncoderLayer:", float((vectors - theirs(tokens)).abs().max()))
for name, token in (("before", tokens[0, 0].numpy()), ("after", vectors[0, 0].numpy())):
    print(f"a token {name} the layer: mean {token.mean():.2f}, standard deviation {token.std():.2f}")

# %% [markdown] lang="en"
# Why the residual? Here is the size of the gradient that reaches the first of 24 simple layers. Without residual connections it
# nearly vanishes, so the first layers would hardly learn.

# %% [markdown] lang="zh"
# 为什么需要残差？下面是 24 个简单层中，传到第一层的梯度大小。没有残差连接时，梯度几乎消失，前面的层几乎学不到东西。

# %%
layers = [nn.Linear(32, 32, weight_attr=nn.initializer.Normal(std=0.1)) for _ in range(24)]
direction = paddle.randn([1, 32])
for residual in (True, False):
    x = paddle.randn([1, 32])
    x.stop_gradient = False
    y = x
    for layer in layers:
        part = F.gelu(layer(y))
        y = part + y if residual else part
    (y * direction).sum().backward()
    print("with residual:" if residual else "without:", f"{float(x.grad.norm()):.2g}")
